"""Faults of the network between vbsjob and the service (F01 to F31 in tests/rows.toml)."""

from __future__ import annotations

import gzip
import json
import socket
import time
from typing import TYPE_CHECKING

import pytest

from tests.support.clock import FakeClock
from tests.support.filesystem import needs_mount, within_etc
from tests.support.program import clean_env, run_against, run_process, socket_context
from tests.support.server import (
    Server,
    always,
    answer,
    closed_port,
    job,
    respond_with,
    silent,
)
from vbsjob.client import JobsClient
from vbsjob.config import loader
from vbsjob.errors import UnavailableError
from vbsjob.http.messages import Request

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.program import RunResult
    from tests.support.server import Peer, Script

GOOD = answer(job("SUCCESS"))


def get(server: Server, *, attempt: float = 2.0) -> RunResult:
    return run_against(server.url, "get", "j", "--exit-status", attempt=attempt)


def reset_after(content: bytes) -> Script:
    def script(peer: Peer) -> None:
        peer.request()
        peer.send(content)
        peer.reset()

    return script


def dies_on_reuse(peer: Peer) -> None:
    """Answer the first request on a connection, and reset it at the second."""
    peer.request()
    peer.send(answer(job("SUCCESS", "a")))
    peer.request()
    peer.reset()


def test_f01_a_refused_connection_is_tried_four_times_and_reported_with_host_and_port() -> None:
    port = closed_port()
    clock = FakeClock()
    ended = run_against(f"http://127.0.0.1:{port}", "get", "j", sleep=clock.sleep, clock=clock)
    assert ended.code == 7
    assert f"127.0.0.1:{port}: connection refused" in ended.err
    assert "4 attempts" in ended.err
    assert clock.sleeps == [0.5, 1.0, 2.0]


@pytest.mark.parametrize(
    ("argv", "closed_for"), [(("get", "--exit-status"), 3.0), (("watch",), 14 * 60.0)]
)
def test_f01_a_service_that_starts_in_time_is_used(
    argv: tuple[str, ...], closed_for: float
) -> None:
    port = closed_port()
    clock, opened = FakeClock(), list[Server]()
    at = clock() + closed_for

    def wait(seconds: float) -> None:
        clock.sleep(seconds)
        if clock() >= at and not opened:
            opened.append(Server(always(GOOD), port=port))

    try:
        ended = run_against(f"http://127.0.0.1:{port}", *argv, "j", sleep=wait, clock=clock)
        assert ended.code == 0, ended.err
        assert opened[0].requests == 1
    finally:
        for server in opened:
            server.close()


@needs_mount
def test_f01_a_service_that_listens_on_the_second_of_two_addresses_is_reached(
    tmp_path: Path,
) -> None:
    (tmp_path / "hosts").write_text("::1 two.test\n127.0.0.1 two.test\n")
    with Server(always(GOOD)) as server:
        env = clean_env(f"http://two.test:{server.port}")
        argv = ("get", "j", "--exit-status", "--insecure-http", "--retry-for", "0")
        ended = run_process(*argv, env=env, within=within_etc(tmp_path))
        assert ended.code == 0, ended.err
        assert server.requests == 1


def test_f02_a_connection_that_is_not_accepted_ends_with_the_attempt() -> None:
    # A listener with a full queue drops the next SYN, as a firewall would.
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        port = full.getsockname()[1]
        waiting = [socket.socket() for _ in range(4)]
        for connection in waiting:
            connection.setblocking(False)
            connection.connect_ex(("127.0.0.1", port))
        began = time.monotonic()
        ended = run_against(f"http://127.0.0.1:{port}", "get", "j", attempt=0.2)
        took = time.monotonic() - began
        for connection in waiting:
            connection.close()
    assert ended.code == 7
    assert "did not answer in time" in ended.err
    assert 0.8 <= took < 5


def test_f03_a_server_that_accepts_and_sends_nothing_ends_with_the_attempt() -> None:
    with Server(silent) as server:
        began = time.monotonic()
        ended = get(server, attempt=0.2)
        assert time.monotonic() - began < 5
        assert (ended.code, server.connections) == (7, 4)


DRIPS = (
    (b"", b"H"),
    (b"HTTP/1.1 200 OK\r\nX: ", b"x"),
    (b"HTTP/1.1 200 OK\r\n\r\n", b" "),
    (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
    (b"", b"HTTP/1.1 103 Early Hints\r\nLink: <x>\r\n\r\n"),
)
"""How an answer begins, and the bytes that follow for ever."""


def test_f04_f23_a_drip_for_ever_ends_with_the_attempt() -> None:
    for before, endless in DRIPS:

        def drip(peer: Peer, before: bytes = before, endless: bytes = endless) -> None:
            peer.request()
            peer.send(before)
            peer.flood(endless, every=0.02)

        with Server(drip) as server:
            began = time.monotonic()
            ended = run_against(server.url, "get", "j", "--retry-for", "0", attempt=0.15)
            assert time.monotonic() - began < 3, before
        assert ended.code == 7
        assert ended.is_clean


def test_f10_a_slow_answer_is_complete() -> None:
    def slowly(peer: Peer) -> None:
        peer.request()
        peer.send(GOOD, piece=len(GOOD) // 10, every=0.05)

    with Server(slowly) as server:
        assert get(server, attempt=2.0).code == 0
        assert server.connections == 1


def test_f05_a_reset_before_in_and_after_the_headers_is_tried_again_on_a_new_connection() -> None:
    for cut in (0, 8, 30, len(GOOD) - 1):
        with Server(reset_after(GOOD[:cut]), always(GOOD)) as server:
            assert get(server).code == 0, cut
            assert server.connections == 2


def test_f06_a_body_shorter_than_announced_is_never_used_as_an_answer() -> None:
    with Server(respond_with(GOOD[:-1])) as server:
        ended = get(server)
        assert (ended.code, server.connections) == (7, 4)
        assert "closed the connection during its answer" in ended.err


def test_f07_a_body_cut_without_any_announced_length_is_tried_again() -> None:
    cut = answer(job("FAIL"), length=False)[:-1]
    with Server(respond_with(cut), respond_with(answer(job("RUNNING"), length=False))) as server:
        assert get(server).code == 8
    with Server(respond_with(cut)) as server:
        ended = get(server)
        assert (ended.code, server.connections) == (7, 3)
        assert "not JSON, or cut off" in ended.err


def test_f08_a_connection_that_died_while_idle_is_replaced_at_once_and_uncounted() -> None:
    clock = FakeClock()
    with (
        Server(dies_on_reuse, always(answer(job("SUCCESS", "b")))) as server,
        socket_context(server.url, sleep=clock.sleep, clock=clock) as context,
    ):
        client = JobsClient(loader.load({}, context), context)
        assert client.get("a").status == "SUCCESS"
        clock.seconds += 10
        assert client.get("b").status == "SUCCESS"
        assert server.connections == 2
    assert max(clock.sleeps, default=0) <= 0.05  # the pace of requests, no delay of a retry


def test_f08_a_sign_in_is_not_sent_again_at_once_on_a_connection_that_died_while_idle() -> None:
    # It may have arrived: a wrong password would count twice.
    with (
        Server(dies_on_reuse, always(answer(job()))) as server,
        socket_context(server.url) as context,
    ):
        assert context.send is not None
        context.send(Request("GET", server.url))
        with pytest.raises(UnavailableError):
            context.send(Request("POST", server.url, {}, b"{}"))
        assert (server.connections, server.requests) == (1, 2)


@pytest.mark.parametrize("extra", [answer(job("SUCCESS")), b"\r\n"])
def test_bytes_that_arrive_without_a_request_are_never_read_as_the_next_answer(
    extra: bytes,
) -> None:
    def script(peer: Peer) -> None:
        peer.request()
        peer.send(answer(job("RUNNING")))
        peer.wait(0.05)
        peer.send(extra)
        if peer.request():
            peer.send(answer(job("INIT")))

    failed = answer(job("FAIL"))
    with Server(script, always(failed)) as server, socket_context(server.url) as context:
        assert context.send is not None
        context.send(Request("GET", server.url))
        time.sleep(0.2)
        second = context.send(Request("GET", server.url))
        assert json.loads(second.body)["status"] == "FAIL"
        assert server.connections == 2


def test_f30_a_connection_is_used_again_within_half_a_second_only() -> None:
    with Server(always(GOOD)) as server, socket_context(server.url) as context:
        assert context.send is not None
        context.send(Request("GET", server.url))
        context.send(Request("GET", server.url))
        context.send(Request("POST", server.url, {}, b"{}"))
        assert (server.connections, server.requests) == (1, 3)
        time.sleep(0.6)
        context.send(Request("GET", server.url))
        assert (server.connections, server.requests) == (2, 4)


def test_f09_an_unresolvable_host_is_reported_as_unavailable() -> None:
    # `.invalid` never resolves; there may be no resolver at all, which ends the same way.
    ended = run_against("https://vbs.invalid", "get", "j", "--exit-status", attempt=5)
    assert ended.code == 7
    assert "cannot resolve the host of https://vbs.invalid" in ended.err
    assert "4 attempts" in ended.err


def test_f21_f24_f27_a_compressed_answer_is_rejected_and_caching_is_refused() -> None:
    bomb = gzip.compress(b" " * 1_000_000 + json.dumps(job()).encode())
    for encoding in ("gzip", "gzip, gzip", "x"):
        with Server(always(answer(bomb, 200, f"Content-Encoding: {encoding}"))) as server:
            ended = get(server)
            assert ended.code == 7, encoding
            assert "compressed" in ended.err
            for header in (b"accept-encoding: identity\r\n", b"cache-control: no-cache\r\n"):
                assert header in server.received[0].lower()


@pytest.mark.parametrize("head", ["Content-Length: 10000000000", "Connection: close"])
def test_f22_an_endless_body_is_dropped_at_the_limit_after_one_more_try(head: str) -> None:
    def endless(peer: Peer) -> None:
        peer.request()
        peer.send(f"HTTP/1.1 200 OK\r\n{head}\r\n\r\n".encode())
        peer.flood(b"[" * 65536)

    with Server(endless) as server:
        ended = run_against(server.url, "get", "j", "--exit-status", body_limit=1 << 20, attempt=10)
        assert (ended.code, server.connections) == (7, 2)
    assert "sent more than 1 MiB" in ended.err


def test_f23_giant_headers_are_not_an_answer_and_many_small_ones_are_harmless() -> None:
    with Server(always(answer(job(), 200, "X: " + "x" * 200_000))) as server:
        ended = get(server)
        assert ended.code == 7
        assert ended.is_clean
    with Server(always(answer(job(), 200, *(f"X-{n}: y" for n in range(8_000))))) as server:
        assert get(server).code == 0


def test_f25_a_captive_portal_is_reported_and_its_page_not_printed() -> None:
    page = b"<html><title>Welcome to Hotel WiFi</title></html>"
    portal = answer(page).replace(b"application/json", b"text/html")
    with Server(always(portal)) as server:
        ended = get(server)
        assert (ended.code, server.requests) == (7, 3)
    assert f"sent HTML, not JSON ({len(page)} bytes)" in ended.err
    assert "login page of the network" in ended.err
    assert "Hotel" not in ended.err
