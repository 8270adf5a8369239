"""JUnit report: one suite with one test case per requested job."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape, quoteattr

from vbsjob.exit_codes import ExitCode
from vbsjob.output import report_file
from vbsjob.output.tree_documents import text_lines
from vbsjob.text import parse_time, printable, utc_time

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from vbsjob.context import Context
    from vbsjob.jobs.outcome import JobOutcome, RunOutcome

HEAD = 1000
"""Characters of a message in the attribute, which viewers list; the text is complete."""


def write(path: str, outcome: RunOutcome, context: Context) -> RunOutcome:
    """Write the complete report or nothing; return the outcome, with an error if that failed."""
    report = "".join(f"{line}\n" for line in lines(outcome, context.redact))
    try:
        report_file.write(path, report.encode("utf-8", "backslashreplace"))
    except (OSError, ValueError) as error:
        return outcome.adding(report_file.unwritten(f"the report {printable(path)}", error))
    return outcome


def lines(outcome: RunOutcome, redact: Callable[[str], str] = str) -> Iterator[str]:
    """Yield the report line by line; `redact` masks secrets in texts, not in the XML around them.

    Viewers compare cases of several runs by their names: the type of the job, then `#2` and so on.
    """
    names: Counter[str] = Counter()
    yield '<?xml version="1.0" encoding="UTF-8"?>'
    yield '<testsuites name="vbsjob">'
    for job in outcome.jobs:
        name = redact(printable((job.job and job.job.type) or job.job_id))
        names[name] += 1
        begin = parse_time(job.job.members.get("begin_time")) if job.job else None
        failed = job.exit_code is ExitCode.JOB_FAILED
        error = not failed and job.exit_code is not ExitCode.OK
        seconds = f'time="{job.elapsed_s or 0:.3f}"'
        job_id = quoteattr(redact(printable(job.job_id)))
        yield (
            f'<testsuite name={job_id} tests="1" failures="{failed:d}" errors="{error:d}"'
            f' {seconds} timestamp="{utc_time(begin or outcome.now)}">'
        )
        yield f'<properties><property name="job_id" value={job_id}/></properties>'
        number = f" #{names[name]}" if names[name] > 1 else ""
        yield f'<testcase classname="vbsjob" name={quoteattr(name + number)} {seconds}>'
        if failed or error:
            yield _element(job, redact, failed=failed)
        if job.job is not None:
            tree = "\n".join(text_lines(job.job, outcome.now))
            yield f"<system-out>{escape(redact(tree))}</system-out>"
        yield "</testcase>"
        yield "</testsuite>"
    yield "</testsuites>"


def _element(job: JobOutcome, redact: Callable[[str], str], *, failed: bool) -> str:
    tag = "failure" if failed else "error"
    kind = job.failure.error_code if failed and job.failure else job.exit_code.label
    type_attribute = f" type={quoteattr(redact(printable(kind)))}" if kind else ""
    text = printable(redact(job.cause))
    head = text if len(text) <= HEAD else f"{text[: HEAD - 3]}..."
    return f"<{tag} message={quoteattr(head)}{type_attribute}>{escape(text)}</{tag}>"
