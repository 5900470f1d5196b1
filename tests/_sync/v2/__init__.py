# Derived from tests/_async/v2/__init__.py by scripts/unasync.py; edit that file.
"""Tests of the v2 client: one file a resource; the sync ones are derived from these."""
