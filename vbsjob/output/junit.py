"""How jobs ended as a JUnit report: a test suite a job, a test case for it and each sub-job."""

from __future__ import annotations

import os
import tempfile
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape, quoteattr

from vbsjob.errors import InternalError, UsageError
from vbsjob.exit_codes import ExitCode
from vbsjob.jobs.job import walk
from vbsjob.text import printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from vbsjob.context import Context
    from vbsjob.jobs.job import Job
    from vbsjob.jobs.result import JobResult

    Case = tuple[str, str, float, str]
    """A path, a name, seconds, and how it ended."""

HEAD = 1000
"""Characters of a reason in the attribute, which viewers list; the text below has it whole."""
COUNTED = (("failures", "failure"), ("errors", "error"), ("skipped", "skipped"))


def check(path: str) -> None:
    """Refuse a place where no file can be, before the waiting begins; raises Usage."""
    folder = Path(path).parent
    is_folder = os.path.isdir(path)  # noqa: PTH112 - Path raises where a name is too long
    if not path or is_folder or not os.access(folder, os.W_OK):
        raise UsageError(
            f"--junit {printable(path)!r}: no file can be written there.",
            hint="Make the folder first.",
        )


def write(path: str, results: Sequence[JobResult], context: Context) -> None:
    """Write the report whole or not at all; raises LocalFailure."""
    name = ""
    try:
        handle, name = tempfile.mkstemp(dir=Path(path).parent, prefix=".vbsjob-")
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.writelines(
                f"{context.redact(line)}\n" for line in lines(results, context.steady_now())
            )
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except OSError as error:
        if name:
            Path(name).unlink(missing_ok=True)
        raise InternalError(f"--junit {printable(path)}: {error.strerror}.") from None


def lines(results: Sequence[JobResult], now: datetime) -> Iterator[str]:
    """Yield the report, line by line: a job may have a hundred thousand sub-jobs."""
    yield '<?xml version="1.0" encoding="UTF-8"?>'
    yield '<testsuites name="vbsjob">'
    for result in results:
        # A suite begins with how many of its cases ended in which way.
        ends = Counter(_tag(ended) for _, _, _, ended in _cases(result, now))
        counts = "".join(f' {name}="{ends[tag]}"' for name, tag in COUNTED)
        suite = quoteattr(printable(result.job_id))
        yield f'<testsuite name={suite} tests="{ends.total()}"{counts}>'
        for case in _cases(result, now):
            yield from _case(*case)
        yield "</testsuite>"
    yield "</testsuites>"


def _tag(ended: str) -> str:
    return ended[1:].partition(" ")[0]


def _cases(result: JobResult, now: datetime) -> Iterator[Case]:
    if result.job is None:
        yield "vbsjob", result.job_id, 0.0, _ended(result)
        return
    for path in walk(result.job):
        job = path[-1]
        ended = _of(job) if len(path) > 1 else _ended(result)
        class_name = ".".join(_name(above) for above in path[:-1]) or "vbsjob"
        yield class_name, _called(job), job.elapsed(now) or 0.0, ended


def _called(job: Job) -> str:
    return " ".join(filter(None, (_name(job), job.id)))


def _name(found: Job) -> str:
    """Return a job's type as one step of a class name: dots would make two of it."""
    return (found.type or found.id or "?").replace(".", "_")


def _case(path: str, name: str, seconds: float, ended: str) -> Iterator[str]:
    named = f"classname={quoteattr(printable(path))} name={quoteattr(printable(name))}"
    yield f'<testcase {named} time="{seconds:.3f}">'
    if ended:
        yield ended
    yield "</testcase>"


def _ended(result: JobResult) -> str:
    """Tell how the job asked for ended: by the verdict, which may be that nobody knows."""
    if result.exit_code is ExitCode.OK:
        return ""
    if result.job is not None and result.exit_code is ExitCode.JOB_FAILED:
        return (
            _of(result.job) if result.job.failed else _mark("failure", "", result.exit_code.meaning)
        )
    told = result.error
    return _mark("error", result.exit_code.label, str(told) if told else result.exit_code.meaning)


def _of(found: Job) -> str:
    if found.status == "SUCCESS":
        return ""
    if not found.failed:
        return _mark("skipped", "", found.status or "no status")
    code, reason = (found.members.get(name) for name in ("error_code", "fail_reason"))
    return _mark("failure", str(code or ""), str(reason or "FAIL"))


def _mark(tag: str, kind: str, message: str) -> str:
    typed = f" type={quoteattr(printable(kind))}" if kind else ""
    told = printable(message)
    head = told if len(told) <= HEAD else f"{told[: HEAD - 3]}..."
    return f"<{tag} message={quoteattr(head)}{typed}>{escape(told)}</{tag}>"
