"""One run has one exit code: the process and every channel name the same."""

from __future__ import annotations

import io
import json
import os
import re
from contextlib import contextmanager, suppress
from itertools import product
from typing import TYPE_CHECKING, Any, NamedTuple, TextIO
from xml.etree import ElementTree as ET

from tests.support.clock import FakeClock
from tests.support.context import NoSignals, fake_context
from tests.support.program import environment
from vbsjob.__main__ import run
from vbsjob.http.messages import Response
from vbsjob.terminal import stdio

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from vbsjob.http.messages import Request

SUB_JOB = {"job_id": "s", "job_type": "copy", "status": "FAIL", "error_code": "VolumeBackup.0202"}
SUCCEEDED: dict[str, Any] = {"status": "SUCCESS"}
FAILED: dict[str, Any] = {"status": "FAIL", "error_code": "VolumeBackup.0064"}
RUNNING: dict[str, Any] = {"status": "RUNNING"}
REFUSED = None


class End(NamedTuple):
    """A way to end a watch of the jobs `answers`; None is a refused token."""

    code: int
    answers: Mapping[str, dict[str, Any] | None]
    argv: tuple[str, ...] = ()
    signal: int | None = None
    stdout: str = ""
    """A file in place of a pipe; `closed` is a pipe whose reader is gone."""
    unwritable: str = ""
    """The variable, or `junit`, whose file cannot be written."""
    begins: bool = True
    """Whether the watch begins: events and log lines are written then."""

    @property
    def junit(self) -> list[str]:
        """How the case of each job ends in JUnit, which is about jobs and not about the run."""
        if self.unwritable == "junit":
            return []
        if not self.begins or "jsonl" in self.argv:  # no answer: the first event is not written
            return ["error"]
        ends = {"SUCCESS": "success", "FAIL": "failure"}
        statuses = ["" if job is None else job["status"] for job in self.answers.values()]
        fails_fast = "--fail-fast" in self.argv
        return ["failure" if fails_fast else ends.get(status, "error") for status in statuses]


SINGLE, TWO = {"a": SUCCEEDED}, {"a": SUCCEEDED, "b": FAILED}
LONG = SUCCEEDED | {"entities": {"note": "x" * 200_000}}
CLASH = {"a": SUCCEEDED | {"entities": {"x-y": "1", "x_y": "2"}}}
ENDS = {
    "success": End(0, SINGLE),
    "failure": End(1, {"a": FAILED}),
    "one of two failed": End(1, TWO),
    "timeout": End(124, {"a": RUNNING}, ("--timeout", "30s")),
    "timeout of one, failure of the other": End(
        1, {"a": RUNNING, "b": FAILED}, ("--timeout", "30s")
    ),
    "signal": End(143, {"a": RUNNING}, signal=15),
    "signal, JUnit not written": End(143, {"a": RUNNING}, signal=15, unwritable="junit"),
    "missing field": End(3, SINGLE, ("-f", "nope")),
    "missing field as JSON": End(3, SINGLE, ("-f", "nope", "-o", "json")),
    "missing field of a failed job": End(1, {"a": FAILED}, ("-f", "nope")),
    "variables that clash": End(6, CLASH, ("-o", "env")),
    "stdout on a full disk": End(70, SINGLE, stdout="/dev/full"),
    "stdout on a full disk, failure": End(70, {"a": FAILED}, stdout="/dev/full"),
    "a long document on a full disk": End(70, {"a": LONG}, ("-o", "json"), stdout="/dev/full"),
    "events on a full disk": End(70, SINGLE, ("-o", "jsonl"), stdout="/dev/full"),
    "JUnit not written": End(70, SINGLE, unwritable="junit"),
    "JUnit not written, failure": End(1, {"a": FAILED}, unwritable="junit"),
    "JUnit not written, missing field": End(70, SINGLE, ("-f", "nope"), unwritable="junit"),
    "outputs on a full disk": End(70, SINGLE, unwritable="GITHUB_OUTPUT"),
    "outputs on a full disk, failure": End(1, {"a": FAILED}, unwritable="GITHUB_OUTPUT"),
    "summary on a full disk": End(70, SINGLE, unwritable="GITHUB_STEP_SUMMARY"),
    "token refused": End(4, {"a": REFUSED}),
    "usage": End(2, SINGLE, ("--heartbeat", "1m", "-q"), begins=False),
    "wrong option": End(2, SINGLE, ("--no-such-option",), begins=False),
    "any": End(0, {"a": SUCCEEDED, "b": RUNNING}, ("--any",)),
    "fail fast": End(1, {"a": RUNNING | {"sub_jobs": [SUB_JOB]}}, ("--fail-fast",)),
    "reader gone": End(141, SINGLE, stdout="closed"),
    "reader of events gone": End(141, {"a": RUNNING}, ("-o", "jsonl"), stdout="closed"),
}


class Channels(NamedTuple):
    """Exit codes that each channel names; None: the channel says nothing."""

    process: int
    last_line: int | None
    output: int | None
    summary: int | None
    annotations: set[int]
    junit: list[str]
    """`failure` or `error` for each requested job; `success` without one."""


def watch(end: End, progress: str, folder: Path) -> Channels:
    clock = FakeClock()
    reports = folder / "reports"
    reports.mkdir(parents=True)
    files = {name: folder / name for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}
    for path in files.values():
        path.write_text("earlier\n")
    named = {name: str(path) for name, path in files.items()}
    if end.unwritable in named:
        named[end.unwritable] = "/dev/full"

    def send(request: Request) -> Response:
        job_id = request.url.rpartition("/")[2]
        members = end.answers[job_id]
        if members is None:
            return Response(401, {}, b'{"error": {"code": 401}}')
        return Response(200, {}, json.dumps({"job_id": job_id, "job_type": "t"} | members).encode())

    class Signalled(NoSignals):
        ending = end.signal

    def signals(*_: object) -> NoSignals:
        if end.unwritable == "junit":  # the watch begins now: its path has been checked
            reports.rmdir()
        return Signalled(clock.sleep)

    argv = ["watch", *end.answers, "--github", "--junit", str(reports / "j.xml"), *end.argv]
    stderr = io.StringIO()
    with stdout(end.stdout) as stream:
        context = fake_context(
            io.StringIO(), stream, stderr, environment("https://vbs.test", **named),
            monotonic=clock, sleep=clock.sleep, random=lambda: 0.5, send=send,
            signals=signals,
        )  # fmt: skip
        try:
            code = run([*argv, "--progress", progress], context)
        except BrokenPipeError:
            code = 141
    errors = stderr.getvalue()
    return Channels(
        code,
        last_line(errors.splitlines(), progress) if end.begins else None,
        number(r"^exit_code=(\d+)$", files["GITHUB_OUTPUT"].read_text()),
        summary(files["GITHUB_STEP_SUMMARY"].read_text()),
        {int(text) for text in re.findall(r"^::.* title=[^:]*\((\d+)\)::", errors, re.MULTILINE)},
        tags(reports / "j.xml"),
    )


@contextmanager
def stdout(name: str) -> Iterator[TextIO]:
    """Yield a stream as the process has it: a pipe whose reader is gone, a file, or a buffer."""
    if not name:
        yield io.StringIO()
        return
    reader, writer = os.pipe()
    os.close(reader)
    with open(writer if name == "closed" else name, "w") as stream:  # noqa: PTH123 - a descriptor
        wrapped = stdio.stream(stream)
        yield wrapped
        # Else the garbage collector would write the rest to a file that has this number then.
        with suppress(OSError):
            wrapped.close()
    if name != "closed":
        os.close(writer)


def number(pattern: str, text: str) -> int | None:
    match = re.search(pattern, text, re.MULTILINE)
    return int(match[1]) if match else None


def summary(text: str) -> int | None:
    """Return the exit code that the summary names; 0 if it names none."""
    return number(r"[Ee]xit code (\d+)", text) or 0 if "###" in text else None


def last_line(lines: list[str], progress: str) -> int | None:
    """Return the exit code of the last event, or of the sentence that is the last line."""
    if progress == "json":
        return int(json.loads(lines[-1])["exit_code"])
    assert re.match(r"\d{4}-\d\d-\d\dT", lines[-1])
    return number(r"[Ee]xit code (\d+)", lines[-1]) or 0


def tags(report: Path) -> list[str]:
    if not report.exists():
        return []
    suites = ET.parse(report).getroot()
    assert "exit code" not in ET.tostring(suites, "unicode")
    ends = {"failure", "error"}
    cases = suites.iter("testcase")
    return [next((e.tag for e in case if e.tag in ends), "success") for case in cases]


def test_each_channel_names_the_same_code(tmp_path: Path) -> None:
    wrong = {}
    for (name, end), progress in product(ENDS.items(), ("plain", "json")):
        named = watch(end, progress, tmp_path / progress / name)
        code, unwritable = end.code, end.unwritable
        right = Channels(
            code,
            code if end.begins else None,
            None if unwritable == "GITHUB_OUTPUT" else code,
            None if unwritable == "GITHUB_STEP_SUMMARY" else code,
            named.annotations,
            end.junit,
        )
        # Each job and each error of the run has an annotation with its own code.
        annotated = code in named.annotations if code else named.annotations <= {8}
        if named != right or not annotated:
            wrong[name, progress] = named
    assert wrong == {}
