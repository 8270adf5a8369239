"""When SIGINT reaches vbsjob: earlier, it meets the interpreter and none of our code."""

from __future__ import annotations

import signal
import time
from pathlib import Path

LIMIT = 30.0
"""Seconds within which an interpreter starts even on a busy machine."""


def ignores(pid: int, number: int) -> bool:
    """Whether a process ignores a signal; False if it has ended."""
    return _contains(pid, "SigIgn", number)


def _contains(pid: int, field: str, number: int) -> bool:
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False
    return bool(int(status.partition(f"{field}:")[2].split()[0], 16) & 1 << (number - 1))


def has_handler(pid: int) -> bool:
    """Whether a process has a handler for SIGINT; False if it has ended."""
    return _contains(pid, "SigCgt", signal.SIGINT)


def wait_for_own_handler(pid: int) -> None:
    """Wait until the interpreter has set its handler and vbsjob has removed it again.

    The interpreter ignores SIGPIPE just before it sets the handler, which can be gone before it is
    seen here: so both are looked at twice. Raises AssertionError if that does not happen: a signal
    sent then would test nothing of ours.
    """
    until, times = time.monotonic() + LIMIT, 0
    while times < 2:
        assert time.monotonic() < until, f"SIGINT handler of process {pid}"
        started = ignores(pid, signal.SIGPIPE)
        times = times + 1 if started and not has_handler(pid) else 0
        time.sleep(0.005 if times else 0.0002)
