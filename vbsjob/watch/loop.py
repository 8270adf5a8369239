"""Follows jobs to their end: asks as `poll` decides, and tells every screen what came of it.

The one driver for a single job and for thousands. Decides nothing, draws nothing.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from vbsjob.errors import NoResponseError, SignalError
from vbsjob.exit_codes import ExitCode
from vbsjob.jobs.job import Job
from vbsjob.jobs.result import JobResult

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from vbsjob.context import Context
    from vbsjob.errors import VbsjobError
    from vbsjob.terminal.signals import Signals
    from vbsjob.watch.state import Event, TrackedJob, WatchState
    from vbsjob.watch.workers import WorkerPool

SLEPT = 30.0
"""A wait that took so much longer than meant means that the machine slept."""


class Display(Protocol):
    """Something that shows a watch; times are the monotonic clock's."""

    def on_events(self, events: Sequence[Event], state: WatchState, now: float) -> None:
        """Take in what just happened; no events mean that the watch begins."""
        ...

    def refresh(self, state: WatchState, now: float) -> float:
        """Show that time has passed; returns when to be called again."""
        ...

    def suspend(self) -> None:
        """Hand the terminal back for a while; the next tick draws anew."""
        ...

    def finish(self, state: WatchState, code: ExitCode) -> None:
        """Show how it ended; called once, whatever happened."""
        ...


@dataclass(slots=True)
class WatchLoop:
    """What a watch is made of."""

    state: WatchState
    fetch: Callable[[str], Job]
    context: Context
    displays: Sequence[Display]
    _signals: Signals = field(init=False)

    def __post_init__(self) -> None:
        """Prepare to receive signals. Raises OSError if no descriptor is left."""
        try:
            self._signals = self.context.signals(
                self._is_past_deadline, self.context.stdout, self.context.stderr
            )
        except OSError:  # no descriptor is left; a picture would keep that to itself
            self._finish(ExitCode.INTERNAL)
            raise

    def run(self) -> ExitCode:
        """Follow the jobs until the poll is over, or a signal comes: then raises Interrupted.

        Whichever is first is the verdict that is told; a signal after it changes nothing.
        """
        code = ExitCode.INTERNAL
        with self._signals:
            try:
                code = self._verdict()
            except BrokenPipeError:
                code = ExitCode.READER_GONE
                raise
            except SignalError as interrupted:
                code = interrupted.exit_code
                raise
            finally:
                self._finish(code)
        return code

    def check_written(self) -> None:
        """Raise Interrupted if a signal, after the verdict, kept the answer from being written."""
        if self._signals.cut:
            self._raise_on_signal()

    def results(self, left: ExitCode = ExitCode.PENDING) -> list[JobResult]:
        """Return what is known of each job, in the order asked; `left`: of those going on."""
        return [_answer(one, left) for one in self.state.followed.values()]

    def _verdict(self) -> ExitCode:
        workers = self.context.workers(self.fetch, self._signals.wake)
        try:
            self._run(workers)
        except BrokenPipeError:
            if self._signals.ending is None:
                raise
        self._raise_on_signal()
        return self.state.code()

    def _is_past_deadline(self) -> bool:
        """Whether the time is up before the jobs have ended."""
        if self.state.over:
            return self.state.code() is ExitCode.TIMEOUT
        return self.context.monotonic() >= self.state.deadline

    def _run(self, workers: WorkerPool) -> None:
        self._on_events(())
        while not self.state.over:
            now = self.context.monotonic()
            for job_id in self.state.due(now, workers.capacity):
                workers.submit(job_id)
            self._record_results(workers.results())
            self.state.expire(self.context.monotonic())
            if not self.state.over:
                self._wait(self._refresh(full=not workers.capacity))

    def _record_results(self, results: Sequence[tuple[str, Job | VbsjobError]]) -> None:
        now, steady_now = self.context.monotonic(), self.context.steady_now()
        for job_id, found in results:
            age = found.elapsed(steady_now) if isinstance(found, Job) else None
            events = self.state.record_result(job_id, found, now, age)
            if events:
                self._on_events(events)

    def _on_events(self, events: Sequence[Event]) -> None:
        for display in self.displays:
            display.on_events(events, self.state, self.context.monotonic())

    def _refresh(self, *, full: bool) -> float:
        """Return the seconds to the next thing to do; a full crew can only be waited for."""
        now = self.context.monotonic()
        wanted = [display.refresh(self.state, now) for display in self.displays]
        return min([*wanted, self.state.deadline if full else self.state.next_at()]) - now

    def _wait(self, seconds: float) -> None:
        signals = self._signals
        before = self.context.monotonic()
        meant = signals.wait(seconds)
        self._raise_on_signal()
        if signals.stop:
            self._suspend()
            signals.suspend()
        if signals.continued:
            signals.continued = False
            self._suspend()
            self.state.poll_now(self.context.monotonic())
        elif self.context.monotonic() - before > meant + SLEPT:
            self.state.poll_now(self.context.monotonic())

    def _raise_on_signal(self) -> None:
        if self._signals.ending is not None:
            raise SignalError.for_jobs(self._signals.ending, self.state.left())

    def _suspend(self) -> None:
        for display in self.displays:
            display.suspend()

    def _finish(self, code: ExitCode) -> None:
        for display in self.displays:
            with contextlib.suppress(OSError):
                display.finish(self.state, code)


def _answer(one: TrackedJob, left: ExitCode) -> JobResult:
    code = left if one.code is None else one.code
    if one.problem is not None and (one.code is not None or one.job is None):
        return JobResult(one.job_id, one.problem, one.job, code)
    if one.job is None:
        return JobResult(one.job_id, NoResponseError.for_job(one.job_id, code), None, code)
    return JobResult(one.job_id, one.job, None, code)
