"""One failing restore, and every place where a person or a program reads why it failed."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pytest
import yaml

from tests.support.gitlab import read_as_gitlab
from tests.support.watch_service import WatchResult, WatchService, in_turn, job
from vbsjob.output import formats

if TYPE_CHECKING:
    from collections.abc import Callable
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


@pytest.mark.parametrize("name", ["json", "yaml"])
@pytest.mark.parametrize("command", ["get", "tree", "watch"])
def test_documents_contain_the_failure(command: str, name: str) -> None:
    result = document(command, name)
    assert result["failure"] == FAILURE
    assert (result["error_code"], result["fail_reason"]) == ("", "sub job fail")


@pytest.mark.parametrize("command", ["get", "tree"])
def test_lines_of_json_contain_the_failure(command: str) -> None:
    assert document(command, "jsonl")["failure"] == FAILURE


def test_events_contain_the_failure_at_the_change_and_in_the_verdict() -> None:
    events = run("watch", "restore-7", "-o", "jsonl").events
    changes = [event for event in events if event["event"] == "change"]
    assert [event["failure"] for event in changes] == [None, FAILURE]
    assert events[-1]["jobs"][0]["failure"] == FAILURE


def test_progress_as_json_contains_the_same_on_stderr() -> None:
    lines = run("watch", "restore-7", "--progress", "json", "-o", "json").err.splitlines()
    events = [json.loads(line) for line in lines if line.startswith('{"event"')]
    assert events[-1]["jobs"][0]["failure"] == FAILURE


@pytest.mark.parametrize("command", ["get", "tree", "watch"])
def test_csv_has_it_in_columns(command: str) -> None:
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


@pytest.mark.parametrize("command", ["get", "watch"])
def test_dotenv_has_it_in_variables(command: str) -> None:
    out = ended(command, "restore-7", "-o", "dotenv").out
    assert read_as_gitlab(out).items() >= VARIABLES.items()


@pytest.mark.parametrize("command", ["get", "watch"])
def test_env_has_it_in_variables(command: str) -> None:
    lines = ended(command, "restore-7", "-o", "env").out.splitlines()
    assert f"VBSJOB_FAILURE_CODE={CODE}" in lines
    assert f"VBSJOB_FAILURE_MEANING='{MEANING}'" in lines


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("failure.error_code", CODE),
        ("failure_code", CODE),
        ("failure.meaning", MEANING),
        ("failure_path", PATH),
        ("failure.path.2.job_type", "copyData"),
        ("failure.entities.volume_id", "b55d7b96"),
        ("failure_job_id", "88275d23"),
        ("sub_jobs.1.sub_jobs.0.error_code", CODE),
    ],
)
@pytest.mark.parametrize("command", ["get", "watch", "tree"])
def test_fields_select_it(command: str, field: str, value: str) -> None:
    assert ended(command, "restore-7", "-f", field).out.splitlines()[0] == value


REPORTS: dict[str, Callable[[Path], str]] = {
    "GITHUB_OUTPUT": lambda path: path.joinpath("GITHUB_OUTPUT").read_text(),
    "GITHUB_STEP_SUMMARY": lambda path: path.joinpath("GITHUB_STEP_SUMMARY").read_text(),
    "junit.xml": lambda path: next(ET.parse(path / "junit.xml").iter("failure")).get("message", ""),
}


@pytest.mark.parametrize("name", REPORTS)
def test_reports_contain_code_and_meaning(name: str, tmp_path: Path) -> None:
    files = {file: str(tmp_path / file) for file in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}
    argv = ("watch", "restore-7", "--github", "--junit", str(tmp_path / "junit.xml"))
    watched = run(*argv, **files)
    text = REPORTS[name](tmp_path).replace("&#46;", ".").replace("&#44;", ",")
    assert CODE in text
    assert MEANING.rstrip(".") in text
    (annotation,) = [line for line in watched.err.splitlines() if line.startswith("::error")]
    assert CODE in annotation
    assert MEANING.rstrip(".") in annotation


@pytest.mark.parametrize("name", [name for name in formats.NAMES if name != "jsonl"])
def test_the_log_contains_code_and_meaning_with_every_format(name: str) -> None:
    log = run("watch", "restore-7", "-o", name).err
    assert f"restore-7: FAIL copyData 88275d23: {CODE} {REASON}" in log
    assert "copyData 88275d23: entities.volume_id is b55d7b96" in log
    assert log.count(CODE) == log.count(REASON) == 2  # when it happens, and in the last lines
    assert f"restore-7: {PATH} failed: {CODE} {REASON}. 1 more failure. Meaning: {MEANING}" in log


@pytest.mark.parametrize("command", ["get", "tree"])
def test_the_screen_contains_code_and_reason(command: str) -> None:
    text = ended(command, "restore-7").out
    assert CODE in text
    assert REASON in text


@pytest.mark.parametrize("command", ["get", "tree", "watch"])
@pytest.mark.parametrize(
    "members",
    [
        {"code": CODE, "message": REASON},
        {"entities": {"error_code": CODE, "error_msg": REASON, "image_id": "i7"}},
    ],
    ids=["members", "entities"],
)
def test_code_and_reason_under_other_names_are_told_everywhere(
    command: str, members: dict[str, Any]
) -> None:
    unnamed = {"error_code": None, "fail_reason": None}
    copy = {"job_id": "c", "job_type": "copyData", "status": "FAIL"} | unnamed | members
    # dotenv has room for 20 variables; those of `tree` begin with the requested job.
    without = {"name", "value", *(["dotenv"] if command == "tree" else [])}
    for answer in (job("j", "FAIL", **unnamed, **members), job("j", "FAIL", sub_jobs=[copy])):
        for name in formats.NAMES:
            result = WatchService(in_turn(answer)).run(command, "j", "-o", name)
            for text in () if name in without else (CODE, REASON):
                assert text in result.out, (name, result.out)
        screen = WatchService(in_turn(answer)).run(command, "j").out
        assert "gives no error code" not in screen
        assert not any(name in screen for name in ("message", "error_msg"))  # nothing twice


ADVICE = ("Do not use", "What to do")


@pytest.mark.parametrize("status", ["SUCCESS", "RUNNING"])
def test_f49_below_a_job_that_has_not_failed_it_is_told_without_advice(
    status: str, tmp_path: Path
) -> None:
    """A retried sub-job stays FAIL: nothing has to be done, and no channel says so."""
    answer = job("j", status, sub_jobs=[COPY])
    end = "succeeded all the same" if status == "SUCCESS" else "has not ended"
    sentence = f"A sub-job failed (copyData: {CODE} {REASON}), and the job {end}."
    files = {file: str(tmp_path / file) for file in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}
    argv = ("--timeout", "1m", "--github", "--junit", str(tmp_path / "junit.xml"), "-o", "jsonl")
    watched = WatchService(in_turn(answer)).run("watch", "j", *argv, stderr=None, **files)
    assert watched.code == (0 if status == "SUCCESS" else 124)
    assert watched.events[-1]["jobs"][0]["failure"] == FAILURE | {
        "path": [{"job_id": "j", "job_type": "bksCreateBackup"}, FAILURE["path"][2]],
        "action": None,
        "others": 0,
    }
    log = WatchService(in_turn(answer)).run("watch", "j", "--timeout", "1m", stderr=None)
    assert f"j: {sentence}" in log.err
    screens = [WatchService(in_turn(answer)).run(*argv) for argv in (("get", "j"), ("tree", "j"))]
    screens.append(WatchService(in_turn(answer)).run("get", "j", "k"))
    assert all(sentence in screen.out for screen in screens)
    assert "<failure" not in (tmp_path / "junit.xml").read_text()
    outputs = (tmp_path / "GITHUB_OUTPUT").read_text()
    assert "failure_job_id=88275d23\nfailure_entities_volume_id=b55d7b96\n" in outputs
    assert "failure_action=\n" in outputs
    texts = [path.read_text() for path in tmp_path.iterdir()]
    texts += [result.out + result.err for result in (watched, log, *screens)]
    assert not [text for text in texts for words in ADVICE if words in text]
