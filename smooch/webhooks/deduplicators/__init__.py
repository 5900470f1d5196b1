"""Deduplicators: they remember which events were handled. One module per store."""
