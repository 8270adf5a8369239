"""vbsjob as process 1, as in every container: the kernel drops the default actions of signals."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.support.child import Child
from tests.support.program import ROOT, clean_env
from tests.support.pseudo_terminal import await_requests
from tests.support.server import Server, silent

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(os.geteuid() != 0, reason="a process namespace needs root"),
]
UNSHARE = ("unshare", "--pid", "--fork", "--kill-child", "--mount-proc", "--")


def child_of(process: subprocess.Popen[bytes]) -> int:
    """Return the process that unshare has started: process 1 of the new namespace."""
    path = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    while not path.read_text().split():
        time.sleep(0.05)
    return int(path.read_text().split()[0])


SENT = [
    ("get j", signal.SIGINT), ("get j", signal.SIGTERM), ("watch j", signal.SIGTERM),
    ("watch j", signal.SIGHUP), ("sandbox", signal.SIGINT), ("sandbox", signal.SIGTERM),
]  # fmt: skip


@pytest.mark.parametrize(("command", "number"), SENT)
def test_f81_a_signal_ends_process_1_with_its_exit_code(
    command: str, number: signal.Signals
) -> None:
    with Server(silent) as server, Child(
        [*UNSHARE, sys.executable, "-m", "vbsjob", *command.split()], cwd=ROOT,
        env=clean_env(server.url), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    ) as process:  # fmt: skip
        first = child_of(process)
        if command == "sandbox":
            assert process.stdout
            process.stdout.readline()
        else:
            await_requests(server, 1)
        os.kill(first, number)
        assert process.wait(8) == 128 + number
