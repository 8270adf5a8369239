"""Redirects (F18-F20, S03) are told of and never followed: a token stays where it was sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.program import run_against
from tests.support.server import Server, always, answer, job

if TYPE_CHECKING:
    from collections.abc import Callable

GOOD = answer(job("SUCCESS"))
ELSEWHERE = ("/v1/p/jobs/j", "file:///etc/passwd", "//\xff\xff/", "http://[::1", "//[", "")


@pytest.mark.parametrize("status", [301, 308])
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
                ended = run_against(server.url, "get", "j", "--exit-status")
                assert (ended.code, server.requests) == (6, 1), location
                assert f"redirects to {named}" in ended.err
                assert "set --endpoint" in ended.err
                assert "geheim" not in ended.err
        assert other.connections == 0
