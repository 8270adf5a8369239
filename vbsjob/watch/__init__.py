"""When to poll, and what an answer means."""
