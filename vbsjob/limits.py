"""Limits on requests to the service. Each number is defined once, here."""

from __future__ import annotations

REQUESTS_PER_SECOND = 20.0
"""Limit for one process. All jobs and all threads share it."""
THREADS = 24
"""Queries at the same time."""
SHORTEST_INTERVAL = 2.0
"""Seconds between two polls of a job, before the random part; --interval replaces it."""
QUERY_RETRY_FOR, QUERY_ATTEMPTS = 60.0, 4
"""Limits of one query of get, tree or config check: seconds and attempts, unless --retry-for."""
WATCH_RETRY_FOR = 900.0
"""Seconds without any answer after which a watch ends, unless --retry-for is set."""
QUERY_RETRY_AFTER, WATCH_RETRY_AFTER = 120.0, 300.0
"""The longest Retry-After, in seconds, that a query and a watch wait for."""
