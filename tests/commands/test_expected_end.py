"""With a history, jobs have an expected end, and a watch polls for it."""

from __future__ import annotations

import json
import math
from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from tests.support.terminal_stream import TerminalStream
from tests.support.watch_service import START, WatchResult, WatchService, job
from vbsjob.text import format_duration, utc_time
from vbsjob.watch.estimate import estimate_end

if TYPE_CHECKING:
    from pathlib import Path

    from vbsjob.http.messages import Response

DURATIONS = (600, 640, 650, 660, 670, 680, 720)
UNEVEN = (120, 130, 600, 620)
ENDED_AT = 655.0
EXPECTED = "2026-05-01T00:11:00Z"


def answer(job_id: str, now: float) -> Response:
    """`run-0`, `run-1`, ... have ended after DURATIONS, `uneven-0`, ... after UNEVEN.

    Any other job ends after ENDED_AT.
    """
    name, _, number = job_id.partition("-")
    durations = {"run": DURATIONS, "uneven": UNEVEN}.get(name)
    if durations is not None:
        end = START + timedelta(seconds=durations[int(number)])
        return job(job_id, "SUCCESS", begin_time=START.isoformat(), end_time=end.isoformat())
    return job(job_id, "RUNNING" if now < ENDED_AT else "SUCCESS", begin_time=START.isoformat())


def service(folder: Path, runs: int = len(DURATIONS), name: str = "run") -> WatchService:
    """Return a service after the history has been filled by `vbsjob get`."""
    folder /= "state"
    for number in range(runs):
        WatchService(answer, state_folder=folder).run("get", f"{name}-{number}")
    return WatchService(answer, state_folder=folder)


def document(result: WatchResult) -> dict[str, Any]:
    parsed: dict[str, Any] = json.loads(result.out)
    return parsed


def test_a_running_job_has_the_expected_end_of_its_type_in_documents(tmp_path: Path) -> None:
    result = document(service(tmp_path).run("get", "j", "-o", "json"))
    assert result["status"] == "RUNNING"
    assert result["expected_end"] == EXPECTED


def test_screen_documents_and_polls_have_the_same_usual_duration(tmp_path: Path) -> None:
    uneven = service(tmp_path, len(UNEVEN), "uneven")
    usual = math.sqrt(130 * 600)
    shown = TerminalStream()
    stopped = uneven.watch("j", "-o", "json", "--timeout", "5s", stderr=shown, TERM="xterm")
    assert f"usually takes {format_duration(usual)} (4 earlier jobs)" in shown.getvalue()
    ends_at = START + timedelta(seconds=usual)
    assert document(stopped)["expected_end"] == utc_time(ends_at)
    polled = estimate_end(UNEVEN)
    assert polled is not None
    assert polled.usual == usual


def test_without_history_or_a_usable_begin_and_after_the_end_there_is_no_expected_end(
    tmp_path: Path,
) -> None:
    ended = service(tmp_path / "ended")
    ended.clock.sleep(ENDED_AT)
    services = [ended, *(service(tmp_path / f"{runs}", runs) for runs in (0, 2))]
    for begin in ("", None, "9999-12-31T23:59:59Z"):
        odd = service(tmp_path / f"begin-{begin}")
        odd.answer = lambda job_id, _now, at=begin: job(job_id, "RUNNING", begin_time=at)  # type: ignore[misc]
        services.append(odd)
    results = [cloud.run("get", "j", "-o", "json") for cloud in services]
    assert [(result.code, document(result)["expected_end"]) for result in results] == [
        (0, None) for _ in services
    ]


def test_events_and_the_last_document_of_a_watch_have_the_expected_end(tmp_path: Path) -> None:
    events = service(tmp_path).watch("j", "-o", "jsonl").events
    ends = [event["expected_end"] for event in events if event["event"] == "change"]
    assert ends == [EXPECTED, None]
    stopped = service(tmp_path).watch("j", "-o", "json", "--timeout", "5s")
    assert document(stopped)["expected_end"] == EXPECTED


def test_a_watch_with_history_sends_fewer_requests_and_sees_the_end_sooner(tmp_path: Path) -> None:
    with_history, without = service(tmp_path).watch("j"), service(tmp_path / "new", 0).watch("j")
    assert (with_history.code, without.code) == (0, 0)
    assert len(with_history.requests) < 0.7 * len(without.requests)
    assert with_history.lasted - ENDED_AT < 6


def test_interval_overrides_the_history(tmp_path: Path) -> None:
    requests = service(tmp_path).watch("j", "--interval", "10").requests
    assert max(later - sooner for sooner, later in pairwise(requests)) < 11
