"""Tests that are written once and run in both worlds; `tests/_sync` is derived from here by `make unasync`."""
