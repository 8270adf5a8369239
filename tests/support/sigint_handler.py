"""When a process is vbsjob's own: before, a SIGINT meets the interpreter and nothing of ours."""

from __future__ import annotations

import signal
import time
from pathlib import Path

BIT = 1 << (signal.SIGINT - 1)


def has_handler(pid: int) -> bool:
    """Whether a handler of Python's own is there for SIGINT."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False
    return bool(int(status.partition("SigCgt:")[2].split()[0], 16) & BIT)


def wait_for_own_handler(pid: int) -> None:
    """Wait until the interpreter has begun and vbsjob has taken its handler away again."""
    for wanted in (True, False):
        until = time.monotonic() + 10
        while has_handler(pid) is not wanted and time.monotonic() < until:
            time.sleep(0.0002)
