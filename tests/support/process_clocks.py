"""Wrong or fast clocks of a process: libfaketime, and `stepping_clock.c` for steps and sleep."""

from __future__ import annotations

import struct
import subprocess
from pathlib import Path

import pytest

from tests.support.fault_injection import compile_library

LIBRARIES = sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
needs_faketime = pytest.mark.skipif(not LIBRARIES, reason="clocks that are wrong need libfaketime")


def faketime_env(by: str, *, times: float = 1.0) -> dict[str, str]:
    """Return variables that shift the clocks of a process, such as by `+2h`, and speed them up.

    All its clocks, and its waits in sleep and poll. Not those for a lock or a condition: no look-up
    of a name that takes long, and no full pool of connections, can be tried with a fast clock.
    """
    return {"LD_PRELOAD": str(LIBRARIES[0]), "FAKETIME": f"{by} x{times:g}"}


SOURCE = Path(__file__).with_name("stepping_clock.c")


def _may_shift() -> bool:
    command = ["unshare", "--time", "--boottime", "1", "true"]
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except OSError:
        return False


needs_time_namespace = pytest.mark.skipif(
    not _may_shift(), reason="clocks of one's own need root and a kernel and unshare that have them"
)


class SteppingClock:
    """Moves the clocks of running processes that have its variables."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "steps"
        self._library = compile_library(folder, SOURCE)
        self.set(clock=0, sleep=0)

    @property
    def env(self) -> dict[str, str]:
        """Environment variables of such a process."""
        return {"LD_PRELOAD": self._library, "STEPPING": str(self._file)}

    def set(self, *, clock: int, sleep: int) -> None:
        """Shift the wall clock by `clock` s; let the machine have slept for `sleep` s.

        libfaketime cannot do this: it moves CLOCK_BOOTTIME with the others, or breaks it.
        """
        with self._file.open("r+b" if self._file.exists() else "wb") as file:
            file.write(struct.pack("=qq", clock + sleep, sleep))
