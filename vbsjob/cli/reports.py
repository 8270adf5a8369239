"""The reports of a watch for CI services: --junit and --github. Every kind of end writes them."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from vbsjob.config.loader import preference
from vbsjob.errors import UsageError, VbsjobError, from_exception

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from vbsjob.context import Context
    from vbsjob.jobs.outcome import RunOutcome


NO_IDS = ("watch",)
"""What reports name if the ids of the jobs are not known yet."""


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


@contextmanager
def on_error(
    params: Mapping[str, Any], context: Context, job_ids: Sequence[str] = NO_IDS
) -> Iterator[None]:
    """If a watch ends with an exception before it has results, write reports of it."""
    try:
        yield
    except Exception as error:
        write_error(from_exception(error), params, context, job_ids)
        raise


def write_error(
    error: VbsjobError,
    params: Mapping[str, Any],
    context: Context,
    job_ids: Sequence[str] = NO_IDS,
) -> None:
    """Write reports in which every job has the error. `params` are values of options."""
    from vbsjob.jobs.outcome import RunOutcome, of_answer

    now = context.steady_now()
    outcome = RunOutcome(tuple(of_answer(job_id, error, now) for job_id in job_ids), now)
    junit, github = (_setting(name, params, context) for name in ("junit", "github"))
    for further in write(outcome, junit, context, github=bool(github)).errors:
        context.print_error(further)


def _setting(name: str, params: Mapping[str, Any], context: Context) -> Any:
    """Return the value of a setting; None if it, or the file with it, is not valid."""
    try:
        return preference(name, params, context)
    except UsageError:
        return None
