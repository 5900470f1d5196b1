"""Decisions of the v2 facade, without any I/O."""
