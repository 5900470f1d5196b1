# Derived from tests/_async/__init__.py by scripts/unasync.py; edit that file.
"""Tests of the async clients; `make unasync` derives `tests/_sync` from them."""
