"""With every warning as an error no command prints one: each socket, file and pipe is closed."""

from __future__ import annotations

import gc
import io
from contextlib import suppress
from pathlib import Path

import pytest

from tests.support.clock import FakeClock
from tests.support.context import fake_context
from tests.support.program import clean_env, environment, run_process
from tests.support.server import Server, always, answer, job, respond_with
from vbsjob.__main__ import run

COMMANDS = ("tree restore", "watch restore --timeout 1", "config check", "list")
QUERIES = (
    "get j", "get j k l", "get j -o name", "tree j", "watch j --timeout 2",
    "watch j k --timeout 2 -o jsonl", "config check",
)  # fmt: skip
SCRIPTS = {
    "success": always(answer(job())),
    "fail": always(answer(job("FAIL"))),
    "running": always(answer(job("RUNNING"))),
    "unknown job": always(answer(b'{"error":{"code":"common.0011","message":"m"}}', 404)),
    "token refused": always(answer(b"{}", 401)),
    "server error": always(answer(b"<html>", 500)),
    "compressed": always(answer(job(), 200, "Content-Encoding: gzip")),
    "cut": respond_with(answer(job())[:-5]),
    "no HTTP": respond_with(b"SSH-2.0-x\r\n"),
    "two answers": always(answer(job()) * 2),
    "endless": respond_with(b"HTTP/1.1 200 OK\r\n\r\n" + b" " * 5_000_000),
}
PAIRS = [
    *((query, "server error") for query in QUERIES[1:]),
    *(("get j", kind) for kind in SCRIPTS),
]
WARNINGS = {"PYTHONWARNINGS": "error", "PYTHONDEVMODE": "1"}


def sockets() -> set[str]:
    """Return the sockets of this process."""
    targets = set()
    for descriptor in Path("/proc/self/fd").iterdir():
        with suppress(FileNotFoundError):  # the descriptor of the folder itself
            targets.add(str(descriptor.readlink()))
    return {name for name in targets if name.startswith("socket:")}


@pytest.mark.slow
@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_prints_no_resource_warning(command: str) -> None:
    ended = run_process(*command.split(), env=clean_env(VBSJOB_CLOUD="sandbox", **WARNINGS))
    assert ended.code in {0, 124}, ended.err
    assert "Warning" not in ended.err
    assert "Traceback" not in ended.err


@pytest.mark.slow
def test_a_command_leaves_no_socket_open() -> None:
    for command, kind in PAIRS:
        before, clock = sockets(), FakeClock()
        with Server(SCRIPTS[kind]) as server:
            context = fake_context(
                io.StringIO(), io.StringIO(), io.StringIO(),
                environment(server.url, VBSJOB_RETRY_FOR="0"),
                monotonic=clock, sleep=clock.sleep, random=lambda: 1.0,
            )  # fmt: skip
            run(command.split(), context)
            assert server.connections
        gc.collect()  # pytest turns the warning about an unclosed socket into an error
        assert sockets() <= before, (command, kind)
