"""Retry policy: whether a failed request is sent again, and after how many seconds.

Full jitter, a limit of seconds and attempts for each request, and a quota that all requests of a
process share, so that many jobs do not multiply the load of an outage. The policy needs
Retry-After and new signatures, which tenacity does not know; importing it costs 32 ms.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from vbsjob.limits import QUERY_RETRY_AFTER

if TYPE_CHECKING:
    from collections.abc import Callable

    from vbsjob.errors import VbsjobError

MAX_DELAY = 20.0
"""Seconds: upper bound of the jitter."""
QUOTA, RETRY_COST = 100, 5
DAY = 86400.0


@dataclass(slots=True, eq=False)
class RetryQuota:
    """Quota of all retries of a process: a retry takes 5 of 100, a success returns 1."""

    left: int = QUOTA

    def spend(self) -> bool:
        """Take the cost of one retry; return False if less is left."""
        if self.left < RETRY_COST:
            return False
        self.left -= RETRY_COST
        return True

    def refill(self) -> None:
        """Return 1 after a success."""
        self.left = min(QUOTA, self.left + 1)


@dataclass(slots=True, eq=False)
class RetryBudget:
    """Limits of one request: `seconds` in all, and `attempts` in all unless None."""

    seconds: float
    attempts: int | None
    started: float
    random: Callable[[], float]
    quota: RetryQuota = field(default_factory=RetryQuota)
    min_delay: float = 0.0
    attempts_made: int = 0
    replaced_stale: bool = False

    def delay(self, error: VbsjobError, now: float) -> float | None:
        """Return the seconds until the next attempt, or None to give up.

        The first stale connection is replaced at once and not counted (F08).
        """
        if error.stale and not self.replaced_stale:
            self.replaced_stale = True
            return 0.0
        self.attempts_made += 1
        limits = (self.attempts, error.max_attempts)
        if any(limit is not None and self.attempts_made >= limit for limit in limits):
            return None
        delay, left = self._delay(error), self.seconds - (now - self.started)
        if max(delay, error.retry_after or 0.0) > left or not self.quota.spend():
            return None
        return delay

    def _delay(self, error: VbsjobError) -> float:
        ceiling = min(MAX_DELAY, error.base_delay * 2.0 ** min(self.attempts_made - 1, 16))
        delay = self.min_delay + self.random() * ceiling
        return max(delay, min(error.retry_after or 0.0, QUERY_RETRY_AFTER))


def retry_after(header: str, date: str) -> float | None:
    """Return the seconds of a Retry-After header, at most a day; None if it is malformed.

    An HTTP date is compared with `date`, the Date header of the same response.
    """
    if not header or len(header) > len("Wed, 21 Oct 2015 07:28:00 GMT") + 8:
        return None
    try:
        seconds = float(header)
    except ValueError:
        seconds = _seconds_until(header, date)
    return max(0.0, min(seconds, DAY)) if math.isfinite(seconds) else None


def _seconds_until(header: str, date: str) -> float:
    from email.utils import parsedate_to_datetime

    try:
        return (parsedate_to_datetime(header) - parsedate_to_datetime(date)).total_seconds()
    except (ValueError, TypeError, OverflowError, IndexError):
        return math.nan
