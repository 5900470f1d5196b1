"""Tests of the async clients; `make unasync` derives `tests/_sync` from them."""
