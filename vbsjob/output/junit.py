"""JUnit report: one suite per job, one test case for it and for each sub-job."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape, quoteattr

from vbsjob.errors import ReportError
from vbsjob.exit_codes import ExitCode
from vbsjob.jobs import failure
from vbsjob.jobs.job import walk
from vbsjob.output import report_file
from vbsjob.text import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from vbsjob.context import Context
    from vbsjob.jobs.job import Job
    from vbsjob.jobs.outcome import JobOutcome, RunOutcome

    Case = tuple[str, str, float, str]
    """Class name, name, seconds, and the element that says how it ended (empty: success)."""

HEAD = 1000
"""Characters of a message in the attribute, which viewers list; the text is complete."""
COUNTED = (("failures", "failure"), ("errors", "error"), ("skipped", "skipped"))


def write(path: str, outcome: RunOutcome, context: Context) -> None:
    """Write the complete report or nothing. Raises ReportError."""
    report = bytearray()
    for line in lines(outcome, context.redact):
        report += f"{line}\n".encode("utf-8", "backslashreplace")
    try:
        report_file.write(path, report)
    except OSError as error:
        raise ReportError(
            f"the report {printable(path)} could not be written: {error.strerror}.",
            hint="Check the directory, its permissions and the free space.",
        ) from None


def lines(outcome: RunOutcome, redact: Callable[[str], str] = str) -> Iterator[str]:
    """Yield the report line by line: a job may have thousands of sub-jobs.

    `redact` masks secrets in names and messages, not in the XML around them.
    """
    yield '<?xml version="1.0" encoding="UTF-8"?>'
    yield '<testsuites name="vbsjob">'
    for result in outcome.jobs:
        # The counts of a suite come before its cases; a list of all would need much memory.
        cases = _cases(result, outcome.now, redact)
        tags = Counter(outcome[1:].partition(" ")[0] for _, _, _, outcome in cases)
        counts = "".join(f' {name}="{tags[tag]}"' for name, tag in COUNTED)
        suite = quoteattr(printable(result.job_id))
        yield f'<testsuite name={suite} tests="{tags.total()}"{counts}>'
        for case in _cases(result, outcome.now, redact):
            yield from _case(*case)
        yield "</testsuite>"
    yield "</testsuites>"


def _cases(result: JobOutcome, now: datetime, redact: Callable[[str], str]) -> Iterator[Case]:
    """Yield the cases; one that would have the name of an earlier one gets `#2` and so on."""
    counts: Counter[tuple[str, str]] = Counter()
    for class_text, name_text, seconds, outcome in _jobs(result, now, redact):
        class_name, name = (redact(printable(text)) for text in (class_text, name_text))
        base = class_name, name
        while counts[class_name, name]:
            counts[base] += 1
            name = f"{base[1]} #{counts[base]}"
        counts[class_name, name] = 1
        yield class_name, name, seconds, outcome


def _jobs(result: JobOutcome, now: datetime, redact: Callable[[str], str]) -> Iterator[Case]:
    requested = ""
    if result.exit_code is not ExitCode.OK:
        tag, kind = "error", result.exit_code.label
        if result.exit_code is ExitCode.JOB_FAILED:
            tag, kind = "failure", result.failure.error_code if result.failure else ""
        requested = _element(tag, redact(kind), redact(result.cause))
    if result.job is None:
        yield "vbsjob", result.job_id, 0.0, requested
        return
    for path in walk(result.job):
        job = path[-1]
        outcome = _outcome(job, redact) if len(path) > 1 else requested
        class_name = ".".join(map(_step, path[:-1])) or "vbsjob"
        name = " ".join(filter(None, (_step(job), job.id)))
        yield class_name, name, job.elapsed(now) or 0.0, outcome


def _step(job: Job) -> str:
    """Return the type of a job as one step of a class name, in which dots separate steps."""
    return (job.type or job.id or "?").replace(".", "_")


def _case(class_name: str, name: str, seconds: float, outcome: str) -> Iterator[str]:
    names = f"classname={quoteattr(class_name)} name={quoteattr(name)}"
    yield f'<testcase {names} time="{seconds:.3f}">'
    if outcome:
        yield outcome
    yield "</testcase>"


def _outcome(sub_job: Job, redact: Callable[[str], str]) -> str:
    if sub_job.status == "SUCCESS":
        return ""
    if sub_job.failed:
        return _failure(sub_job, redact)
    return _element("skipped", "", redact(sub_job.status or "no status"))


def _failure(job: Job, redact: Callable[[str], str]) -> str:
    """Return the element with the deepest failure of a job and its meaning."""
    cause = failure.find(job)
    if cause is None:
        return _element("failure", "", "FAIL")
    return _element("failure", redact(cause.error_code), redact(cause.explanation))


def _element(tag: str, kind: str, message: str) -> str:
    type_attribute = f" type={quoteattr(printable(kind))}" if kind else ""
    text = printable(message)
    head = text if len(text) <= HEAD else f"{text[: HEAD - 3]}..."
    return f"<{tag} message={quoteattr(head)}{type_attribute}>{escape(text)}</{tag}>"
