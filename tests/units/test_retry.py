"""Retries of one request: delays, budget, quota, and the Retry-After header (policy 3.3 to 3.5)."""

from __future__ import annotations

import pytest

from tests.support.cloud import Cloud
from vbsjob.config import loader
from vbsjob.errors import ApiError, InvalidBodyError, UnavailableError, VbsjobError
from vbsjob.http.errors import retry_after
from vbsjob.http.sender import Sender, retry_delay

DOWN = UnavailableError("down.")


def test_many_attempts_do_not_overflow() -> None:
    assert retry_delay(DOWN, 5000, lambda: 1.0) == 20.0


def test_the_delay_is_a_share_of_the_largest_above_the_smallest() -> None:
    error = DOWN.replace(min_delay=2.0)
    assert [retry_delay(error, n, lambda: 0.25) for n in (1, 2, 3)] == [2.125, 2.25, 2.5]


def attempts(error: VbsjobError, limit: int | None) -> int:
    """Return how often a query that always fails is tried, by a process with a full quota."""
    context, made = Cloud().context({}), 0

    def query() -> None:
        nonlocal made
        made += 1
        raise error

    with pytest.raises(type(error)):
        Sender(loader.load({}, context), context).with_retries(query, 1e9, limit)
    return made


def test_the_smaller_limit_of_attempts_counts() -> None:
    for limit, error, expected in (
        (None, ApiError("no."), 1),
        (4, DOWN, 4),
        (None, UnavailableError("big.", max_attempts=2), 2),
        (2, InvalidBodyError("bad."), 2),
        (4, InvalidBodyError("bad."), 3),
        (None, DOWN, 21),  # the quota
    ):
        assert attempts(error, limit) == expected


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
