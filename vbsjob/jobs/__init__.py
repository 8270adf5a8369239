"""The job model: pure functions on what the service answers."""
