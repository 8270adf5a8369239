# ruff: noqa: E501 - one server a line
"""Whatever a server does, time and memory stay bounded (S12): measured on whole processes."""

from __future__ import annotations

import gzip
import json
import os
import resource
import subprocess
import time
from typing import TYPE_CHECKING

import pytest

from tests.rigs.program import COMMAND, ROOT, surroundings
from tests.rigs.server import Server, always, answer, job
from vbsjob import wire

if TYPE_CHECKING:
    from tests.rigs.server import Peer, Script

MORE = 96 << 10
"""KiB that an answer may add to what a small answer needs."""
ROOM = (4 << 20) - 200
HEAD, TAIL = b'{"job_id":"j","status":"RUNNING","entities":{"x":[', b"0]}}"


def flood(head: bytes, piece: bytes) -> Script:
    def script(peer: Peer) -> None:
        peer.request()
        peer.send(head)
        peer.flood(piece)

    return script


def full_of(unit: bytes, padding: int) -> bytes:
    """A body of 4 MiB that is as dense as may be accepted."""
    block = unit * 1000 + b'"' + b"y" * padding + b'",'
    return HEAD + block * ((ROOM - len(HEAD) - len(TAIL)) // len(block)) + TAIL


BOMB = gzip.compress(b" " * 300_000_000 + json.dumps(job("RUNNING")).encode(), 6)
PLAIN = b"HTTP/1.1 200 OK\r\n"
SERVERS: dict[str, Script] = {
    "endless body": flood(PLAIN + b"\r\n", b"[" * 65536),
    "10 GB announced": flood(PLAIN + b"Content-Length: 10000000000\r\n\r\n", b" " * 65536),
    "endless chunks": flood(PLAIN + b"Transfer-Encoding: chunked\r\n\r\n", b"1000\r\n%s\r\n" % (b" " * 4096)),
    "endless header": flood(PLAIN + b"X: ", b"x" * 65536),
    "gzip bomb": always(answer(BOMB, 200, "Content-Encoding: gzip")),
    "one long text": always(answer(json.dumps(job("RUNNING", message="x" * (ROOM - 100))).encode())),
    "wide characters": always(answer('{"job_id":"j","status":"RUNNING","message":"😀'.encode() + b"x" * (ROOM - 100) + b'"}')),
    "dicts": always(answer(full_of(b'{"":0},', 26_000))),
    "lists": always(answer(full_of(b"[],", 30_000))),
    "texts": always(answer(full_of('"Ā",'.encode(), 12_000))),
    "denser than any job": always(answer(HEAD + b'{"":0},' * 590_000 + TAIL)),
    "nested": always(answer(b"[" * ROOM)),
}  # fmt: skip


def peak(server: Server, *argv: str) -> tuple[int, int, bytes]:
    """Run; return its code, the most KiB of memory it held, and its stderr."""
    with subprocess.Popen(
        [*COMMAND, "get", "j", "--exit-status", "--retry-for", "1s", *argv],
        env=surroundings(server.url), cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
    ) as child:  # fmt: skip
        assert child.stderr is not None
        err = child.stderr.read()
        _, status, used = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        return child.returncode, used.ru_maxrss, err


@pytest.fixture(scope="module")
def least() -> int:
    """KiB that a small answer needs."""
    with Server(always(answer(job("RUNNING")))) as server:
        return peak(server)[1]


@pytest.mark.parametrize("name", SERVERS)
@pytest.mark.parametrize("output", ["json", "value"])
def test_s12_f21_f22_f23_f41_no_answer_takes_more_than_96_mb(
    name: str, output: str, least: int
) -> None:
    with Server(SERVERS[name]) as server:
        code, most, err = peak(server, "-o", output)
    assert code in {7, 8}
    assert b"Traceback" not in err
    assert b"a bug" not in err
    assert most - least < MORE


def test_f21_f73_an_answer_that_would_fill_memory_meets_a_limit_with_a_code_of_its_own() -> None:
    def limited() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (400 << 20, 400 << 20))

    with Server(SERVERS["endless body"]) as server:
        ended = subprocess.run(
            [*COMMAND, "get", "j", "--retry-for", "0"], env=surroundings(server.url), cwd=ROOT,
            capture_output=True, check=False, preexec_fn=limited,
        )  # fmt: skip
    assert ended.returncode == 7, ended.stderr


@pytest.mark.parametrize("mebibytes", [24, 40, 56, 72, 88, 104, 120, 150])
def test_s20_with_too_little_memory_it_ends_by_no_verdict(mebibytes: int) -> None:
    size = mebibytes << 20

    def limited() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (size, size))

    with Server(always(answer(job("RUNNING", message="x" * 3_000_000)))) as server:
        ended = subprocess.run(
            [*COMMAND, "get", "j", "--exit-status", "--retry-for", "0"], cwd=ROOT, check=False,
            env=surroundings(server.url), capture_output=True, preexec_fn=limited,
        )  # fmt: skip
    own = b"vbsjob" in ended.stderr or ended.stdout  # else Python itself could not start
    assert ended.returncode in (
        {7, 8, 70} if own and b"Fatal Python" not in ended.stderr else {1, 7, 8, 70, 127, -6, -11}
    ), ended


def test_s12_the_limits_are_the_promised_ones() -> None:
    assert wire.ATTEMPT == 20.0
    assert (wire.CONNECT, wire.READ, wire.WRITE) == (5.0, 10.0, 5.0)
    from vbsjob.keys import NOUNS

    assert NOUNS["body_limit"].default == 4 << 20


@pytest.mark.long
@pytest.mark.parametrize("drip", [b"H", b"HTTP/1.1 100 Continue\r\n\r\n"])
def test_s12_f04_a_real_attempt_against_a_drip_ends_within_twenty_seconds(drip: bytes) -> None:
    def script(peer: Peer) -> None:
        peer.request()
        peer.flood(drip, every=0.5)

    with Server(script) as server:
        began = time.monotonic()
        code, _, _ = peak(server, "--retry-for", "0")
        assert time.monotonic() - began <= 22
    assert code == 7
