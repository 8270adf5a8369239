"""The reports of a watch for CI services: --junit and --github. Every kind of end writes them."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from vbsjob.config.loader import preference
from vbsjob.errors import ReportError, UsageError, VbsjobError, from_exception

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from vbsjob.config.loader import Settings
    from vbsjob.context import Context
    from vbsjob.jobs.outcome import RunOutcome


def prepare(settings: Settings) -> None:
    """Remove the report of an earlier run: a CI service would take it for the one of this run.

    Raises UsageError if the report cannot be written: the user learns it before the watch waits
    for hours.
    """
    if settings["junit"] is not None:
        from vbsjob.output import report_file

        report_file.prepare(settings["junit"], settings.origin("junit"))


def write_junit(outcome: RunOutcome, path: str | None, context: Context) -> RunOutcome:
    """Write the JUnit report, which names no code of the run; add an error to the outcome."""
    if path is None:
        return outcome
    from vbsjob.output import junit

    try:
        junit.write(path, outcome, context)
    except ReportError as error:
        return outcome.adding(error)
    return outcome


@contextmanager
def on_error(
    params: Mapping[str, Any], context: Context, job_ids: Sequence[str] = ("watch",)
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
    job_ids: Sequence[str] = ("watch",),
) -> None:
    """Write reports in which every job has the error. `params` are values of options."""
    from vbsjob.jobs.outcome import RunOutcome, of_answer
    from vbsjob.output import github

    now = context.steady_now()
    outcome = RunOutcome(tuple(of_answer(job_id, error, now) for job_id in job_ids), now)
    outcome = write_junit(outcome, _setting("junit", params, context), context)
    if _setting("github", params, context):
        outcome = github.report(outcome, context)
    for further in outcome.errors:
        context.print_error(further)


def _setting(name: str, params: Mapping[str, Any], context: Context) -> Any:
    """Return the value of a setting; None if it, or the file with it, is not valid."""
    try:
        return preference(name, params, context)
    except UsageError:
        return None
