"""Deduplicators remember which events were handled; one module per store."""
