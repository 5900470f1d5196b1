# Derived from smooch/_async/__init__.py by scripts/unasync.py; edit that file.
"""The parts that wait, written once; `smooch/_sync` is derived from here by `make unasync`."""
