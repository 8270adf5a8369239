"""Readers that go away after any number of bytes (F76), streams that are not there (F78)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.cloud import PROJECT_ID, USER
from tests.support.program import clean_env, run_bash
from tests.support.server import Server, answer, job

if TYPE_CHECKING:
    from tests.support.server import Peer


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
