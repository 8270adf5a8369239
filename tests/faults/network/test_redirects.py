"""Redirects (F18-F20, S03) are told of and never followed: a token stays where it was sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.program import run_against, run_in_memory
from tests.support.server import Server, always, answer, job
from vbsjob.http.messages import Response

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.program import RunResult
    from vbsjob.http.messages import Request

GOOD = answer(job("SUCCESS"))
ELSEWHERE = ("/v1/p/jobs/j", "file:///etc/passwd", "//\xff\xff/", "http://[::1", "//[", "")


def get(server: Server) -> RunResult:
    return run_against(server.url, "get", "j", "--exit-status")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_s03_f18_f19_f20_no_redirect_is_followed_and_the_other_host_gets_no_connection(
    status: int, record_property: Callable[[str, int], None]
) -> None:
    with Server(always(GOOD)) as other:
        hidden = other.url.replace("//", "//user:geheim@") + "/x?token=geheim"
        locations = {hidden: other.url} | dict.fromkeys(ELSEWHERE, "another address")
        record_property("cases", len(locations))
        for location, named in locations.items():
            away = answer(b"", status, f"Location: {location}")
            with Server(always(away)) as server:
                ended = get(server)
                assert (ended.code, server.requests) == (6, 1), location
                assert f"redirects to {named}" in ended.err
                assert "set --endpoint" in ended.err
                assert "geheim" not in ended.err
        assert other.connections == 0


@pytest.mark.slow
@given(
    st.text(st.characters(max_codepoint=255), max_size=80)
    | st.builds("{}://{}@{}?{}".format, *[st.text(st.characters(max_codepoint=255))] * 4)
)
def test_f20_no_redirect_target_is_followed_printed_raw_or_crashes_the_program(target: str) -> None:
    prompt_for_secret: list[str] = []

    def away(request: Request) -> Response:
        prompt_for_secret.append(request.url)
        return Response(307, {"location": target.replace("@", "geheim@")})

    ended = run_in_memory("get", "j", send=away)
    assert (ended.code, len(prompt_for_secret)) == (6, 1)
    assert ended.is_clean
    assert all(line.isprintable() for line in ended.err.split("\n"))
    assert "geheim" not in ended.err
