"""JobCommand: what get, tree, watch and list share, from the parsed options to the exit code."""

from __future__ import annotations

from contextlib import contextmanager
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

from vbsjob.cli import present
from vbsjob.config import loader, values
from vbsjob.config.schema import SETTINGS, SETTINGS_BY_NAME
from vbsjob.errors import VbsjobError, from_exception
from vbsjob.exit_codes import SIGNAL_BASE, ExitCode, worst
from vbsjob.jobs.outcome import UNFINISHED, RunOutcome, Stop, of_answer
from vbsjob.output import formats

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from vbsjob.cli.reports import Reports
    from vbsjob.client import JobsClient
    from vbsjob.config.loader import Settings
    from vbsjob.context import Context
    from vbsjob.jobs.job import Job
    from vbsjob.jobs.outcome import JobOutcome
    from vbsjob.jobs.tree import TreeOptions
    from vbsjob.output.formats import Format
    from vbsjob.watch.estimate import Estimates
    from vbsjob.watch.loop import Display, WatchLoop
    from vbsjob.watch.state import WatchRules

    Show = Callable[[Iterable[JobOutcome], present.Output], Sequence[VbsjobError]]

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
        if "service" in self.settings.values:
            from vbsjob.auth import catalog

            catalog.service_of(self.settings)
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

        entries = partial(history.entries, self.settings, self.context)
        return job_ids.ids(arguments, self.context.stdin, entries)

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

    @property
    def output(self) -> present.Output:
        """Where and how the answer is written."""
        return present.Output(self.settings, self.context, self.format, self.fields, self.single)

    def answers(self, job_ids: Sequence[str]) -> Iterator[JobOutcome]:
        """Query each job once; yield the outcomes in the order of `job_ids`, as they arrive."""
        from vbsjob.client import JobsClient, get_all

        with (
            self.service_settings() as settings,
            JobsClient(settings, self.context) as client,
        ):
            for job_id, answer in zip(job_ids, get_all(client, job_ids), strict=True):
                now = self.context.steady_now()
                yield of_answer(job_id, answer, now, expected_end=self._expected_end(answer))

    def query(self, job_ids: Sequence[str], show: Show) -> ExitCode:
        """Query each job once and show it; return the exit code of the run.

        `show` writes the outcomes to stdout as they arrive.
        """
        jobs: list[JobOutcome] = []

        def arriving() -> Iterator[JobOutcome]:
            for outcome in self.answers(job_ids):
                jobs.append(outcome)
                yield outcome

        answers = arriving()
        errors = show(answers, self.output)
        for _ in answers:
            pass
        self.save_history(jobs)
        judged = self.settings["exit_status"]
        now = self.context.steady_now()
        return self.end(RunOutcome(tuple(jobs), now, errors=tuple(errors), judged=judged))

    def _expected_end(self, answer: Job | VbsjobError) -> datetime | None:
        if isinstance(answer, VbsjobError) or answer.ended:
            return None
        return self.estimates.expected_end(answer)

    @cached_property
    def estimates(self) -> Estimates:
        """When jobs end, estimated from the history."""
        from vbsjob import history
        from vbsjob.watch.estimate import Estimates

        return Estimates(partial(history.durations, settings=self.settings, context=self.context))

    def watch_jobs(
        self,
        job_ids: Sequence[str],
        options: TreeOptions,
        show: Show,
        reports: Reports,
        *,
        events: bool = False,
    ) -> ExitCode:
        """Wait until the jobs have ended; return the exit code of the run.

        `show` writes the outcomes to stdout; it is not called after a signal. Every way to end
        writes the same history and reports.
        """
        from vbsjob.client import JobsClient

        with (
            self.service_settings() as settings,
            # WatchState decides when a failed query is repeated.
            JobsClient(settings, self.context, retry=False) as client,
        ):
            client.prepare()
            loop = self._watch_loop(client, job_ids, options, events=events)
            errors: list[VbsjobError] = []
            reader_gone = False
            try:
                loop.run()
            except BrokenPipeError:
                reader_gone = True
            except Exception as error:  # noqa: BLE001 - every channel names each way to end
                errors.append(from_exception(error))
        outcome = loop.state.outcome(self.context.steady_now()).adding(*errors)
        outcome = outcome._replace(stop=self._stop(loop, reader_gone=reader_gone))
        return self.end(outcome, show, reports, loop)

    def end(
        self,
        outcome: RunOutcome,
        show: Show | None = None,
        reports: Reports | None = None,
        loop: WatchLoop | None = None,
    ) -> ExitCode:
        """End a run: do what can fail, decide the exit code, then write it to every channel.

        The order of the steps is the reason that all channels name the same code.
        """
        displays = () if loop is None else loop.displays
        for display in displays:
            display.clear()  # stdout may be the same terminal
        reader_gone = False
        if show is not None and not outcome.signalled and not outcome.errors:
            try:
                outcome = outcome.adding(*show(outcome.jobs, self.output))
                self.context.stdout.flush()
            except BrokenPipeError:
                reader_gone = True
            except Exception as error:  # noqa: BLE001 - as in watch_jobs
                outcome = outcome.adding(from_exception(error))
        if reports is not None:
            outcome = reports.write_junit(outcome)
        if loop is None:
            self.context.stdout.flush()
        else:
            self.save_history(outcome.jobs)
        if loop is not None and not outcome.signalled:
            # From here on a signal changes nothing.
            outcome = outcome._replace(stop=self._stop(loop, reader_gone=reader_gone))
        if reports is not None:
            outcome = reports.tell_github(outcome)
        self._print_errors(outcome, printed=any(display.for_people for display in displays))
        return self._finish(outcome, displays)

    def _print_errors(self, outcome: RunOutcome, *, printed: bool) -> None:
        """Write the errors to stderr; `printed`: a display for people says how the run ended."""
        machine = self.context.error_output.machine
        errors = list(outcome.errors)
        if machine or not self.context.error_output.live:  # the live display shows them
            jobs = [job for job in outcome.jobs if job.error and job.exit_code not in UNFINISHED]
            errors = [job.error for job in jobs if job.error] + errors
        if (machine or not printed) and (stop := outcome.stop_error) is not None:
            errors += [stop] if stop.exit_code is not ExitCode.READER_GONE else []
        for error in errors:
            self.context.print_error(error)

    def _finish(self, outcome: RunOutcome, displays: Sequence[Display]) -> ExitCode:
        """Write the last line; return the exit code.

        A stream that fails now changes only the exit code of the process, and not that of a run
        that --timeout or a signal ended: its reader may have stopped.
        """
        code = outcome.exit_code
        for display in displays:
            try:
                display.finish(outcome)
            except BrokenPipeError:
                code = ExitCode.READER_GONE if outcome.stop is None else code
            except OSError as error:
                self.context.print_error(from_exception(error))
                code = worst([code, ExitCode.INTERNAL])
        if displays and not outcome.signalled:
            if self.settings["notify"]:
                names = " ".join(job.job_id for job in outcome.jobs[:3])
                self.context.notify(f"{names}: {code.label}")
            if self.settings["bell"]:
                self.context.ring_bell()
        return code

    def _stop(self, loop: WatchLoop, *, reader_gone: bool) -> Stop | None:
        """Return why the watch ended before its jobs; None if it did not."""
        from vbsjob.terminal import signals

        if number := loop.signals.ending:
            code, reason = ExitCode(SIGNAL_BASE + number), f"by {signals.name(number)}"  # type: ignore[call-arg] # a lookup
        elif reader_gone:
            code, reason = ExitCode.READER_GONE, "by SIGPIPE"
        elif loop.state.timed_out:
            limit = values.written(values.timeout, self.settings["timeout"])
            code, reason = ExitCode.TIMEOUT, f"after --timeout {limit}"
        else:
            return None
        resume = self._resume_command(loop.state.ids)
        return Stop(code, reason, resume, simulated=self.settings.sandbox)

    def _watch_loop(
        self,
        client: JobsClient,
        job_ids: Sequence[str],
        options: TreeOptions,
        *,
        events: bool,
    ) -> WatchLoop:
        from vbsjob.terminal.signals import Signals
        from vbsjob.watch.loop import WatchLoop
        from vbsjob.watch.state import WatchState

        context = self.context
        displays = present.displays(self.settings, context, options, events=events)
        signals = (context.signals or Signals)(context.stdout, context.stderr)
        state = WatchState(
            job_ids,
            self._watch_rules(),
            context.monotonic(),
            context.random,
            estimates=self.estimates,
            interactive=context.error_output.live,
        )
        return WatchLoop(state, client.get, context, displays, signals)

    def _watch_rules(self) -> WatchRules:
        from vbsjob.watch.state import WatchRules

        values = {name: self.settings[name] for name in WatchRules._fields}
        return WatchRules(**{name: value for name, value in values.items() if value is not None})

    def _resume_command(self, job_ids: Sequence[str]) -> str:
        """Return a sentence with the command that continues the watch.

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

    def save_history(self, jobs: Sequence[JobOutcome]) -> None:
        """Store ids and times in the history."""
        from vbsjob import history

        history.record(jobs, self.settings, self.context)
