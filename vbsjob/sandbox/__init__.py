"""A local service with the same API."""
