"""Compare two OpenAPI descriptions of the same API."""
