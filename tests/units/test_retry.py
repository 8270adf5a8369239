"""Retries of one request: delays, budget, quota, and the Retry-After header (policy 3.3 to 3.5)."""

from __future__ import annotations

from vbsjob.errors import ApiError, InvalidBodyError, UnavailableError, VbsjobError
from vbsjob.http.errors import retry_after
from vbsjob.http.sender import RetryBudget

DOWN = UnavailableError("down.")


def budget(attempts: int | None = None) -> RetryBudget:
    return RetryBudget(1e9, attempts, 100.0, lambda: 1.0)


def delays(of: RetryBudget, error: VbsjobError = DOWN, count: int = 8) -> list[float | None]:
    return [of.delay(error, 100.0) for _ in range(count)]


def test_many_attempts_do_not_overflow() -> None:
    assert delays(budget(), count=5000)[-1] == 20.0


def test_the_delay_is_a_share_of_the_largest_above_the_smallest() -> None:
    of = RetryBudget(1e9, None, 0.0, lambda: 0.25)
    assert delays(of, DOWN.replace(min_delay=2.0), count=3) == [2.125, 2.25, 2.5]


def test_the_smaller_limit_of_attempts_counts() -> None:
    for attempts, error, retries in (
        (None, ApiError("no."), 0),
        (4, DOWN, 3),
        (None, UnavailableError("big.", max_attempts=2), 1),
        (2, InvalidBodyError("bad."), 1),
        (4, InvalidBodyError("bad."), 2),
        (None, DOWN, 8),
    ):
        waits = delays(budget(attempts=attempts), error)
        assert [delay is not None for delay in waits] == [True] * retries + [False] * (8 - retries)


DATE = "Wed, 21 Oct 2015 07:28:00 GMT"


RETRY_AFTER = {
    "0": 0.0, "-5": 0.0, "1.5": 1.5, "86399": 86399.0, "86400": 86400.0, "86401": 86400.0,
    "1e9": 86400.0, "nan": None, "inf": None, "-inf": None, "": None, "x": None,
    "1" * 38: 86400.0, "1" * 400: None, "Wed, 21 Oct 2015 07:28:30 GMT": 30.0,
    "Wed, 21 Oct 2015 07:27:00 GMT": 0.0, "Sun, 25 Oct 2015 07:28:00 GMT": 86400.0,
    "Wed, 99 Oct 2015 07:28:00 GMT": None,
}  # fmt: skip


def test_f16_a_header_is_seconds_or_a_date_within_a_day() -> None:
    assert {
        header: retry_after({"retry-after": header, "date": DATE}) for header in RETRY_AFTER
    } == RETRY_AFTER
