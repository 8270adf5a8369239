"""Follows jobs to their end: asks as `poll` decides, and tells every screen what came of it.

The one driver for a single job and for thousands. Decides nothing, draws nothing.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from vbsjob.jobs.job import Job
from vbsjob.jobs.result import Answer
from vbsjob.outcome import ExitCode, SignalError, NoResponseError
from vbsjob.terminal.signals import Signals, Undisturbed
from vbsjob.watch.workers import Alone, WorkerPool

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from vbsjob.context import Context
    from vbsjob.outcome import VbsjobError
    from vbsjob.watch.state import Event, TrackedJob, WatchState

SLEPT = 30.0
"""A wait that took so much longer than meant means that the machine slept."""


class Display(Protocol):
    """Something that shows a watch; times are the monotonic clock's."""

    def tell(self, events: Sequence[Event], poll: WatchState, now: float) -> None:
        """Take in what just happened; no events mean that the watch begins."""
        ...

    def tick(self, poll: WatchState, now: float) -> float:
        """Show that time has passed; returns when to be called again."""
        ...

    def leave(self) -> None:
        """Hand the terminal back for a while; the next tick draws anew."""
        ...

    def end(self, poll: WatchState, code: ExitCode) -> None:
        """Show how it ended; called once, whatever happened."""
        ...


@dataclass(slots=True)
class Watch:
    """What a watch is made of."""

    poll: WatchState
    ask: Callable[[str], Job]
    context: Context
    displays: Sequence[Display]
    _signals: Signals | Undisturbed = field(init=False)

    def __post_init__(self) -> None:
        """Signals are a process's; elsewhere nothing disturbs."""
        real = self.context.process
        streams = self.context.stdout, self.context.stderr
        try:
            self._signals = Signals(self._late, *streams) if real else Undisturbed(self.context.sleep)
        except OSError:  # no descriptor is left; a picture would keep that to itself
            self._end(ExitCode.INTERNAL)
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
                self._end(code)
        return code

    def check_written(self) -> None:
        """Raise Interrupted if a signal, after the verdict, kept the answer from being written."""
        if self._signals.cut:
            self._obey()

    def answers(self, left: ExitCode = ExitCode.PENDING) -> list[Answer]:
        """Return what is known of each job, in the order asked; `left`: of those going on."""
        return [_answer(one, left) for one in self.poll.followed.values()]

    def _verdict(self) -> ExitCode:
        crew = WorkerPool(self.ask, self._signals.wake) if self.context.process else Alone(self.ask)
        try:
            self._follow(crew)
        except BrokenPipeError:
            if self._signals.ending is None:
                raise
        self._obey()
        return self.poll.code()

    def _late(self) -> bool:
        """Whether the time is up before the jobs have ended."""
        if self.poll.over:
            return self.poll.code() is ExitCode.TIMEOUT
        return self.context.monotonic() >= self.poll.deadline

    def _follow(self, crew: WorkerPool | Alone) -> None:
        self._tell(())
        while not self.poll.over:
            now = self.context.monotonic()
            for job_id in self.poll.due(now, crew.room):
                crew.order(job_id)
            self._take(crew.answers())
            self.poll.expire(self.context.monotonic())
            if not self.poll.over:
                self._rest(self._tick(full=not crew.room))

    def _take(self, answers: Sequence[tuple[str, Job | VbsjobError]]) -> None:
        now, steady_now = self.context.monotonic(), self.context.steady_now()
        for job_id, found in answers:
            age = found.elapsed(steady_now) if isinstance(found, Job) else None
            events = self.poll.told(job_id, found, now, age)
            if events:
                self._tell(events)

    def _tell(self, events: Sequence[Event]) -> None:
        for display in self.displays:
            display.tell(events, self.poll, self.context.monotonic())

    def _tick(self, *, full: bool) -> float:
        """Return the seconds to the next thing to do; a full crew can only be waited for."""
        now = self.context.monotonic()
        wanted = [display.tick(self.poll, now) for display in self.displays]
        return min([*wanted, self.poll.deadline if full else self.poll.next_at()]) - now

    def _rest(self, seconds: float) -> None:
        signals = self._signals
        before = self.context.monotonic()
        meant = signals.wait(seconds)
        self._obey()
        if signals.stop:
            self._leave()
            signals.suspend()
        if signals.continued:
            signals.continued = False
            self._leave()
            self.poll.poll_now(self.context.monotonic())
        elif self.context.monotonic() - before > meant + SLEPT:
            self.poll.poll_now(self.context.monotonic())

    def _obey(self) -> None:
        if self._signals.ending is not None:
            raise SignalError(self._signals.ending, self.poll.left())

    def _leave(self) -> None:
        for display in self.displays:
            display.leave()

    def _end(self, code: ExitCode) -> None:
        for display in self.displays:
            with contextlib.suppress(OSError):
                display.end(self.poll, code)


def _answer(one: TrackedJob, left: ExitCode) -> Answer:
    code = left if one.code is None else one.code
    if one.problem is not None and (one.code is not None or one.job is None):
        return Answer(one.job_id, one.problem, one.job, code)
    if one.job is None:
        return Answer(one.job_id, NoResponseError(one.job_id, code), None, code)
    return Answer(one.job_id, one.job, None, code)
