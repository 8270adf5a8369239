"""Requests of a watch, and how late it sees the end of a job, with and without a history.

    python -m tests.benchmarks.polling

Virtual time: the numbers depend on the seeds alone. All policies get the same jobs. The fixed
interval is what the cloud's own Go SDK does: request, sleep one second, request.
"""

from __future__ import annotations

import argparse
import math
import random
import statistics
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.benchmarks.measure import table
from vbsjob.jobs.job import Job
from vbsjob.watch.estimate import Estimates
from vbsjob.watch.state import WatchRules, WatchState

if TYPE_CHECKING:
    from collections.abc import Iterator

MINUTES = (1, 11, 60)
SEEDS = 200
LATENCY = 0.05
SPREAD, RUNS = 0.1, 10
"""Standard deviation of the logarithm of a duration, and the earlier runs in the history."""
STEPS = ("snapshot", "copyData", "cleanUp")


@dataclass(frozen=True)
class Policy:
    """How a watch polls. `history` is how long earlier runs took, compared with this one."""

    name: str
    history: float | None = None
    interactive: bool = False


FIXED = Policy("every second")
PLAIN = Policy("no history")
HISTORY = Policy("history", 1.0)
ATTENDED = Policy("history, on a terminal", 1.0, interactive=True)
SHORTER = Policy("history of 10 times longer jobs", 10.0)
LONGER = Policy("history of 10 times shorter jobs", 0.1)
POLICIES = (FIXED, PLAIN, HISTORY, ATTENDED, SHORTER, LONGER)


@dataclass(frozen=True)
class Outcome:
    """One watch of one job: the requests, and the seconds from its end to the report of it."""

    requests: int
    lag: float


class SimulatedJob:
    """A job with three sub-jobs, one after the other; its status changes six times on the way."""

    def __init__(self, seconds: float, seed: int) -> None:
        draw = random.Random(seed)
        self.duration = seconds * math.exp(draw.gauss(0, SPREAD))
        self.runs = [seconds * math.exp(draw.gauss(0, SPREAD)) for _ in range(RUNS)]
        changes = sorted(draw.uniform(0, self.duration) for _ in range(2 * len(STEPS)))
        self._steps = list(zip(STEPS, changes[::2], changes[1::2], strict=True))

    def at(self, age: float) -> Job:
        """Return the answer of the service at an age in seconds."""
        sub_jobs = [
            {
                "job_id": f"id-of-{name}",
                "job_type": name,
                "status": "INIT" if age < start else "RUNNING" if age < end else "SUCCESS",
            }
            for name, start, end in self._steps
        ]
        status = "RUNNING" if age < self.duration else "SUCCESS"
        entities = {"sub_jobs": sub_jobs}
        return Job({"job_id": "j", "job_type": "backup", "status": status, "entities": entities})


def watch(policy: Policy, job: SimulatedJob, seed: int) -> Outcome:
    """Watch a job from its start to its end."""
    times = _fixed() if policy is FIXED else _polls(policy, job, seed)
    for requests, answered in enumerate(times, 1):
        if answered >= job.duration:
            return Outcome(requests, answered - job.duration)
    raise AssertionError("the watch ended before the job")


def _fixed() -> Iterator[float]:
    now = 0.0
    while True:
        now += LATENCY
        yield now
        now += 1.0


def _polls(policy: Policy, job: SimulatedJob, seed: int) -> Iterator[float]:
    """Yield the times of the answers."""
    factor = policy.history
    runs = [] if factor is None else [factor * seconds for seconds in job.runs]
    state = WatchState(
        ["j"], WatchRules(), 0.0, random.Random(-seed).random,
        estimates=Estimates(lambda _job_type: runs), interactive=policy.interactive,
    )  # fmt: skip
    while not state.finished:
        now = state.next_due()
        state.take_due(now, 1)
        now += LATENCY
        state.record_result("j", job.at(now), now, now)
        yield now


@dataclass(frozen=True)
class Row:
    """The outcomes of one policy for jobs of one length."""

    minutes: int
    policy: Policy
    outcomes: list[Outcome]

    @property
    def requests(self) -> float:
        """The median."""
        return statistics.median(outcome.requests for outcome in self.outcomes)

    def lag(self, part: float) -> float:
        """Return the lag that this part of the watches does not exceed."""
        lags = sorted(outcome.lag for outcome in self.outcomes)
        return lags[min(len(lags) - 1, math.ceil(part * len(lags)) - 1)]

    @property
    def mean_lag(self) -> float:
        """Mean lag in seconds."""
        return statistics.fmean(outcome.lag for outcome in self.outcomes)

    def bounds(self) -> tuple[float, float]:
        """Return the least possible mean lag for the mean number of requests of this row.

        First if all requests are planned before the start; then if the watch stops at the end,
        so that late requests are made for late jobs only. Both for a known distribution.
        """
        requests = statistics.fmean(outcome.requests for outcome in self.outcomes)
        spread = SPREAD * 60 * self.minutes
        return tuple(factor * spread / requests for factor in BOUNDS)  # type: ignore[return-value]

    def cells(self) -> list[str]:
        """Return the cells of the table."""
        planned, stopping = self.bounds()
        most = max(outcome.requests for outcome in self.outcomes)
        return [
            f"{self.minutes} min", self.policy.name, f"{self.requests:.0f} / {most}",
            f"{self.lag(0.5):.1f} / {self.lag(0.95):.1f} / {self.lag(1.0):.1f} s",
            f"{self.mean_lag:.1f} s", f"{planned:.1f} / {stopping:.1f} s",
        ]  # fmt: skip


def _bounds() -> tuple[float, float]:
    """Return (integral of sqrt(f))^2 / 2 and (integral of sqrt(f (1 - F)))^2 / 2.

    For the normal distribution with a standard deviation of 1, by the trapezoidal rule.
    """
    step = 0.001
    points = [step * number for number in range(-9000, 9001)]
    density = [math.exp(-x * x / 2) / math.sqrt(2 * math.pi) for x in points]
    survival = [0.5 * math.erfc(x / math.sqrt(2)) for x in points]
    planned = step * sum(map(math.sqrt, density))
    stopping = step * sum(math.sqrt(f * s) for f, s in zip(density, survival, strict=True))
    return planned**2 / 2, stopping**2 / 2


BOUNDS = _bounds()
HEAD = (
    "job", "policy", "requests, median / most", "lag, median / 95 % / most", "mean lag",
    "bound of the mean lag",
)  # fmt: skip


def rows(seeds: int) -> list[Row]:
    """Run the benchmark."""
    return [
        Row(
            minutes,
            policy,
            [watch(policy, SimulatedJob(60.0 * minutes, seed), seed) for seed in range(seeds)],
        )
        for minutes in MINUTES
        for policy in POLICIES
    ]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=SEEDS, help="watches of each length")
    seeds = parser.parse_args().seeds
    sys.stdout.write(table(HEAD, [row.cells() for row in rows(seeds)]))


if __name__ == "__main__":
    main()
