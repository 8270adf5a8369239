"""The targets of the polling benchmark: virtual time, so that the numbers are always the same."""

from __future__ import annotations

import pytest

from tests.benchmarks import polling
from tests.benchmarks.measure import table
from tests.support.program import ROOT

ERROR_OF_MEDIAN = 12.0 / (2 * polling.SEEDS**0.5)
"""Standard error, in seconds, of the median lag when a job is polled every 12 seconds."""
TARGETS = {1: (10, 2.5, 6.0), 11: (35, 3.5, 9.0), 60: (110, 6.0, 14.0)}
"""By minutes: median of the requests, median and 95th percentile of the lag in seconds."""


@pytest.mark.slow
def test_requests_and_lags_stay_within_the_targets_and_the_readme_has_them() -> None:
    """One test, because all of them look at the same 3,600 watches."""
    rows = {(row.minutes, row.policy): row for row in polling.rows(polling.SEEDS)}
    for minutes in polling.MINUTES:
        fixed, plain, usual = (
            rows[minutes, policy] for policy in (polling.FIXED, polling.PLAIN, polling.HISTORY)
        )
        requests, median, late = TARGETS[minutes]
        assert usual.requests <= requests
        assert usual.lag(0.5) <= median
        assert usual.lag(0.95) <= late
        # A wrong history, or a terminal: no worse than without a history.
        for policy in (polling.SHORTER, polling.LONGER, polling.ATTENDED):
            assert rows[minutes, policy].lag(0.5) <= plain.lag(0.5) + 2 * ERROR_OF_MEDIAN
            assert rows[minutes, policy].lag(0.95) <= plain.lag(0.95) + 2 * ERROR_OF_MEDIAN
        # Without a history: a fifth of the requests of every second, and 15 seconds at most.
        pairs = zip(fixed.outcomes, plain.outcomes, strict=True)
        assert min(every.requests / other.requests for every, other in pairs) >= 5.0
        assert plain.lag(1.0) <= 15.0
        assert fixed.lag(1.0) <= 1.0 + polling.LATENCY
        assert rows[minutes, polling.ATTENDED].lag(1.0) <= 15.0
    for row in rows.values():
        assert row.mean_lag >= row.bounds()[1] * 0.95
    readme = (ROOT / "tests/benchmarks/README.md").read_text("utf-8")
    assert table(polling.HEAD, [row.cells() for row in rows.values()]) in readme
