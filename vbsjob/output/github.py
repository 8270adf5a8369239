"""How a watch ended, told to GitHub Actions: annotations, a step summary, outputs.

Pure texts, and one thin writer. Whatever the service said is one harmless line here: it can
neither give the runner a command nor draw in the summary.
"""

from __future__ import annotations

import json
import re
from contextlib import suppress
from typing import TYPE_CHECKING

from vbsjob.exit_codes import ExitCode
from vbsjob.jobs import failure
from vbsjob.text import format_duration, printable

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from vbsjob.context import Context
    from vbsjob.jobs.result import JobResult

ANNOTATIONS = 10
"""GitHub shows so many errors of a step, and silently drops the rest."""
LONGEST = 1000
ROWS = 200
"""With cells of at most CELL characters the summary stays far below GitHub's 1 MiB."""
CELL = 300


def report(results: Sequence[JobResult], code: ExitCode, context: Context) -> None:
    """Tell the runner: commands on stderr, the rest appended to the files that it names."""
    with suppress(OSError):
        context.stderr.writelines(f"{context.redact(line)}\n" for line in commands(results))
        context.stderr.flush()
    texts = {
        "GITHUB_STEP_SUMMARY": summary(results, code, context.steady_now()),
        "GITHUB_OUTPUT": outputs(results, code),
    }
    for variable, text in texts.items():
        path = context.env.get(variable)
        try:
            if path:
                with open(path, "a", encoding="utf-8", newline="\n") as file:  # noqa: PTH123 - as it is named
                    file.write(context.redact(text))
        except (OSError, ValueError) as error:
            context.note(f"{variable} cannot be written: {getattr(error, 'strerror', 'no path')}.")


def commands(results: Sequence[JobResult]) -> list[str]:
    """Return an error command a job that did not succeed, as many as GitHub shows."""
    told = [result for result in results if result.exit_code is not ExitCode.OK]
    shown = told if len(told) <= ANNOTATIONS else told[: ANNOTATIONS - 1]
    lines = [_command(_title(result), _cause(result)) for result in shown]
    if len(shown) < len(told):
        more = len(told) - len(shown)
        lines.append(_command("vbsjob", f"{more} more jobs did not succeed; see the summary"))
    return lines


def _command(title: str, message: str) -> str:
    named = _escaped(title).replace(":", "%3A").replace(",", "%2C")
    return f"::error title={named}::{_escaped(message)}"


def _escaped(text: str) -> str:
    """Return a short line that cannot end the command it stands in."""
    return printable(text)[:LONGEST].replace("%", "%25")


def _title(result: JobResult) -> str:
    return f"{result.job_id}: {result.exit_code.label} ({int(result.exit_code)})"


def _cause(result: JobResult) -> str:
    """Say why a job did not succeed: its deepest failure, or what kept the answer away."""
    if result.error is not None:
        return str(result.error)
    if result.job is None:
        return result.exit_code.meaning
    if result.exit_code is not ExitCode.JOB_FAILED:
        return f"{_word(result.job.status) or 'no status'}: {result.exit_code.meaning}"
    cause = failure.find(result.job)
    if cause is None:
        return result.exit_code.meaning
    at = " > ".join(printable(job.type or job.id) for job in cause.path)
    reason = " ".join(filter(None, (cause.error_code, cause.fail_reason)))
    return " - ".join(filter(None, (at, printable(reason), cause.meaning)))


def _word(found: object) -> str:
    return (
        "" if found is None else printable(found if isinstance(found, str) else json.dumps(found))
    )


def summary(results: Sequence[JobResult], code: ExitCode, now: datetime) -> str:
    """Return a table in Markdown, a row a job, those that did not succeed first."""
    ordered = sorted(results, key=lambda result: result.exit_code is ExitCode.OK)
    rows = [_row(result, now) for result in ordered[:ROWS]]
    lines = [
        f"### vbsjob: {code.label.replace('_', ' ')} (exit code {int(code)})",
        "",
        "| job | status | type | time | cause |",
        "|---|---|---|---|---|",
        *(f"| {' | '.join(map(_cell, row))} |" for row in rows),
    ]
    if len(rows) < len(ordered):
        lines += ["", f"{len(ordered) - len(rows)} more jobs are not shown."]
    return "\n".join(lines) + "\n\n"


def _row(result: JobResult, now: datetime) -> tuple[str, ...]:
    job = result.job
    told = (
        (job.status or "", job.type, format_duration(job.elapsed(now)))
        if job
        else ("unknown", "", "")
    )
    return (result.job_id, *told, "" if result.exit_code is ExitCode.OK else _cause(result))


def _cell(text: str) -> str:
    """Return a text whose every sign is shown as it is: Markdown and HTML mean nothing in it."""
    cut = printable(text)
    cut = cut if len(cut) <= CELL else f"{cut[: CELL - 3]}..."
    return re.sub(r"[^A-Za-z0-9 .-]", lambda sign: f"&#{ord(sign[0])};", cut)


def outputs(results: Sequence[JobResult], code: ExitCode) -> str:
    """Return the step's outputs, one line each: `status`, `backup_id` and so on of a lone job."""
    jobs = [
        {
            "job_id": result.job_id,
            "status": result.job.status if result.job else None,
            "exit_code": int(result.exit_code),
        }
        for result in results
    ]
    told = {"exit_code": str(int(code)), "verdict": code.label, "jobs": json.dumps(jobs)}
    if len(results) == 1:
        told |= _alone(results[0])
    return "".join(f"{name}={printable(value)}\n" for name, value in told.items())


def _alone(result: JobResult) -> dict[str, str]:
    if result.job is None:
        return {"job_id": result.job_id}
    names = ("status", "job_type", "error_code", "fail_reason")
    entities = {
        name: value
        for name, value in result.job.entities.items()
        if isinstance(value, str) and re.fullmatch(r"[a-z][a-z0-9_]{0,63}", name)
    }
    known = {name: _word(result.job.members.get(name)) for name in names}
    reserved = {"exit_code", "verdict", "jobs"}
    found = entities | {"job_id": result.job_id} | known
    return {name: value for name, value in found.items() if name not in reserved}
