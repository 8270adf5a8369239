"""ResultStream: results of many ids, each with its whole answer only while it is printed."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from vbsjob.jobs.job import Job
from vbsjob.jobs.result import JobResult

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

SUMMARY_MEMBERS = ("job_id", "job_type", "status", "begin_time", "end_time")
"""What the history and the exit code need."""
LONGEST_TEXT = 200
"""Longer texts in these members are neither a time nor a status that has a meaning."""


class ResultStream:
    """Iterates once over results; keeps a summary of each result that it has yielded."""

    def __init__(self, results: Iterable[JobResult]) -> None:
        self._results = iter(results)
        self._summaries: list[JobResult] = []

    def __iter__(self) -> Iterator[JobResult]:
        """Yield the results in order."""
        for result in self._results:
            self._summaries.append(_summary(result))
            yield result

    def has_job(self) -> bool:
        """Whether any job was answered. Reads results up to the first one with a job."""
        waiting: list[JobResult] = []
        for result in self._results:
            waiting.append(result)
            if result.job is not None:
                break
        available = bool(waiting) and waiting[-1].job is not None
        self._results = chain(_emptied(waiting), self._results)
        return available

    def summaries(self) -> list[JobResult]:
        """Return every result, its job with SUMMARY_MEMBERS only. Reads the remaining results."""
        for _ in self:
            pass
        return self._summaries


def _emptied(results: list[JobResult]) -> Iterator[JobResult]:
    """Yield the results and drop each: a whole answer must not remain in memory."""
    results.reverse()
    while results:
        yield results.pop()


def _summary(result: JobResult) -> JobResult:
    job = result.job
    if job is None:
        return result
    texts = {name: job.members.get(name) for name in SUMMARY_MEMBERS}
    members = {
        name: text
        for name, text in texts.items()
        if isinstance(text, str) and len(text) <= LONGEST_TEXT
    }
    summary = Job(members)
    outcome = summary if result.error is None else result.error
    return JobResult(result.job_id, outcome, summary, result.watch_code)
