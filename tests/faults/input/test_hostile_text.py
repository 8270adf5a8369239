"""Text from outside, in every field, argument and error: shown visibly, never acted on."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.program import run_in_memory
from vbsjob.http.messages import Response

HOSTILE = "\x1b[2J\x1b]0;x\x07\x9b31m\u202eevil[/x][red]:smile:\r\n\x00\u2028\ufeffrow"
MEMBERS = ("job_type", "begin_time", "end_time", "error_code", "fail_reason", "message", "odd")
HUMAN = ("table", "value", "csv", "env", "name")


def answering(document: Any, status: int = 200) -> Any:
    return lambda _: Response(status, {}, json.dumps(document).encode())


def harmless(text: str) -> bool:
    return all(c.isprintable() or c == "\n" for c in text)


def job(**members: Any) -> dict[str, Any]:
    return {"job_id": "j", "job_type": "t", "status": "FAIL"} | members


@pytest.mark.parametrize("output", HUMAN)
@pytest.mark.parametrize("member", [*MEMBERS, "status", "entities", "sub_jobs"])
def test_f53_f54_s08_hostile_text_in_any_member_never_acts(member: str, output: str) -> None:
    inside: Any = HOSTILE
    if member == "entities":
        inside = {HOSTILE: HOSTILE, "backup_id": HOSTILE, "inner": {HOSTILE: [HOSTILE]}}
    if member == "sub_jobs":
        inside = [job(job_id=HOSTILE, job_type=HOSTILE, status=HOSTILE, entities={HOSTILE: "x"})]
    ended = run_in_memory("get", "j", "-o", output, send=answering(job(**{member: inside})))
    assert ended.code == 0, ended.err
    assert harmless(ended.out)
    assert harmless(ended.err)


@pytest.mark.parametrize("member", MEMBERS[:5])
def test_f52_hostile_text_is_shown_completely(member: str) -> None:
    ended = run_in_memory("get", "j", "-o", "table", send=answering(job(**{member: HOSTILE})))
    for shown in ("^[[2J", "^[]0;x^G", "<U+009B>31m", "<U+202E>evil[/x][red]:smile:", "<U+2028>"):
        assert shown in ended.out


@pytest.mark.parametrize("member", MEMBERS)
def test_f52_a_newline_in_a_member_makes_no_row_of_its_own(member: str) -> None:
    forged = job(**{member: "a\nSUCCESS\r\nrow"})
    for output in ("value", "csv", "env", "table"):
        printable = run_in_memory("get", "j", "-o", output, send=answering(job(**{member: "a"})))
        ended = run_in_memory("get", "j", "-o", output, send=answering(forged))
        assert ended.out.count("\n") == printable.out.count("\n")


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 500, 503])
@pytest.mark.parametrize(
    "body",
    [
        {"error": {"message": HOSTILE, "code": HOSTILE}},
        {"error_msg": HOSTILE, "error_code": HOSTILE, "request_id": HOSTILE},
        {"message": HOSTILE, "request_id": HOSTILE},
        {HOSTILE: {"message": HOSTILE, "code": HOSTILE}},
    ],
    ids=["error", "gateway", "flat", "named"],
)
def test_f53_hostile_text_in_an_error_never_acts(status: int, body: Any) -> None:
    ended = run_in_memory("get", "j", send=answering(body, status))
    assert harmless(ended.err)
    assert ended.out == ""
    ended = run_in_memory("get", "j", "-o", "json", send=answering(body, status))
    assert ended.err.splitlines()[-1].isascii()
    assert json.loads(ended.err.splitlines()[-1])["error"]["exit_code"] == ended.code
