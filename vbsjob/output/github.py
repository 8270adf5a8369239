"""Reports for GitHub Actions: annotations, a step summary and outputs.

Every text of the service is one printable line: it cannot be a command for the runner or markup
in the summary.
"""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from vbsjob.errors import ReportError
from vbsjob.exit_codes import ExitCode
from vbsjob.jobs import fields
from vbsjob.jobs.fields import one_line
from vbsjob.output import report_file
from vbsjob.text import dumps, format_duration, printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vbsjob.context import Context
    from vbsjob.jobs.outcome import JobOutcome, RunOutcome

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
    *(name for name in fields.FAILURE_COLUMNS if name != "failure_entities"),
)
"""Further outputs if there is one job; its entities follow."""
NAME = re.compile(r"[a-z][a-z0-9_]{0,99}")
"""Names of outputs: entities with other names are left out."""
LONGEST = 1000
"""Characters of an annotation."""
ROWS = 200
"""Rows of the summary."""
SUMMARY_LIMIT = (1 << 20) - 1024
"""Bytes of the summary file: GitHub drops the whole summary of a step that is above 1 MiB."""
CELL = 300
LAST_LINE = 100
"""Bytes that are kept for the line that counts the jobs not shown."""


def report(outcome: RunOutcome, context: Context) -> RunOutcome:
    """Append summary and outputs to the files of the runner; write annotations to stderr.

    A file that cannot be written is an error of the run: what the other one contains is
    cut off and written again with the exit code that follows. Returns the outcome with the errors.
    """
    outcome = _append(outcome, ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY"), context)
    with suppress(OSError):
        context.stderr.writelines(f"{context.redact(line)}\n" for line in commands(outcome))
        context.stderr.flush()
    return outcome


def _append(outcome: RunOutcome, variables: Sequence[str], context: Context) -> RunOutcome:
    sizes: list[tuple[str, int]] = []
    for variable in variables:
        path = context.env.get(variable)
        if not path:
            continue
        try:
            text = outputs(outcome)
            if variable == "GITHUB_STEP_SUMMARY":
                text = _fitting_summary(outcome, path, context)
            content = context.redact(text).encode("utf-8", "backslashreplace")
            sizes.append((path, report_file.append(path, content)))
        except (OSError, ValueError) as error:
            for written, size in sizes:
                report_file.cut(written, size)
            reason = getattr(error, "strerror", None) or "it is not a valid path"
            unwritten = ReportError(
                f"the file of {variable} could not be written: {reason}.",
                hint="Check the path, its permissions and the free space.",
            )
            others = [other for other in variables if other != variable]
            return _append(outcome.adding(unwritten), others, context)
    return outcome


def _fitting_summary(outcome: RunOutcome, path: str, context: Context) -> str:
    room = SUMMARY_LIMIT
    with suppress(OSError):
        room -= Path(path).stat().st_size
    text = summary(outcome, room)
    if not text:
        context.note(
            "the result is not in the step summary: the file of GITHUB_STEP_SUMMARY would exceed"
            " 1 MiB, and GitHub would drop all of it. See this log for the result."
        )
    return text


def commands(outcome: RunOutcome) -> list[str]:
    """Return an annotation for each error of the run and each job that did not succeed.

    GitHub shows the first ones of each level only.
    """
    lines: list[str] = []
    # --timeout is the cause of each job that still runs; a signal is that of the run.
    stop = [outcome.stop_error] if outcome.signalled and outcome.stop_error else []
    for level in ("error", "warning"):
        notes = [
            ("vbsjob", error.exit_code, str(error))
            for error in (*stop, *outcome.errors)
            if error.exit_code.level == level
        ]
        notes += [
            (job.job_id, job.exit_code, job.cause)
            for job in outcome.jobs
            if job.exit_code.level == level
        ]
        shown = notes if len(notes) <= ANNOTATIONS else notes[: ANNOTATIONS - 1]
        lines += [
            _command(level, f"{name}: {code.label} ({int(code)})", cause)
            for name, code, cause in shown
        ]
        if more := len(notes) - len(shown):
            words = f"{more} more jobs did not succeed; see the summary"
            lines.append(_command(level, "vbsjob", words))
    return lines


def _command(level: str, title: str, message: str) -> str:
    escaped = _escaped(title).replace(":", "%3A").replace(",", "%2C")
    return f"::{level} title={escaped}::{_escaped(message)}"


def _escaped(text: str) -> str:
    """Return a short line that cannot end its command."""
    return printable(text)[:LONGEST].replace("%", "%25")


def summary(outcome: RunOutcome, room: int = SUMMARY_LIMIT) -> str:
    """Return a Markdown table of at most `room` bytes, pure ASCII, with one row per job.

    Jobs that did not succeed come first; rows that do not fit are counted. Empty if even the
    head of the table does not fit: earlier tries of the step may have filled the file.
    """
    code = outcome.exit_code
    ordered = sorted(outcome.jobs, key=lambda job: job.exit_code is ExitCode.OK)
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
    for job in ordered[:ROWS]:
        row = f"| {' | '.join(map(_cell, _row(job)))} |"
        room -= len(row) + 1
        if room < 0:
            break
        lines.append(row)
        shown += 1
    if shown < len(ordered):
        lines += ["", f"{len(ordered) - shown} more jobs are not shown."]
    return "\n".join(lines) + "\n\n"


def _row(outcome: JobOutcome) -> tuple[str, ...]:
    job = outcome.job
    cells = ("unknown", "", "")
    if job is not None:
        cells = (job.status or "", job.type, format_duration(outcome.elapsed_s))
    return (outcome.job_id, *cells, outcome.cause)


def _cell(text: str) -> str:
    """Return a text that Markdown and HTML show unchanged."""
    cut = printable(text)
    cut = cut if len(cut) <= CELL else f"{cut[: CELL - 3]}..."
    return re.sub(r"[^A-Za-z0-9 .-]", lambda match: f"&#{ord(match[0])};", cut)


def outputs(outcome: RunOutcome) -> str:
    """Return the outputs of the step, one line each; those of the job itself if it is one."""
    code = outcome.exit_code
    jobs = dumps([_status_of(job) for job in outcome.jobs])
    values = dict(zip(OUTPUTS, (str(int(code)), code.label, jobs), strict=True))
    if len(outcome.jobs) == 1:
        further = _outputs_of(outcome.jobs[0])
        values |= {name: value for name, value in further.items() if name not in OUTPUTS}
    return "".join(f"{name}={printable(value)}\n" for name, value in values.items())


def _status_of(outcome: JobOutcome) -> dict[str, object]:
    failure_code = "" if outcome.failure is None else outcome.failure.error_code
    return {
        "job_id": outcome.job_id,
        "status": None if outcome.job is None else outcome.job.status,
        "exit_code": int(outcome.exit_code),
        "failure_code": printable(failure_code) or None,
    }


def _outputs_of(outcome: JobOutcome) -> dict[str, str]:
    """Return the outputs of one job: its entities, but never under a name that vbsjob uses."""
    names = ("entities.*", *JOB_OUTPUTS, "failure.entities.*")
    values = fields.select(outcome.document(), names)
    outputs = {
        name.removeprefix("entities.").replace("failure.entities.", "failure_entities_"): value
        for name, value in values
    }
    return {name: one_line(value) for name, value in outputs.items() if NAME.fullmatch(name)}
