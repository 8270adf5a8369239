"""Bodies that only look like an answer (F25-F27, F41-F50): clear refusal, never a verdict."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from tests.support import watch_service
from tests.support.program import RunResult, run_in_memory
from tests.support.server import job
from vbsjob.http import strict_json
from vbsjob.http.messages import Response
from vbsjob.jobs.job import GOING_ON
from vbsjob.output import formats
from vbsjob.text import printable


def get(body: bytes, *argv: str, status: int = 200) -> RunResult:
    return run_in_memory(
        "get", "j", "--exit-status", *argv, send=lambda _: Response(status, {}, body)
    )


def nested(levels: int) -> bytes:
    """A job with so many levels of sub-jobs, each below `entities` as the service nests them."""
    start, end = b'{"job_id":"j","status":"FAIL","entities":{"sub_jobs":[', b"]}}"
    return start * levels + b'{"id":"deepest","status":"FAIL"}' + end * levels


@pytest.mark.parametrize("levels", [1, 80])
def test_f41_nested_sub_jobs_are_printed_in_every_format(levels: int) -> None:
    for name in formats.NAMES:
        ended = get(nested(levels), "-o", name)
        assert ended.code == 1, (name, ended.err)
        assert ended.is_clean
    assert "deepest" in get(nested(levels), "-o", "json").out
    screen = run_in_memory("tree", "j", send=lambda _: Response(200, {}, nested(levels))).out
    rows = screen.partition("sub-job failed")[0]  # the cause below the rows names its job
    assert "deepest" in rows


@pytest.mark.parametrize("levels", [90, 333, 20_000])
def test_f41_deeper_nesting_is_a_clear_error(levels: int) -> None:
    brackets = b"[" * levels * 3 + b"]" * levels * 3
    for body in (nested(levels), b'{"job_id":"j","status":"FAIL","x":%b}' % brackets):
        ended = get(body)
        assert ended.code == 7, ended.err
        assert "nested too deeply" in ended.err or "more values" in ended.err
        assert ended.is_clean


NUMBERS = ("1" * 5000, "-" + "9" * 5000, "1e999", "-1e999", "NaN", "Infinity", "-Infinity")


def test_f42_long_numbers_within_the_limit_are_kept() -> None:
    ended = get(b'{"job_id":"j","status":"SUCCESS","n":%s,"f":1e308}' % (b"7" * 4000), "-o", "json")
    assert ended.code == 0
    assert "7" * 4000 in ended.out


NOT_JSON = (
    json.dumps(job()).encode("utf-16"),
    json.dumps(job()).encode("utf-32"),
    b'{"job_id":"j","status":"SUCCESS","x":"\xff"}',
    b'{"job_id":"j","status":"SUCCESS","x":"\xed\xa0\x80"}',
    b'{"job_id":"j","status":"SUCCESS"}\x00',
    b'\x00{"job_id":"j","status":"SUCCESS"}',
    b'{"job_id":"j","status":"SUCCESS"}{"job_id":"j","status":"SUCCESS"}',
    b'{"job_id":"j","status":"SUCCESS",}',
    b"{'job_id':'j','status':'SUCCESS'}",
    b'{"job_id":"j","status":"SUC\nCESS"}',
    b'/**/{"job_id":"j","status":"SUCCESS"}',
    b"SUCCESS",
    b'"SUCCESS"',
    b"",
    b"   ",
    b"{}",
    b"null",
    b"[]",
    b"0",
    b"true",
)


def test_f42_f43_f45_bytes_that_are_not_strict_json_are_not_an_answer() -> None:
    job_of = b'{"job_id":"j","status":"SUCCESS","entities":{"n":%s}}'
    answers = [(get(content), content, {6, 7}) for content in NOT_JSON]
    answers += [(get(content), content, {7}) for content in (job_of % n.encode() for n in NUMBERS)]
    wrong = [body for ended, body, codes in answers if ended.code not in codes]
    assert wrong == []
    assert all(ended.is_clean for ended, *_ in answers)


def test_f26_an_empty_error_says_nothing() -> None:
    nothings: tuple[Any, ...] = (None, {}, "", [], False, {"code": None, "message": None})
    for nothing in nothings:
        for status, code in (("SUCCESS", 0), ("FAIL", 1)):
            assert get(json.dumps(job(status) | {"error": nothing}).encode()).code == code, nothing


def test_f43_a_byte_order_mark_is_accepted() -> None:
    assert get(b"\xef\xbb\xbf" + json.dumps(job()).encode()).code == 0


def test_f44_a_duplicate_member_is_not_an_answer() -> None:
    for body in (
        b'{"job_id":"j","status":"FAIL","status":"SUCCESS"}',
        b'{"job_id":"j","status":"FAIL","st\\u0061tus":"SUCCESS"}',
        b'{"job_id":"x","job_id":"j","status":"FAIL"}',
        b'{"job_id":"j","status":"SUCCESS","entities":{"a":1,"a":2}}',
    ):
        ended = get(body)
        assert ended.code == 7
        assert "a duplicate field" in ended.err


def test_f46_a_status_that_is_not_a_string_is_an_error() -> None:
    for status in (0, 1, True, False, 1.5, [], ["FAIL"], {}, {"FAIL": 1}):
        ended = get(json.dumps(job(status)).encode())
        assert (ended.code, ended.out) == (6, ""), status


ODD: tuple[Any, ...] = (None, "", "x", 0, -1, 1.5, True, [], {}, [None], [1], ["a"], [[]], [{}],
                        {"a": {"b": [1]}})  # fmt: skip
MEMBERS = ("entities", "sub_jobs", "job_type", "begin_time", "end_time", "error_code",
           "fail_reason", "message", "code", "id")  # fmt: skip


@pytest.mark.parametrize("name", formats.NAMES)
def test_f46_any_other_member_may_have_any_shape(name: str) -> None:
    """Each document has an odd value in every member, and over all each member has each of them."""
    for first in range(len(ODD)):
        odd = dict(zip(MEMBERS, [*ODD[first:], *ODD[:first]], strict=False))
        ended = get(json.dumps(job("FAIL") | odd).encode(), "-o", name)
        assert ended.code == 1, (odd, ended.err)
        assert ended.is_clean


def test_f47_a_status_that_is_not_exactly_final_is_pending() -> None:
    for status in (
        "success", "fail", "Success", "FAILED", "SUCCESS ", " FAIL", "FAIL\n", "ＦＡＩＬ", "PAUSED",
        "PENDING_PAYMENT", "", "SUCCESS\x00", "FA\u200bIL", None,  # the service sends null too
    ):  # fmt: skip
        ended = get(json.dumps(job(status)).encode())
        assert ended.code == 8, status
        assert (ended.out.split()[1] == printable(status).split()[0]) if status else ended.out
        warned = status is not None and status not in GOING_ON
        assert ended.err.count(": it counts as not ended.") == warned


def test_f47_an_unknown_status_is_warned_about_once_and_a_known_one_never() -> None:
    words = ["RUNNING", *(f"ODD-{number % 3}" for number in range(60)), *GOING_ON, "SUCCESS"]
    answers = iter(words)

    def answer(job_id: str, _: float) -> Response:
        return watch_service.job(job_id, next(answers))

    for argv in ((), ("-o", "jsonl"), ("-o", "json")):
        answers = iter(words)
        watched = watch_service.WatchService(answer).watch("j", *argv)
        assert watched.code == 0
        assert watched.err.count("job j has the status 'ODD-0', which vbsjob does not know") == 1
        assert watched.err.count("it counts as not ended.") == 1
    answers = iter(words)
    assert watch_service.WatchService(answer).watch("j", "-q").err == ""


TIMES = ("", None, "0000-00-00T00:00:00Z", "99999-01-01T00:00:00Z", "2016-01-28T16:14:09+14:00",
         "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", 1453997649466, "yesterday",
         "04-Jun-2015 18:11:06:586", "2016-01-02 15:04:05", "2016-02-30T00:00:00Z", "٢٠١٦-٠١-٠١",
         "2016-01-28T16:14:09.466Z" * 9)  # fmt: skip


VALID = {
    "2016-01-28T16:14:09+14:00": "2016-01-28 02:14:09 UTC",
    "2016-01-28T02:14:10Z": "2016-01-28 02:14:10 UTC",
}
"""Times that are shown in the zone of the user, here UTC."""


def test_f50_no_time_is_an_error_and_an_invalid_one_is_shown_as_received() -> None:
    offset = ("2016-01-28T16:14:09+14:00", "2016-01-28T02:14:10Z")
    for begin, end in (*zip(TIMES, [*TIMES[5:], *TIMES[:5]], strict=True), offset):
        body = json.dumps(job("SUCCESS", begin_time=begin, end_time=end)).encode()
        table = get(body)
        assert table.code == 0
        for time in (begin, end):
            assert not time or VALID.get(str(time), str(time)) in table.out
        document = json.loads(get(body, "-o", "json").out)
        assert (document["begin_time"], document["end_time"]) == (begin, end)
        assert document["elapsed_s"] == (1.0 if (begin, end) == offset else None)


@pytest.mark.slow
def test_f51_ten_thousand_sub_jobs_and_a_megabyte_of_value_are_whole_in_json() -> None:
    subs = [{"id": f"{n:032x}", "status": "SUCCESS", "entities": {"n": "v" * 64}}
            for n in range(10_000)]  # fmt: skip
    body = json.dumps(job("SUCCESS", sub_jobs=subs, entities={"big": "x" * 1_000_000})).encode()
    document = json.loads(get(body, "-o", "json").out)
    assert document["sub_jobs"] == subs
    assert len(document["entities"]["big"]) == 1_000_000
    assert get(body).code == 0
    tree = run_in_memory("tree", "j", "-o", "jsonl", send=lambda _: Response(200, {}, body)).out
    assert set(re.findall("[0-9a-f]{32}", tree)) == {sub["id"] for sub in subs}


def test_f26_an_error_object_beside_a_status_is_still_an_error() -> None:
    for error in (
        {"message": "broken", "code": "VolumeBackup.0001"}, {"code": 0}, {"message": ""},
        {"reason": "of another shape"}, {"error": {"message": "deeper"}},
    ):  # fmt: skip
        for body in ({}, job("SUCCESS"), job("FAIL"), job("RUNNING")):
            ended = get(json.dumps(body | {"error": error}).encode())
            assert (ended.code, ended.out) == (6, ""), (body, error)


def test_f26_the_code_of_an_error_object_counts_whatever_the_status() -> None:
    for error, code in (("Common.0011", 5), ("VolumeBackup.0042", 4)):
        body = json.dumps({"error": {"message": "no", "code": error}}).encode()
        assert [get(body, status=status).code for status in (200, 400, 404, 500)] == [code] * 4


def test_f27_an_answer_about_another_job_is_never_a_verdict() -> None:
    for job_id in ("J", "j ", "", None, 0, ["j"], {"j": 1}, "\u200bj", "x" * 10_000):
        ended = get(json.dumps(job("FAIL") | {"job_id": job_id}).encode())
        assert (ended.code, ended.out) == (7 if isinstance(job_id, str) else 6, "")
        assert not isinstance(job_id, str) or "not about job j" in ended.err
        assert len(ended.err) < 2_000


def test_10_000_sub_jobs_that_have_not_started_are_an_answer() -> None:
    names = ("job_type", "begin_time", "end_time", "error_code", "fail_reason")
    job_id = "4010b39b5281d3590152874bfa3b1604"
    waiting: dict[str, Any] = {
        "job_id": job_id,
        "status": "INIT",
        "entities": {},
        **dict.fromkeys(names),
    }
    body = json.dumps(job("RUNNING", sub_jobs=[waiting] * 10_000), separators=(",", ":"))
    ended = get(body.encode(), "-o", "value")
    assert (ended.code, ended.out, ended.err) == (8, "RUNNING\n", "")


def test_s12_a_document_denser_than_any_job_is_rejected_before_it_fills_memory() -> None:
    for dense in (b'{"":0}', b"{}", b"[]", b'"aa"', b"257"):
        body = b'{"job_id":"j","status":"SUCCESS","x":[' + (dense + b",") * 210_000 + b"0]}"
        ended = get(body)
        assert ended.code == 7
        assert "more values" in ended.err
    assert strict_json.read(b"[" + b"0," * 1000 + b"0]")


@pytest.mark.parametrize("name", formats.NAMES)
def test_f39_a_lone_surrogate_is_shown_as_an_escape_in_every_format(name: str) -> None:
    body = json.dumps(job("FAIL", fail_reason="x\ud800y", entities={"\udfff": "\udc80"})).encode()
    ended = get(body, "-o", name)
    assert ended.code == 1
    ended.out.encode()
    if name not in {"name", "value"}:
        assert "d800" in ended.out.lower()
