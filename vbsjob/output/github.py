"""Reports for GitHub Actions: annotations, a step summary and outputs.

Every text of the service is one printable line: it cannot be a command for the runner or markup
in the summary.
"""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from vbsjob.exit_codes import ExitCode
from vbsjob.jobs import fields
from vbsjob.jobs.fields import one_line
from vbsjob.output import report_file
from vbsjob.output.formats import JOBS
from vbsjob.output.tree_documents import text_lines
from vbsjob.text import dumps, format_duration, printable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime

    from vbsjob.context import Context
    from vbsjob.jobs.outcome import JobOutcome, RunOutcome

ANNOTATIONS = 10
"""GitHub shows this number of errors and of warnings of a step, and drops the others."""
NAME = re.compile(r"[a-z][a-z0-9_]{0,99}")
"""Names of outputs: entities with other names are left out."""
LONGEST = 1000
"""Characters of an annotation."""
ROWS = 50
"""Rows of the table of several jobs."""
DESCRIBED = 3
"""Failed jobs that the summary describes, if there are several jobs."""
TITLES = {"bksCreateBackup": "Backup", "bksRestoreBackup": "Restore"}
"""What people call a job of a type."""
MARKS = {"": "\u2713", "warning": "!", "error": "\u2717"}
"""By the level of the exit code."""
CELL = 300
RESULT = ("job_id", "status", "exit_code", "failure_code")
"""Fields of each job's document in the output `jobs`."""


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
            is_summary = variable == "GITHUB_STEP_SUMMARY"
            text = summary(outcome, context.redact) if is_summary else outputs(outcome)
            content = context.redact(text).encode("utf-8", "backslashreplace")
            sizes.append((path, report_file.append(path, content)))
        except (OSError, ValueError) as error:
            for written, size in sizes:
                report_file.cut(written, size)
            unwritten = report_file.unwritten(f"the file of {variable}", error)
            others = [other for other in variables if other != variable]
            return _append(outcome.adding(unwritten), others, context)
    return outcome


def commands(outcome: RunOutcome) -> list[str]:
    """Return an annotation for each error of the run and each job that did not succeed.

    GitHub shows the first ones of each level only.
    """
    # --timeout is the cause of each job that still runs; a signal is that of the run.
    stop = [outcome.stop_error] if outcome.signalled and outcome.stop_error else []
    notes = [("vbsjob", error.exit_code, str(error)) for error in (*stop, *outcome.errors)]
    notes += [(job.job_id, job.exit_code, job.cause) for job in outcome.jobs]
    lines: list[str] = []
    for level in ("error", "warning"):
        listed = [
            (f"{name}: {code.label} ({int(code)})", cause)
            for name, code, cause in notes
            if code.level == level
        ]
        if len(listed) > ANNOTATIONS:
            words = f"{len(listed) - ANNOTATIONS + 1} more jobs did not succeed; see the summary"
            listed[ANNOTATIONS - 1 :] = [("vbsjob", words)]
        for title, message in listed:
            escaped = _escaped(title).replace(":", "%3A").replace(",", "%2C")
            lines.append(f"::{level} title={escaped}::{_escaped(message)}")
    return lines


def _escaped(text: str) -> str:
    """Return a short line that cannot end its command."""
    return printable(text)[:LONGEST].replace("%", "%25")


def summary(outcome: RunOutcome, redact: Callable[[str], str] = str) -> str:
    """Return Markdown; `redact` masks secrets in texts."""

    def shown(text: str, longest: int = LONGEST) -> str:
        return _escaped_for_html(redact(text), longest)

    title, jobs = _title(outcome), outcome.jobs
    parts = [f"### {MARKS[outcome.exit_code.level]} {shown(title)}"]
    parts += [shown(str(error)) for error in outcome.errors]
    if title != outcome.sentence:
        parts.append(shown(outcome.sentence))
    if len(jobs) == 1:
        parts += _description(jobs[0], outcome.now, shown)
    else:
        parts.append(_table(jobs, shown))
        for job in [job for job in jobs if job.exit_code is ExitCode.JOB_FAILED][:DESCRIBED]:
            parts += [f"#### {shown(job.job_id)}", *_description(job, outcome.now, shown)]
    return "".join(f"{part}\n\n" for part in parts)


def _title(outcome: RunOutcome) -> str:
    """Return what happened to a single job; else the sentence of the run."""
    job, code = outcome.jobs[0], outcome.exit_code
    if len(outcome.jobs) > 1 or job.job is None or code is not job.exit_code:
        return outcome.sentence
    name = TITLES.get(job.job.type) or job.job.type or "Job"
    if code is ExitCode.OK:
        return f"{name} succeeded"
    if code is not ExitCode.JOB_FAILED:
        return outcome.sentence
    words = f"{name} failed" if job.job.failed else "A sub-job failed"
    return ": ".join(filter(None, (words, job.failure.error_code if job.failure else "")))


def _description(outcome: JobOutcome, now: datetime, shown: Callable[..., str]) -> Iterator[str]:
    """Yield why the job ended so, what to do, what a ticket needs, and the tree."""
    failure, failed = outcome.failure, outcome.exit_code is ExitCode.JOB_FAILED
    if outcome.cause and not failed:
        yield shown(outcome.cause)
    if failure is not None:
        yield shown(failure.sentence)
        for label, text in failure.advice:
            yield f"**{label}:** {shown(text)}"
    ids = ", ".join(f"{name} {shown(text)}" for name, text in _ids(outcome) if text)
    yield f"{'For the ticket' if failed else 'Ids'}: {ids}"
    if outcome.job is not None and outcome.job.sub_jobs:
        lines = "\n".join(shown(line) for line in text_lines(outcome.job, now))
        yield f"<details><summary>Sub-jobs</summary><pre>\n{lines}\n</pre></details>"


def _ids(outcome: JobOutcome) -> Iterator[tuple[str, str]]:
    """Yield names and ids: of the job, and of the failed sub-job or of what the job made."""
    yield "job", outcome.job_id
    failure, entities = outcome.failure, outcome.job.entities if outcome.job else {}
    if failure is not None and outcome.exit_code is ExitCode.JOB_FAILED:
        entities = failure.entities
        yield "failed sub-job", failure.job.id if len(failure.path) > 1 else ""
    else:
        yield "backup", one_line(entities.get("backup_id"))
    yield "disk", one_line(entities.get("volume_id"))


def _table(jobs: Sequence[JobOutcome], shown: Callable[..., str]) -> str:
    """Return a table of at most ROWS jobs; those that did not succeed are first."""
    lines = ["| job | status | type | time | cause |", "|---|---|---|---|---|"]
    for outcome in sorted(jobs, key=lambda job: job.exit_code is ExitCode.OK)[:ROWS]:
        cells = ("unknown", "", "")
        if (job := outcome.job) is not None:
            cells = (job.status or "", job.type, format_duration(outcome.elapsed_s))
        texts = (shown(text, CELL) for text in (outcome.job_id, *cells, outcome.cause))
        lines.append(f"| {' | '.join(texts)} |")
    if len(jobs) > ROWS:
        lines += ["", f"{len(jobs) - ROWS:,} more jobs are not shown."]
    return "\n".join(lines)


def _escaped_for_html(text: str, longest: int) -> str:
    """Return a text that Markdown and HTML show unchanged, pure ASCII."""
    cut = printable(text)
    cut = cut if len(cut) <= longest else f"{cut[: longest - 3]}..."
    return re.sub(r"[^A-Za-z0-9 .-]", lambda match: f"&#{ord(match[0])};", cut)


def outputs(outcome: RunOutcome) -> str:
    """Return the outputs of the step, one line each.

    Those of a single job are what `-o env` writes of it, and its entities under their own names,
    but never under a name that vbsjob uses. `jobs` is a JSON array with the result of each job.
    """
    code = outcome.exit_code
    documents = [job.document() for job in outcome.jobs]
    jobs = dumps([{name: _shown(document, name) for name in RESULT} for document in documents])
    values: dict[str, Any] = {"exit_code": str(int(code)), "verdict": code.label, "jobs": jobs}
    single = documents[0] if len(documents) == 1 else {}
    for field, value in fields.select(single, JOBS.variables if single else ()):
        name = field.removeprefix("entities.").replace("failure.entities.", "failure_entities_")
        if name == field or (NAME.fullmatch(name) and name not in JOBS.variables):
            values.setdefault(name, value)
    return "".join(f"{name}={one_line(value)}\n" for name, value in values.items())


def _shown(document: dict[str, Any], name: str) -> Any:
    """Return a field, a text with what is not printable made visible."""
    value = fields.get(document, name)
    return printable(value) if isinstance(value, str) else value
