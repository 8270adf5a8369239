"""Dotted paths of fields: into texts, numbers, lists and sub-jobs."""

from __future__ import annotations

from typing import Any

from vbsjob.jobs.fields import MISSING, get

SUB = {"id": "s", "status": "FAIL", "entities": {"sub_jobs": [{"job_id": "leaf"}]}}
JOB: dict[str, Any] = {
    "job_id": "j", "status": "RUNNING", "text": "abc", "number": 7, "none": None,
    "a.b": "dotted", "list": ["x", {"y": 1}], "entities": {"backup_id": "b", "sub_jobs": [SUB]},
}  # fmt: skip


VALUES = {
    "text": "abc", "a.b": "dotted", "list.0": "x", "list.1.y": 1,
    "entities.backup_id": "b",    "sub_jobs.0.status": "FAIL", "entities.sub_jobs.0.status": "FAIL",
    "sub_jobs.0.sub_jobs.0.job_id": "leaf", "sub_jobs.0.error_code": None,
    "sub_jobs.0.entities.sub_jobs.0.error_code": None, "error_code": None, "failure.meaning": None,
    "error.name": None,
}  # fmt: skip
NOTHING = (
    "text.0", "text.upper", "number.real", "none.x", "list.2", "list.00", "list.-1", "list.x",
    "list.\u0661", "list.99999999999", "entities.backup_id.0", "sub_jobs.1.status",
    "sub_jobs.0.unknown", "failure.unknown", "error.unknown", "unknown", "", ".",
)  # fmt: skip


def test_a_path_leads_to_a_value_to_null_or_to_nothing() -> None:
    assert {path: get(JOB, path) for path in VALUES} == VALUES
    assert [path for path in NOTHING if get(JOB, path) is not MISSING] == []


def test_sub_jobs_without_any_are_missing_or_as_the_service_sent_them() -> None:
    assert get({"job_id": "j"}, "sub_jobs.0.status") is MISSING
    assert get({"job_id": "j", "sub_jobs": ""}, "sub_jobs") == ""
