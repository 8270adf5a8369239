# ruff: noqa: E501 - lists of what is odd, a screen wide
"""Exit code 0 if and only if the service said SUCCESS of that job in a well-formed 200 (S20)."""

from __future__ import annotations

import itertools
import json
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.program import run_in_memory
from vbsjob.http.messages import Response

if TYPE_CHECKING:
    from vbsjob.http.messages import Request

RIGHT = (200, "j", "{}")
ODD: list[tuple[int, Any, str]] = [
    *((status, "j", "{}") for status in (201, 202, 203, 204, 206, 299, 302, 404, 429, 500)),
    *((200, job_id, "{}") for job_id in ("J", "j ", "other", "", None, 7, ["j"])),
    *((200, "j", shape) for shape in (
        "[{}]", '{"job": {}}', "{}x", "x{}", "{}{}", '{"error": {"code": "c"}, "job": {}}', "\ufeff[{}",
    )),
]  # fmt: skip
"""A status, the id in the body, and what stands around it: one of them is not as it should be."""


def saying(response: Response, _: Request) -> Response:
    """Answer the same whatever is asked."""
    return response


WORDS: tuple[Any, ...] = (
    "SUCCESS", "FAIL", "RUNNING", "success", "Fail", " SUCCESS", "FAIL\0", None, 0, 1, True, ["FAIL"],
)  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize(
    "command",
    ["get j --exit-status", "watch j --timeout 20 --wait-for-job 0", "tree j --exit-status"],
)
def test_s20_success_and_failure_are_reported_exactly_when_the_service_reports_them(
    command: str, record_property: Any
) -> None:
    cases = list(itertools.product([RIGHT, *ODD], WORDS))
    for (status, job_id, shape), word in cases:
        document = json.dumps({"job_id": job_id, "status": word})
        response = Response(status, {}, shape.replace("{}", document).encode())
        ended = run_in_memory(*command.split(), send=partial(saying, response))
        well = (status, job_id, shape) == RIGHT and isinstance(word, str)
        right = {"SUCCESS": 0, "FAIL": 1}.get(word) if well else None
        assert (ended.code if ended.verdict else None) == right, (response, ended)
    record_property("cases", len(cases))
