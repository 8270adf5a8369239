"""Signals and the shell around `get` (F79, F83): its loop stops, what it ignores stays ignored."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.child import Child
from tests.support.program import COMMAND, ROOT, clean_env
from tests.support.server import Server, answer, job
from tests.support.sigint_handler import ignores, wait_for_own_handler

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.server import Peer

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/status").exists(), reason="needs Linux's /proc"
)


def slowly(peer: Peer) -> None:
    while peer.request():
        content = answer(job("RUNNING"))
        peer.send(content, piece=len(content) // 4, every=0.05)


@pytest.fixture(scope="module")
def service() -> Iterator[Server]:
    with Server(slowly) as server:
        yield server


def test_f79_ctrl_c_stops_the_shell_loop_around_it(service: Server) -> None:
    loop = 'trap "exit 3" USR1; for i in 1 2 3; do "$@" get j; done; echo survived'
    with Child(
        ["bash", "-c", loop, "bash", *COMMAND], env=clean_env(service.url), cwd=ROOT,
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True,
    ) as shell:  # fmt: skip
        child = _child_of(shell.pid)
        wait_for_own_handler(child)
        os.killpg(shell.pid, signal.SIGINT)
        out, _ = shell.communicate(timeout=30)
    assert b"survived" not in out
    assert shell.returncode == -signal.SIGINT


def _child_of(pid: int) -> int:
    children = Path(f"/proc/{pid}/task/{pid}/children")
    until = time.monotonic() + 10
    while not (pids := children.read_text().split()) and time.monotonic() < until:
        time.sleep(0.001)
    return int(pids[0])


def test_f83_where_sigint_is_ignored_on_entry_it_stays_ignored(service: Server) -> None:
    line = "trap '' INT; exec \"$@\" get j --exit-status"
    with Child(
        ["bash", "-c", line, "bash", *COMMAND], env=clean_env(service.url), cwd=ROOT,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    ) as child:  # fmt: skip
        while not ignores(child.pid, signal.SIGINT):
            time.sleep(0.001)
        while child.poll() is None:
            child.send_signal(signal.SIGINT)
            time.sleep(0.02)
        out, err = child.communicate(timeout=30)
    assert (child.returncode, err) == (8, b"")
    assert b"RUNNING" in out
