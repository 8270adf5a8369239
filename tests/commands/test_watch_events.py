"""The events of a watch (policy 3.13): every promise about asking again is seen from outside."""

from __future__ import annotations

import pytest

from tests.support.watch_service import WatchService, in_turn, job
from vbsjob.errors import UnavailableError
from vbsjob.http.messages import Response

RUNNING, SUCCESS = job("j", "RUNNING"), job("j", "SUCCESS")
ID = {"x-openstack-request-id": "req-7"}


def test_an_outage_is_reported_with_tries_times_retry_after_and_its_request_id() -> None:
    busy = Response(429, ID | {"retry-after": "40"})
    watched = WatchService(in_turn(RUNNING, busy, busy, busy, SUCCESS)).watch("j", "-o", "jsonl")
    (told,) = (event for event in watched.events if event["event"] == "outage")
    assert told["failures"] == 2
    assert told["retry_after_s"] == 40
    assert told["next_try_s"] >= 40
    assert told["last_answer_s"] >= told["outage_s"] >= 40
    assert told["error"]["http_status"] == 429
    assert told["error"]["request_id"] == "req-7"
    (recovered,) = (event for event in watched.events if event["event"] == "recovered")
    assert recovered["outage_s"] >= 120


@pytest.mark.parametrize("fault", [Response(503), UnavailableError("connection refused")], ids=repr)
def test_without_retry_after_no_time_is_reported(
    fault: Response | UnavailableError,
) -> None:
    watched = WatchService(in_turn(RUNNING, *[fault] * 3, SUCCESS)).watch("j", "-o", "jsonl")
    told = [event for event in watched.events if event["event"] == "outage"]
    assert {event["retry_after_s"] for event in told} == {None}
    assert {event["error"]["request_id"] for event in told} == {None}


def test_every_event_has_the_elapsed_time_whatever_the_wall_clock_does() -> None:
    service = WatchService(in_turn(RUNNING, RUNNING, SUCCESS), wall=lambda seconds: -3600 * seconds)
    watched = service.watch("j", "-o", "jsonl", "--interval", "10")
    passed = [event["elapsed_s"] for event in watched.events]
    assert passed == sorted(passed)
    assert passed[0] < 1
    assert 15 < passed[-1] <= watched.lasted + 0.001
