# Derived from tests/_async/__init__.py by scripts/unasync.py; edit that file.
"""Tests that are written once and run in both worlds; `tests/_sync` is derived from here by `make unasync`."""
