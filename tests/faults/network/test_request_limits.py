"""A request is bounded in time and size: of `get`, of `watch` and of a sign-in."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from tests.support.hostile_servers import GET_KIB, SERVERS
from tests.support.program import clean_env
from tests.support.resource_usage import ResourceUsage, measure
from tests.support.server import Server, always, answer, job

if TYPE_CHECKING:
    from tests.support.server import Peer, Script

ENDLESS = [name for name in SERVERS if "endless" in name] + ["10 GB announced", "gzip bomb"]
SMALL = always(answer(job("FAIL")))
ASKING = {
    "get": ("get", "j", "--retry-for", "1s"),
    "watch": ("watch", "j", "--retry-for", "1s"),
    "sign-in": ("get", "j", "--retry-for", "1s"),
}


def measured(name: str, url: str) -> ResourceUsage:
    """Run a command whose first question goes to the server at `url`."""
    if name != "sign-in":
        return measure(*ASKING[name], env=clean_env(url))
    user = {"OS_USERNAME": "u", "OS_PASSWORD": "a password", "OS_USER_DOMAIN_NAME": "d"}
    target = {"OS_AUTH_URL": f"{url}/v3", "OS_PROJECT_NAME": "p"}
    return measure(*ASKING[name], env=clean_env(**user, **target))


@pytest.mark.slow
@pytest.mark.parametrize("server", ENDLESS)
@pytest.mark.parametrize("name", ["watch", "sign-in"])
def test_s12_f21_f22_f23_f60_no_request_takes_more_memory_than_the_limit(
    name: str, server: str
) -> None:
    with Server(SERVERS[server]) as endless:
        ended = measured(name, endless.url)
    assert ended.code == 7, ended.output
    assert ended.peak_kib < GET_KIB
    assert ended.cpu_seconds < 20


HEAD = b"HTTP/1.1 200 OK\r\n"
DRIPS = {
    "TLS handshake": (b"\x16\x03\x03\x40\x00\x02\x00\x3f\xf0", b"\x03"),
    "status line": (b"", b"H"),
    "further answers": (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "headers": (HEAD, b"X: y\r\n"),
    "one header": (HEAD + b"X: ", b"y"),
    "body": (HEAD + b"\r\n", b" "),
    "chunks": (HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
}


def dripping(head: bytes, drip: bytes, lasted: list[float]) -> Script:
    def script(peer: Peer) -> None:
        began = time.monotonic()
        try:
            peer.connection.recv(65536)
            peer.send(head)
            peer.flood(drip, every=0.5)
        finally:
            lasted.append(time.monotonic() - began)

    return script


def held(name: str, drip: str) -> tuple[int, list[float]]:
    """Return how it ended, and how long each attempt held its connection."""
    lasted: list[float] = []
    with Server(dripping(*DRIPS[drip], lasted)) as server:
        url = server.url.replace("http:", "https:") if drip == "TLS handshake" else server.url
        code = measured(name, url).code
    return code, lasted


@pytest.mark.long
@pytest.mark.parametrize("name", ASKING)
def test_s12_f04_no_attempt_takes_more_than_twenty_seconds_wherever_it_drips(name: str) -> None:
    with ThreadPoolExecutor(len(DRIPS)) as pool:
        ended = dict(zip(DRIPS, pool.map(lambda drip: held(name, drip), DRIPS), strict=True))
    for drip, (code, lasted) in ended.items():
        assert code == 7, (drip, code)
        assert lasted, drip
        least = 2 if drip == "TLS handshake" else 15  # which belongs to connecting: 3 s
        assert all(least < seconds < 23 for seconds in lasted), (drip, lasted)
