"""`vbsjob get`: what comes out, and how it ends."""

from __future__ import annotations

import io
import json
from typing import Any

from tests.support.clock import FakeClock
from tests.support.context import fake_context, standard_input
from vbsjob.__main__ import run
from vbsjob.http.messages import Request, Response

ENV = {"OS_TOKEN": "a-token-of-tests", "OS_PROJECT_ID": "p", "VBSJOB_ENDPOINT": "https://vbs.test"}


def vbsjob(
    *argv: str, replies: list[Response] | None = None, stdin: str = "", env: dict[str, str] = ENV
) -> tuple[int, str, str, list[Request]]:
    requests: list[Request] = []
    left = list(replies or [])

    def send(request: Request) -> Response:
        requests.append(request)
        return left.pop(0)

    out, err, clock = io.StringIO(), io.StringIO(), FakeClock()
    context = fake_context(
        standard_input(stdin), out, err, env, monotonic=clock, sleep=clock.sleep,
        random=lambda: 1.0, send=send,
    )  # fmt: skip
    return run(argv, context), out.getvalue(), err.getvalue(), requests


NO_RIGHT = Response(403, {}, b'{"error_code": "APIGW.0302"}')


def job_response(status: Any, **members: Any) -> Response:
    job = {"job_id": "j", "job_type": "bksCreateBackup", "status": status, **members}
    return Response(200, {}, json.dumps(job).encode())


def test_the_exit_code_is_the_one_of_the_table() -> None:
    for replies, code in (
        ([job_response("SUCCESS")], 0),
        ([job_response("FAIL")], 1),
        ([job_response("RUNNING")], 8),
        ([job_response(None)], 8),
        ([job_response(0)] * 3, 6),
        ([Response(401, {}, b"{}")], 4),
        ([Response(404, {}, b'{"error": {"code": "Common.0011"}}')], 5),
        ([Response(404, {}, b'{"error_code": "APIGW.0101"}')], 6),
        ([Response(502)] * 4, 7),
        ([Response(200, {}, b'{"job_id": "j", "status": "FA')] * 3, 7),
        ([Response(502), job_response("SUCCESS")], 0),
    ):
        ended, _, err, requests = vbsjob("get", "j", "--exit-status", replies=replies)
        assert ended == code, err
        assert len(requests) == len(replies)


NO_STATUS = {
    "k": (NO_RIGHT, "not allowed"),
    "m": (Response(404, {}, b'{"error_code": "common.0011"}'), "not found"),
    "n": (Response(503), "no answer"),
}


def test_the_table_of_several_jobs_has_words_for_a_failed_query() -> None:
    for job_id, (reply, words) in NO_STATUS.items():
        argv = ("get", "j", job_id, "--retry-for", "0")
        _, out, _, _ = vbsjob(*argv, replies=[job_response("RUNNING"), reply])
        assert [line.split()[1:] for line in out.splitlines()] == [
            ["RUNNING", "bksCreateBackup", "j"], [*words.split(), job_id],
        ]  # fmt: skip
