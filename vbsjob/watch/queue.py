"""Whose turn it is to be asked about, where more are due than can be asked; knows no job.

Those whose last question failed go first: none is to be given up for having been asked too
rarely. But every fourth question is for the others: a part that stays broken starves nobody.
"""

from __future__ import annotations

import heapq
import math
from dataclasses import dataclass, field

FAIR = 4

Queue = list[tuple[float, int, str]]


@dataclass(slots=True)
class DueQueue:
    """Two queues by the time that each is due."""

    _others: Queue = field(default_factory=list)
    _failed: Queue = field(default_factory=list)
    _entered: int = 0
    _taken: int = 0

    def enter(self, job_id: str, when: float, *, failed: bool) -> None:
        """Enter a job to be asked about at a time; an earlier entry of it stays."""
        self._entered += 1
        heapq.heappush(self._failed if failed else self._others, (when, self._entered, job_id))

    def take(self, now: float) -> tuple[float, str] | None:
        """Return whose turn it is, and since when; None while nothing is due."""
        self._taken += 1
        queues = (self._failed, self._others)
        for queue in queues if self._taken % FAIR else reversed(queues):
            if queue and queue[0][0] <= now:
                at, _, job_id = heapq.heappop(queue)
                return at, job_id
        return None

    @property
    def next_at(self) -> float:
        """When the next one is due."""
        return min(
            (queue[0][0] for queue in (self._failed, self._others) if queue), default=math.inf
        )
