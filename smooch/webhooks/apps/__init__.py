"""Apps that receive deliveries: ASGI and WSGI."""
