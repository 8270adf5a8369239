"""StoredJob: the same job as its parsed form, whatever is asked in whatever order."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from vbsjob.jobs import failure
from vbsjob.jobs.diff import Changes
from vbsjob.jobs.job import Job
from vbsjob.jobs.stored_job import StoredJob

NOW = datetime(2026, 1, 2, tzinfo=UTC)
SUB_JOB = {"job_id": "s", "status": "FAIL", "error_code": "VolumeBackup.0202"}
DOCUMENTS: list[dict[str, Any]] = [
    {},
    {"job_id": "j"},
    {"id": "i", "status": None, "job_type": 7, "begin_time": 1},
    {"job_id": "j", "status": "FAIL", "begin_time": "2026-01-01T00:00:00Z", "sub_jobs": [SUB_JOB]},
    {"job_id": "ä😀", "status": "RUNNING", "entities": {"sub_jobs": [SUB_JOB], "a": 1.5}},
]


def stored(document: dict[str, Any], head: bytes = b"") -> StoredJob:
    return StoredJob(Job(document), head + json.dumps(document).encode())


@pytest.mark.parametrize("document", DOCUMENTS)
def test_it_is_the_same_job(document: dict[str, Any]) -> None:
    job, same = Job(document), stored(document)
    for name in ("id", "status", "type", "ended", "failed", "failed_below", "entities", "others"):
        assert getattr(same, name) == getattr(job, name), name
    assert same.members == document
    assert same.elapsed(NOW) == job.elapsed(NOW)
    assert same.sub_jobs == job.sub_jobs
    read_back, original = failure.find(same), failure.find(job)
    assert (read_back and read_back.document()) == (original and original.document())
    assert isinstance(same, Job)


def test_several_are_read_in_turn_and_compared() -> None:
    before, after = stored(DOCUMENTS[1], b"\xef\xbb\xbf"), stored(DOCUMENTS[3])
    for _ in range(3):
        assert (before.members, after.members) == (DOCUMENTS[1], DOCUMENTS[3])
    assert Changes(before, after)
    assert not Changes(after, stored(DOCUMENTS[3]))


def test_the_members_of_one_job_stay_the_same_objects_while_it_is_used() -> None:
    job = stored(DOCUMENTS[3])
    assert job.members is job.members
