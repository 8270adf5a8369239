"""The reports of a watch for CI services: --junit and --github. Every kind of end writes them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vbsjob.config.loader import preference
from vbsjob.errors import VbsjobError
from vbsjob.http import url

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vbsjob.context import Context
    from vbsjob.jobs.outcome import RunOutcome


def write(outcome: RunOutcome, junit: str | None, context: Context, *, github: bool) -> RunOutcome:
    """Write the reports that are wanted; return the outcome with an error for each that failed.

    JUnit is the first one: it names no code of the run, and GitHub learns whether it failed.
    """
    if junit is not None:
        from vbsjob.output import junit as junit_report

        outcome = junit_report.write(junit, outcome, context)
    if github:
        from vbsjob.output import github as github_report

        outcome = github_report.report(outcome, context)
    return outcome


def write_error(error: VbsjobError, options: Mapping[str, Any], context: Context) -> None:
    """Write reports of a watch that ended before it had results: each job has the error.

    `options` are as they are typed. If no id is typed (`-`, `@last`), the reports have one job with
    the name `watch`.
    """
    from vbsjob.jobs.outcome import RunOutcome, of_answer

    now = context.steady_now()
    job_ids = [word for word in options["jobs"] if url.NAME.fullmatch(word)] or ["watch"]
    outcome = RunOutcome(tuple(of_answer(job_id, error, now) for job_id in job_ids), now)
    junit, github = (_setting(name, options, context) for name in ("junit", "github"))
    for further in write(outcome, junit, context, github=bool(github)).errors:
        context.print_error(further)


def _setting(name: str, options: Mapping[str, Any], context: Context) -> Any:
    """Return the value of a setting; None if it, or the file with it, is not valid."""
    try:
        return preference(name, options, context)
    except VbsjobError:
        return None
