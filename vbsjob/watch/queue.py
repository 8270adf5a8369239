"""The order of polls when more jobs are due than can be polled at once.

Jobs whose last poll failed come first: no job may be given up only because it was polled too
rarely. Every fourth poll is for the other jobs, so that lasting failures of some do not delay all.
"""

from __future__ import annotations

import heapq
import math
from dataclasses import dataclass, field

FAIR_TURN = 4
"""Every poll with this number takes from the jobs that did not fail first."""

Queue = list[tuple[float, int, str]]
"""A heap of (due time, sequence number, job id)."""


@dataclass(slots=True)
class DueQueue:
    """Two priority queues ordered by due time: jobs that failed, and the others."""

    _others: Queue = field(default_factory=list)
    _failed: Queue = field(default_factory=list)
    _pushed: int = 0
    _popped: int = 0

    def push(self, job_id: str, due: float, *, failed: bool) -> None:
        """Add a job that is due at a time; earlier entries of the same job remain in the queue."""
        self._pushed += 1
        heapq.heappush(self._failed if failed else self._others, (due, self._pushed, job_id))

    def pop(self, now: float) -> tuple[float, str] | None:
        """Remove and return (due time, job id) of the next job; None while no job is due."""
        self._popped += 1
        queues = (self._failed, self._others)
        for queue in queues if self._popped % FAIR_TURN else reversed(queues):
            if queue and queue[0][0] <= now:
                due, _, job_id = heapq.heappop(queue)
                return due, job_id
        return None

    @property
    def next_due(self) -> float:
        """The earliest due time; infinite if the queue is empty."""
        return min(
            (queue[0][0] for queue in (self._failed, self._others) if queue), default=math.inf
        )
