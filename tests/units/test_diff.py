"""Changes between two answers about one job: which, in which order, at which depth."""

from __future__ import annotations

from typing import Any

import pytest

from vbsjob.jobs import diff
from vbsjob.jobs.job import Job


def job(status: Any, *sub_jobs: dict[str, Any], name: str = "j", **entities: Any) -> dict[str, Any]:
    return {
        "job_id": name, "job_type": f"type of {name}", "status": status,
        "entities": entities | ({"sub_jobs": list(sub_jobs)} if sub_jobs else {}),
    }  # fmt: skip


def changes(before: dict[str, Any] | None, after: dict[str, Any]) -> list[tuple[Any, ...]]:
    """Return (id, depth, name, before, after) of each change."""
    difference = diff.changes(None if before is None else Job(before), Job(after))
    return [(c.job.id, c.depth, c.name, c.before, c.after) for c in difference]


def test_equal_answers_and_other_members_are_no_change() -> None:
    before = job("RUNNING", volume_id="v")
    assert changes(before, dict(before)) == []
    assert changes(before, before | {"end_time": "2026-01-01T00:00:00Z"}) == []


def test_new_and_changed_entities_are_changes_and_equal_ones_are_not() -> None:
    before = job("RUNNING", same=1, changed="a")
    after = job("SUCCESS", same=1, changed="b", new=None, added="c")
    assert changes(before, after) == [
        ("j", 0, "status", "RUNNING", "SUCCESS"),
        ("j", 0, "entities.changed", "a", "b"),
        ("j", 0, "entities.added", None, "c"),
    ]


def test_sub_jobs_follow_their_parent_with_their_depth() -> None:
    before = job("RUNNING", job("RUNNING", job("INIT", name="leaf"), name="s"))
    after = job("FAIL", job("FAIL", job("FAIL", name="leaf"), name="s"))
    assert changes(before, after) == [
        ("j", 0, "status", "RUNNING", "FAIL"),
        ("s", 1, "status", "RUNNING", "FAIL"),
        ("leaf", 2, "status", "INIT", "FAIL"),
    ]


def test_a_new_sub_job_is_a_change_from_nothing() -> None:
    after = job("RUNNING", job("RUNNING", name="s", volume_id="v"))
    assert changes(job("RUNNING"), after) == [
        ("s", 1, "status", None, "RUNNING"),
        ("s", 1, "entities.volume_id", None, "v"),
    ]


@pytest.mark.parametrize("name", ["", "same"])
def test_sub_jobs_with_equal_or_missing_ids_are_compared_in_their_order(name: str) -> None:
    def with_statuses(*statuses: str) -> dict[str, Any]:
        return job("RUNNING", *(job(status, name=name) for status in statuses))

    before = with_statuses("SUCCESS", "RUNNING", "INIT")
    after = with_statuses("SUCCESS", "FAIL", "RUNNING")
    assert [change[3:] for change in changes(before, after)] == [
        ("RUNNING", "FAIL"), ("INIT", "RUNNING"),
    ]  # fmt: skip
