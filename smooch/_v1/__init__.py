"""Decisions of the v1 and v1.1 facade, without any I/O."""
