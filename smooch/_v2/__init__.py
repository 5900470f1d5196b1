"""What the facade of API v2 decides, without any I/O."""
