"""Decides whether a failed request is tried again, and when; asks, sleeps and counts nothing else.

Full jitter, a budget of time, a limit of tries, and a quota that all requests of a process
share, so that many jobs do not multiply an outage.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from vbsjob.limits import QUERY_RETRY_AFTER

if TYPE_CHECKING:
    from collections.abc import Callable

    from vbsjob.errors import VbsjobError

LONGEST_DELAY = 20.0
QUOTA = 100
COST = 5
DAY = 86400.0


@dataclass(slots=True)
class RetryQuota:
    """What all retries of a process may spend together: 5 a retry, 1 back for a success."""

    left: int = QUOTA

    def spend(self) -> bool:
        """Take the cost of one retry; False when it can no longer be paid."""
        if self.left < COST:
            return False
        self.left -= COST
        return True

    def refill(self) -> None:
        """Give back a little after a success."""
        self.left = min(QUOTA, self.left + 1)


@dataclass(slots=True)
class RetryBudget:
    """How long one request goes on being tried: `seconds` in all, and `attempts` unless None."""

    seconds: float
    attempts: int | None
    started: float
    random: Callable[[], float]
    quota: RetryQuota = field(default_factory=RetryQuota)
    shortest_delay: float = 0.0
    tries: int = 0
    stale_seen: bool = False

    def delay(self, problem: VbsjobError, now: float) -> float | None:
        """Return the seconds to wait before the next try, or None to give up.

        A connection that went stale while idle is replaced once, at once and uncounted.
        """
        if problem.stale and not self.stale_seen:
            self.stale_seen = True
            return 0.0
        self.tries += 1
        limits = (self.attempts, problem.max_attempts)
        if any(limit is not None and self.tries >= limit for limit in limits):
            return None
        wait, left = self._wait(problem), self.seconds - (now - self.started)
        if max(wait, problem.retry_after or 0.0) > left or not self.quota.spend():
            return None
        return wait

    def _wait(self, problem: VbsjobError) -> float:
        ceiling = min(LONGEST_DELAY, problem.base_delay * 2.0 ** min(self.tries - 1, 16))
        wait = self.shortest_delay + self.random() * ceiling
        return max(wait, min(problem.retry_after or 0.0, QUERY_RETRY_AFTER))


def retry_after(header: str, date: str) -> float | None:
    """Read a Retry-After header in seconds, an HTTP date against the answer's own Date header.

    Clamped to a day; None for junk.
    """
    if not header or len(header) > len("Wed, 21 Oct 2015 07:28:00 GMT") + 8:
        return None
    try:
        seconds = float(header)
    except ValueError:
        seconds = _until(header, date)
    return max(0.0, min(seconds, DAY)) if math.isfinite(seconds) else None


def _until(header: str, date: str) -> float:
    from email.utils import parsedate_to_datetime

    try:
        return (parsedate_to_datetime(header) - parsedate_to_datetime(date)).total_seconds()
    except (ValueError, TypeError, OverflowError, IndexError):
        return math.nan
