"""Readers that go away after any number of bytes (F76), streams that are not there (F78)."""

from __future__ import annotations

import fcntl
import io
import json
import os
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.cloud import PROJECT_ID, USER
from tests.support.context import fake_context
from tests.support.program import clean_env, environment, run_bash
from tests.support.server import Server, answer, job
from vbsjob.__main__ import run
from vbsjob.http.messages import Response
from vbsjob.terminal import stdio

if TYPE_CHECKING:
    from tests.support.server import Peer

BODY = json.dumps(job("FAIL", entities={"note": "x" * 9000})).encode()
ROOM = 4096
"""Bytes that a pipe holds at least, and this one at most."""
STEP = 151

needs_size = pytest.mark.skipif(sys.platform != "linux", reason="needs pipes of a chosen size")


def read(count: int, output: str) -> tuple[int | None, int]:
    """Read so many bytes of an answer and go; return its code, None for SIGPIPE, and its length."""
    inlet, out = os.pipe()
    fcntl.fcntl(out, fcntl.F_SETPIPE_SZ, ROOM)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    stdout = stdio.stream(open(out, "w", closefd=False))  # noqa: SIM115
    context = fake_context(
        io.StringIO(), stdout, io.StringIO(), environment("https://vbs.test"),
        send=lambda _: Response(200, {}, BODY),
    )  # fmt: skip
    ended: list[int | None] = []

    def run_get() -> None:
        try:
            ended.append(run(["get", "j", "--exit-status", "-o", output], context))
        except BrokenPipeError:
            ended.append(None)
        finally:
            os.dup2(nowhere, out)  # the end for the reader; what is left in a buffer goes there

    asking = threading.Thread(target=run_get)
    asking.start()
    got = 0
    while got < count and (piece := os.read(inlet, min(count - got, ROOM))):
        got += len(piece)
    os.close(inlet)
    asking.join(30)
    stdout.flush()
    os.close(nowhere)
    os.close(out)
    return ended[0], got


@pytest.mark.slow
@needs_size
@pytest.mark.parametrize("output", ["table", "json", "value", "yaml"])
def test_f76_a_reader_that_closes_after_any_number_of_bytes_ends_it_by_sigpipe(
    output: str, record_property: Any
) -> None:
    code, length = read(1 << 30, output)
    assert code == 1
    counts = [*range(0, length, STEP), *range(length - 3, length + 1)]
    for count in counts:
        code, got = read(count, output)
        assert got == count
        assert code is None or (code == 1 and count >= length - ROOM), count
    record_property("cases", len(counts))


def both(peer: Peer) -> None:
    """Be the identity service and the backup service at once."""
    port = peer.connection.getsockname()[1]
    point = {"interface": "public", "region_id": "eu-de", "url": f"http://127.0.0.1:{port}/v2"}
    token = {
        "issued_at": "2026-05-01T00:00:00Z", "expires_at": "2036-05-02T00:00:00Z",
        "project": {"id": PROJECT_ID}, "catalog": [{"type": "vbs", "endpoints": [point]}],
    }  # fmt: skip
    while request := peer.request():
        signing_in = request.startswith(b"POST")
        issued = answer({"token": token}, 201, "X-Subject-Token: canary-token")
        peer.send(issued if signing_in else answer(job()))


CLOSED = ("", "0", "1", "2", "01", "02", "12", "012")
GET, WATCH = "get j --exit-status -v", "watch j --progress plain -v"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("command", "closed"), [*((GET, streams) for streams in CLOSED), (WATCH, "1"), (WATCH, "012")]
)
def test_f78_no_closed_stream_becomes_a_file_or_a_socket(closed: str, command: str) -> None:
    marks = {"0": "<&-", "1": ">&-", "2": "2>&-"}
    with Server(both) as server:
        env = clean_env(**USER | {"OS_AUTH_URL": f"{server.url}/v3"})
        line = f'"$@" {command} {" ".join(marks[number] for number in closed)}'
        assert run_bash(line, env=env).code == (70 if "1" in closed else 0)
        assert server.requests == 2
    for log in server.received:
        assert b"vbsjob" not in log.replace(b"User-Agent: vbsjob", b"")
        assert b"SUCCESS" not in log
    (cache_file,) = (path for path in _files(env["HOME"]) if path.suffix == ".json")
    assert json.loads(cache_file.read_text())["access"]["token"] == "canary-token"


def _files(home: str) -> list[Path]:
    return [path for path in Path(home).rglob("*") if path.is_file()]
