"""Asks about many jobs at once with a few threads, while whoever employs it goes on.

Bounded: the HTTP library starves when more threads wait for a connection than it has.
Decides nothing about jobs.
"""

from __future__ import annotations

import threading
from queue import SimpleQueue
from typing import TYPE_CHECKING

from vbsjob.outcome import VbsjobError

if TYPE_CHECKING:
    from collections.abc import Callable

    from vbsjob.jobs.job import Job

    Told = tuple[str, Job | VbsjobError]

SIZE = 24


class WorkerPool:
    """Threads that ask, started as they are needed; `ready` is called when an answer is in."""

    def __init__(self, ask: Callable[[str], Job], ready: Callable[[], None]) -> None:
        self._ask = ask
        self._ready = ready
        self._orders: SimpleQueue[str] = SimpleQueue()
        self._answers: SimpleQueue[tuple[str, Job | BaseException]] = SimpleQueue()
        self._threads = 0
        self._under_way = 0

    @property
    def room(self) -> int:
        """How many more jobs can be asked about at once."""
        return SIZE - self._under_way

    def order(self, job_id: str) -> None:
        """Have a job asked about."""
        self._under_way += 1
        self._orders.put(job_id)
        if self._threads < min(SIZE, self._under_way):
            self._hire()

    def _hire(self) -> None:
        """Start a thread; where the system gives none at all, ask in this one."""
        try:
            # A daemon: a question under way must not hold up the end of the watch.
            threading.Thread(target=self._work, daemon=True).start()
        except RuntimeError:
            if not self._threads:
                self._ask_next()
        else:
            self._threads += 1

    def answers(self) -> list[Told]:
        """Return what has come in since; a bug in a thread is raised here."""
        told: list[Told] = []
        while not self._answers.empty():
            job_id, found = self._answers.get()
            self._under_way -= 1
            if isinstance(found, BaseException) and not isinstance(found, VbsjobError):
                raise found
            told.append((job_id, found))
        return told

    def _work(self) -> None:
        while True:
            self._ask_next()

    def _ask_next(self) -> None:
        job_id = self._orders.get()
        try:
            self._answers.put((job_id, self._ask(job_id)))
        except BaseException as error:  # noqa: BLE001 - the main thread raises it
            self._answers.put((job_id, error))
        self._ready()


class Alone:
    """A crew of none: asks in the calling thread, one after the other."""

    room = 1

    def __init__(self, ask: Callable[[str], Job]) -> None:
        self._ask = ask
        self._told: list[Told] = []

    def order(self, job_id: str) -> None:
        """Ask about a job now."""
        try:
            self._told.append((job_id, self._ask(job_id)))
        except VbsjobError as problem:
            self._told.append((job_id, problem))

    def answers(self) -> list[Told]:
        """Return what has come in since."""
        told, self._told = self._told, []
        return told
