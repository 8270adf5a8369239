"""Follows jobs to their end: asks as `poll` decides, and tells every screen what came of it.

The one driver for a single job and for thousands. Decides nothing, draws nothing.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from vbsjob.jobs.job import Job
from vbsjob.jobs.result import Answer
from vbsjob.outcome import Code, Interrupted, Unanswered
from vbsjob.terminal.signals import Signals, Undisturbed
from vbsjob.watch.workers import Alone, Crew

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from vbsjob.context import World
    from vbsjob.outcome import Problem
    from vbsjob.watch.state import Event, Followed, Poll

SLEPT = 30.0
"""A wait that took so much longer than meant means that the machine slept."""


class Screen(Protocol):
    """Something that shows a watch; times are the monotonic clock's."""

    def tell(self, events: Sequence[Event], poll: Poll, now: float) -> None:
        """Take in what just happened; no events mean that the watch begins."""
        ...

    def tick(self, poll: Poll, now: float) -> float:
        """Show that time has passed; returns when to be called again."""
        ...

    def leave(self) -> None:
        """Hand the terminal back for a while; the next tick draws anew."""
        ...

    def end(self, poll: Poll, code: Code) -> None:
        """Show how it ended; called once, whatever happened."""
        ...


@dataclass(slots=True)
class Watch:
    """What a watch is made of."""

    poll: Poll
    ask: Callable[[str], Job]
    world: World
    screens: Sequence[Screen]
    _signals: Signals | Undisturbed = field(init=False)

    def __post_init__(self) -> None:
        """Signals are a process's; elsewhere nothing disturbs."""
        real = self.world.process
        streams = self.world.stdout, self.world.stderr
        try:
            self._signals = Signals(self._late, *streams) if real else Undisturbed(self.world.sleep)
        except OSError:  # no descriptor is left; a picture would keep that to itself
            self._end(Code.INTERNAL)
            raise

    def run(self) -> Code:
        """Follow the jobs until the poll is over, or a signal comes: then raises Interrupted.

        Whichever is first is the verdict that is told; a signal after it changes nothing.
        """
        code = Code.INTERNAL
        with self._signals:
            try:
                code = self._verdict()
            except BrokenPipeError:
                code = Code.READER_GONE
                raise
            except Interrupted as interrupted:
                code = interrupted.exit_code
                raise
            finally:
                self._end(code)
        return code

    def check_written(self) -> None:
        """Raise Interrupted if a signal, after the verdict, kept the answer from being written."""
        if self._signals.cut:
            self._obey()

    def answers(self, left: Code = Code.PENDING) -> list[Answer]:
        """Return what is known of each job, in the order asked; `left`: of those going on."""
        return [_answer(one, left) for one in self.poll.followed.values()]

    def _verdict(self) -> Code:
        crew = Crew(self.ask, self._signals.wake) if self.world.process else Alone(self.ask)
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
            return self.poll.code() is Code.TIMEOUT
        return self.world.monotonic() >= self.poll.deadline

    def _follow(self, crew: Crew | Alone) -> None:
        self._tell(())
        while not self.poll.over:
            now = self.world.monotonic()
            for job_id in self.poll.due(now, crew.room):
                crew.order(job_id)
            self._take(crew.answers())
            self.poll.expire(self.world.monotonic())
            if not self.poll.over:
                self._rest(self._tick(full=not crew.room))

    def _take(self, answers: Sequence[tuple[str, Job | Problem]]) -> None:
        now, today = self.world.monotonic(), self.world.today()
        for job_id, found in answers:
            age = found.elapsed(today) if isinstance(found, Job) else None
            events = self.poll.told(job_id, found, now, age)
            if events:
                self._tell(events)

    def _tell(self, events: Sequence[Event]) -> None:
        for screen in self.screens:
            screen.tell(events, self.poll, self.world.monotonic())

    def _tick(self, *, full: bool) -> float:
        """Return the seconds to the next thing to do; a full crew can only be waited for."""
        now = self.world.monotonic()
        wanted = [screen.tick(self.poll, now) for screen in self.screens]
        return min([*wanted, self.poll.deadline if full else self.poll.next_at()]) - now

    def _rest(self, seconds: float) -> None:
        signals = self._signals
        before = self.world.monotonic()
        meant = signals.wait(seconds)
        self._obey()
        if signals.stop:
            self._leave()
            signals.suspend()
        if signals.continued:
            signals.continued = False
            self._leave()
            self.poll.hurry(self.world.monotonic())
        elif self.world.monotonic() - before > meant + SLEPT:
            self.poll.hurry(self.world.monotonic())

    def _obey(self) -> None:
        if self._signals.ending is not None:
            raise Interrupted(self._signals.ending, self.poll.left())

    def _leave(self) -> None:
        for screen in self.screens:
            screen.leave()

    def _end(self, code: Code) -> None:
        for screen in self.screens:
            with contextlib.suppress(OSError):
                screen.end(self.poll, code)


def _answer(one: Followed, left: Code) -> Answer:
    code = left if one.code is None else one.code
    if one.problem is not None and (one.code is not None or one.job is None):
        return Answer(one.job_id, one.problem, one.job, code)
    if one.job is None:
        return Answer(one.job_id, Unanswered(one.job_id, code), None, code)
    return Answer(one.job_id, one.job, None, code)
