"""The progress of a watch without a terminal: lines for people, events for programs."""

from __future__ import annotations

import json
from itertools import product
from typing import TYPE_CHECKING, Any

from tests.support.program import SETTINGS
from tests.support.watch_service import WatchService, in_turn, job
from vbsjob.http.messages import Response
from vbsjob.output import formats

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

NOT_FOUND = Response(404, {}, json.dumps({"error": {"code": "common.0011"}}).encode())
REASON = "volume is in error state while copying"
DEEP = {"job_id": "d", "job_type": "copyData", "status": "FAIL"} | {
    "error_code": "VolumeBackup.0202", "fail_reason": REASON
}  # fmt: skip
RUNNING = job("j", "RUNNING")
SUCCESS = job("j", "SUCCESS")


def failed(**members: Any) -> Response:
    parent = {"job_id": "r", "job_type": "restoreVolume", "status": "FAIL", "sub_jobs": [DEEP]}
    return job("j", "FAIL", error_code="", fail_reason="sub job fail", sub_jobs=[parent], **members)


def lines(*argv: str, answers: tuple[Response, ...]) -> list[str]:
    """Return the lines on stderr without their times."""
    watched = WatchService(in_turn(*answers)).watch("j", *argv, stderr=None, **SETTINGS)
    return [line.split(" ", 1)[1] for line in watched.err.splitlines()]


FORMATS = [name for name in formats.NAMES if name != "jsonl"]
"""Formats with which a watch writes no events."""


def test_quiet_and_progress_none_silence_the_log() -> None:
    for argv, name in product((("-q",), ("--progress", "none")), FORMATS):
        assert lines("-o", name, *argv, answers=(RUNNING, SUCCESS)) == []


def test_heartbeats_come_between_polls_that_are_far_apart() -> None:
    for argv in (("-o", "jsonl"), ("--progress", "json"), ()):
        service = WatchService(lambda _, now: RUNNING if now < 1000 else SUCCESS)
        watched = service.watch("j", "--interval", "10m", *argv)
        text = watched.out + watched.err
        assert len(watched.requests) < 8
        assert text.count(" ago") + text.count('"heartbeat"') >= 15


def test_an_explicit_progress_and_heartbeat_are_obeyed_with_every_format() -> None:
    for name, progress in product(formats.NAMES, (("--progress", "plain"), ())):
        service = WatchService(lambda _, now: RUNNING if now < 100 else SUCCESS)
        watched = service.watch("j", "-o", name, *progress, "--heartbeat", "10s")
        events = name == "jsonl" and not progress
        beats = watched.out.count('"heartbeat"') if events else watched.err.count(" ago")
        assert beats >= 5


def test_a_heartbeat_that_cannot_be_printed_is_refused_at_once() -> None:
    for argv in (("-q",), ("-q", "-o", "jsonl"), ("--progress", "none")):
        watched = WatchService(in_turn(SUCCESS)).watch("j", "--heartbeat", "5s", *argv)
        assert (watched.code, watched.requests) == (2, [])
        preferred = WatchService(in_turn(SUCCESS)).watch(
            "j", *argv, stderr=None, VBSJOB_HEARTBEAT="5s"
        )
        assert preferred.code == 0
    events = ("j", "--heartbeat", "5s", "--progress", "none", "-o", "jsonl")
    assert WatchService(in_turn(SUCCESS)).watch(*events).code == 0


def test_a_cause_stands_once_where_it_happens() -> None:
    cause = f"{DEEP['error_code']} {REASON}"
    same = job("j", "FAIL", error_code=DEEP["error_code"], fail_reason=REASON, sub_jobs=[DEEP])
    for answer in (failed(), same):
        text = lines(answers=(RUNNING, answer))[:-2]
        assert [line for line in text if REASON in line] == [f"j: FAIL copyData d: {cause}"]
        assert "j: FAIL bksCreateBackup" in text
    (own,) = lines(answers=(RUNNING, job("j", "FAIL", error_code="X.1", fail_reason="r")))[2:-2]
    assert own == "j: FAIL bksCreateBackup: X.1 r"


def test_the_first_answer_lists_failed_and_then_running_sub_jobs() -> None:
    running = {"job_id": "x", "job_type": "copy", "status": "RUNNING"}
    done = running | {"job_id": "y", "status": "SUCCESS"}
    first = job("j", "RUNNING", sub_jobs=[running, done, DEEP])
    text = lines("--timeout", "1s", answers=(first,))
    assert text[1:4] == [
        "j: RUNNING bksCreateBackup, 3 sub-jobs",
        f"j: FAIL copyData d: VolumeBackup.0202 {REASON}",
        "j: RUNNING copy x",
    ]
    assert not any(" y" in line for line in text)


def blocks(*counts: tuple[str, int], **members: Any) -> list[dict[str, Any]]:
    statuses = [status for status, number in counts for _ in range(number)]
    return [
        {"job_id": f"s{n}", "job_type": "copyBlock", "status": status, "entities": {"id": n}}
        | (members if status == "FAIL" else {})
        for n, status in enumerate(statuses)
    ]


def test_equal_siblings_are_one_line_with_counts_and_a_failed_one_has_its_own() -> None:
    def answer(status: str, *counts: tuple[str, int]) -> Response:
        return job("j", status, sub_jobs=blocks(*counts, error_code="X.1"))

    answers = (
        answer("RUNNING", ("RUNNING", 200), ("INIT", 800)),
        answer("RUNNING", ("SUCCESS", 313), ("RUNNING", 200), ("INIT", 487)),
        answer("FAIL", ("SUCCESS", 313), ("FAIL", 1), ("RUNNING", 199), ("INIT", 487)),
    )
    assert lines("--interval", "5", answers=answers)[:-2] == [
        "watching job j",
        "j: RUNNING bksCreateBackup, 1,000 sub-jobs",
        "j: copyBlock x1,000: 200 running, 800 waiting",
        "j: copyBlock x1,000: 313 done, 200 running, 487 waiting",
        "j: FAIL bksCreateBackup",
        "j: FAIL copyBlock s313: X.1",
        "j: copyBlock s313: entities.id is 313",
        "j: copyBlock x1,000: 1 failed, 313 done, 199 running, 487 waiting",
    ]
    few = (answer("RUNNING", ("RUNNING", 30)), answer("SUCCESS", ("SUCCESS", 30)))
    assert len(lines("--details", answers=few)) > 60
    many = job("j", "FAIL", sub_jobs=blocks(("FAIL", 1_000), error_code="X.1"))
    text = lines(answers=(RUNNING, many))
    assert len(text) < 30
    assert "j: 1,981 more lines are not shown (--details prints them)" in text


def test_a_heartbeat_has_ages_and_says_whether_the_job_takes_longer_than_usual(
    tmp_path: Path,
) -> None:
    def answer(began: str, lasts: float) -> Callable[[str, float], Response]:
        return lambda job_id, now: (
            job(job_id, "RUNNING", begin_time=began)
            if now < lasts
            else job(job_id, "SUCCESS", begin_time=began, end_time="2026-05-01T00:01:40Z")
        )

    began = "2026-05-01T00:00:00Z"
    WatchService(answer(began, 100), state_folder=tmp_path).watch("earlier")
    argv = ("j", "--interval", "40", "--heartbeat", "30s")
    watched = WatchService(answer(began, 200), state_folder=tmp_path).watch(*argv, stderr=None)
    beats = [line.split(" ", 1)[1] for line in watched.err.splitlines() if "answered" in line]
    assert beats[0].startswith("j: RUNNING for 30 s, usually takes 1 min 40 s (1 earlier job); ")
    assert beats[-1].startswith("j: RUNNING for 3 min ")
    assert ", longer than usual (1 min 40 s); last change 3 min " in beats[-1]
    assert beats[-1].endswith(" s ago")
    watched = WatchService(answer(began, 200), state_folder=tmp_path).watch(*argv, "-o", "jsonl")
    beat = [event for event in watched.events if event["event"] == "heartbeat"][-1]
    (running,) = beat["jobs"]
    assert running["job_id"], running["status"] == ("j", "RUNNING")
    assert (running["usual_s"], running["longer_than_usual"]) == (100.0, True)
    assert running["elapsed_s"] > 150
    assert beat["last_change_s"] > 150


def test_a_heartbeat_in_an_outage_says_what_keeps_answers_away_and_when_the_watch_ends() -> None:
    service = WatchService(in_turn(RUNNING, *[Response(502)] * 99))
    watched = service.watch("j", "--heartbeat", "60s", "--retry-for", "5m", stderr=None)
    beats = [line for line in watched.err.splitlines() if "Gives up in" in line]
    assert watched.code == 7
    assert 4 <= len(beats) <= 5
    assert all("(HTTP 502 from vbs.test)" in line for line in beats)


def test_colours_are_those_of_the_status_if_they_are_asked_for() -> None:
    outage = (RUNNING, Response(503), Response(503), Response(503), SUCCESS)
    for argv, forced in ((["--color", "always"], ""), ([], "1")):
        env = SETTINGS | {"FORCE_COLOR": forced}
        watched = WatchService(in_turn(*outage)).watch("j", *argv, stderr=None, **env)
        assert {line[:5] for line in watched.err.splitlines() if "failed: " in line} == {"\x1b[33m"}
        assert [line[-4:] for line in watched.err.splitlines() if "j: SUCCESS" in line] == [
            "\x1b[0m"
        ]
        watched = WatchService(in_turn(failed())).watch("j", *argv, stderr=None, **env)
        assert all(
            line.startswith("\x1b[31m") for line in watched.err.splitlines() if ": FAIL" in line
        )
    assert "\x1b" not in WatchService(in_turn(*outage)).watch("j", stderr=None, **SETTINGS).err


def test_a_sub_job_that_disappears_is_reported_to_people_and_programs() -> None:
    sub_job = {"job_id": "s", "job_type": "copy", "status": "RUNNING"}
    answers = (job("j", "RUNNING", sub_jobs=[sub_job]), RUNNING, SUCCESS)
    assert "j: copy s: disappeared, was RUNNING" in lines(answers=answers)
    watched = WatchService(in_turn(*answers)).watch("j", "-o", "jsonl")
    changes = [c for event in watched.events for c in event.get("changes", ())]
    disappeared = [change for change in changes if change["name"] == "disappeared"]
    assert [(c["job_id"], c["before"], c["after"]) for c in disappeared] == [("s", "RUNNING", None)]


def test_f14_waiting_for_a_new_id_is_reported_once_to_people_and_programs() -> None:
    answers = (NOT_FOUND, NOT_FOUND, RUNNING, SUCCESS)
    text = lines(answers=answers)
    assert text.count("j: the service does not know this job yet; waits 30 s") == 1
    watched = WatchService(in_turn(*answers)).watch("j", "-o", "jsonl", "--wait-for-job", "9s")
    waiting = [event for event in watched.events if event["event"] == "waiting"]
    assert [(event["job_id"], event["wait_s"]) for event in waiting] == [("j", 9.0)]


def test_each_kind_of_change_has_its_line() -> None:
    def answer(status: str, entities: dict[str, Any], *sub_jobs: dict[str, Any]) -> Response:
        return job("j", status, entities=entities | {"sub_jobs": list(sub_jobs)})

    copy = {"job_id": "c", "job_type": "copyData", "status": "RUNNING"}
    written = lines(
        "--interval", "5",
        answers=(
            answer("INIT", {}),
            answer("RUNNING", {"backup_id": "b 1", "size": 7}, copy),
            answer("RUNNING", {"backup_id": "", "size": None}, copy | {"status": "SUCCESS"}),
            answer("SUCCESS", {"backup_id": "b 1"}, copy | {"status": "SUCCESS"}),
        ),
    )  # fmt: skip
    assert written[:-1] == [
        "watching job j",
        "j: INIT bksCreateBackup",
        "j: RUNNING bksCreateBackup",
        "j: entities.backup_id is b 1",
        "j: entities.size is 7",
        "j: RUNNING copyData c",
        "j: SUCCESS copyData c",
        "j: SUCCESS bksCreateBackup",
    ]
    assert written[-1] == "Succeeded."
