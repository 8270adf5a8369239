"""A core dump would hold every secret of a run (F96): none is written, whatever ends it."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
from pathlib import Path

import pytest

from tests.support.child import Child
from tests.support.program import COMMAND, ROOT, clean_env
from tests.support.pseudo_terminal import await_requests
from tests.support.server import Server, silent

SOFT, HARD = resource.getrlimit(resource.RLIMIT_CORE)
PATTERN = Path("/proc/sys/kernel/core_pattern")
PIPED = PATTERN.exists() and PATTERN.read_text().startswith("|")
"""Whether cores go to a program, which gets them whatever the limit."""
pytestmark = [
    pytest.mark.skipif(not PATTERN.exists(), reason="needs Linux's /proc"),
    pytest.mark.skipif(HARD == 0, reason="the hard limit forbids a core to everybody"),
]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("command", "number"), [("get", signal.SIGSEGV), ("watch", signal.SIGQUIT)]
)
def test_f96_s05_no_core_is_written_while_a_secret_is_in_memory(
    command: str, number: signal.Signals, tmp_path: Path
) -> None:
    allow = 'ulimit -S -c "$(ulimit -H -c)" && exec "$@"'
    with Server(silent) as server, Child(
        ["bash", "-c", allow, "bash", *COMMAND, command, "j"],
        env=clean_env(server.url, PYTHONPATH=str(ROOT)), cwd=tmp_path,
        stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
    ) as child:  # fmt: skip
        await_requests(server, 1)
        limits = [line.split()[4:6] for line in Path(f"/proc/{child.pid}/limits").read_text()
                  .splitlines() if line.startswith("Max core")]  # fmt: skip
        child.send_signal(number)
        _, ended = os.waitpid(child.pid, 0)
        child.returncode = -os.WTERMSIG(ended)
    assert limits == [["0", str(HARD) if HARD >= 0 else "unlimited"]]
    assert os.WTERMSIG(ended) == number
    assert PIPED or not os.WCOREDUMP(ended)
    assert not list(tmp_path.iterdir())
