"""Dotted paths of fields: into texts, numbers, lists and sub-jobs."""

from __future__ import annotations

from typing import Any

from vbsjob.jobs.fields import MISSING, get

SUB = {"id": "s", "status": "FAIL", "entities": {"sub_jobs": [{"job_id": "leaf"}]}}
JOB: dict[str, Any] = {
    "job_id": "j", "status": "RUNNING", "text": "abc", "number": 7, "none": None,
    "a.b": "dotted", "list": ["x", {"y": 1}], "entities": {"backup_id": "b", "sub_jobs": [SUB]},
}  # fmt: skip


def test_a_path_leads_to_a_value_to_null_or_to_nothing() -> None:
    for path, value in (
        ("text", "abc"),
        ("text.0", MISSING),
        ("text.upper", MISSING),
        ("number.real", MISSING),
        ("none.x", MISSING),
        ("a.b", "dotted"),
        ("list.0", "x"),
        ("list.1.y", 1),
        ("list.2", MISSING),
        ("list.-1", MISSING),
        ("list.x", MISSING),
        ("list.00", "x"),
        ("list.\\u0661", MISSING),
        ("entities.backup_id", "b"),
        ("entities.backup_id.0", MISSING),
        ("sub_jobs.0.status", "FAIL"),
        ("entities.sub_jobs.0.status", "FAIL"),
        ("sub_jobs.0.sub_jobs.0.job_id", "leaf"),
        ("sub_jobs.1.status", MISSING),
        ("sub_jobs.0.error_code", None),
        ("sub_jobs.0.unknown", MISSING),
        ("sub_jobs.0.entities.sub_jobs.0.error_code", None),
        ("error_code", None),
        ("failure.meaning", None),
        ("failure.unknown", MISSING),
        ("unknown", MISSING),
        ("", MISSING),
        (".", MISSING),
        ("list.99999999999", MISSING),
    ):
        assert get(JOB, path) == value
        if value is MISSING:
            assert get(JOB, path) is MISSING


def test_sub_jobs_without_any_are_missing_or_as_the_service_sent_them() -> None:
    assert get({"job_id": "j"}, "sub_jobs.0.status") is MISSING
    assert get({"job_id": "j", "sub_jobs": ""}, "sub_jobs") == ""
