"""When a job is polled again: after an answer, a change, a failure.

No I/O and no clock: times are parameters. PollInterval is mutable.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from vbsjob.limits import SHORTEST_INTERVAL, WATCH_RETRY_AFTER

if TYPE_CHECKING:
    from collections.abc import Callable

    from vbsjob.watch.estimate import EndEstimate

SHORTEST, LONGEST = SHORTEST_INTERVAL, 12.0
"""The shortest and the longest interval between two polls of a job, in seconds, before JITTER.

--interval replaces both. With JITTER the longest interval is 14.4 s: an end is seen within 15 s.
"""
GROWTH = 2.5
"""Factor of the interval after each answer; a change, such as the first answer, then divides it."""
JITTER = 0.2
"""Part of an interval by which it is changed at random: watches do not synchronize (F17)."""
CHANGE_DIVISOR, CHANGE_AGE_PART = 2.0, 0.04
"""After a change the interval is divided by CHANGE_DIVISOR, but not below CHANGE_AGE_PART of the
job's age. A return to SHORTEST would double the requests for a job of one minute with sub-jobs.
"""
RAREST = 150.0
"""The longest interval in seconds while the end is not near, according to the history.

With 30 seconds, a job of one hour would need 173 requests instead of 109
(tests/benchmarks/README.md; the numbers depend on GROWTH).
"""
TRUST_AGE_PART = 0.13
"""The part of the usual duration after which the history is trusted."""
INIT_INTERVAL = 5.0
"""For a job that has not started."""
THROTTLED_LONGEST = 60.0
THROTTLED_GROWTH, THROTTLED_DECAY = 2.0, 0.9
"""Factors of the slow-down after HTTP 429, and after an answer."""
RETRY_FIRST, RETRY_LONGEST = 1.0, 30.0
"""Upper limits of the delay after the first failure and after many."""


@dataclass(slots=True)
class PollInterval:
    """The interval of one job."""

    seconds: float = SHORTEST
    slow_down: float = 1.0
    """Factor after HTTP 429; 1.0 is normal speed."""

    def on_answer(self, *, changed: bool, age: float | None, limit: float | None) -> None:
        """Make the interval longer, or shorter after a change. `age` is the job's, in seconds.

        `limit` is the longest interval, from the expected end; without one it is LONGEST.
        """
        self.slow_down = max(1.0, self.slow_down * THROTTLED_DECAY)
        self.seconds = min(self.seconds * GROWTH, LONGEST if limit is None else limit)
        if changed and limit is None:
            least = max(SHORTEST, CHANGE_AGE_PART * (age or 0.0))
            self.seconds = min(max(least, self.seconds / CHANGE_DIVISOR), LONGEST)

    def on_throttled(self) -> None:
        """Slow down after HTTP 429."""
        self.slow_down = min(self.slow_down * THROTTLED_GROWTH, THROTTLED_LONGEST)

    def next_delay(
        self, fixed: float | None, random: Callable[[], float], *, waiting: bool, first: bool
    ) -> float:
        """Return the seconds until the next poll after an answer.

        `fixed` is --interval. `waiting`: the job has not started. `first`: the first answer; its
        delay is shortened at random, so that watches that start together spread out.
        """
        delay = fixed
        if delay is None:
            delay = INIT_INTERVAL if waiting else self.seconds
            delay *= 1 - JITTER * (2 * random() - 1)
            delay *= 0.5 + random() / 2 if first else 1.0
        return max(delay, min(delay * self.slow_down, THROTTLED_LONGEST))


def longest_interval(
    estimate: EndEstimate | None, age: float | None, *, interactive: bool
) -> float | None:
    """Return the longest interval that the expected end allows; None without an estimate.

    The history is not used before TRUST_AGE_PART: if the earlier jobs were ten times longer, the
    job ends then, and long intervals would notice that late. `interactive`: the watch has a
    live display, which shows changes of sub-jobs; the interval stays below LONGEST.
    """
    if estimate is None or age is None:
        return None
    if not TRUST_AGE_PART * estimate.usual <= age < estimate.end:
        return None
    limit = min(max(estimate.delay(age), SHORTEST), RAREST)
    return min(limit, LONGEST) if interactive else limit


def retry_delay(failures: int, retry_after: float | None, random: Callable[[], float]) -> float:
    """Return the seconds until the next poll after consecutive failures.

    Full jitter, and at least `retry_after`, the seconds of a Retry-After header, up to its limit.
    """
    limit = min(RETRY_LONGEST, RETRY_FIRST * 2.0 ** min(failures - 1, 16))
    return max(random() * limit, min(retry_after or 0.0, WATCH_RETRY_AFTER))
