"""The reports of a watch for CI services: --junit and --github. Every kind of end writes them."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from vbsjob.config.values import boolean, path
from vbsjob.errors import VbsjobError, from_exception

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from vbsjob.config.loader import Settings
    from vbsjob.context import Context
    from vbsjob.jobs.outcome import RunOutcome


class Reports:
    """Writes the reports once, at the end of a watch.

    Their names come from options and VBSJOB_* variables until `configure` gets the settings: the
    configuration may be what is wrong.
    """

    def __init__(self, params: Mapping[str, Any], context: Context) -> None:
        self._context = context
        self._written = False
        self.job_ids: Sequence[str] = ()
        self._junit: str | None = _early("junit", path, params, context)
        self._github = bool(_early("github", boolean, params, context))

    def configure(self, settings: Settings) -> None:
        """Take the names from the settings, and remove the report of an earlier run.

        A CI service would take it for the report of this run. Raises UsageError if the report
        cannot be written: the user learns it before the watch waits for hours.
        """
        self._github, self._junit = settings["github"], None
        if settings["junit"] is not None:
            from vbsjob.output import report_file

            report_file.prepare(settings["junit"], settings.origin("junit"))
            self._junit = settings["junit"]

    def write_junit(self, outcome: RunOutcome) -> RunOutcome:
        """Write the JUnit report, which names no code of the run; add an error to the outcome."""
        self._written = True
        if self._junit is None:
            return outcome
        from vbsjob.output import junit

        try:
            junit.write(self._junit, outcome, self._context)
        except VbsjobError as error:
            return outcome.adding(error)
        return outcome

    def tell_github(self, outcome: RunOutcome) -> RunOutcome:
        """Write the exit code for GitHub; add an error for each file that cannot be written."""
        if not self._github:
            return outcome
        from vbsjob.output import github

        return github.report(outcome, self._context)

    @contextmanager
    def on_error(self) -> Iterator[None]:
        """If the command ends with an exception before it has results, write reports of it."""
        try:
            yield
        except Exception as error:
            if not self._written:
                self.write_error(from_exception(error))
            raise

    def write_error(self, error: VbsjobError) -> None:
        """Write reports in which every job has the error."""
        from vbsjob.jobs.outcome import RunOutcome, of_answer

        now = self._context.steady_now()
        jobs = tuple(of_answer(job_id, error, now) for job_id in self.job_ids or ("watch",))
        for further in self.tell_github(self.write_junit(RunOutcome(jobs, now))).errors:
            self._context.print_error(further)


def _early(
    name: str, parse: Callable[[Any], Any], params: Mapping[str, Any], context: Context
) -> Any:
    """Return the value of an option or variable; None if it is not set or not valid."""
    value = params.get(name) or context.env.get(f"VBSJOB_{name.upper()}")
    try:
        return parse(value) if value else None
    except ValueError:
        return None
