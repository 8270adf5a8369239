"""When SIGINT reaches vbsjob: earlier, it meets the interpreter and none of our code."""

from __future__ import annotations

import signal
import time
from pathlib import Path

LIMIT = 30.0
"""Seconds within which an interpreter starts even on a busy machine."""


def _set_of(pid: int, field: str) -> int:
    """Return the signals of a field of /proc/PID/status as bits; 0 if the process has ended."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    return int(status.partition(f"{field}:")[2].split()[0], 16)


def has_handler(pid: int) -> bool:
    """Whether a process has a handler for SIGINT; False if it has ended."""
    return bool(_set_of(pid, "SigCgt") & 1 << (signal.SIGINT - 1))


def wait_for_own_handler(pid: int) -> None:
    """Wait until the interpreter has set its handler and vbsjob has removed it again.

    The interpreter ignores SIGPIPE just before it sets the handler, which can be gone before it is
    seen here: so both are looked at twice. Raises AssertionError if that does not happen: a signal
    sent then would test nothing of ours.
    """
    until, times = time.monotonic() + LIMIT, 0
    while times < 2:
        assert time.monotonic() < until, f"SIGINT handler of process {pid}"
        started = _set_of(pid, "SigIgn") & 1 << (signal.SIGPIPE - 1)
        times = times + 1 if started and not has_handler(pid) else 0
        time.sleep(0.005 if times else 0.0002)
