"""What a watch tells a CI service: annotations, summary, outputs, a JUnit report."""

from __future__ import annotations

import html
import json
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st

from tests.support.program import clean_env, run_bash
from tests.support.server import Server, always
from tests.support.server import answer as reply
from tests.support.watch_service import WatchResult, WatchService
from vbsjob.errors import FieldMissingError, UnavailableError
from vbsjob.exit_codes import ExitCode
from vbsjob.http.messages import Response
from vbsjob.jobs.job import Job
from vbsjob.jobs.outcome import JobOutcome, RunOutcome, of_answer
from vbsjob.output import github, junit

if TYPE_CHECKING:
    from pathlib import Path

TOKEN = "canary-of-the-ci"
NOW = datetime(2026, 1, 2, tzinfo=UTC)
DEEP = {"job_id": "d", "job_type": "copy", "status": "FAIL", "error_code": "VolumeBackup.0202"}
GIVE = "Give support the disk id and the job id."
OPEN = {"job_id": "o", "job_type": "clean", "status": "INIT"}


def document(status: Any, **members: Any) -> dict[str, Any]:
    return {"job_id": "j", "job_type": "bksRestoreBackup", "status": status, **members}


def answer(status: Any, **members: Any) -> JobOutcome:
    return of_answer("j", Job(document(status, **members)), NOW)


def run_of(*jobs: JobOutcome) -> RunOutcome:
    return RunOutcome(jobs, NOW)


def watch(response: dict[str, Any] | None, *argv: str) -> WatchResult:
    reply = Response(200, {}, json.dumps(response).encode()) if response else Response(503)
    return WatchService(lambda _job_id, _now: reply).watch("j", *argv, OS_TOKEN=TOKEN)


def test_only_what_is_bad_of_the_job_or_the_call_is_an_error_of_the_workflow() -> None:
    for code in list(ExitCode):
        lines = github.commands(run_of(of_answer("j", Job(document("RUNNING")), NOW, code=code)))
        level = "warning" if code in {7, 8, 124} or code > 128 else "error"
        assert [line.startswith(f"::{level} ") for line in lines] == ([True] if code else [])


def test_errors_and_warnings_are_counted_apart() -> None:
    pending = of_answer("p", Job(document("RUNNING")), NOW, code=ExitCode.TIMEOUT)
    lines = github.commands(run_of(*[pending, answer("FAIL")] * 25))
    assert [line.split()[0] for line in lines] == ["::error"] * 10 + ["::warning"] * 10
    assert "16 more jobs" in lines[9]
    assert "16 more jobs" in lines[19]


def test_outputs_have_the_entities_of_a_lone_job_and_the_code_of_each() -> None:
    entities = {"size": 5, "verdict": "ok", "exit_code": "0", "UPPER=x": "y", "sub_jobs": [DEEP]}
    failed = answer("FAIL", entities=entities)
    lines = github.outputs(run_of(failed)).splitlines()
    path = "failure_path=bksRestoreBackup > copy"
    assert {"failure_code=VolumeBackup.0202", path, "failure_reason=", "size=5"} <= set(lines)
    assert [line for line in lines if line.startswith(("verdict=", "exit_code=", "UPPER"))] == [
        "exit_code=1", "verdict=job_failed",
    ]  # fmt: skip
    both = github.outputs(run_of(failed, answer("SUCCESS")))
    assert [job["failure_code"] for job in json.loads(both.partition("jobs=")[2])] == [
        "VolumeBackup.0202", None,
    ]  # fmt: skip


def test_junit_cases_of_the_same_type_are_numbered() -> None:
    suites = ET.fromstring("\n".join(junit.lines(run_of(*[answer("SUCCESS")] * 3))))
    names = [case.get("name") for case in suites.iter("testcase")]
    assert names == ["bksRestoreBackup", "bksRestoreBackup #2", "bksRestoreBackup #3"]


@given(st.text(), st.text())
def test_no_text_of_the_service_ends_a_command_or_draws_in_the_summary(a: str, b: str) -> None:
    result = answer("FAIL", job_type=a, error_code=b, fail_reason=f"{a}\n::stop-commands::{b}")
    (line,) = github.commands(run_of(result))
    assert line.isprintable()
    assert len(re.findall(r"%(?!25|3A|2C)", line)) == 0
    for outcome in (run_of(result), run_of(result, result)):
        text = github.summary(outcome)
        for markup in (r"^#+ ([✗!] )?", r"^\*\*.*:\*\*", r"</?(details|summary|pre)>", r"[|,:]"):
            text = re.sub(markup, "", text, flags=re.MULTILINE)
        assert re.fullmatch(r"([A-Za-z0-9 .\n-]|&#\d+;)*", text)
    assert all("=" in line for line in github.outputs(run_of(result)).splitlines())


def test_the_summary_says_what_failed_what_to_do_and_what_a_ticket_needs() -> None:
    deep = DEEP | {"fail_reason": "volume is in error state", "entities": {"volume_id": "v1"}}
    failed = answer("FAIL", entities={"volume_id": "v0", "sub_jobs": [deep, OPEN]})
    text = html.unescape(github.summary(run_of(failed)))
    about = f"""\
bksRestoreBackup > copy failed: VolumeBackup.0202 volume is in error state.

**Meaning:** The target disk is in an error state. Its data may be incomplete.

**What to do:** Do not use this disk. Restore to another disk. {GIVE}

For the ticket: job j, failed sub-job d, disk v1

<details><summary>Sub-jobs</summary><pre>
FAIL bksRestoreBackup j
  FAIL copy d: VolumeBackup.0202 volume is in error state
  INIT clean o
</pre></details>

"""
    head = "### \u2717 Restore failed: VolumeBackup.0202\n\nFailed (exit code 1).\n\n"
    assert text == head + about
    both = html.unescape(github.summary(run_of(answer("SUCCESS"), failed)))
    assert both.startswith(
        "### \u2717 1 of 2 jobs failed: j (VolumeBackup.0202). Exit code 1.\n\n| job"
    )
    assert both.endswith(f"|\n\n#### j\n\n{about}")


def test_the_summary_of_what_did_not_fail_says_how_the_run_ended() -> None:
    error = FieldMissingError("no answer has the field 'nope'.")
    for outcome, text in (
        (run_of(answer("SUCCESS")), "### \u2713 Restore succeeded\n\nSucceeded.\n\nIds: job j\n\n"),
        (
            run_of(answer("SUCCESS")).adding(error),
            (
                "### \u2717 Succeeded (exit code 3).\n\nno answer has the field 'nope'.\n\n"
                "Ids: job j\n\n"
            ),
        ),
        (
            run_of(of_answer("j", UnavailableError("down."), NOW)),
            (
                "### ! No result (exit code 7).\n\ndown. The status of the job is unknown.\n\n"
                "Ids: job j\n\n"
            ),
        ),
    ):
        assert html.unescape(github.summary(outcome)) == text


def report(path: Path) -> ET.Element:
    return ET.parse(path).getroot()


def test_junit_has_one_case_for_the_job_with_the_deepest_cause_and_the_tree(tmp_path: Path) -> None:
    path = tmp_path / "report.xml"
    times = {"begin_time": "2026-01-01T23:59:48.000Z", "end_time": "2026-01-02T00:00:00.000Z"}
    job_document = document("FAIL", sub_jobs=[DEEP, OPEN], fail_reason=TOKEN, **times)
    assert watch(job_document, "--junit", str(path)).code == 1
    (suite,) = report(path)
    assert suite.attrib == {
        "name": "j", "tests": "1", "failures": "1", "errors": "0",
        "time": "12.000", "timestamp": "2026-01-01T23:59:48Z",
    }  # fmt: skip
    assert [item.attrib for item in suite.iter("property")] == [{"name": "job_id", "value": "j"}]
    (case,) = suite.iter("testcase")
    assert case.attrib == {"classname": "vbsjob", "name": "bksRestoreBackup", "time": "12.000"}
    failure, tree = case
    assert failure.get("type") == "VolumeBackup.0202"
    assert failure.attrib["message"].startswith(
        "bksRestoreBackup > copy failed: VolumeBackup.0202. Meaning: The target disk"
    )
    assert (tree.tag, (tree.text or "").splitlines()) == ("system-out", [
        "FAIL bksRestoreBackup j 12 s: (secret)",
        "  FAIL copy d: VolumeBackup.0202",
        "  INIT clean o",
    ])  # fmt: skip
    assert TOKEN not in path.read_text()
    assert [p.name for p in tmp_path.iterdir()] == ["report.xml"]


def test_the_tree_in_a_report_is_folded_to_what_a_reader_can_use() -> None:
    block = {"job_type": "copyBlock", "status": "RUNNING"}
    others = [{"job_type": f"t{number}", "status": "SUCCESS"} for number in range(500)]
    for sub_jobs, words in (
        ([block] * 999 + [DEEP], "copyBlock x999: 999 running"),
        (others, " more: "),
        ([{"job_type": "t" * 9_000}], "t..."),
    ):
        text = "\n".join(junit.lines(run_of(answer("RUNNING", sub_jobs=sub_jobs))))
        assert words in text
        assert len(text) < 10_000


def test_an_unknown_state_is_an_error_in_junit_never_a_success(tmp_path: Path) -> None:
    for response, argv, code, kind, message in (
        (
            document("RUNNING"),
            ("--timeout", "5s"),
            124,
            "timeout",
            "RUNNING: not ended within 5.0 s (--timeout)",
        ),
        (None, ("--retry-for", "5s"), 7, "unavailable", "The status of the job is unknown"),
    ):
        path = tmp_path / "report.xml"
        watched = watch(response, "--junit", str(path), "--github", *argv)
        assert watched.code == code
        (case,) = report(path).iter("testcase")
        assert (case[0].tag, case[0].get("type")) == ("error", kind)
        assert message in case[0].attrib["message"]
        (annotation,) = (line for line in watched.err.splitlines() if line.startswith("::warning"))
        assert message in annotation


def test_junit_lists_the_start_of_a_long_reason_and_has_it_whole_below() -> None:
    results = [answer("FAIL", fail_reason="x" * 5000)]
    (failure,) = ET.fromstring("\n".join(junit.lines(run_of(*results)))).iter("failure")
    text = f"bksRestoreBackup failed: {'x' * 5000}."
    assert failure.attrib["message"] == text[: junit.HEAD - 3] + "..."
    assert failure.text == text


@given(st.text(), st.text())
def test_junit_is_xml_whatever_the_service_says(a: str, b: str) -> None:
    sub = {"job_type": a, "status": b, "id": a}
    results = [answer("FAIL", job_type=b, error_code=a, fail_reason=b, sub_jobs=[sub])]
    root = ET.fromstring("\n".join(junit.lines(run_of(*results))))
    assert len(list(root.iter("testcase"))) == len(list(root.iter("failure"))) == 1


def test_a_report_path_that_cannot_be_written_is_rejected_before_the_watch(tmp_path: Path) -> None:
    for path in (str(tmp_path / "missing/report.xml"), str(tmp_path), "/dev/nosuch/x", ""):
        ended = watch(document("SUCCESS"), "--junit", path)
        assert (ended.code, ended.out) == (2, ""), path


def test_f72_a_junit_report_that_cannot_be_finished_leaves_no_report_at_all(
    tmp_path: Path,
) -> None:
    report = tmp_path / "report.xml"
    report.write_text("the old report")
    big = [{"job_id": f"s{n}", "status": "FAIL", "job_type": "t" * 250} for n in range(200)]
    body = json.dumps(document("SUCCESS", entities={"sub_jobs": big})).encode()
    with Server(always(reply(body))) as server:
        line = f'ulimit -f 8; exec "$@" watch j --junit {report}'
        ended = run_bash(line, env=clean_env(server.url))
    assert ended.code == 70
    assert str(report) in ended.err
    assert list(tmp_path.iterdir()) == []
