"""Many watches that start together spread their polls in time (F17)."""

from __future__ import annotations

import random
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from vbsjob.errors import UnavailableError, VbsjobError
from vbsjob.jobs.job import Job
from vbsjob.watch.estimate import Estimates
from vbsjob.watch.state import WatchRules, WatchState

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

WATCHERS = 2000
TENTHS = 10


def polls(
    seed: int,
    start: float,
    end: float,
    answer: Callable[[], Job | VbsjobError],
    durations: Sequence[float] = (),
) -> Iterator[float]:
    """Yield the times from `start` to `end` at which a watch that started at 0 polls."""
    state = WatchState(
        ["j"], WatchRules(), 0.0, random.Random(seed).random,
        estimates=Estimates(lambda _job_type: durations),
    )  # fmt: skip
    while (now := state.next_due()) < end:
        for job_id in state.take_due(now, 1):
            state.record_result(job_id, answer(), now, now)
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
    assert_spread(start, end, answer)


def test_f17_watches_of_jobs_that_started_together_spread_their_polls_near_the_expected_end() -> (
    None
):
    assert_spread(96, 114, going_on, [95.0, 97, 99, 101, 103, 105])


def assert_spread(
    start: float,
    end: float,
    answer: Callable[[], Job | VbsjobError],
    durations: Sequence[float] = (),
) -> None:
    times = Counter(
        int(at * TENTHS)
        for seed in range(WATCHERS)
        for at in polls(seed, start, end, answer, durations)
    )
    mean = times.total() / ((end - start) * TENTHS)
    assert mean > 5
    assert max(times.values()) <= 3 * mean
