"""What many watches do together: each decides alone, and nothing brings them into step (F17)."""

from __future__ import annotations

import random
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from vbsjob.errors import UnavailableError, VbsjobError
from vbsjob.jobs.job import Job
from vbsjob.watch.state import WatchRules, WatchState

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

WATCHERS = 2000
TENTHS = 10


def questions(
    seed: int, start: float, end: float, found: Callable[[], Job | VbsjobError]
) -> Iterator[float]:
    """Yield when one watch that began at 0 asks a service that answers so."""
    poll = WatchState(["j"], WatchRules(), 0.0, random.Random(seed).random)
    while (now := poll.next_due()) < end:
        for job_id in poll.take_due(now, 1):
            poll.record_result(job_id, found(), now)
            if now >= start:
                yield now


def down() -> VbsjobError:
    return UnavailableError("down")


def going_on() -> Job:
    return Job({"job_id": "j", "status": "RUNNING"})


@pytest.mark.parametrize(
    ("found", "start", "end"), [(down, 0.01, 5), (down, 30, 90), (going_on, 30, 90)]
)
def test_f17_watches_that_failed_at_the_same_moment_do_not_return_together(
    found: Callable[[], Job | VbsjobError], start: float, end: float
) -> None:
    asked = Counter(
        int(at * TENTHS) for seed in range(WATCHERS) for at in questions(seed, start, end, found)
    )
    mean = asked.total() / ((end - start) * TENTHS)
    assert mean > 5
    assert max(asked.values()) <= 3 * mean
