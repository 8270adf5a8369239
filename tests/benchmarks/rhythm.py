"""How late a watch learns of the end, and what it asks for that, against asking every second.

    python tests/benchmarks/rhythm.py

Virtual time, so the numbers depend on the seeds alone. The rival is what the cloud's own Go SDK
does: one question, a sleep of one second, the next question. Both meet the same jobs.
"""

from __future__ import annotations

import argparse
import random
import statistics
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.support.watch_service import START, WatchService, job

if TYPE_CHECKING:
    from collections.abc import Callable

    from vbsjob.http.messages import Response

MINUTES = (1, 11, 60)
SEEDS = 200
LATENCY = 0.05
SUB_JOBS = ("snapshot", "copyData", "cleanUp")


@dataclass(frozen=True)
class Run:
    """One watch of one job: questions asked, and seconds from the job's end to its report."""

    requests: int
    lag: float


def made(seconds: float, seed: int) -> Callable[[str, float], Response]:
    """Return a job that ends after so long; its sub-jobs, one after the other, change six times."""
    draw = random.Random(seed)
    borders = sorted(draw.uniform(0, seconds) for _ in range(2 * len(SUB_JOBS)))
    end = "SUCCESS" if draw.random() < 0.5 else "FAIL"

    def answer(job_id: str, now: float) -> Response:
        subs: list[dict[str, Any]] = []
        for number, name in enumerate(SUB_JOBS):
            begun, done = borders[2 * number : 2 * number + 2]
            status = "INIT" if now < begun else "RUNNING" if now < done else "SUCCESS"
            subs.append({"job_id": f"{job_id}-{number}", "job_type": name, "status": status})
        status = "RUNNING" if now < seconds else end
        return job(job_id, status, begin_time=START.isoformat(), entities={"sub_jobs": subs})

    return answer


def lasting(seconds: float, seed: int) -> float:
    """Return about so long: nobody's job ends on the second."""
    return seconds + random.Random(-seed).random()


def watched(seconds: float, seed: int) -> Run:
    """Watch the job with vbsjob."""
    end = lasting(seconds, seed)
    service = WatchService(made(end, seed), latency=LATENCY, random=random.Random(seed).random)
    run = service.watch("j", "-q")
    return Run(len(run.requests), run.lasted - end)


def every_second(seconds: float, seed: int) -> Run:
    """Ask, sleep a second, ask again."""
    end = lasting(seconds, seed)
    now, asked = 0.0, 0
    while True:
        asked += 1
        now += LATENCY
        if now >= end:
            return Run(asked, now - end)
        now += 1.0


@dataclass(frozen=True)
class Row:
    """What many watches of jobs of one length came to."""

    minutes: int
    ours: list[Run]
    theirs: list[Run]

    @property
    def fewer(self) -> list[float]:
        """How many times fewer questions, watch by watch."""
        both = zip(self.ours, self.theirs, strict=True)
        return [their.requests / our.requests for our, their in both]

    def __str__(self) -> str:
        """A row of the table."""
        asked, lag = [run.requests for run in self.ours], [run.lag for run in self.ours]
        theirs = [run.requests for run in self.theirs]
        return (
            f"| {self.minutes} min | {statistics.median(asked):.0f} / {max(asked)} "
            f"| {statistics.median(theirs):.0f} "
            f"| {statistics.median(self.fewer):.1f} / {min(self.fewer):.1f} "
            f"| {statistics.median(lag):.1f} s / {max(lag):.1f} s "
            f"| {max(run.lag for run in self.theirs):.1f} s |"
        )


HEAD = (
    "| job of | requests, median / most | asking every second | times fewer, median / least "
    "| lag, median / most | lag of asking every second |\n|---|---|---|---|---|---|"
)


def rows(seeds: int) -> list[Row]:
    """Run the benchmark."""
    return [
        Row(
            minutes,
            [watched(60.0 * minutes, seed) for seed in range(seeds)],
            [every_second(60.0 * minutes, seed) for seed in range(seeds)],
        )
        for minutes in MINUTES
    ]


def main() -> None:
    """Print the table."""
    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("--seeds", type=int, default=SEEDS, help="watches of each length")
    table = [HEAD, *map(str, rows(reader.parse_args().seeds))]
    sys.stdout.write("\n".join(table) + "\n")


if __name__ == "__main__":
    main()
