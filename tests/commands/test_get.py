"""`vbsjob get`: how it ends, and how the table of several jobs names a failed query."""

from __future__ import annotations

from tests.support.program import run_in_memory
from tests.support.watch_service import ResponseSequence, job
from vbsjob.http.messages import Response

NO_RIGHT = Response(403, {}, b'{"error_code": "APIGW.0302"}')


def test_the_exit_code_is_the_one_of_the_table() -> None:
    for replies, code in (
        ([job("j", "SUCCESS")], 0),
        ([job("j", "FAIL")], 1),
        ([job("j", "RUNNING")], 8),
        ([job("j", None)], 8),
        ([job("j", 0)] * 3, 6),
        ([Response(401, {}, b"{}")], 4),
        ([Response(404, {}, b'{"error": {"code": "Common.0011"}}')], 5),
        ([Response(404, {}, b'{"error_code": "APIGW.0101"}')], 6),
        ([Response(502)] * 4, 7),
        ([Response(200, {}, b'{"job_id": "j", "status": "FA')] * 3, 7),
        ([Response(502), job("j", "SUCCESS")], 0),
    ):
        service = ResponseSequence(*replies)
        ended = run_in_memory("get", "j", "--exit-status", send=service)
        assert ended.code == code, ended.err
        assert len(service.requests) == len(replies)


NO_STATUS = {
    "k": (NO_RIGHT, "not allowed"),
    "m": (Response(404, {}, b'{"error_code": "common.0011"}'), "not found"),
    "n": (Response(503), "no answer"),
}


def test_the_table_of_several_jobs_has_words_for_a_failed_query() -> None:
    for job_id, (reply, words) in NO_STATUS.items():
        service = ResponseSequence(job("j", "RUNNING"), reply)
        ended = run_in_memory("get", "j", job_id, "--retry-for", "0", send=service)
        assert [line.split()[1:] for line in ended.out.splitlines()] == [
            ["RUNNING", "bksCreateBackup", "j"], [*words.split(), job_id],
        ]  # fmt: skip
