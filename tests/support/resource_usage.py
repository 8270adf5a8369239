"""Exit code, last output and resource usage of a process."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.support import canary
from tests.support.child import Child
from tests.support.program import COMMAND, ROOT

if TYPE_CHECKING:
    from collections.abc import Mapping

# What a process held before it became another program counts as held by that program, and a child
# of ours begins as a copy of us: so it is a small program that starts the one on the scales.
SCALES = """
import os, sys
child = os.posix_spawn(sys.argv[2], sys.argv[2:], os.environ)
_, status, used = os.wait4(child, 0)
told = os.waitstatus_to_exitcode(status), used.ru_maxrss, used.ru_utime + used.ru_stime
os.write(int(sys.argv[1]), " ".join(map(str, told)).encode())
"""
LAST = 65536


@dataclass(frozen=True, slots=True)
class ResourceUsage:
    """Exit code, peak memory in KiB and CPU seconds of a run."""

    code: int
    peak_kib: int
    cpu_seconds: float
    output: bytes
    """Last bytes that it wrote: on its terminal if it had one, else on stderr."""

    def __post_init__(self) -> None:
        """S05: no run prints a secret."""
        canary.check(self.output)


def measure(*argv: str, env: Mapping[str, str], terminal: bool = False) -> ResourceUsage:
    """Run vbsjob to its end with stdout on /dev/null, or with both streams on a terminal."""
    scale, write_end = os.pipe()
    near, far = pty.openpty() if terminal else os.pipe()
    with Child(
        [sys.executable, "-I", "-S", "-c", SCALES, str(write_end), *COMMAND, *argv],
        stdin=subprocess.DEVNULL, stdout=far if terminal else subprocess.DEVNULL, stderr=far,
        env=dict(env), cwd=ROOT, pass_fds=(write_end,),
    ):  # fmt: skip
        os.close(write_end)
        os.close(far)
        output = _last(near)
    code, most, processor = os.read(scale, 200).split()
    os.close(scale)
    os.close(near)
    return ResourceUsage(int(code), int(most), float(processor), output)


def _last(near: int) -> bytes:
    output = b""
    with suppress(OSError):  # how a terminal ends
        while piece := os.read(near, LAST):
            output = (output + piece)[-LAST:]
    return output
