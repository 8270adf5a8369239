"""One run about jobs, from its settings to its exit code: what get, tree and watch have in common.

Shows nothing itself, and knows nothing of how a command line is read.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from vbsjob.config import loader
from vbsjob.config.schema import SETTINGS_BY_NAME
from vbsjob.outcome import ExitCode, SignalError, VbsjobError, WatchTimeoutError, UsageError, worst

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from vbsjob.config.loader import Settings
    from vbsjob.context import Context
    from vbsjob.jobs.result import Answer
    from vbsjob.output.tree_documents import Wish
    from vbsjob.watch.loop import Watch
    from vbsjob.watch.state import Rules

PLACE = ("cloud", "region", "project", "endpoint")


class JobCommand:
    """What the options say, completed by every other setting; raises Usage."""

    def __init__(self, params: Mapping[str, Any], context: Context) -> None:
        self._params = params
        self.context = context
        self.settings = loader.load(params, context)
        context.error_output.machine = self.settings["output"] not in {None, "table"}
        context.error_output.quiet = self.settings["quiet"]
        context.error_output.verbose = self.settings["verbose"]
        if self.settings["output"] == "name" and params.get("field"):
            raise UsageError("-o name shows no fields.", hint="Use -o value with --field.")
        if self.settings["junit"] is not None:
            from vbsjob.output import junit

            junit.check(self.settings["junit"])

    def ids(self, jobs: Sequence[str]) -> list[str]:
        """Return the ids asked for, from arguments, standard input and the history."""
        from vbsjob import history
        from vbsjob.cli import job_ids

        newest = lambda: history.newest(self.settings, self.context)  # noqa: E731 - read only for @
        return job_ids.ids(jobs, self.context.stdin, newest)

    @contextmanager
    def service(self) -> Iterator[Settings]:
        """Yield settings that lead to a service: as they are, or to a sandbox of this run."""
        if not self.settings.sandbox:
            yield self.settings
            return
        from vbsjob.sandbox.server import Sandbox

        made_up = "this is the sandbox: its jobs are made up, and begin when first asked about."
        self.context.note(made_up)
        with Sandbox(self.context) as sandbox:
            yield self.settings.moved("the sandbox", **sandbox.settings)

    def ask(self, ids: Sequence[str]) -> list[Answer]:
        """Ask once about each job."""
        from vbsjob.client import JobsClient
        from vbsjob.jobs.result import Answer

        with self.service() as reached:
            found = JobsClient(reached, self.context).jobs(ids)
        return [Answer(job_id, told) for job_id, told in zip(ids, found, strict=True)]

    def code(self, answers: Sequence[Answer]) -> ExitCode:
        """Return the exit code: an answered question is 0 unless the state is to be judged."""
        judged = self.settings["exit_status"]
        return worst(answer.code if judged or answer.problem else ExitCode.OK for answer in answers)

    def follow(self, ids: Sequence[str], wish: Wish, *, events: bool = False) -> Watch:
        """Follow the jobs to their end; raises Interrupted with the way to go on."""
        from vbsjob.cli import progress
        from vbsjob.client import JobsClient
        from vbsjob.watch.loop import Watch
        from vbsjob.watch.state import WatchState

        with self.service() as reached:
            client = JobsClient(reached, self.context)
            client.prepare()
            shown = progress.choose(self.settings, self.context, wish, events=events)
            poll = WatchState(ids, self._rules(), self.context.monotonic(), self.context.random)
            watch = Watch(poll, client.ask, self.context, shown)
            try:
                watch.run()
            except SignalError as interrupted:
                interrupted.hint = self._resume(ids)
                self._publish_interrupted(watch, interrupted.exit_code)
                raise
        return watch

    def _publish_interrupted(self, watch: Watch, code: ExitCode) -> None:
        """Keep and publish what is known of jobs that go on without us; the signal has the say.

        A report of an earlier run, left in its place, would be read as this one's.
        """
        self.remember(watch.answers())
        try:
            self._publish(watch.answers(left=code), code)
        except VbsjobError as problem:
            self.context.print_error(problem)

    def _rules(self) -> Rules:
        from vbsjob.watch.state import Rules

        chosen = {name: self.settings[name] for name in Rules.__slots__}
        return Rules(**{name: value for name, value in chosen.items() if value is not None})

    def _resume(self, ids: Sequence[str]) -> str:
        """Return the command that goes on where this one ended; the sandbox ended with it."""
        if self.settings.sandbox:
            return ""
        import shlex

        chosen = [(noun, self._params[noun]) for noun in PLACE if self._params.get(noun)]
        where = [word for noun, value in chosen for word in (SETTINGS_BY_NAME[noun].flag, value)]
        return f"Resume: {shlex.join(['vbsjob', 'watch', *ids, *where])}"

    def remember(self, answers: Sequence[Answer]) -> None:
        """Keep the ids and times for another day."""
        from vbsjob import history

        history.remember(answers, self.settings, self.context)

    def publish(self, watch: Watch) -> None:
        """Tell those who asked for a report of their own how the watch ended."""
        self._publish(watch.answers(), watch.poll.code())

    def _publish(self, answers: Sequence[Answer], code: ExitCode) -> None:
        if self.settings["github"]:
            from vbsjob.output import github

            github.report(answers, code, self.context)
        if self.settings["junit"] is not None:
            from vbsjob.output import junit

            junit.write(self.settings["junit"], answers, self.context)

    def conclude(self, watch: Watch) -> ExitCode:
        """Return what the watch came to; raises TimedOut with the way to go on.

        Raises Interrupted only where a signal kept the answer from being written whole.
        """
        poll = watch.poll
        watch.check_written()
        if self.settings["bell"]:
            self.context.ring_bell()
        if poll.code() is ExitCode.TIMEOUT:
            raise WatchTimeoutError(poll.left(), hint=self._resume(poll.ids))
        return poll.code()
