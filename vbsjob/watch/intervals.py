"""How quickly a job is asked about again: after an answer, a change, a failure.

Pure numbers; knows no job's state beyond its age and no clock.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from vbsjob.limits import WATCH_RETRY_AFTER

if TYPE_CHECKING:
    from collections.abc import Callable

QUICK, STEADY, GROWTH = 2.0, 12.0, 2.5
"""Seconds between questions: from QUICK, by GROWTH, to STEADY; JITTER keeps it below 15 s."""
JITTER = 0.2
HASTE, AGE_PART = 2.0, 0.04
"""A change divides the grown interval, but makes it no less than this part of the job's age.

Back to QUICK at once would ask about a job of a minute, with a few sub-jobs, twice as often.
"""
INIT_INTERVAL = 5.0
SLOWEST = 60.0
SLOWER, QUICKER = 2.0, 0.9
"""What a 429 and what an answer do to the interval."""
RETRY_FIRST, RETRY_MOST = 1.0, 30.0


@dataclass(slots=True)
class PollInterval:
    """The rhythm of one job's questions."""

    step: float = QUICK
    slow: float = 1.0

    def answered(self, *, changed: bool, age: float | None) -> None:
        """Slow down after an answer; quicken if it told a change. `age` is the job's own."""
        self.slow = max(1.0, self.slow * QUICKER)
        self.step = min(self.step * GROWTH, STEADY)
        if changed:
            self.step = min(max(QUICK, AGE_PART * (age or 0.0), self.step / HASTE), STEADY)

    def throttled(self) -> None:
        """Slow down because the service asked for it."""
        self.slow = min(self.slow * SLOWER, SLOWEST)

    def interval(
        self, fixed: float | None, random: Callable[[], float], *, waiting: bool, first: bool
    ) -> float:
        """Seconds to the next question after an answer: at random, so that watches drift apart."""
        wait = fixed
        if wait is None:
            wait = INIT_INTERVAL if waiting else self.step
            wait *= 1 - JITTER * (2 * random() - 1)
            wait *= 0.5 + random() / 2 if first else 1.0
        return max(wait, min(wait * self.slow, SLOWEST)) if self.slow > 1.0 else wait


def pause(failures: int, retry_after: float | None, random: Callable[[], float]) -> float:
    """Seconds to the next question after so many failures: full jitter, but no less than asked."""
    ceiling = min(RETRY_MOST, RETRY_FIRST * 2.0 ** min(failures - 1, 16))
    return max(random() * ceiling, min(retry_after or 0.0, WATCH_RETRY_AFTER))
