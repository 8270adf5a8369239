"""The end of a process that cannot even report an error in the usual way (F92)."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.support import canary
from tests.support.program import ROOT, TOKEN, clean_env

SCRIPT = "import sys\nfrom vbsjob.__main__ import _exit_internal\n_exit_internal({error})"


def end(error: str) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-c", SCRIPT.format(error=error)]
    return subprocess.run(
        command, env=clean_env(), cwd=ROOT, capture_output=True, timeout=60, check=False
    )


@pytest.mark.parametrize("kind", ["ValueError", "RecursionError", "SystemExit", "MemoryError"])
def test_s05_f92_the_last_resort_prints_the_kind_of_the_error_and_nothing_else(kind: str) -> None:
    ended = end(f"{kind}({TOKEN!r})")
    canary.check(ended.stdout + ended.stderr)
    assert (ended.returncode, ended.stdout) == (70, b"")
    assert ended.stderr == f"vbsjob: could not run: {kind}.\n".encode()


def test_f78_without_stderr_the_last_resort_still_ends_with_70() -> None:
    script = SCRIPT.format(error="ValueError()").replace("import sys\n", "import os\nos.close(2)\n")
    ended = subprocess.run(
        [sys.executable, "-c", script], env=clean_env(), cwd=ROOT, capture_output=True,
        timeout=60, check=False,
    )  # fmt: skip
    assert ended.returncode == 70
