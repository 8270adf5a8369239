"""JobCommand: what get, tree, watch and list share, from the parsed options to the exit code."""

from __future__ import annotations

from contextlib import contextmanager
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

from vbsjob.config import loader, values
from vbsjob.config.schema import SETTINGS, SETTINGS_BY_NAME
from vbsjob.errors import SignalError, VbsjobError, WatchTimeoutError
from vbsjob.exit_codes import ExitCode, worst
from vbsjob.output import formats

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import datetime

    from vbsjob.cli.reports import Reports
    from vbsjob.client import JobsClient
    from vbsjob.config.loader import Settings
    from vbsjob.context import Context
    from vbsjob.jobs.job import Job
    from vbsjob.jobs.result import JobResult
    from vbsjob.jobs.tree import TreeOptions
    from vbsjob.output.formats import Format
    from vbsjob.watch.estimate import Estimates
    from vbsjob.watch.loop import WatchLoop
    from vbsjob.watch.state import WatchRules

LISTED_IDS = 20
"""Job ids that a command in a hint names at most."""


class JobCommand:
    """Settings of one command, and the steps that get, tree, watch and list share.

    `params` are the option values as Typer parsed them. Raises UsageError.
    """

    def __init__(self, params: Mapping[str, Any], context: Context) -> None:
        self._params = params
        self.context = context
        context.error_output.configure(params, machine=formats.is_machine(params, context.env))
        self.settings = loader.load(params, context)
        self.fields: Sequence[str] = params.get("field") or ()
        self.format = self._format()
        """The format of stdout: `value` with --field, unless --output names another one."""
        arguments: Sequence[str] = params.get("jobs") or ()
        self.single = len(arguments) == 1 and arguments[0] != "-"
        """Whether one id was given as an argument: one document instead of an array."""
        self.format.check_fields(self.fields, single=self.single)
        context.error_output.machine = self.settings["output"] is not None and self.format.machine
        context.error_output.quiet = self.settings["quiet"]
        context.error_output.verbose = self.settings["verbose"]

    def _format(self) -> Format:
        name = self.settings["output"]
        if name is None:
            return formats.by_name("value" if self.fields else "table")
        return formats.by_name(name, self.settings.origin("output"))

    def job_ids(self, arguments: Sequence[str]) -> list[str]:
        """Return the requested ids: from arguments, standard input and the history."""
        from vbsjob import history
        from vbsjob.cli import job_ids

        def recent() -> Sequence[str]:
            return history.recent_ids(self.settings, self.context)

        return job_ids.ids(arguments, self.context.stdin, recent)

    @contextmanager
    def service_settings(self) -> Iterator[Settings]:
        """Yield the settings to use: these, or those of a sandbox that this process starts."""
        if not self.settings.sandbox:
            yield self.settings
            return
        from vbsjob.sandbox.server import Sandbox

        self.context.note("the sandbox: its jobs are simulated and begin at their first query.")
        with Sandbox(self.context) as sandbox:
            yield self.settings.with_service("the sandbox", **sandbox.settings)

    def query(self, job_ids: Sequence[str]) -> Iterator[JobResult]:
        """Query each job once; yield the results in the order of `job_ids`, as they arrive."""
        from vbsjob.client import JobsClient, get_all
        from vbsjob.jobs.result import JobResult

        with (
            self.service_settings() as settings,
            JobsClient(settings, self.context) as client,
        ):
            answers = zip(job_ids, get_all(client, job_ids), strict=True)
            for job_id, outcome in answers:
                yield JobResult(job_id, outcome, expected_end=self._expected_end(outcome))

    def _expected_end(self, outcome: Job | VbsjobError) -> datetime | None:
        if isinstance(outcome, VbsjobError) or outcome.ended:
            return None
        return self.estimates.expected_end(outcome)

    @cached_property
    def estimates(self) -> Estimates:
        """When jobs end, estimated from the history."""
        from vbsjob import history
        from vbsjob.watch.estimate import Estimates

        return Estimates(partial(history.durations, settings=self.settings, context=self.context))

    def exit_code(self, results: Sequence[JobResult]) -> ExitCode:
        """Return the worst error of get or tree, else OK; --exit-status also judges states."""
        judged = self.settings["exit_status"]
        return worst(
            result.exit_code if judged or result.error else ExitCode.OK for result in results
        )

    def watch_jobs(
        self,
        job_ids: Sequence[str],
        options: TreeOptions,
        show: Callable[[Sequence[JobResult]], ExitCode],
        reports: Reports,
        *,
        events: bool = False,
    ) -> ExitCode:
        """Wait until the jobs have ended; return the exit code.

        `show` writes the results to stdout; it is not called after a signal. Every way to end
        writes the same history and reports. Raises SignalError after a signal and
        WatchTimeoutError after --timeout, both with the command to continue.
        """
        from vbsjob.client import JobsClient

        with (
            self.service_settings() as settings,
            # WatchState decides when a failed query is repeated.
            JobsClient(settings, self.context, retry=False) as client,
        ):
            client.prepare()
            loop = self._watch_loop(client, job_ids, options, events=events)
            interrupted: SignalError | None = None
            shown = ExitCode.OK
            try:
                loop.run()
                shown = loop.show(show)
            except SignalError as error:
                interrupted = self._interrupted(error, job_ids)
            except BrokenPipeError:
                self.save_history(loop.results())
                code = ExitCode.READER_GONE
                reports.write(loop.results(unfinished=code), code)
                raise
        try:
            self.save_history(loop.results())
            code = loop.state.exit_code() if interrupted is None else interrupted.exit_code
            unfinished = ExitCode.PENDING if interrupted is None else code
            reports.write(loop.results(unfinished), code)
        except VbsjobError as error:
            if interrupted is None:
                raise
            self.context.print_error(error)
        if interrupted is not None:
            raise interrupted
        return worst([self._watch_exit_code(loop), shown])

    def _watch_loop(
        self,
        client: JobsClient,
        job_ids: Sequence[str],
        options: TreeOptions,
        *,
        events: bool,
    ) -> WatchLoop:
        from vbsjob.cli import present
        from vbsjob.watch.loop import WatchLoop
        from vbsjob.watch.state import WatchState

        displays = present.displays(self.settings, self.context, options, events=events)
        now, random = self.context.monotonic(), self.context.random
        state = WatchState(
            job_ids,
            self._watch_rules(),
            now,
            random,
            estimates=self.estimates,
            interactive=self.context.error_output.live,
        )
        return WatchLoop(state, client.get, self.context, displays)

    def _watch_rules(self) -> WatchRules:
        from vbsjob.watch.state import WatchRules

        values = {name: self.settings[name] for name in WatchRules._fields}
        return WatchRules(**{name: value for name, value in values.items() if value is not None})

    def _interrupted(self, error: SignalError, job_ids: Sequence[str]) -> SignalError:
        """Return the error of a signal with the command to continue.

        Jobs of the sandbox do not continue: they end with this process.
        """
        if self.settings.sandbox:
            return SignalError.for_jobs(int(error.exit_code) - 128, (job_ids, ()), simulated=True)
        return error.with_hint(self._resume_command(job_ids))

    def _resume_command(self, job_ids: Sequence[str]) -> str:
        """Return a hint with the command that continues the watch.

        Empty for the sandbox: it ends with this process.
        """
        if self.settings.sandbox:
            return ""
        import shlex

        if len(job_ids) > LISTED_IDS:
            return "To continue, run the same command again."
        names = (setting.name for setting in SETTINGS if setting.names_service)
        options = [(name, self._params[name]) for name in names if self._params.get(name)]
        words = [word for name, value in options for word in (SETTINGS_BY_NAME[name].flag, value)]
        return f"To continue: {shlex.join(['vbsjob', 'watch', *job_ids, *words])}"

    def save_history(self, results: Sequence[JobResult]) -> None:
        """Store ids and times in the history."""
        from vbsjob import history

        history.record(results, self.settings, self.context)

    def _watch_exit_code(self, loop: WatchLoop) -> ExitCode:
        """Return the exit code of a finished watch. Raises WatchTimeoutError."""
        code = loop.state.exit_code()
        if self.settings["notify"]:
            self.context.notify(f"{' '.join(loop.state.ids[:3])}: {code.label}")
        if self.settings["bell"]:
            self.context.ring_bell()
        if code is ExitCode.TIMEOUT:
            hint = self._resume_command(loop.state.ids)
            simulated = self.settings.sandbox
            limit = values.written(values.timeout, self.settings["timeout"])
            raise WatchTimeoutError.for_jobs(
                loop.state.unfinished_ids(), hint, limit, simulated=simulated
            )
        return code
