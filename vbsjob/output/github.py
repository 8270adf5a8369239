"""Reports for GitHub Actions: annotations, a step summary and outputs.

Every text of the service is one printable line: it cannot be a command for the runner or markup
in the summary.
"""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from vbsjob.exit_codes import ExitCode
from vbsjob.jobs import failure, fields
from vbsjob.jobs.fields import one_line
from vbsjob.jobs.result import failure_document
from vbsjob.output import report_file
from vbsjob.text import dumps, format_duration, printable

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from vbsjob.context import Context
    from vbsjob.jobs.result import JobResult

ANNOTATIONS = 10
"""GitHub shows this number of errors and of warnings of a step, and drops the others."""
OUTPUTS = ("exit_code", "verdict", "jobs")
"""Outputs of every step. `jobs` is a JSON array with the status and exit code of each job."""
JOB_OUTPUTS = (
    "job_id",
    "status",
    "job_type",
    "error_code",
    "fail_reason",
    *fields.FAILURE_COLUMNS,
)
"""Further outputs if there is one job; its entities follow."""
LONGEST = 1000
"""Characters of an annotation."""
ROWS = 200
"""Rows of the summary."""
SUMMARY_LIMIT = (1 << 20) - 1024
"""Bytes of the summary file: GitHub drops the whole summary of a step that is above 1 MiB."""
CELL = 300
LAST_LINE = 100
"""Bytes that are kept for the line that counts the jobs not shown."""


def report(results: Sequence[JobResult], code: ExitCode, context: Context) -> None:
    """Write annotations to stderr; append summary and outputs to the files of the runner."""
    with suppress(OSError):
        context.stderr.writelines(f"{context.redact(line)}\n" for line in commands(results))
        context.stderr.flush()
    summary_path = context.env.get("GITHUB_STEP_SUMMARY") or ""
    room = SUMMARY_LIMIT
    with suppress(OSError):
        room -= Path(summary_path).stat().st_size
    table = summary(results, code, context.steady_now(), room)
    if summary_path and not table:
        context.note(
            "the result is not in the step summary: the file of GITHUB_STEP_SUMMARY would exceed"
            " 1 MiB, and GitHub would drop all of it. See this log for the result."
        )
    texts = {
        "GITHUB_STEP_SUMMARY": table,
        "GITHUB_OUTPUT": outputs(results, code),
    }
    for variable, text in texts.items():
        path = context.env.get(variable)
        try:
            if path and text:
                report_file.append(path, context.redact(text).encode("utf-8", "backslashreplace"))
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or "it is not a valid path"
            context.note(f"the file of {variable} could not be written: {reason}.")


def commands(results: Sequence[JobResult]) -> list[str]:
    """Return an annotation for each job that did not succeed, as many as GitHub shows."""
    lines: list[str] = []
    for level in ("error", "warning"):
        lines += _annotations(level, [r for r in results if r.exit_code.level == level])
    return lines


def _annotations(level: str, results: Sequence[JobResult]) -> list[str]:
    shown = results if len(results) <= ANNOTATIONS else results[: ANNOTATIONS - 1]
    lines = [_command(level, _title(result), _cause(result)) for result in shown]
    if len(shown) < len(results):
        more = len(results) - len(shown)
        lines.append(
            _command(level, "vbsjob", f"{more} more jobs did not succeed; see the summary")
        )
    return lines


def _command(level: str, title: str, message: str) -> str:
    escaped = _escaped(title).replace(":", "%3A").replace(",", "%2C")
    return f"::{level} title={escaped}::{_escaped(message)}"


def _escaped(text: str) -> str:
    """Return a short line that cannot end its command."""
    return printable(text)[:LONGEST].replace("%", "%25")


def _title(result: JobResult) -> str:
    return f"{result.job_id}: {result.exit_code.label} ({int(result.exit_code)})"


def _cause(result: JobResult) -> str:
    """Return why a job did not succeed: its failure, the error, or its status."""
    if result.error is not None:
        return str(result.error)
    cause = None if result.job is None else failure.find(result.job)
    if result.exit_code is ExitCode.JOB_FAILED and cause is not None:
        return cause.explanation
    return result.reason


def summary(
    results: Sequence[JobResult], code: ExitCode, now: datetime, room: int = SUMMARY_LIMIT
) -> str:
    """Return a Markdown table of at most `room` bytes, pure ASCII, with one row per job.

    Jobs that did not succeed come first; rows that do not fit are counted. Empty if even the
    head of the table does not fit: earlier tries of the step may have filled the file.
    """
    ordered = sorted(results, key=lambda result: result.exit_code is ExitCode.OK)
    lines = [
        f"### vbsjob: {code.label.replace('_', ' ')} (exit code {int(code)})",
        "",
        "| job | status | type | time | cause |",
        "|---|---|---|---|---|",
    ]
    room -= sum(len(line) + 1 for line in lines) + len("\n\n") + LAST_LINE
    if room < 0:
        return ""
    shown = 0
    for result in ordered[:ROWS]:
        row = f"| {' | '.join(map(_cell, _row(result, now)))} |"
        room -= len(row) + 1
        if room < 0:
            break
        lines.append(row)
        shown += 1
    if shown < len(ordered):
        lines += ["", f"{len(ordered) - shown} more jobs are not shown."]
    return "\n".join(lines) + "\n\n"


def _row(result: JobResult, now: datetime) -> tuple[str, ...]:
    job = result.job
    cells = ("unknown", "", "")
    if job is not None:
        cells = (job.status or "", job.type, format_duration(job.elapsed(now)))
    return (result.job_id, *cells, "" if result.exit_code is ExitCode.OK else _cause(result))


def _cell(text: str) -> str:
    """Return a text that Markdown and HTML show unchanged."""
    cut = printable(text)
    cut = cut if len(cut) <= CELL else f"{cut[: CELL - 3]}..."
    return re.sub(r"[^A-Za-z0-9 .-]", lambda match: f"&#{ord(match[0])};", cut)


def outputs(results: Sequence[JobResult], code: ExitCode) -> str:
    """Return the outputs of the step, one line each; those of the job itself if it is one."""
    jobs = dumps([_summary_of(result) for result in results])
    values = dict(zip(OUTPUTS, (str(int(code)), code.label, jobs), strict=True))
    if len(results) == 1:
        further = _outputs_of(results[0])
        values |= {name: value for name, value in further.items() if name not in OUTPUTS}
    return "".join(f"{name}={printable(value)}\n" for name, value in values.items())


def _summary_of(result: JobResult) -> dict[str, object]:
    job = result.job
    cause = None if job is None else failure.find(job)
    return {
        "job_id": result.job_id,
        "status": None if job is None else job.status,
        "exit_code": int(result.exit_code),
        "failure_code": None if cause is None else printable(cause.error_code) or None,
    }


def _outputs_of(result: JobResult) -> dict[str, str]:
    """Return the outputs of one job: its entities, but never under a name that vbsjob uses."""
    if result.job is None:
        return {"job_id": result.job_id}
    job = result.job
    document = job.members | {"failure": failure_document(job)}
    entities = {
        name: one_line(value)
        for name, value in job.entities.items()
        if isinstance(value, str | int | float) and re.fullmatch(r"[a-z][a-z0-9_]{0,63}", name)
    }
    return entities | {name: one_line(fields.get(document, name)) for name in JOB_OUTPUTS}
