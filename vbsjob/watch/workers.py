"""Asks about many jobs at once with a few threads, while whoever employs it goes on.

Bounded: the HTTP library starves when more threads wait for a connection than it has.
Decides nothing about jobs.
"""

from __future__ import annotations

import threading
from queue import SimpleQueue
from typing import TYPE_CHECKING

from vbsjob.errors import VbsjobError

if TYPE_CHECKING:
    from collections.abc import Callable

    from vbsjob.jobs.job import Job

    FetchResult = tuple[str, Job | VbsjobError]

SIZE = 24


class WorkerPool:
    """Threads that ask, started as they are needed; `ready` is called when an answer is in."""

    def __init__(self, fetch: Callable[[str], Job], ready: Callable[[], None]) -> None:
        self._fetch = fetch
        self._ready = ready
        self._job_ids: SimpleQueue[str] = SimpleQueue()
        self._results: SimpleQueue[tuple[str, Job | BaseException]] = SimpleQueue()
        self._threads = 0
        self._in_flight = 0

    @property
    def capacity(self) -> int:
        """How many more jobs can be asked about at once."""
        return SIZE - self._in_flight

    def submit(self, job_id: str) -> None:
        """Have a job asked about."""
        self._in_flight += 1
        self._job_ids.put(job_id)
        if self._threads < min(SIZE, self._in_flight):
            self._start_thread()

    def _start_thread(self) -> None:
        """Start a thread; where the system gives none at all, ask in this one."""
        try:
            # A daemon: a question under way must not hold up the end of the watch.
            threading.Thread(target=self._work, daemon=True).start()
        except RuntimeError:
            if not self._threads:
                self._fetch_next()
        else:
            self._threads += 1

    def results(self) -> list[FetchResult]:
        """Return what has come in since; a bug in a thread is raised here."""
        told: list[FetchResult] = []
        while not self._results.empty():
            job_id, found = self._results.get()
            self._in_flight -= 1
            if isinstance(found, BaseException) and not isinstance(found, VbsjobError):
                raise found
            told.append((job_id, found))
        return told

    def _work(self) -> None:
        while True:
            self._fetch_next()

    def _fetch_next(self) -> None:
        job_id = self._job_ids.get()
        try:
            self._results.put((job_id, self._fetch(job_id)))
        except BaseException as error:  # noqa: BLE001 - the main thread raises it
            self._results.put((job_id, error))
        self._ready()
