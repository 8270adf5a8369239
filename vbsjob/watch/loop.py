"""WatchLoop: polls jobs until they have ended, and passes each event to the displays.

WatchState decides which job is polled and when; the displays write.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from vbsjob.errors import VbsjobError
from vbsjob.jobs.job import Job

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from concurrent.futures import Future

    from vbsjob.context import Context
    from vbsjob.jobs.outcome import RunOutcome
    from vbsjob.terminal.signals import Signals
    from vbsjob.watch.state import Event, WatchState

SUSPENDED_AFTER = 30.0
"""If a wait takes this many seconds longer than planned, the machine was suspended (F66)."""


class Display(ABC):
    """Shows a watch. All times are monotonic seconds.

    `suspend` and `clear` do nothing in a display that only writes lines.
    """

    for_people = True
    """Whether its last line is a sentence that says how the run ended."""

    @abstractmethod
    def on_events(self, events: Sequence[Event], state: WatchState, now: float) -> None:
        """Show events; an empty sequence means that the watch starts."""

    @abstractmethod
    def refresh(self, state: WatchState, now: float) -> float:
        """Show that time has passed; return when to be called again."""

    def suspend(self) -> None:  # noqa: B027 - see above
        """Release the terminal; the next `refresh` draws everything again."""

    def clear(self) -> None:  # noqa: B027
        """Release the terminal and remove what was drawn: the watch is over."""

    @abstractmethod
    def finish(self, outcome: RunOutcome) -> None:
        """Show the end. Called once, at every kind of end. Raises OSError."""


@dataclass(slots=True)
class WatchLoop:
    """The loop of one watch. `fetch` queries one job; threads call it."""

    state: WatchState
    fetch: Callable[[str], Job]
    context: Context
    displays: Sequence[Display]
    signals: Signals
    _waited_at: float = field(init=False)
    """When the last wait ended."""
    _queries: dict[Future[Job], str] = field(default_factory=dict)
    """The queries in flight, each with its job id."""

    def run(self) -> None:
        """Poll until the watch is over or a signal ends it.

        Raises OSError and MemoryError, and BrokenPipeError if the pipe is closed.
        """
        with self.signals:
            threads = self.context.threads
            executor = (self.context.executor or partial(ThreadPoolExecutor, threads))()
            self._send_events(())
            self._waited_at = self.context.monotonic()
            while not self.state.finished and self.signals.ending is None:
                now = self.context.monotonic()
                for job_id in self.state.take_due(now, threads - len(self._queries)):
                    query = executor.submit(self.fetch, job_id)
                    self._queries[query] = job_id
                    query.add_done_callback(lambda _: self.signals.wake())
                self._record_results()
                self.state.expire(self.context.monotonic())
                if not self.state.finished:
                    self._wait(self._refresh())

    def _record_results(self) -> None:
        now, steady_now = self.context.monotonic(), self.context.steady_now()
        for query in [query for query in self._queries if query.done()]:
            job_id = self._queries.pop(query)
            try:
                result: Job | VbsjobError = query.result()
            except VbsjobError as error:
                result = error
            age = result.elapsed(steady_now) if isinstance(result, Job) else None
            events = self.state.record_result(job_id, result, now, age)
            if events:
                self._send_events(events)

    def _send_events(self, events: Sequence[Event]) -> None:
        for display in self.displays:
            display.on_events(events, self.state, self.context.monotonic())

    def _refresh(self) -> float:
        """Refresh the displays; return the seconds until the next thing to do.

        If all threads are in use, a due job has to wait for a result.
        """
        now = self.context.monotonic()
        times = [display.refresh(self.state, now) for display in self.displays]
        busy = len(self._queries) == self.context.threads
        return min([*times, self.state.deadline if busy else self.state.next_due()]) - now

    def _wait(self, seconds: float) -> None:
        signals = self.signals
        planned = signals.wait(seconds)
        if signals.stop or signals.continued:
            for display in self.displays:
                display.suspend()
            if signals.stop:
                signals.suspend()
            signals.continued = False
        # Since the last wait, so that a suspend between two waits counts too.
        now = self.context.monotonic()
        if now - self._waited_at > planned + SUSPENDED_AFTER:
            self.state.poll_now(now)
        self._waited_at = now
