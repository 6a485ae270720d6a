"""Health checks and metrics on a port of their own, so that they can be kept inside."""
