"""Thousands of jobs in one watch: how late it sees each end, and how long a job waits for a poll.

    python -m tests.benchmarks.many_jobs

Virtual time. The watch sends REQUESTS_PER_SECOND, one request after the other, and each is
answered at once.
"""

from __future__ import annotations

import argparse
import math
import random
import statistics
import sys
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from tests.benchmarks.measure import table
from tests.benchmarks.polling import RUNS, SPREAD
from vbsjob.jobs.job import Job
from vbsjob.limits import REQUESTS_PER_SECOND
from vbsjob.watch.estimate import Estimates
from vbsjob.watch.state import WatchRules, WatchState

if TYPE_CHECKING:
    from collections.abc import Sequence

JOBS = 5000


@dataclass(frozen=True)
class Load:
    """Jobs of the given lengths. They start evenly spread over `hours`, before or in the watch."""

    name: str
    minutes: Sequence[float]
    hours: float
    queued: bool
    """Whether they start during the watch, and are INIT until then; else they run already."""


NIGHT = Load("backups of 11 min, queued, start over 4 h", (11,), 4.0, queued=True)
MIXED = Load("jobs of 11 min to 8 h, all running", (11, 60, 240, 480), 0.0, queued=False)
LOADS = (NIGHT, MIXED)


@dataclass(frozen=True)
class Result:
    """The lags of all jobs, the longest time between two polls of a job, both in seconds."""

    lags: list[float]
    longest_wait: float
    requests: int


def run(load: Load, jobs: int, *, history: bool, seed: int = 1) -> Result:
    """Watch the jobs until all have ended."""
    draw = random.Random(seed)
    starts, ends, types = {}, {}, {}
    for number in range(jobs):
        job_id = f"j{number}"
        minutes = load.minutes[number % len(load.minutes)]
        types[job_id] = f"{minutes} min"
        seconds = 60 * minutes * math.exp(draw.gauss(0, SPREAD))
        start = draw.uniform(0, 3600 * load.hours) if load.queued else -draw.uniform(0, seconds)
        starts[job_id], ends[job_id] = start, start + seconds
    runs = {
        f"{minutes} min": [60 * minutes * math.exp(draw.gauss(0, SPREAD)) for _ in range(RUNS)]
        for minutes in load.minutes
    }
    state = WatchState(
        list(starts), WatchRules(), 0.0, draw.random,
        estimates=Estimates(lambda job_type: runs[job_type] if history else ()),
    )  # fmt: skip
    polls: dict[str, list[float]] = {job_id: [0.0] for job_id in starts}
    now, requests = 0.0, 0
    while not state.finished:
        now = max(now + 1 / REQUESTS_PER_SECOND, state.next_due())
        for job_id in state.take_due(now, 1):
            requests += 1
            polls[job_id].append(now)
            start, end = starts[job_id], ends[job_id]
            status = "INIT" if now < start else "RUNNING" if now < end else "SUCCESS"
            job = Job({"job_id": job_id, "job_type": types[job_id], "status": status})
            state.record_result(job_id, job, now, now - start if now >= start else None)
    return Result(
        [polls[job_id][-1] - ends[job_id] for job_id in polls if ends[job_id] > polls[job_id][1]],
        max(later - sooner for times in polls.values() for sooner, later in pairwise(times[1:])),
        requests,
    )


HEAD = ("jobs", "history", "lag, median / 95 % / mean", "longest wait for a poll", "requests")


def cells(load: Load, jobs: int, *, history: bool) -> list[str]:
    """Run one case; return the cells of the table."""
    result = run(load, jobs, history=history)
    lags = sorted(result.lags)
    times = (statistics.median(lags), lags[int(0.95 * len(lags))], statistics.fmean(lags))
    return [
        f"{jobs:,} {load.name}",
        "yes" if history else "no",
        f"{' / '.join(f'{seconds:.1f}' for seconds in times)} s",
        f"{result.longest_wait:.0f} s",
        f"{result.requests:,}",
    ]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=JOBS)
    jobs = parser.parse_args().jobs
    cases = [(load, history) for load in LOADS for history in (False, True)]
    sys.stdout.write(
        table(HEAD, [cells(load, jobs, history=has_history) for load, has_history in cases])
    )


if __name__ == "__main__":
    main()
