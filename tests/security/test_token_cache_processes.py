"""The token cache of many processes at once, and of processes that are killed at any moment."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import stat
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from tests.support.child import Child
from tests.support.cloud import Cloud
from tests.support.context import fake_context
from tests.support.forkserver import ForkServer
from tests.support.program import ROOT, RunResult, running_sandbox
from vbsjob.auth.token_cache import TokenCache

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

PROCESSES = 50


@pytest.mark.slow
def test_f58_f69_fifty_processes_at_once_sign_in_once(tmp_path: Path) -> None:
    with (
        running_sandbox() as (_, variables),
        ForkServer(tmp_path / "forks") as forks,
        ThreadPoolExecutor(PROCESSES) as pool,
    ):
        env = variables | {"HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache")}

        def run(_: int) -> RunResult:
            return forks.run("get", "backup", "-o", "json", "-v", env=env)

        ended = list(pool.map(run, range(PROCESSES)))
    assert [result.code for result in ended] == [0] * PROCESSES
    assert sum("POST" in result.err for result in ended) == 1


WRITERS = """
import os, signal, sys
from datetime import UTC, datetime
from pathlib import Path
from vbsjob.auth.keystone import AccessInfo
from vbsjob.auth.token_cache import TokenCache
from vbsjob.context import Context

signal.signal(signal.SIGCHLD, signal.SIG_IGN)
context = Context(sys.stdin, sys.stdout, sys.stderr, {})
cache = TokenCache(Path(sys.argv[1]), ("account",), context)
catalog = ({"type": "vbs", "x": "y" * 3000},)
access = AccessInfo("t" * 4000, "p", None, None, 86400.0, datetime.now(UTC), catalog)
while sys.stdin.readline():
    if os.fork():
        continue
    cache.write(access)
    print(os.getpid(), flush=True)
    while True:
        with cache.renewing():
            cache.write(access)
"""
"""A process that forks a writer of the cache for each line, and prints the writer's id."""


@pytest.fixture
def start_writer(tmp_path: Path) -> Iterator[Callable[[], int]]:
    """A function that starts a process which writes the cache; it returns its id."""
    with Child(
        [sys.executable, "-c", WRITERS, str(tmp_path / "tokens")], cwd=ROOT, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    ) as starter:  # fmt: skip

        def start() -> int:
            assert starter.stdin
            assert starter.stdout
            starter.stdin.write("\n")
            starter.stdin.flush()
            return int(starter.stdout.readline())

        yield start


def modes(folder: Path) -> set[int]:
    file_modes = set()
    for path in folder.iterdir():
        with contextlib.suppress(FileNotFoundError):  # a writer's own, renamed meanwhile
            file_modes.add(stat.S_IMODE(path.lstat().st_mode))
    return file_modes


@pytest.mark.parametrize(
    "kills",
    [pytest.param(60, marks=pytest.mark.slow), pytest.param(2000, marks=pytest.mark.long)],
)
def test_f68_kill_9_of_eight_writers_never_leaves_a_broken_cache(
    tmp_path: Path, start_writer: Callable[[], int], kills: int
) -> None:
    folder, draw = tmp_path / "tokens", random.Random(68)
    reader = TokenCache(folder, ("account",), fake_context(sys.stdin, sys.stdout, sys.stderr, {}))
    running = [start_writer() for _ in range(8)]
    try:
        for _ in range(kills):
            time.sleep(draw.random() / 100)
            victim = draw.randrange(8)
            os.kill(running[victim], signal.SIGKILL)
            cached = reader.read()
            assert cached is not None
            assert cached.access.token == "t" * 4000
            assert modes(folder) == {0o600}
            running[victim] = start_writer()
    finally:
        for pid in running:
            os.kill(pid, signal.SIGKILL)
    cloud = Cloud()
    assert cloud.run("get", "j", cache=tmp_path)[0] == 0
