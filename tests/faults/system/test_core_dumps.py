"""A core dump would hold every secret of a run (F96): none is written, whatever ends it."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.support.child import Child
from tests.support.program import COMMAND, ROOT, clean_env
from tests.support.server import Server, silent

SOFT, HARD = resource.getrlimit(resource.RLIMIT_CORE)
PATTERN = Path("/proc/sys/kernel/core_pattern")
PIPED = PATTERN.exists() and PATTERN.read_text().startswith("|")
"""Whether cores go to a program, which gets them whatever the limit."""
ENDINGS = (signal.SIGQUIT, signal.SIGABRT, signal.SIGSEGV)

pytestmark = [
    pytest.mark.skipif(not PATTERN.exists(), reason="needs Linux's /proc"),
    pytest.mark.skipif(HARD == 0, reason="the hard limit forbids a core to everybody"),
]


@pytest.mark.slow
@pytest.mark.parametrize("command", ["get", "watch"])
@pytest.mark.parametrize("number", ENDINGS)
def test_f96_s05_no_core_is_written_while_a_secret_is_in_memory(
    number: signal.Signals, command: str, tmp_path: Path
) -> None:
    limits, dumped, ended = signalled(number, [*COMMAND, command, "j"], tmp_path)
    assert limits == [["0", str(HARD) if HARD >= 0 else "unlimited"]]
    assert os.WTERMSIG(ended) == number
    assert PIPED or not dumped
    assert not list(tmp_path.iterdir())


def signalled(
    number: signal.Signals, command: list[str], folder: Path
) -> tuple[list[list[str]], bool, int]:
    """Strike it while it asks: its core limits, whether a core was made, how it ended."""
    with Server(silent) as server, Child(
        ["bash", "-c", 'ulimit -S -c "$(ulimit -H -c)" && exec "$@"', "bash", *command],
        env=clean_env(server.url, PYTHONPATH=str(ROOT)), cwd=folder,
        stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
    ) as child:  # fmt: skip
        end = time.monotonic() + 30
        while not server.requests and time.monotonic() < end:
            time.sleep(0.01)
        limits = [line.split()[4:6] for line in Path(f"/proc/{child.pid}/limits").read_text()
                  .splitlines() if line.startswith("Max core")]  # fmt: skip
        child.send_signal(number)
        _, ended = os.waitpid(child.pid, 0)
        child.returncode = -os.WTERMSIG(ended)
    return limits, os.WCOREDUMP(ended), ended
