"""The table of exit codes, each row provoked on the program itself."""

from __future__ import annotations

import socket

import pytest

from tests.support.program import Ended, environment, shell, surroundings, told
from vbsjob.http.messages import Reply
from vbsjob.outcome import Code

SANDBOX = '"$@" get {} --cloud sandbox'
TABLE: list[tuple[str, int]] = [
    (SANDBOX.format("backup-ended --exit-status"), Code.OK),
    (SANDBOX.format("fail-deep-ended"), Code.OK),
    (SANDBOX.format("endless"), Code.OK),
    (SANDBOX.format("fail-deep-ended --exit-status -o json"), Code.JOB_FAILED),
    (SANDBOX.format("fail-deep-ended backup-ended nothing --exit-status"), Code.JOB_FAILED),
    ('"$@" get', Code.USAGE),
    ('"$@" nonsense', Code.USAGE),
    ('"$@" get --nonsense', Code.USAGE),
    (SANDBOX.format("../x"), Code.USAGE),
    (SANDBOX.format("backup --retry-for soon"), Code.USAGE),
    ('"$@" get j', Code.AUTH),
    (SANDBOX.format("nothing"), Code.NOT_FOUND),
    (SANDBOX.format("nothing backup"), Code.NOT_FOUND),
    (SANDBOX.format("endless --exit-status -q"), Code.PENDING),
    (SANDBOX.format("backup > /dev/full"), Code.INTERNAL),
    (SANDBOX.format("backup >&-"), Code.INTERNAL),
    (SANDBOX.format("thousand-ended -o json") + " | true; exit ${PIPESTATUS[0]}", 141),
]


@pytest.mark.parametrize(("line", "code"), TABLE, ids=[f"{c:d}: {line}" for line, c in TABLE])
def test_the_exit_code_is_the_one_of_the_table(line: str, code: int) -> None:
    ended = shell(line, env=surroundings())
    assert ended.code == code, ended.err
    assert "Traceback" not in ended.err


def test_nobody_there_is_7() -> None:
    with socket.socket() as unheard:
        unheard.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unheard.getsockname()[1]}"
        ended = shell('"$@" get j --retry-for 0s', env=surroundings(url))
    assert ended.code == Code.UNAVAILABLE


def test_an_answer_that_is_not_understood_is_6() -> None:
    assert told("get", "j", send=lambda _: Reply(400)).code == Code.API_ERROR


@pytest.mark.parametrize("status", [s for s in range(100, 600) if s != 200])
def test_no_http_status_alone_is_ever_a_verdict(status: int) -> None:
    body = b'{"job_id": "j", "status": "FAIL"}'
    ended: Ended = told(
        "get", "j", "--exit-status", send=lambda _: Reply(status, {}, body),
        env=environment("https://vbs.test"),
    )  # fmt: skip
    assert ended.code in {Code.AUTH, Code.NOT_FOUND, Code.API_ERROR, Code.UNAVAILABLE}
    assert ended.tidy
