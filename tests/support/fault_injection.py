"""Makes the n-th call of an operation fail, or kills the process there (`failing_calls.c`)."""

from __future__ import annotations

import random
import shutil
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

T = TypeVar("T")
SOURCE = Path(__file__).with_name("failing_calls.c")
Fault = int | str
"""An errno, or `before` or `after`: SIGKILL before or after the call."""


def compile_library(folder: Path, source: Path = SOURCE) -> str:
    """Compile a library for LD_PRELOAD; return its path."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        pytest.skip("what is preloaded has to be compiled: there is no C compiler")
    made = folder / f"{source.stem}.so"
    command = [compiler, "-shared", "-fPIC", "-o", str(made), str(source), "-ldl"]
    subprocess.run(command, check=True, capture_output=True)
    return str(made)


def sample(first: int, last: int, most: int | None) -> list[int]:
    """Return the numbers from first to last, or both and a seeded sample of those between."""
    numbers = range(first, last + 1)
    if most is None or len(numbers) <= most:
        return list(numbers)
    return sorted({first, last, *random.Random(last).sample(numbers, most - 2)})


@dataclass(frozen=True, slots=True)
class CallFault:
    """The n-th call of an operation, from 1, and its fault; number 0 only counts the calls."""

    operation: str
    log: Path
    under: Path
    """Only files below this path are counted."""
    at: int = 0
    fault: Fault = 0

    @property
    def env(self) -> dict[str, str]:
        """Environment variables that cause the fault."""
        return {
            "FAIL_OP": self.operation, "FAIL_AT": str(self.at), "FAIL_WITH": str(self.fault),
            "FAIL_UNDER": str(self.under), "FAIL_LOG": str(self.log),
        }  # fmt: skip

    def each(self, faults: Iterable[Fault], most: int | None = None) -> Iterator[CallFault]:
        """Yield a CallFault for each counted call and each fault.

        `most` limits the calls for each fault: the first, the last and a seeded sample.
        """
        for fault in faults:
            for at in sample(1, self.calls, most):
                log = self.log.with_name(f"{self.log.name}-{fault}-{at}")
                yield CallFault(self.operation, log, self.under, at, fault)

    @property
    def hit(self) -> tuple[str, str] | None:
        """(operation, file) of the call that failed; None if there were fewer calls."""
        for line in self._logged("struck"):
            operation, _, file = line.partition(" ")
            return operation, file
        return None

    @property
    def open_files(self) -> list[str]:
        """Files that were open when the process ended."""
        return self._logged("open")

    @property
    def calls(self) -> int:
        """Number of calls."""
        return int(self._logged("calls")[0].split()[0])

    def _logged(self, word: str) -> list[str]:
        lines = self.log.read_text().splitlines() if self.log.exists() else []
        return [line.removeprefix(f"{word} ") for line in lines if line.startswith(f"{word} ")]


def failing_runs(
    run: Callable[[CallFault], T],
    calls: Mapping[str, Iterable[Fault]],
    folder: Path,
    *,
    under: Path,
    most: int | None,
    beside: int,
) -> Iterator[tuple[CallFault, T]]:
    """Run once for each operation, which counts its calls, and once for each fault of each call.

    Yields the fault and what `run` returned. `calls` has the faults of an operation; logs are in
    the folder; so many runs are at a time `beside` each other.
    """
    logs = {name: folder / f"{name}-{time.monotonic_ns()}" for name in calls}
    counts = [CallFault(name, log, under) for name, log in logs.items()]
    with ThreadPoolExecutor(beside) as pool:
        yield from zip(counts, pool.map(run, counts), strict=True)
        faults = [
            fault for counted in counts for fault in counted.each(calls[counted.operation], most)
        ]
        yield from zip(faults, pool.map(run, faults), strict=True)
