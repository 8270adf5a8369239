"""Redirects (F18-F20, S03) are told of and never followed: a token stays where it was sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.rigs.program import asked
from tests.rigs.server import Server, always, answer, job

if TYPE_CHECKING:
    from tests.rigs.program import Ended
    from tests.rigs.server import Peer

GOOD = answer(job("SUCCESS"))


def get(server: Server) -> Ended:
    return asked(server.url, "get", "j", "--exit-status")


def test_s03_f18_f19_f20_no_redirect_is_followed_and_the_other_place_hears_nothing() -> None:
    for status in (301, 302, 303, 307, 308):
        with Server(always(GOOD)) as other:
            hidden = other.url.replace("//", "//user:geheim@") + "/x?token=geheim"
            for location, named in (
                (hidden, other.url),
                ("/v1/elsewhere", "another place"),
                ("file:///etc/passwd", "another place"),
                ("//\xff\xff/", "another place"),
                ("", "another place"),
            ):
                away = answer(b"", status, f"Location: {location}")
                with Server(always(away)) as server:
                    ended = get(server)
                    assert (ended.code, server.requests) == (6, 1), location
                    assert f"redirects to {named}" in ended.err
                    assert "geheim" not in ended.err
            assert other.connections == 0


@pytest.mark.parametrize("target", ["https://\x1b[31m/", "http://[::1", "http://:99999999/"])
def test_f20_a_target_that_is_no_address_is_not_shown_and_does_no_harm(target: str) -> None:
    with Server(always(answer(b"", 302, f"Location: {target}"))) as server:
        ended = get(server)
    assert ended.code in {6, 7}
    assert ended.tidy
    assert "\x1b" not in ended.err


def test_f20_a_redirect_to_itself_is_not_a_loop() -> None:
    def loop(peer: Peer) -> None:
        while request := peer.request():
            path = request.split(b" ")[1].decode()
            peer.send(answer(b"", 302, f"Location: {path}"))

    with Server(loop) as server:
        assert get(server).code == 6
        assert server.requests == 1
