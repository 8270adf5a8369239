"""A pool of threads that query jobs at the same time.

The size is fixed: httpx fails with PoolTimeout if more threads wait for a connection than its pool
has.
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
    """A job id, and the answer or the error of its query."""

THREADS = 24


class WorkerPool:
    """Starts threads on demand, at most THREADS. Only one thread may call its methods.

    `fetch` queries one job; the threads call it. `on_result` is called in a thread after each
    query.
    """

    def __init__(self, fetch: Callable[[str], Job], on_result: Callable[[], None]) -> None:
        self._fetch = fetch
        self._on_result = on_result
        self._job_ids: SimpleQueue[str] = SimpleQueue()
        self._results: SimpleQueue[tuple[str, Job | BaseException]] = SimpleQueue()
        self._threads = 0
        self._in_flight = 0

    @property
    def capacity(self) -> int:
        """How many more jobs can be submitted now."""
        return THREADS - self._in_flight

    def submit(self, job_id: str) -> None:
        """Query a job in a thread."""
        self._in_flight += 1
        self._job_ids.put(job_id)
        if self._threads < min(THREADS, self._in_flight):
            self._start_thread()

    def _start_thread(self) -> None:
        """Start a thread. If the system allows none at all, query in the calling thread."""
        try:
            # A daemon thread: a query in flight must not delay the end of the process.
            threading.Thread(target=self._work, daemon=True).start()
        except RuntimeError:
            if not self._threads:
                self._fetch_next()
        else:
            self._threads += 1

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

    def _work(self) -> None:
        while True:
            self._fetch_next()

    def _fetch_next(self) -> None:
        job_id = self._job_ids.get()
        try:
            self._results.put((job_id, self._fetch(job_id)))
        except BaseException as error:  # noqa: BLE001 - results() raises it in the main thread
            self._results.put((job_id, error))
        self._on_result()
