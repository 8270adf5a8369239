"""The estimate of a job's end from earlier durations: robust, and safe with any numbers."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vbsjob.watch import estimate
from vbsjob.watch.intervals import LONGEST, RAREST, longest_interval

if TYPE_CHECKING:
    from vbsjob.watch.estimate import EndEstimate

TEN = [600.0 * math.exp(0.1 * deviation) for deviation in (-1.5, -1, -0.7, -0.4, -0.1)] + [
    600.0 * math.exp(0.1 * deviation) for deviation in (0.1, 0.4, 0.7, 1, 1.5)
]


def of(durations: list[float]) -> EndEstimate:
    result = estimate.estimate_end(durations)
    assert result is not None
    return result


def test_the_usual_duration_is_the_median_and_the_window_contains_the_runs() -> None:
    result = of(TEN)
    assert result.usual == pytest.approx(600)
    assert estimate.usual_duration(TEN) == (result.usual, 10)
    assert result.end == pytest.approx(max(TEN) * 1.1)


def test_the_middle_of_an_even_number_of_runs_lies_between_two() -> None:
    runs = ([100.0, 400.0], [1.0, 100.0, 400.0, 9000.0], [100.0, 200.0, 900.0])
    usual = [tuple(estimate.usual_duration(durations) or ()) for durations in runs]
    assert usual == [pytest.approx((200, len(durations))) for durations in runs]


@pytest.mark.parametrize("outlier", [1.0, 20.0, 60_000.0])
def test_one_job_that_hung_or_failed_at_once_does_not_change_the_window(outlier: float) -> None:
    clean, dirty = of(TEN), of([*TEN, outlier])
    assert dirty.end == pytest.approx(clean.end, rel=0.02)
    for age in (100.0, 300.0, 500.0, 600.0):
        assert dirty.delay(age) == pytest.approx(clean.delay(age), rel=0.02)


def test_polls_are_rare_before_the_window_and_frequent_around_the_usual_duration() -> None:
    result = of(TEN)
    assert result.delay(100) > 50
    assert result.delay(600) < 8
    assert result.delay(500) > result.delay(550) > result.delay(600) > result.delay(650)


def test_equal_runs_do_not_make_the_estimate_certain() -> None:
    result = of([600.0] * 10)
    assert result.end > 600
    assert result.delay(600) >= 2


def test_the_delay_leads_to_the_next_poll_of_the_curve_or_to_its_end() -> None:
    result = estimate.EndEstimate(10.0, 20.0, [0.0, 10.0, 20.0], [0.0, 1.0, 6.0])
    assert [result.delay(age) for age in (0.0, 5.0, 10.0, 19.0)] == [10.0, 6.0, 2.0, 1.0]


def test_before_and_after_the_window_a_job_is_polled_as_without_history() -> None:
    result = of(TEN)
    for age in (None, 0.0, 70.0, result.end, 1e9):
        assert longest_interval(result, age, interactive=False) is None
    assert longest_interval(None, 300.0, interactive=False) is None


def test_intervals_are_between_two_seconds_and_the_longest_and_short_on_a_terminal() -> None:
    for seconds in (60.0, 600.0, 3600.0, 36_000.0):
        result = of([duration * seconds / 600 for duration in TEN])
        for part in range(14, 110):
            age = seconds * part / 100
            limit = longest_interval(result, age, interactive=False)
            interactive = longest_interval(result, age, interactive=True)
            if limit is None or interactive is None:
                assert age >= result.end
                continue
            assert 2.0 <= limit <= RAREST
            assert interactive == min(limit, LONGEST)


DURATIONS = st.floats() | st.floats(0, 1) | st.floats(0.001, 1e7)


@given(st.lists(DURATIONS, max_size=12), st.floats(min_value=0, allow_nan=False))
def test_any_numbers_in_the_history_give_finite_delays(durations: list[float], age: float) -> None:
    result = estimate.estimate_end(durations)
    shortest, longest = estimate.SHORTEST_RUN, estimate.LONGEST_RUN
    valid = [seconds for seconds in durations if shortest <= seconds <= longest]
    assert (result is None) == (len(valid) < 3)
    if result is not None:
        assert 0 < result.end < math.inf
        if age < result.end:
            assert min(2.0, result.end - age) * 0.999 <= result.delay(age) <= result.end


def test_estimates_ask_the_history_once_per_type_and_for_a_limited_number_of_types() -> None:
    job_types: list[str] = []

    def durations(job_type: str) -> list[float]:
        job_types.append(job_type)
        return TEN if job_type == "backup" else []

    estimates = estimate.Estimates(durations)
    assert estimates.of("backup") is estimates.of("backup") is not None
    assert job_types == ["backup"]
    assert estimates.of("") is None
    assert estimates.of("x" * 1_000_000) is None
    for number in range(2 * estimate.TYPES):
        estimates.of(f"type-{number}")
    assert len(job_types) == estimate.TYPES
    assert estimates.of("backup") is not None
