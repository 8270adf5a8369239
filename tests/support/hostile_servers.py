# ruff: noqa: E501 - one server a line
"""Servers that try to exhaust the memory or the time of their client."""

from __future__ import annotations

import json
import zlib
from typing import TYPE_CHECKING

from tests.support.server import always, answer, job
from vbsjob.http import strict_json

if TYPE_CHECKING:
    from tests.support.server import Peer, Script

GET_KIB, WATCH_KIB = 160_000_000 >> 10, 240_000_000 >> 10
"""Memory that a command may need for one answer; a watch holds two answers to compare them."""
ROOM = (4 << 20) - 200
HEAD, TAIL = b'{"job_id":"j","status":"RUNNING","entities":{"x":[', b"0]}}"


def flood(head: bytes, piece: bytes) -> Script:
    def script(peer: Peer) -> None:
        peer.request()
        peer.send(head)
        peer.flood(piece)

    return script


def full_of(unit: bytes) -> bytes:
    """Return a body of 4 MiB with as many values as are accepted."""
    values = 1000 * sum(map(unit.count, (b",", b"{", b"["))) + 1
    padding = values * (strict_json.MIN_BYTES_PER_VALUE + 1) - 1000 * len(unit)
    block = unit * 1000 + b'"' + b"y" * padding + b'",'
    return HEAD + block * ((ROOM - len(HEAD) - len(TAIL)) // len(block)) + TAIL


def gzip_bomb(peer: Peer) -> None:
    """Answer with a job after 300 MB of blanks, compressed."""
    compressor = zlib.compressobj(wbits=31)
    blanks = b" " * 1_000_000
    body = b"".join(compressor.compress(blanks) for _ in range(300))
    body += compressor.compress(json.dumps(job("RUNNING")).encode()) + compressor.flush()
    always(answer(body, 200, "Content-Encoding: gzip"))(peer)


PLAIN = b"HTTP/1.1 200 OK\r\n"
SERVERS: dict[str, Script] = {
    "endless body": flood(PLAIN + b"\r\n", b"[" * 65536),
    "10 GB announced": flood(PLAIN + b"Content-Length: 10000000000\r\n\r\n", b" " * 65536),
    "endless chunks": flood(PLAIN + b"Transfer-Encoding: chunked\r\n\r\n", b"1000\r\n%s\r\n" % (b" " * 4096)),
    "endless header": flood(PLAIN + b"X: ", b"x" * 65536),
    "gzip bomb": gzip_bomb,
    "one long text": always(answer(json.dumps(job("RUNNING", message="x" * (ROOM - 100))).encode())),
    "wide characters": always(answer('{"job_id":"j","status":"RUNNING","message":"😀'.encode() + b"x" * (ROOM - 100) + b'"}')),
    "dicts": always(answer(full_of(b'{"":0},'))),
    "lists": always(answer(full_of(b"[],"))),
    "texts": always(answer(full_of('"Ā",'.encode()))),
    "denser than any job": always(answer(HEAD + b'{"":0},' * 590_000 + TAIL)),
    "nested": always(answer(b"[" * ROOM)),
}  # fmt: skip
