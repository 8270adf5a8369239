"""StoredJob: a large answer about one of several jobs, held compressed and parsed when it is read.

A parsed answer of 4 MiB needs up to 60 MB, so 24 of them more than a gigabyte (S12).
"""

from __future__ import annotations

import json
import zlib
from collections import deque
from typing import Any, ClassVar

from vbsjob.jobs.job import Job

LARGE = 512 << 10
"""Bytes of a body from which an answer is worth storing."""
SUMMARY = ("job_id", "id", "job_type", "status", "begin_time", "end_time")
"""Members that a watch needs at every poll: they are read without parsing the body."""
RECENT = 1
"""Documents that stay parsed after their use."""


class StoredJob(Job):
    """A job whose `members` are parsed again for each use, unless it was the last one used."""

    __slots__ = ("_body", "_summary")
    _body: bytes
    _summary: Job
    _recent: ClassVar[deque[tuple[StoredJob, dict[str, Any]]]] = deque(maxlen=RECENT)

    def __init__(self, job: Job, body: bytes) -> None:
        """Store `body`, a valid document in UTF-8, of which `job` is the parsed form."""
        members = {name: job.members[name] for name in SUMMARY if name in job.members}
        object.__setattr__(self, "_body", zlib.compress(body, 1))
        object.__setattr__(self, "_summary", Job(members))

    @property
    def members(self) -> dict[str, Any]:
        """The JSON object."""
        parsed = [recent for job, recent in tuple(self._recent) if job is self]
        if parsed:
            return parsed[0]
        self._recent.clear()  # before another document needs its memory
        members: dict[str, Any] = json.loads(zlib.decompress(self._body).decode("utf-8-sig"))
        self._recent.append((self, members))
        return members

    @property
    def summary(self) -> Job:
        """The job with the members of SUMMARY only."""
        return self._summary
