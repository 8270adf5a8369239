"""Thousands of jobs in one watch: those near their end come first, and none is forgotten."""

from __future__ import annotations

import statistics

import pytest

from tests.benchmarks import many_jobs
from tests.benchmarks.many_jobs import NIGHT, Load
from vbsjob.limits import REQUESTS_PER_SECOND
from vbsjob.watch.estimate import estimate_end
from vbsjob.watch.intervals import JITTER, RAREST, RequestShare

HOUR = Load("backups of 11 min, queued, start over 1 h", (11,), 1.0, queued=True)


@pytest.mark.slow
def test_a_thousand_jobs_with_history_are_seen_sooner_with_fewer_requests() -> None:
    without = many_jobs.run(HOUR, 1000, history=False)
    with_history = many_jobs.run(HOUR, 1000, history=True)
    assert statistics.median(with_history.lags) < statistics.median(without.lags) / 2
    assert statistics.fmean(with_history.lags) < statistics.fmean(without.lags) / 2
    assert with_history.requests < without.requests
    assert with_history.longest_wait < RAREST * (1 + JITTER)


@pytest.mark.long
def test_five_thousand_jobs_with_history_are_seen_20_s_late_and_none_waits_two_turns() -> None:
    result = many_jobs.run(NIGHT, 5000, history=True)
    assert len(result.lags) > 4900
    assert statistics.median(result.lags) < 20
    assert result.longest_wait < 2 * 5000 / REQUESTS_PER_SECOND


def test_without_history_all_jobs_have_equal_turns() -> None:
    share = RequestShare(1000)
    for number in range(1000):
        age = None if number % 3 else 7.0 * number
        assert share.delay(f"j{number}", None, age, waiting=number % 2 == 0) == 50.0


@pytest.mark.parametrize("jobs", [30, 1000, 5000])
def test_jobs_with_history_send_no_more_requests_together_than_with_equal_turns(jobs: int) -> None:
    share = RequestShare(jobs)
    estimate = estimate_end([600.0, 630, 660, 690, 720])
    assert estimate
    ages = {f"j{number}": estimate.end * number / jobs for number in range(jobs)}
    for job_id, age in ages.items():
        share.delay(job_id, estimate, age, waiting=False)
    delays = {
        job_id: share.delay(job_id, estimate, age, waiting=False) for job_id, age in ages.items()
    }
    assert sum(1 / delay for delay in delays.values()) <= REQUESTS_PER_SECOND * 1.25
    assert max(delays.values()) <= 2 * share.equal_interval
    near = min(ages, key=lambda job_id: abs(ages[job_id] - 660))
    assert delays[near] < 0.6 * share.equal_interval < share.equal_interval < delays["j0"]


def test_a_job_that_ends_gives_its_turn_to_the_others() -> None:
    share = RequestShare(100)
    estimate = estimate_end([600.0, 630, 660])
    share.delay("near", estimate, 640.0, waiting=False)
    before = share.delay("far", estimate, 100.0, waiting=False)
    share.remove("near")
    assert share.equal_interval == 99 / REQUESTS_PER_SECOND
    assert share.delay("far", estimate, 100.0, waiting=False) < before


def test_a_job_that_has_not_started_yields_unless_it_could_end_before_its_next_turn() -> None:
    share = RequestShare(1000)
    long_jobs, short_jobs = estimate_end([600.0] * 3), estimate_end([60.0] * 3)
    assert (
        share.equal_interval
        < share.delay("a", long_jobs, None, waiting=True)
        < 2 * share.equal_interval
    )
    assert share.delay("b", short_jobs, None, waiting=True) == share.equal_interval
