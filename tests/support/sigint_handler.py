"""When SIGINT reaches vbsjob: earlier, it meets the interpreter and none of our code."""

from __future__ import annotations

import signal
import time
from pathlib import Path

BIT = 1 << (signal.SIGINT - 1)
LIMIT = 30.0
"""Seconds within which an interpreter starts even on a busy machine."""


def has_handler(pid: int) -> bool:
    """Whether a process has a handler for SIGINT; False if it has ended."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False
    return bool(int(status.partition("SigCgt:")[2].split()[0], 16) & BIT)


def wait_for_own_handler(pid: int) -> None:
    """Wait until the interpreter has set its handler and vbsjob has removed it again.

    Raises AssertionError if that does not happen: a signal sent then would test nothing of ours.
    """
    for wanted in (True, False):
        until = time.monotonic() + LIMIT
        while has_handler(pid) is not wanted:
            assert time.monotonic() < until, f"SIGINT handler of process {pid}: not {wanted}"
            time.sleep(0.0002)
