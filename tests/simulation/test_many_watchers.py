"""Many watches that start together spread their polls in time (F17)."""

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


def polls(
    seed: int, start: float, end: float, answer: Callable[[], Job | VbsjobError]
) -> Iterator[float]:
    """Yield the times from `start` to `end` at which a watch that started at 0 polls."""
    state = WatchState(["j"], WatchRules(), 0.0, random.Random(seed).random)
    while (now := state.next_due()) < end:
        for job_id in state.take_due(now, 1):
            state.record_result(job_id, answer(), now)
            if now >= start:
                yield now


def down() -> VbsjobError:
    return UnavailableError("down")


def going_on() -> Job:
    return Job({"job_id": "j", "status": "RUNNING"})


@pytest.mark.parametrize(
    ("answer", "start", "end"), [(down, 0.01, 5), (down, 30, 90), (going_on, 30, 90)]
)
def test_f17_watches_that_failed_at_the_same_moment_do_not_return_together(
    answer: Callable[[], Job | VbsjobError], start: float, end: float
) -> None:
    times = Counter(
        int(at * TENTHS) for seed in range(WATCHERS) for at in polls(seed, start, end, answer)
    )
    mean = times.total() / ((end - start) * TENTHS)
    assert mean > 5
    assert max(times.values()) <= 3 * mean
