"""Watches in storms, in virtual time: an oracle that knows what was delivered judges every code.

Each case is one seed; a failure names it. `-m long` runs a million watch-hours.
"""

from __future__ import annotations

import io
import random
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pytest

from tests.support.oracle import WatchOptions, WatchRecord, violations
from tests.support.random_service import FaultRates, RandomService, random_timeline
from vbsjob.client import JobsClient
from vbsjob.config import loader
from vbsjob.errors import (
    ApiError,
    JobNotFoundError,
    UnavailableError,
    UnexpectedResponseError,
    VbsjobError,
)
from vbsjob.exit_codes import ExitCode
from vbsjob.jobs.job import Job
from vbsjob.watch.loop import WatchLoop
from vbsjob.watch.state import WatchRules, WatchState

if TYPE_CHECKING:
    from collections.abc import Callable

    from vbsjob.watch.state import Event
    from vbsjob.watch.tracked_job import TrackedJob

HOUR = 3600.0


@dataclass(frozen=True)
class Plan:
    """What is drawn for one watch before it begins."""

    storm: RandomService
    wish: WatchOptions
    argv: tuple[str, ...]

    def run(self) -> WatchRecord:
        """Watch, and return what came of it."""
        return _account(self, *self.storm.watch(*self.argv))


def _account(plan: Plan, code: int, jobs: dict[str, int]) -> WatchRecord:
    storm = plan.storm
    return WatchRecord(
        plan.wish, storm.delivered, storm.now, code, jobs, storm.wakes, storm.signed_in,
        storm.password,
    )  # fmt: skip


def alone(seed: int) -> Plan:
    """One job, or a few, at full rhythm: any weather, any wish."""
    draw = random.Random(seed)
    longest = draw.choice((60.0, 660.0, HOUR, 2 * HOUR))
    ids = [f"j{number}" for number in range(draw.choice((1, 1, 1, 1, 2, 7)))]
    lives = {job_id: random_timeline(job_id, draw, longest) for job_id in ids}

    def some(times: int, longest_of_all: float) -> list[tuple[float, float]]:
        return [(draw.uniform(0, longest), draw.uniform(1, longest_of_all)) for _ in range(times)]

    sleeps = some(draw.choice((0, 0, 1, 3)), 8 * HOUR)
    password = len(ids) == 1 and draw.random() < 0.5
    weather = FaultRates(
        faulty=draw.choice((0.0, 0.1, 0.3, 0.6)),
        mortal=draw.choice((0.0, 0.0, 0.002)),
        outages=tuple((at, at + long) for at, long in some(draw.choice((0, 0, 1, 2)), 1500)),
        suspends=tuple(sleeps),
        revoked=tuple(at for at, _ in some(draw.choice((0, 0, 0, 1, 2)), 2)),
        locked_out=draw.choice((float("inf"), float("inf"), draw.uniform(1, longest))),
    )
    wish = WatchOptions(
        retry_for=draw.choice((900.0, 900.0, 300.0)),
        wait_for_job=draw.choice((30.0, 30.0, 0.0, 60.0)),
        timeout=draw.choice((float("inf"), float("inf"), float(draw.randrange(10, 3000)))),
        fail_fast=draw.random() < 0.2,
        any=draw.random() < 0.2,
    )
    return Plan(RandomService(seed, lives, weather, password=password), wish, _argv(wish))


def _argv(wish: WatchOptions) -> tuple[str, ...]:
    words = ["--retry-for", f"{wish.retry_for:.0f}", "--wait-for-job", f"{wish.wait_for_job:.0f}"]
    if wish.timeout < float("inf"):
        words += ["--timeout", f"{wish.timeout:.0f}"]
    words += ["--fail-fast"] if wish.fail_fast else []
    words += ["--any"] if wish.any else []
    return tuple(words)


def together(seed: int, jobs: int, hours: float, weather: FaultRates) -> Plan:
    """Thousands of jobs, which share twenty questions a second."""
    draw = random.Random(seed)
    lives = {
        f"j{number}": random_timeline(f"j{number}", draw, hours * HOUR) for number in range(jobs)
    }
    return Plan(
        RandomService(seed, lives, weather, latency=0.0), WatchOptions(), _argv(WatchOptions())
    )


FOUL = FaultRates(faulty=0.6, mortal=0.0002)
BROKEN = FaultRates(
    faulty=0.2,
    mortal=0.0002,
    outages=((900, 1500), (4000, 4840), (9000, 9090)),
    suspends=((2500, HOUR), (7000, 20), (9040, HOUR / 2)),
)


def judged(plan: Plan) -> WatchRecord:
    """Run a plan; fail with its seed and what the oracle says of it."""
    account = plan.run()
    found = violations(account)
    assert not found, (f"seed {plan.storm.seed}", plan.wish, plan.storm.weather, found[:5])
    return account


def hours_watched(plan: Plan) -> float:
    """Hours from the first question to the last of each job, less those that were slept."""
    storm = plan.storm
    seconds = [
        exchanges[-1].at - sum(long for at, long in storm.weather.suspends if at < exchanges[-1].at)
        for exchanges in storm.delivered.values()
        if exchanges
    ]
    return sum(seconds) / HOUR


BLOCK = 50


@pytest.mark.slow
@pytest.mark.parametrize("first", range(0, 400, BLOCK), ids=lambda first: f"seeds-from-{first}")
def test_s20_every_exit_code_of_a_watch_with_random_faults_is_right(first: int) -> None:
    for seed in range(first, first + BLOCK):
        judged(alone(seed))


@pytest.mark.slow
@pytest.mark.parametrize(("seed", "weather"), [(1, FOUL), (2, BROKEN)], ids=["foul", "broken"])
def test_s20_fifty_thousand_watch_hours_in_one_watch_end_with_the_right_codes(
    seed: int, weather: FaultRates
) -> None:
    plan = together(seed, 30_000, 5 if weather is BROKEN else 4, weather)
    judged(plan)
    assert hours_watched(plan) >= 50_000


@pytest.mark.long
@pytest.mark.parametrize("seed", range(10, 18))
def test_s20_a_million_watch_hours_in_eight_watches_end_with_the_right_codes(seed: int) -> None:
    plan = together(seed, 75_000, 5, FOUL if seed % 2 else BROKEN)
    judged(plan)
    assert hours_watched(plan) >= 125_000


@pytest.mark.long
@pytest.mark.parametrize("first", range(1000, 6000, 500), ids=lambda first: f"seeds-from-{first}")
def test_s20_thousands_of_random_watches_end_with_the_right_codes(first: int) -> None:
    for seed in range(first, first + 500):
        judged(alone(seed))


CODES = (0, 1, 4, 5, 6, 7, 8, 124)


@pytest.mark.slow
def test_the_oracle_accepts_no_code_but_the_one_that_was_delivered() -> None:
    met: Counter[int] = Counter()
    kinds: Counter[str] = Counter()
    for seed in range(80):
        account = judged(alone(seed))
        kinds.update(one.kind for told in account.delivered.values() for one in told)
        for job_id, code in account.jobs.items():
            met[code] += 1
            for wrong in CODES:
                if wrong != code:
                    jobs = {**account.jobs, job_id: wrong}
                    assert violations(replace(account, jobs=jobs)), (seed, job_id, code, wrong)
        for wrong in CODES:
            assert wrong == account.code or violations(replace(account, code=wrong))
    assert set(met) == set(CODES), met
    assert set(kinds) == {
        "good", "missing", "silent", "wrong", "large", "fatal", "denied", "refused", "unauthorised",
    }  # fmt: skip


class Lying(WatchState):
    """Decides wrongly as `lie` says: a code to end a job with, or None to decide rightly."""

    lie: Callable[[TrackedJob, Job | VbsjobError], ExitCode | None]

    def record_result(
        self, job_id: str, found: Job | VbsjobError, now: float, age: float | None = None
    ) -> list[Event]:
        one = self.tracked[job_id]
        code = self.lie(one, found)
        if code is None or one.exit_code is not None or self.finished:
            return super().record_result(job_id, found, now, age)
        one.error = found if isinstance(found, VbsjobError) else None
        self._finish(one, code)
        return []


LIES: dict[str, Callable[[TrackedJob, Job | VbsjobError], ExitCode | None]] = {
    "a failed question is a failed job": lambda one, found: (
        ExitCode.JOB_FAILED if isinstance(found, UnavailableError) else None
    ),
    "three failures are an outage": lambda one, found: (
        ExitCode.UNAVAILABLE if isinstance(found, UnavailableError) and one.failures >= 2 else None
    ),
    "a 404 is the end": lambda one, found: (
        ExitCode.NOT_FOUND if isinstance(found, JobNotFoundError) and one.job else None
    ),
    "a failed sub-job is a failed job": lambda one, found: (
        ExitCode.JOB_FAILED
        if isinstance(found, Job) and found.failed_below and not found.ended
        else None
    ),
    "a word in lower case is an end": lambda one, found: (
        ExitCode.OK if isinstance(found, Job) and found.status == "success" else None
    ),
    "an error in time is patience lost": lambda one, found: (
        ExitCode.TIMEOUT if isinstance(found, VbsjobError) and one.failures >= 5 else None
    ),
    "what redirects is an outage": lambda one, found: (
        ExitCode.UNAVAILABLE
        if isinstance(found, ApiError) and not isinstance(found, UnexpectedResponseError)
        else None
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", LIES)
def test_the_oracle_catches_a_program_that_decides_wrongly(name: str) -> None:
    class Liar(Lying):
        lie = staticmethod(LIES[name])

    caught = 0
    for seed in range(60):
        plan = alone(seed)
        context = plan.storm.context(io.StringIO())
        client = JobsClient(loader.load({}, context), context, retry=False)
        rules = WatchRules(plan.wish.retry_for, plan.wish.wait_for_job)
        wish = WatchOptions(plan.wish.retry_for, plan.wish.wait_for_job)
        poll = Liar(list(plan.storm.lives), rules, 0.0, context.random)
        code = WatchLoop(poll, client.get, context, []).run()
        jobs = {job_id: int(one.verdict) for job_id, one in poll.tracked.items()}
        account = replace(_account(plan, int(code), jobs), wish=wish)
        caught += bool(violations(account))
    assert caught, name
