"""Processor time of whole processes, in turns, and Markdown tables of what came of it.

Turns, so that a busy moment of the machine touches every case; medians, so that it counts for none.
"""

from __future__ import annotations

import os
import platform
import pty
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from tests.support.child import Child

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

ROOT = Path(__file__).resolve().parents[2]
VBSJOB = (sys.executable, "-m", "vbsjob")


@dataclass(frozen=True)
class Case:
    """A command to time: `floor` names the case it is held against, `limit` how often that."""

    name: str
    argv: Sequence[str]
    env: Mapping[str, str] = field(default_factory=dict)
    floor: str = ""
    limit: float | None = None
    terminal: bool = False
    """Whether it runs on a terminal of its own."""


def children() -> float:
    """Return the processor seconds that ended child processes took so far."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


HOME = tempfile.TemporaryDirectory()
"""A home directory without files; it is removed when the process ends."""


def cpu(case: Case) -> float:
    """Run a case and return its processor seconds; raises SystemExit where it fails."""
    # Byte code is written, as on any machine where a program has run before.
    env = {"PATH": os.environ["PATH"], "HOME": HOME.name, "TERM": "xterm-256color", **case.env}
    before = children()
    if case.terminal:
        code, output = _on_terminal(case.argv, env)
    else:
        ended = subprocess.run(
            case.argv, env=env, cwd=ROOT, capture_output=True, stdin=subprocess.DEVNULL,
            timeout=120, check=False,
        )  # fmt: skip
        code, output = ended.returncode, ended.stderr
    if code:
        raise SystemExit(f"{case.name} ended with {code}: {output.decode()[-500:]}")
    return children() - before


def _on_terminal(argv: Sequence[str], env: Mapping[str, str]) -> tuple[int, bytes]:
    controller, terminal = pty.openpty()
    with Child(
        argv, env=env, cwd=ROOT, stdin=terminal, stdout=terminal, stderr=terminal
    ) as running:
        os.close(terminal)
        parts = []
        with suppress(OSError):  # how a terminal ends on Linux
            while part := os.read(controller, 65536):
                parts.append(part)
        os.close(controller)
        return running.wait(), b"".join(parts)


def medians(cases: Iterable[Case], runs: int) -> dict[str, float]:
    """Run all cases in turns, once unmeasured, and return the median of each in seconds."""
    cases = list(cases)
    cpu_seconds: dict[str, list[float]] = {case.name: [] for case in cases}
    for turn in range(runs + 1):
        for case in cases:
            seconds = cpu(case)
            if turn:
                cpu_seconds[case.name].append(seconds)
    return {name: statistics.median(times) for name, times in cpu_seconds.items()}


def beyond(
    cases: Iterable[Case], cpu_seconds: Mapping[str, float], slack: float = 1.0
) -> list[str]:
    """Say which cases take more than their limit, `slack` times widened."""
    return [
        f"{case.name}: {cpu_seconds[case.name] / cpu_seconds[case.floor]:.2f} x {case.floor}"
        for case in cases
        if case.limit and cpu_seconds[case.name] > case.limit * slack * cpu_seconds[case.floor]
    ]


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table."""
    lines = [f"| {' | '.join(row)} |" for row in (head, ["---"] * len(head), *rows)]
    return "\n".join(lines) + "\n"


def machine() -> str:
    """Say when and where this was measured."""
    date = time.strftime("%Y-%m-%d", time.gmtime())
    system = platform.platform(terse=True)
    return f"{date}, {os.cpu_count()} cores, Python {platform.python_version()}, {system}"
