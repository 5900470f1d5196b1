"""Tests of the v2 client: one file a resource; the sync ones are derived from these."""
