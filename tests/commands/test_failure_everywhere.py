"""One failing restore, and every place where a person or a program reads why it failed."""

from __future__ import annotations

import csv
import io
import json
from itertools import product
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import yaml

from tests.support.gitlab import read_as_gitlab
from tests.support.watch_service import WatchResult, WatchService, in_turn, job
from vbsjob.http.messages import Response
from vbsjob.output import formats

if TYPE_CHECKING:
    from pathlib import Path

CODE, REASON = "VolumeBackup.0202", "volume is in error state while copying"
MEANING = "The target disk is in an error state. Its data may be incomplete."
PATH = "bksRestoreBackup > restoreVolume > copyData"
COPY = {
    "job_id": "88275d23", "job_type": "copyData", "status": "FAIL", "error_code": CODE,
    "fail_reason": REASON,
    "entities": {"volume_id": "b55d7b96", "sub_jobs_total": 0, "sub_jobs": []},
}  # fmt: skip
DETACH = {"job_id": "d1", "job_type": "detachVolume", "status": "FAIL", "error_code": "X.1"}
RESTORE = {
    "job_id": "r1", "job_type": "restoreVolume", "status": "FAIL", "error_code": "",
    "fail_reason": "sub job fail", "entities": {"sub_jobs": [COPY]},
}  # fmt: skip
RUNNING = job("restore-7", "RUNNING", job_type="bksRestoreBackup")
FAILED = job(
    "restore-7", "FAIL", job_type="bksRestoreBackup", error_code="", fail_reason="sub job fail",
    entities={"backup_id": "6805e4ec", "sub_jobs": [DETACH, RESTORE]},
)  # fmt: skip
FAILURE: dict[str, Any] = {
    "path": [
        {"job_id": "restore-7", "job_type": "bksRestoreBackup"},
        {"job_id": "r1", "job_type": "restoreVolume"},
        {"job_id": "88275d23", "job_type": "copyData"},
    ],
    "job_id": "88275d23",
    "job_type": "copyData",
    "error_code": CODE,
    "fail_reason": REASON,
    "meaning": MEANING,
    "action": (
        "Do not use this disk. Restore to another disk. Give support the disk id and the job id."
    ),
    "entities": {"volume_id": "b55d7b96"},
    "others": 1,
}


def run(*argv: str, **env: str) -> WatchResult:
    return WatchService(in_turn(RUNNING, FAILED)).run(*argv, stderr=None, **env)


def ended(*argv: str) -> WatchResult:
    return WatchService(in_turn(FAILED)).run(*argv)


def document(command: str, name: str) -> dict[str, Any]:
    out = ended(command, "restore-7", "-o", name).out
    if name == "yaml":
        return dict(yaml.safe_load(out))
    return dict(json.loads(out.splitlines()[0] if name == "jsonl" else out))


def test_documents_and_screens_contain_the_failure() -> None:
    for command in ("get", "tree", "watch"):
        for name in ("json", "yaml", *(["jsonl"] if command != "watch" else [])):
            result = document(command, name)
            assert result["failure"] == FAILURE
            assert (result["error_code"], result["fail_reason"]) == ("", "sub job fail")
        text = ended(command, "restore-7").out
        assert CODE in text
        assert REASON in text


def test_events_contain_the_failure_at_the_change_and_in_the_verdict() -> None:
    events = run("watch", "restore-7", "-o", "jsonl").events
    changes = [event for event in events if event["event"] == "change"]
    assert [event["failure"] for event in changes] == [None, FAILURE]
    assert events[-1]["jobs"][0]["failure"] == FAILURE


def test_csv_has_it_in_columns() -> None:
    for command in ("get", "tree", "watch"):
        row = next(csv.DictReader(io.StringIO(ended(command, "restore-7", "-o", "csv").out)))
        columns = row["failure_path"], row["failure_code"], row["failure_reason"]
        assert columns == (PATH, CODE, REASON)
        ticket = row["failure_job_id"], row["failure_action"], row["failure_entities"]
        assert ticket == ("88275d23", FAILURE["action"], '{"volume_id":"b55d7b96"}')


VARIABLES = {
    "VBSJOB_FAILURE_CODE": CODE,
    "VBSJOB_FAILURE_REASON": REASON,
    "VBSJOB_FAILURE_PATH": PATH,
    "VBSJOB_FAILURE_MEANING": MEANING,
    "VBSJOB_FAILURE_ACTION": FAILURE["action"],
    "VBSJOB_FAILURE_JOB_ID": "88275d23",
    "VBSJOB_FAILURE_ENTITIES_VOLUME_ID": "b55d7b96",
}


def test_env_and_dotenv_have_it_in_variables() -> None:
    for command in ("get", "watch"):
        out = ended(command, "restore-7", "-o", "dotenv").out
        assert read_as_gitlab(out).items() >= VARIABLES.items()
        lines = ended(command, "restore-7", "-o", "env").out.splitlines()
        assert {f"VBSJOB_FAILURE_CODE={CODE}", f"VBSJOB_FAILURE_MEANING='{MEANING}'"} <= {*lines}


def test_fields_select_it() -> None:
    for (field, value), command in product(
        (
            ("failure.error_code", CODE),
            ("failure_code", CODE),
            ("failure.meaning", MEANING),
            ("failure_path", PATH),
            ("failure.path.2.job_type", "copyData"),
            ("failure.entities.volume_id", "b55d7b96"),
            ("failure_job_id", "88275d23"),
            ("sub_jobs.1.sub_jobs.0.error_code", CODE),
        ),
        ("get", "watch", "tree"),
    ):
        assert ended(command, "restore-7", "-f", field).out.splitlines()[0] == value


def test_reports_contain_code_and_meaning_below_what_was_there(tmp_path: Path) -> None:
    files = {file: tmp_path / file for file in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}
    for path in files.values():
        path.write_text("before=1\n")
    argv = ("watch", "restore-7", "--github", "--junit", str(tmp_path / "junit.xml"))
    echo = Response(200, {}, FAILED.body.replace(b"6805e4ec", b"canary-of-reports"))
    env = {file: str(path) for file, path in files.items()} | {"OS_TOKEN": "canary-of-reports"}
    watched = WatchService(in_turn(RUNNING, echo)).run(*argv, stderr=None, **env)
    (annotation,) = [line for line in watched.err.splitlines() if line.startswith("::error")]
    report = next(ET.parse(tmp_path / "junit.xml").iter("failure")).get("message", "")
    contents = [path.read_text() for path in files.values()]
    assert "backup_id=(secret)\n" in contents[0]
    assert "canary" not in "".join(contents) + watched.err
    assert all(content.startswith("before=1\n") for content in contents)
    for text in (annotation, report, *contents):
        assert CODE in text.replace("&#46;", ".")
        assert MEANING.rstrip(".") in text.replace("&#46;", ".").replace("&#44;", ",")


def test_the_log_contains_code_and_meaning_with_every_format() -> None:
    for name in [name for name in formats.NAMES if name != "jsonl"]:
        log = run("watch", "restore-7", "-o", name).err
        assert f"restore-7: FAIL copyData 88275d23: {CODE} {REASON}" in log
        assert "copyData 88275d23: entities.volume_id is b55d7b96" in log
        assert log.count(CODE) == log.count(REASON) == 2  # when it happens, and in the last lines
        assert (
            f"restore-7: {PATH} failed: {CODE} {REASON}. 1 more failure. Meaning: {MEANING}" in log
        )


def test_code_and_reason_under_other_names_are_shown_once() -> None:
    named: list[dict[str, Any]] = [
        {"code": CODE, "message": REASON},
        {"entities": {"error_code": CODE, "error_msg": REASON, "image_id": "i7"}},
    ]
    for command, members in product(("get", "tree", "watch"), named):
        copy = {"job_id": "c", "job_type": "copyData", "status": "FAIL"} | members
        for answer in (job("j", "FAIL", **members), job("j", "FAIL", sub_jobs=[copy])):
            screen = WatchService(in_turn(answer)).run(command, "j").out
            assert CODE in screen
            assert REASON in screen
            assert not any(name in screen for name in ("no error code", "message", "error_msg"))


ADVICE = ("Do not use", "What to do")


def test_f49_below_a_job_that_has_not_failed_it_is_told_without_advice(tmp_path: Path) -> None:
    """A retried sub-job stays FAIL: nothing has to be done, and no channel says so."""
    for status in ("SUCCESS", "RUNNING"):
        folder = tmp_path / status
        folder.mkdir()
        answer = job("j", status, sub_jobs=[COPY])
        end = "succeeded all the same" if status == "SUCCESS" else "has not ended"
        sentence = f"A sub-job failed (copyData: {CODE} {REASON}), and the job {end}."
        files = {file: str(folder / file) for file in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}
        argv = ["--timeout", "1m", "--github", "--junit", str(folder / "junit.xml")]
        watched = WatchService(in_turn(answer)).run(
            "watch", "j", *argv, "-o", "jsonl", stderr=None, **files
        )
        assert watched.code == (0 if status == "SUCCESS" else 124)
        assert watched.events[-1]["jobs"][0]["failure"] == FAILURE | {
            "path": [{"job_id": "j", "job_type": "bksCreateBackup"}, FAILURE["path"][2]],
            "action": None,
            "others": 0,
        }
        log = WatchService(in_turn(answer)).run("watch", "j", "--timeout", "1m", stderr=None)
        assert f"j: {sentence}" in log.err
        screens = [
            WatchService(in_turn(answer)).run(*argv) for argv in (("get", "j"), ("tree", "j"))
        ]
        screens.append(WatchService(in_turn(answer)).run("get", "j", "k"))
        assert all(sentence in screen.out for screen in screens)
        assert "<failure" not in (folder / "junit.xml").read_text()
        outputs = (folder / "GITHUB_OUTPUT").read_text()
        assert "failure_job_id=88275d23\nfailure_entities_volume_id=b55d7b96\n" in outputs
        assert "failure_action=\n" in outputs
        texts = [path.read_text() for path in folder.iterdir()]
        texts += [result.out + result.err for result in (watched, log, *screens)]
        assert not [text for text in texts for words in ADVICE if words in text]
