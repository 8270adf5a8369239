"""The targets of the polling benchmark: virtual time, so that the numbers are always the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.benchmarks import polling
from tests.benchmarks.measure import table
from tests.support.program import ROOT

if TYPE_CHECKING:
    from tests.benchmarks.polling import Policy, Row

ERROR_OF_MEDIAN = 12.0 / (2 * polling.SEEDS**0.5)
"""Standard error, in seconds, of the median lag when a job is polled every 12 seconds."""
TARGETS = {1: (10, 2.5, 6.0), 11: (35, 3.5, 9.0), 60: (110, 6.0, 14.0)}
"""By minutes: median of the requests, median and 95th percentile of the lag in seconds."""


@pytest.fixture(scope="module")
def rows() -> dict[tuple[int, Policy], Row]:
    return {(row.minutes, row.policy): row for row in polling.rows(polling.SEEDS)}


@pytest.mark.slow
@pytest.mark.parametrize("minutes", polling.MINUTES)
def test_with_a_history_requests_and_lag_stay_within_the_targets(
    minutes: int, rows: dict[tuple[int, Policy], Row]
) -> None:
    row = rows[minutes, polling.HISTORY]
    requests, median, late = TARGETS[minutes]
    assert row.requests <= requests
    assert row.lag(0.5) <= median
    assert row.lag(0.95) <= late


@pytest.mark.long
@pytest.mark.parametrize("policy", [polling.SHORTER, polling.LONGER, polling.ATTENDED])
@pytest.mark.parametrize("minutes", polling.MINUTES)
def test_with_a_wrong_history_or_on_a_terminal_the_lag_is_no_worse_than_without_history(
    minutes: int, policy: Policy, rows: dict[tuple[int, Policy], Row]
) -> None:
    wrong, without = rows[minutes, policy], rows[minutes, polling.PLAIN]
    assert wrong.lag(0.5) <= without.lag(0.5) + 2 * ERROR_OF_MEDIAN
    assert wrong.lag(0.95) <= without.lag(0.95) + 2 * ERROR_OF_MEDIAN


@pytest.mark.slow
@pytest.mark.parametrize("minutes", polling.MINUTES)
def test_without_history_a_watch_needs_a_fifth_of_the_requests_of_every_second(
    minutes: int, rows: dict[tuple[int, Policy], Row]
) -> None:
    fixed, plain = rows[minutes, polling.FIXED], rows[minutes, polling.PLAIN]
    ratios = [a.requests / b.requests for a, b in zip(fixed.outcomes, plain.outcomes, strict=True)]
    assert min(ratios) >= 5.0
    assert plain.lag(1.0) <= 15.0
    assert fixed.lag(1.0) <= 1.0 + polling.LATENCY


@pytest.mark.parametrize("minutes", polling.MINUTES)
def test_on_a_terminal_no_interval_is_longer_than_15_seconds(
    minutes: int, rows: dict[tuple[int, Policy], Row]
) -> None:
    assert rows[minutes, polling.ATTENDED].lag(1.0) <= 15.0


def test_no_policy_is_better_than_the_bound(rows: dict[tuple[int, Policy], Row]) -> None:
    planned, stopping = polling.BOUNDS
    assert planned == pytest.approx(2.5066, abs=0.001)  # sqrt(2 pi)
    assert stopping < planned
    for row in rows.values():
        assert row.mean_lag >= row.bounds()[1] * 0.95


def test_the_readme_has_the_table_that_the_benchmark_prints(
    rows: dict[tuple[int, Policy], Row],
) -> None:
    readme = (ROOT / "tests/benchmarks/README.md").read_text("utf-8")
    assert table(polling.HEAD, [row.cells() for row in rows.values()]) in readme
