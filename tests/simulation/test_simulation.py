"""Watches with random faults, in virtual time: an oracle checks every exit code.

Each case is one seed; a failure names it. `-m long` runs a million watch-hours.
"""

from __future__ import annotations

import io
import json
import random
from collections import Counter
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from tests.support.oracle import WatchOptions, WatchRecord, violations
from tests.support.random_service import (
    BEGAN as START,
)
from tests.support.random_service import (
    FaultRates,
    JobTimeline,
    RandomService,
    random_timeline,
)
from vbsjob import history
from vbsjob.config import loader
from vbsjob.jobs.job import Job
from vbsjob.jobs.outcome import of_answer

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


HOUR = 3600.0


@dataclass(frozen=True)
class Plan:
    """The random choices for one watch."""

    service: RandomService
    options: WatchOptions
    argv: tuple[str, ...]

    def run(self) -> WatchRecord:
        """Run the watch and return its record."""
        return _record(self, *self.service.watch(*self.argv))


def _record(plan: Plan, code: int, jobs: dict[str, int]) -> WatchRecord:
    service = plan.service
    return WatchRecord(
        plan.options, service.delivered, service.now, code, jobs, service.wakes, service.sign_ins,
        service.password,
    )  # fmt: skip


def alone(seed: int) -> Plan:
    """Return a watch of one job or a few, with any faults and options."""
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
        portal=draw.choice((0.0, 0.0, 0.02, 0.3)),
        identity_outages=tuple(
            (at, at + long) for at, long in some(draw.choice((0, 0, 1, 3)), 1500)
        ),
    )
    options = WatchOptions(
        retry_for=draw.choice((900.0, 900.0, 300.0)),
        wait_for_job=draw.choice((30.0, 30.0, 0.0, 60.0)),
        timeout=draw.choice((float("inf"), float("inf"), float(draw.randrange(10, 3000)))),
        fail_fast=draw.random() < 0.2,
        any=draw.random() < 0.2,
    )
    return Plan(RandomService(seed, lives, weather, password=password), options, _argv(options))


def _argv(options: WatchOptions) -> tuple[str, ...]:
    words = [
        "--retry-for",
        f"{options.retry_for:.0f}",
        "--wait-for-job",
        f"{options.wait_for_job:.0f}",
    ]
    if options.timeout < float("inf"):
        words += ["--timeout", f"{options.timeout:.0f}"]
    words += ["--fail-fast"] if options.fail_fast else []
    words += ["--any"] if options.any else []
    return tuple(words)


def together(seed: int, jobs: int, hours: float, weather: FaultRates) -> Plan:
    """Return a watch of thousands of jobs, which share the request rate."""
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
    """Run a plan; fail with its seed and what the oracle reports."""
    record = plan.run()
    errors = violations(record)
    assert not errors, (f"seed {plan.service.seed}", plan.options, plan.service.weather, errors[:5])
    return record


def hours_watched(plan: Plan) -> float:
    """Return the hours from the first to the last poll of each job, without suspended time."""
    service = plan.service
    seconds = [
        exchanges[-1].at
        - sum(long for at, long in service.weather.suspends if at < exchanges[-1].at)
        for exchanges in service.delivered.values()
        if exchanges
    ]
    return sum(seconds) / HOUR


CODES = (0, 1, 4, 5, 6, 7, 8, 124)


@pytest.mark.slow
def test_s20_every_exit_code_of_a_watch_with_random_faults_is_right_and_no_other(
    record_property: Callable[[str, object], None],
) -> None:
    codes: Counter[int] = Counter()
    kinds: Counter[str] = Counter()
    for seed in range(90):
        record = judged(alone(seed))
        codes.update(record.jobs.values())
        for job_id, exchanges in record.delivered.items():
            kinds.update(exchange.kind for exchange in exchanges)
            for wrong in set(CODES) - {record.jobs[job_id]}:
                jobs = {**record.jobs, job_id: wrong}
                assert violations(replace(record, jobs=jobs)), (seed, job_id, wrong)
        for wrong in set(CODES) - {record.code}:
            assert violations(replace(record, code=wrong))
    record_property("cases", codes.total())
    assert set(codes) == set(CODES), codes
    assert set(kinds) == {
        "good", "missing", "silent", "page", "wrong", "large", "fatal", "denied", "refused",
        "unauthorised",
    }  # fmt: skip


HISTORY_SEEDS = range(6000, 6040)


def with_history(plan: Plan, folder: Path) -> Plan:
    """Return the plan with a begin_time in every answer, and ten earlier jobs in the history.

    Their durations have nothing to do with the jobs of the plan: right, too short or too long.
    """
    service = plan.service
    timelines = {job_id: _begun(timeline) for job_id, timeline in service.lives.items()}
    service = replace(service, lives=timelines, state_folder=folder)
    draw = random.Random(service.seed)
    usual = 60 * draw.choice((0.5, 2.0, 11.0, 60.0, 600.0))
    context = service.context(io.StringIO())
    runs = [
        of_answer(f"run-{number}", Job({
            "job_id": f"run-{number}", "job_type": "bksCreateBackup", "status": "SUCCESS",
            "begin_time": START.isoformat(),
            "end_time": (START + timedelta(seconds=usual * draw.uniform(0.8, 1.2))).isoformat(),
        }), START)
        for number in range(10)
    ]  # fmt: skip
    history.record(runs, loader.load({}, context), context)
    return replace(plan, service=service)


def _begun(timeline: JobTimeline) -> JobTimeline:
    def begun(body: bytes) -> bytes:
        return json.dumps(json.loads(body) | {"begin_time": START.isoformat()}).encode()

    states = tuple(state and (begun(state[0]), *state[1:]) for state in timeline.states)
    return replace(timeline, states=states)


@pytest.mark.slow
def test_s20_with_a_history_every_exit_code_is_right(tmp_path: Path) -> None:
    fewer = 0
    for seed in HISTORY_SEEDS:
        plan = with_history(alone(seed), tmp_path / str(seed))
        judged(plan)
        fewer += plan.service.requests < _requests(seed)
    assert fewer  # the history is used: without it the numbers are equal


def _requests(seed: int) -> int:
    plan = alone(seed)
    plan.run()
    return plan.service.requests


@pytest.mark.slow
def test_s20_hundreds_of_jobs_with_a_history_end_with_the_right_codes(tmp_path: Path) -> None:
    plan = with_history(together(3, 250, 0.25, FOUL), tmp_path)
    judged(plan)
    assert plan.service.requests >= 2_000


@pytest.mark.slow
def test_s20_jobs_in_one_watch_with_outages_and_sleep_end_with_the_right_codes() -> None:
    plan = together(2, 40, 4, BROKEN)
    judged(plan)
    assert plan.service.requests >= 2_000
    assert hours_watched(plan) >= 40 * 4 / 5


@pytest.mark.long
@pytest.mark.parametrize("seed", range(10, 18))
def test_s20_a_million_watch_hours_in_eight_watches_end_with_the_right_codes(
    seed: int, record_property: Callable[[str, object], None]
) -> None:
    plan = together(seed, 75_000, 5, FOUL if seed % 2 else BROKEN)
    judged(plan)
    record_property("requests", plan.service.requests)
    assert hours_watched(plan) >= 125_000


FULL_RATE_JOBS, BLOCKS, WATCHES = 200_000, 14, 7_000
"""Jobs of the long run at the full polling rate, in so many blocks of so many watches.

Where thousands of jobs share the rate, each has about one request an hour.
"""


@pytest.mark.long
@pytest.mark.parametrize("block", range(BLOCKS))
def test_s20_two_hundred_thousand_jobs_at_the_full_polling_rate_end_with_the_right_codes(
    block: int, record_property: Callable[[str, object], None]
) -> None:
    first = 10_000 + block * WATCHES
    plans = [alone(seed) for seed in range(first, first + WATCHES)]
    for plan in plans:
        judged(plan)
    jobs = sum(len(plan.service.lives) for plan in plans)
    record_property("cases", jobs)
    record_property("requests", sum(plan.service.requests for plan in plans))
    assert jobs >= FULL_RATE_JOBS / BLOCKS
