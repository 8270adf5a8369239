"""JobCommand: what get, tree, watch and list share, from the parsed options to the exit code."""

from __future__ import annotations

from contextlib import contextmanager
from functools import cached_property, partial
from itertools import tee
from typing import TYPE_CHECKING, Any

from vbsjob import history
from vbsjob.cli import present
from vbsjob.config import loader, values
from vbsjob.config.schema import SETTINGS
from vbsjob.errors import VbsjobError, from_exception
from vbsjob.exit_codes import SIGNAL_BASE, ExitCode
from vbsjob.jobs.job import Job
from vbsjob.jobs.outcome import UNFINISHED, RunOutcome, Stop, of_answer
from vbsjob.output import formats

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from vbsjob.client import JobsClient
    from vbsjob.config.loader import Settings
    from vbsjob.context import Context
    from vbsjob.jobs.outcome import JobOutcome
    from vbsjob.jobs.tree import TreeOptions
    from vbsjob.watch.estimate import Estimates
    from vbsjob.watch.loop import WatchLoop

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
        self.settings = loader.load(params, context)
        if "service" in self.settings.values:
            from vbsjob.auth import catalog

            catalog.service_of(self.settings)
        fields: Sequence[str] = params.get("field") or ()
        # `value` with --field, unless --output names another format.
        name = self.settings["output"] or ("value" if fields else "table")
        format = formats.by_name(name, self.settings.origin("output"))
        arguments: Sequence[str] = params.get("jobs") or ()
        single = len(arguments) == 1 and arguments[0] != "-"
        format.check_fields(fields, single=single)
        options = self._repeated("job")
        self.output = present.Output(self.settings, context, format, fields, single, options)
        """Where and how the answer is written."""
        stderr = {name: self.settings[name] for name in ("output", "quiet", "verbose", "color")}
        context.error_output.configure(stderr, machine=formats.is_machine(stderr, context))

    def job_ids(self, arguments: Sequence[str]) -> list[str]:
        """Return the requested ids: from arguments, standard input and the history."""
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

        self.context.note("the sandbox simulates jobs; each begins at its first query.")
        with Sandbox(self.context) as sandbox:
            yield self.settings.with_service("the sandbox", **sandbox.settings)

    def answers(self, job_ids: Sequence[str]) -> Iterator[JobOutcome]:
        """Query each job once; yield the outcomes in the order of `job_ids`, as they arrive."""
        from vbsjob.client import JobsClient, get_all

        with (
            self.service_settings() as settings,
            JobsClient(settings, self.context) as client,
        ):
            for job_id, answer in zip(job_ids, get_all(client, job_ids), strict=True):
                end = None
                if isinstance(answer, Job) and not answer.ended:
                    end = self.estimates.expected_end(answer)
                yield of_answer(job_id, answer, self.context.steady_now(), expected_end=end)

    @cached_property
    def estimates(self) -> Estimates:
        """When jobs end, estimated from the history."""
        from vbsjob.watch.estimate import Estimates

        return Estimates(partial(history.durations, settings=self.settings, context=self.context))

    def query(self, job_ids: Sequence[str], show: Show) -> ExitCode:
        """Query each job once and show it; return the exit code of the run.

        `show` writes the outcomes to stdout as they arrive.
        """
        self.context.error_output.single = len(job_ids) == 1
        shown, answers = tee(self.answers(job_ids))
        errors = show(shown, self.output)
        jobs = tuple(answers)
        history.record(jobs, self.settings, self.context)
        now, judged = self.context.steady_now(), self.settings["exit_status"]
        outcome = RunOutcome(jobs, now, errors=tuple(errors), judged=judged)
        self.context.stdout.flush()
        return present.end(outcome, self.output)

    def watch_jobs(
        self, job_ids: Sequence[str], options: TreeOptions, show: Show, *, events: bool = False
    ) -> ExitCode:
        """Wait until the jobs have ended; return the exit code of the run.

        `show` writes the outcomes to stdout; it is not called after a signal. Every way to end
        writes the same history and reports.
        """
        from vbsjob.client import JobsClient

        errors: list[VbsjobError] = []
        reader_gone = False
        with (
            self.service_settings() as settings,
            # WatchState decides when a failed query is repeated.
            JobsClient(settings, self.context, retry=False) as client,
        ):
            if (junit := self.settings["junit"]) is not None:
                from vbsjob.output import report_file

                # Now and not at the end: the user learns at once that it cannot be written.
                report_file.prepare(junit, self.settings.origin("junit"))
            client.prepare()
            loop = self._watch_loop(client, job_ids, options, events=events)
            try:
                loop.run()
            except BrokenPipeError:
                reader_gone = True
            except Exception as error:  # noqa: BLE001 - every channel names each way to end
                errors.append(from_exception(error))
        outcome = loop.state.outcome(self.context.steady_now(), *errors)
        return self._end_watch(outcome, loop, show, reader_gone=reader_gone)

    def _watch_loop(
        self, client: JobsClient, job_ids: Sequence[str], options: TreeOptions, *, events: bool
    ) -> WatchLoop:
        from vbsjob.terminal.signals import Signals
        from vbsjob.watch.loop import WatchLoop
        from vbsjob.watch.state import WatchRules, WatchState

        context = self.context
        rules = {name: self.settings[name] for name in WatchRules._fields}
        displays = present.displays(self.settings, context, options, events=events)
        signals = (context.signals or Signals)(context.stdout, context.stderr)
        state = WatchState(
            job_ids,
            WatchRules(**{name: rule for name, rule in rules.items() if rule is not None}),
            context.monotonic(),
            context.random,
            estimates=self.estimates,
            interactive=context.error_output.hold is not None,
        )
        return WatchLoop(state, client.get, context, displays, signals)

    def _end_watch(
        self, outcome: RunOutcome, loop: WatchLoop, show: Show, *, reader_gone: bool
    ) -> ExitCode:
        """Do what can fail, decide the exit code, then write it to every channel.

        The order of the steps is the reason that all channels name the same code.
        """
        from vbsjob.cli import reports

        for display in loop.displays:
            display.clear()  # stdout may be the same terminal
        if not (outcome.errors or reader_gone or loop.signals.ending):
            try:
                outcome = outcome.adding(*show(outcome.jobs, self.output))
                self.context.stdout.flush()
            except BrokenPipeError:
                reader_gone = True
            except Exception as error:  # noqa: BLE001 - as in watch_jobs
                outcome = outcome.adding(from_exception(error))
        history.record(outcome.jobs, self.settings, self.context)
        # From here on a signal changes nothing.
        stop = self._stop(outcome, loop, reader_gone=reader_gone)
        outcome = self._with_next_step(outcome._replace(stop=stop))
        junit, github = self.settings["junit"], self.settings["github"]
        outcome = reports.write(outcome, junit, self.context, github=github)
        return present.end(outcome, self.output, loop.displays)

    def _stop(self, outcome: RunOutcome, loop: WatchLoop, *, reader_gone: bool) -> Stop | None:
        """Return why the watch ended before its jobs; None if it did not."""
        from vbsjob.terminal import signals

        if number := loop.signals.ending:
            code, reason = ExitCode(SIGNAL_BASE + number), f"by {signals.name(number)}"  # type: ignore[call-arg] # a lookup
        elif reader_gone:
            code, reason = ExitCode.READER_GONE, "by SIGPIPE"
        elif any(job.exit_code is ExitCode.TIMEOUT for job in outcome.jobs):
            limit = values.written(values.timeout, self.settings["timeout"])
            code, reason = ExitCode.TIMEOUT, f"after --timeout {limit}"
        else:
            return None
        resume = self._resume_command(outcome)
        return Stop(code, reason, resume, simulated=self.settings.sandbox)

    def _with_next_step(self, outcome: RunOutcome) -> RunOutcome:
        """Return the outcome; the last error of a job without an answer has the next command."""
        jobs, resume = list(outcome.jobs), self._resume_command(outcome)
        for number, job in reversed(list(enumerate(jobs))):
            if job.exit_code is ExitCode.UNAVAILABLE and job.error and resume and not outcome.stop:
                error = job.error.replace(hint=f"{job.error.hint} {resume}".lstrip())
                jobs[number] = job._replace(error=error)
                break
        return outcome._replace(jobs=tuple(jobs))

    def _resume_command(self, outcome: RunOutcome) -> str:
        """Return a sentence with the command that watches the jobs that have not ended.

        Empty if there are none, and for the sandbox: it ends with this process.
        """
        waiting = (*UNFINISHED, ExitCode.UNAVAILABLE)
        job_ids = [job.job_id for job in outcome.jobs if job.exit_code in waiting]
        if self.settings.sandbox or not job_ids:
            return ""
        import shlex

        if len(job_ids) > LISTED_IDS:
            return "To continue, run the same command again."
        options = self._repeated("job", "watch")
        return f"To continue: {shlex.join(['vbsjob', 'watch', *job_ids, *options])}"

    def _repeated(self, *kinds: str) -> list[str]:
        """Return the options of this command that another one repeats, as `Setting.repeated`."""
        words = []
        for setting in SETTINGS:
            if setting.repeated in kinds and (value := self._params.get(setting.name)):
                words += [setting.flag] if value is True else [setting.flag, value]
        return words
