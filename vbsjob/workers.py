"""A pool of threads that query jobs at the same time.

Not concurrent.futures: it raises RuntimeError if the system allows no thread, and the end of the
process waits for its threads.
"""

from __future__ import annotations

import threading
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING

from vbsjob.errors import VbsjobError

if TYPE_CHECKING:
    from collections.abc import Callable

    from vbsjob.jobs.job import Job

    FetchResult = tuple[str, Job | VbsjobError]
    """A job id, and the answer or the error of its query."""

THREADS = 24
"""Queries at the same time."""


class WorkerPool:
    """Starts threads on demand, at most THREADS. Only one thread may call its methods.

    `fetch` queries one job; the threads call it. `on_result` is called in a thread after each
    query.
    """

    def __init__(self, fetch: Callable[[str], Job], on_result: Callable[[], None]) -> None:
        self._fetch = fetch
        self._on_result = on_result
        self._job_ids: SimpleQueue[str | None] = SimpleQueue()
        """None ends the thread that takes it."""
        self._results: SimpleQueue[tuple[str, Job | BaseException]] = SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._in_flight = 0

    @property
    def capacity(self) -> int:
        """How many more jobs can be submitted now."""
        return THREADS - self._in_flight

    def submit(self, job_id: str) -> None:
        """Query a job in a thread."""
        self._in_flight += 1
        self._job_ids.put(job_id)
        if len(self._threads) < min(THREADS, self._in_flight):
            self._start_thread()

    def _start_thread(self) -> None:
        """Start a thread. If the system allows none at all, query in the calling thread."""
        try:
            # A daemon thread: a query in flight must not delay the end of the process.
            thread = threading.Thread(target=self._work, daemon=True)
            thread.start()
        except RuntimeError:
            if not self._threads:
                self._fetch_next()  # of the queue: the id that was just submitted
        else:
            self._threads.append(thread)

    def results(self) -> list[FetchResult]:
        """Return the results since the last call. Raises any other exception of a thread."""
        results: list[FetchResult] = []
        while not self._results.empty():
            job_id, result = self._results.get()
            self._in_flight -= 1
            if isinstance(result, BaseException) and not isinstance(result, VbsjobError):
                raise result
            results.append((job_id, result))
        return results

    def close(self) -> None:
        """Start no further query; return when the queries in flight and the threads have ended."""
        while not self._job_ids.empty():
            with suppress(Empty):  # a thread has taken the id meanwhile
                self._job_ids.get_nowait()
        for _ in self._threads:
            self._job_ids.put(None)
        for thread in self._threads:
            thread.join()

    def _work(self) -> None:
        while self._fetch_next():
            pass

    def _fetch_next(self) -> bool:
        """Query the next job; return False if the pool is closed instead."""
        job_id = self._job_ids.get()
        if job_id is None:
            return False
        try:
            self._results.put((job_id, self._fetch(job_id)))
        except BaseException as error:  # noqa: BLE001 - results() raises it in the main thread
            self._results.put((job_id, error))
        self._on_result()
        return True
