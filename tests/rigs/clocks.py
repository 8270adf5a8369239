"""Clocks that are wrong or run fast, by libfaketime."""

from __future__ import annotations

from pathlib import Path

import pytest

FOUND = sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
needs_faketime = pytest.mark.skipif(not FOUND, reason="clocks that are wrong need libfaketime")


def off(by: str, *, times: float = 1.0) -> dict[str, str]:
    """Return the variables of a process whose clocks are off, such as `+2h`, and so much faster.

    All its clocks, and its waits in sleep and poll. Not those for a lock or a condition: no look-up
    of a name that takes long, and no full pool of connections, can be tried with a fast clock.
    """
    return {"LD_PRELOAD": str(FOUND[0]), "FAKETIME": f"{by} x{times:g}"}
