"""WatchLoop: polls jobs until they have ended, and passes each event to the displays.

WatchState decides which job is polled and when; the displays write.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from vbsjob.errors import NoResponseError, SignalError, shortage
from vbsjob.exit_codes import ExitCode
from vbsjob.jobs.job import Job
from vbsjob.jobs.result import JobResult
from vbsjob.terminal.signals import Signals
from vbsjob.workers import WorkerPool

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from vbsjob.context import Context
    from vbsjob.errors import VbsjobError
    from vbsjob.watch.state import Event, TrackedJob, WatchState

SUSPENDED_AFTER = 30.0
"""If a wait takes this many seconds longer than planned, the machine was suspended (F66)."""


class Display(Protocol):
    """Shows a watch. All times are monotonic seconds."""

    def on_events(self, events: Sequence[Event], state: WatchState, now: float) -> None:
        """Show events; an empty sequence means that the watch starts."""
        ...

    def refresh(self, state: WatchState, now: float) -> float:
        """Show that time has passed; return when to be called again."""
        ...

    def suspend(self) -> None:
        """Release the terminal; the next `refresh` draws everything again."""
        ...

    def finish(self, state: WatchState, code: ExitCode) -> None:
        """Show the end. Called once, at every kind of end."""
        ...


@dataclass(slots=True)
class WatchLoop:
    """The loop of one watch. `fetch` queries one job; threads call it."""

    state: WatchState
    fetch: Callable[[str], Job]
    context: Context
    displays: Sequence[Display]
    _signals: Signals = field(init=False)

    def __post_init__(self) -> None:
        """Prepare to receive signals. Raises ShortageError and OSError (F31)."""
        try:
            make = self.context.signals or Signals
            self._signals = make(self.context.stdout, self.context.stderr)
        except OSError as error:
            short = shortage(error)
            # A live display holds back error messages until it has finished.
            self._finish(ExitCode.INTERNAL if short is None else short.exit_code)
            raise short or error from None

    def run(self) -> ExitCode:
        """Poll until the watch is over; return its exit code.

        Raises SignalError if a signal comes first; a signal after the end changes nothing. Raises
        ShortageError if the machine lacks memory, BrokenPipeError if the pipe is closed.
        """
        code = ExitCode.INTERNAL
        with self._signals:
            try:
                code = self._exit_code()
            except BrokenPipeError:
                code = ExitCode.READER_GONE
                raise
            except SignalError as error:
                code = error.exit_code
                raise
            except (OSError, MemoryError) as error:
                short = shortage(error)
                code = ExitCode.INTERNAL if short is None else short.exit_code
                raise short or error from None
            finally:
                self._finish(code)
        return code

    def show(self, write: Callable[[Sequence[JobResult]], ExitCode]) -> ExitCode:
        """Write the results; return the exit code of `write`.

        Raises SignalError if a signal ended the wait for a reader that does not read.
        """
        try:
            return write(self.results())
        except BrokenPipeError:
            self._raise_on_signal()
            raise

    def results(self, unfinished: ExitCode = ExitCode.PENDING) -> list[JobResult]:
        """Return one result per job, in order; `unfinished` is the code of jobs that still run."""
        return [self._result(tracked, unfinished) for tracked in self.state.tracked.values()]

    def _exit_code(self) -> ExitCode:
        workers = (self.context.workers or WorkerPool)(self.fetch, self._signals.wake)
        try:
            self._poll_jobs(workers)
        except BrokenPipeError:
            if self._signals.ending is None:
                raise
        self._raise_on_signal()
        return self.state.exit_code()

    def _poll_jobs(self, workers: WorkerPool) -> None:
        self._send_events(())
        while not self.state.finished:
            now = self.context.monotonic()
            for job_id in self.state.take_due(now, workers.capacity):
                workers.submit(job_id)
            self._record_results(workers.results())
            self.state.expire(self.context.monotonic())
            if not self.state.finished:
                self._wait(self._refresh(busy=not workers.capacity))

    def _record_results(self, results: Sequence[tuple[str, Job | VbsjobError]]) -> None:
        now, steady_now = self.context.monotonic(), self.context.steady_now()
        for job_id, result in results:
            age = result.elapsed(steady_now) if isinstance(result, Job) else None
            events = self.state.record_result(job_id, result, now, age)
            if events:
                self._send_events(events)

    def _send_events(self, events: Sequence[Event]) -> None:
        for display in self.displays:
            display.on_events(events, self.state, self.context.monotonic())

    def _refresh(self, *, busy: bool) -> float:
        """Refresh the displays; return the seconds until the next thing to do.

        `busy`: all workers are in use, so that a due job has to wait for a result.
        """
        now = self.context.monotonic()
        times = [display.refresh(self.state, now) for display in self.displays]
        return min([*times, self.state.deadline if busy else self.state.next_due()]) - now

    def _wait(self, seconds: float) -> None:
        signals = self._signals
        started = self.context.monotonic()
        planned = signals.wait(seconds)
        self._raise_on_signal()
        if signals.stop:
            self._suspend()
            signals.suspend()
        if signals.continued:
            signals.continued = False
            self._suspend()
        if self.context.monotonic() - started > planned + SUSPENDED_AFTER:
            self.state.poll_now(self.context.monotonic())

    def _raise_on_signal(self) -> None:
        if self._signals.ending is not None:
            raise SignalError.for_jobs(self._signals.ending, self.state.unfinished_ids())

    def _suspend(self) -> None:
        for display in self.displays:
            display.suspend()

    def _finish(self, code: ExitCode) -> None:
        for display in self.displays:
            with contextlib.suppress(OSError):
                display.finish(self.state, code)

    def _result(self, tracked: TrackedJob, unfinished: ExitCode) -> JobResult:
        """Return the result of one job, with the code `unfinished` if the job still runs.

        The error of the last poll is the outcome only if no poll follows it or if there is no
        answer at all; otherwise the outcome is the last answer.
        """
        job_id, job = tracked.job_id, tracked.job
        ended = tracked.exit_code is not None
        code = unfinished if tracked.exit_code is None else tracked.exit_code
        if tracked.error is not None and (ended or job is None):
            return JobResult(job_id, tracked.error, job, code)
        if job is None:
            return JobResult(job_id, NoResponseError.for_job(job_id, code), None, code)
        limit = self.state.rules.timeout if code is ExitCode.TIMEOUT else None
        return JobResult(job_id, job, None, code, self.state.estimates.expected_end(job), limit)
