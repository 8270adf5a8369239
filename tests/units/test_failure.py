"""The failure of a job: which failed sub-job is reported, and what is reported of it."""

from __future__ import annotations

from typing import Any

from vbsjob.jobs import failure
from vbsjob.jobs.job import Job


def job(name: str, status: str = "SUCCESS", *sub_jobs: Job, **members: Any) -> Job:
    nested = {"sub_jobs": [sub_job.members for sub_job in sub_jobs]} if sub_jobs else {}
    return Job({"job_id": name, "job_type": f"type-{name}", "status": status, **nested, **members})


def failure_of(top: Job) -> failure.Failure:
    result = failure.find(top)
    assert result is not None
    return result


def names(top: Job) -> list[str]:
    return [item.id for item in failure_of(top).path]


def test_a_job_without_status_fail_anywhere_has_no_failure() -> None:
    for status in ("SUCCESS", "RUNNING", "INIT", "fail", "", "FAILED"):
        assert failure.find(job("top", status, job("a", status), error_code="E.1")) is None


def test_a_failed_job_without_failed_sub_jobs_is_its_own_failure() -> None:
    result = failure_of(job("top", "FAIL", job("a"), error_code="X.1", fail_reason="no space"))
    assert (result.job.id, result.error_code, result.fail_reason) == ("top", "X.1", "no space")


def test_the_path_leads_to_the_first_of_the_deepest_failed_jobs_and_others_are_counted() -> None:
    """Others: failed jobs that have no failed job below them."""
    nested = {"id": "a", "status": "FAIL"}
    deep = job("b", "FAIL", job("c", "SUCCESS", job("d", "FAIL")))
    for top, path, others in (
        (job("top", "FAIL"), ["top"], 0),
        (job("top", "FAIL", entities={"sub_jobs": [nested]}), ["top", "a"], 0),
        (
            job("top", "RUNNING", job("a", "FAIL"), job("b", "RUNNING", job("c", "FAIL"))),
            ["top", "b", "c"], 1,
        ),
        (job("top", "FAIL", job("a", "FAIL"), job("b", "FAIL"), job("c", "FAIL")), ["top", "a"], 2),
        (job("top", "FAIL", job("a", "FAIL"), deep), ["top", "b", "c", "d"], 1),
    ):  # fmt: skip
        assert (names(top), failure_of(top).others) == (path, others)


def test_code_and_reason_come_from_the_deepest_job_that_has_one_of_them() -> None:
    sub_job = job("b", "FAIL", error_code=None, fail_reason="")
    middle = job("a", "FAIL", sub_job, error_code="VolumeBackup.0202", fail_reason=None)
    result = failure_of(job("top", "FAIL", middle, error_code="T.1", fail_reason="sub job fail"))
    assert (result.job.id, result.error_code, result.fail_reason) == ("b", "VolumeBackup.0202", "")
    assert result.meaning
    assert result.action


def test_a_code_that_the_table_lacks_has_neither_meaning_nor_action() -> None:
    result = failure_of(job("top", "FAIL", error_code="EVS.2024"))
    assert (result.meaning, result.action) == (None, None)


def test_f46_code_and_reason_of_any_type_become_texts() -> None:
    for value, text in (
        (None, ""),
        ("", ""),
        (0, "0"),
        ({"a": [1]}, '{"a":[1]}'),
        (" x\n", " x\n"),
    ):
        assert failure_of(job("top", "FAIL", error_code=value)).error_code == text
        assert failure_of(job("top", "FAIL", fail_reason=value)).fail_reason == text


def test_code_and_reason_have_several_names_in_a_failed_job() -> None:
    for members, expected in (
        ({"error_code": None, "code": "X.1", "message": "no space"}, ("X.1", "no space")),
        ({"error_code": "X.1", "fail_reason": "", "code": "X.2", "message": "m"}, ("X.1", "m")),
        ({"entities": {"error_code": "X.1", "error_msg": "no space"}}, ("X.1", "no space")),
        ({"entities": {"code": "X.1", "message": "no space"}}, ("X.1", "no space")),
        ({"error_code": "X.1", "entities": {"errorcode_message": "full"}}, ("X.1", "full")),
        (
            {"code": "X.1", "message": "no space", "entities": {"code": "e", "message": "e"}},
            ("X.1", "no space"),
        ),
    ):
        for top in (job("top", "FAIL", **members), job("top", "FAIL", job("a", "FAIL", **members))):
            assert (failure_of(top).error_code, failure_of(top).fail_reason) == expected
        for status in ("SUCCESS", "RUNNING"):
            own = (members.get("error_code") or "", members.get("fail_reason") or "")
            assert failure.code_and_reason(job("top", status, **members)) == own


def test_entities_are_those_of_the_failed_job_without_counts_and_sub_jobs() -> None:
    nested = {"volume_id": "v", "size": 5, "sub_jobs_total": 0, "sub_jobs": []}
    top = job("top", "FAIL", job("a", "FAIL", entities=nested), entities={"backup_id": "b"})
    assert failure_of(top).entities == {"volume_id": "v", "size": 5}
    assert (
        failure_of(job("top", "FAIL", job("a", "FAIL"), entities={"backup_id": "b"})).entities == {}
    )


def test_in_the_document_what_the_service_omits_is_null() -> None:
    document = failure_of(Job({"status": "FAIL"})).document()
    assert document["path"] == [{"job_id": None, "job_type": None}]
    names = ("job_id", "job_type", "error_code", "fail_reason", "meaning", "action")
    assert [document[name] for name in names] == [None] * 6


def test_f51_thousands_of_sub_jobs_wide_or_nested_are_searched() -> None:
    wide = job("top", "FAIL", *(job(str(n), "FAIL") for n in range(2_000)))
    assert (failure_of(wide).job.id, failure_of(wide).others) == ("0", 1_999)
    nested = job("0", "FAIL")
    for number in range(1, 2_000):
        nested = job(str(number), "RUNNING", nested)
    assert [failed.id for failed in failure_of(nested).path][::-1] == [*map(str, range(2_000))]
