"""A thousand jobs at once: a real process against a sandbox that fails more than a quarter."""

from __future__ import annotations

import json
import subprocess
import time
from pathlib import Path

import pytest

from tests.support.child import Child
from tests.support.counting_proxy import CountingProxy
from tests.support.program import COMMAND, ROOT, clean_env, running_sandbox
from vbsjob.sandbox.account import PROJECT

FAULTS = ("--fault", "429=0.2", "--fault", "503=0.05", "--fault", "cut=0.01")
FILES, QUESTIONS, MEMORY = 64, 25, 150 << 10


def expected(jobs: int) -> dict[str, int]:
    """Return ids of every kind with the code each must come to: most are over, some go on."""
    codes: dict[str, int] = {}
    for number in range(jobs):
        name, code = (("backup", 0), ("fail-deep", 1), ("restore", 0), ("backup", 0))[number % 4]
        going_on = number % 20 in {0, 1}
        codes[f"{name}-{number}" if going_on else f"{name}-{number}-ended"] = code
    return codes


@pytest.mark.slow
@pytest.mark.parametrize("jobs", [120, pytest.param(1000, marks=pytest.mark.long)])
def test_f31_s12_every_verdict_is_right_within_limits_of_descriptors_requests_and_memory(
    jobs: int, tmp_path: Path
) -> None:
    right = expected(jobs)
    out, err = tmp_path / "out", tmp_path / "err"
    most_files = memory = 0
    with (
        running_sandbox(*FAULTS) as (_, sandbox_env),
        CountingProxy(int(sandbox_env["OS_AUTH_URL"].split(":")[2][:-3])) as tally,
    ):
        sandbox_env["VBSJOB_ENDPOINT"] = f"{tally.address}/v1/{PROJECT.id}"
        with out.open("wb") as stdout, err.open("wb") as stderr, Child(
            [*COMMAND, "watch", "-", "-o", "jsonl", "--progress", "none"],
            env=clean_env(HOME=str(tmp_path), **sandbox_env), cwd=ROOT,
            stdin=subprocess.PIPE, stdout=stdout, stderr=stderr,
        ) as watch:  # fmt: skip
            assert watch.stdin
            watch.stdin.write("\n".join(right).encode())
            watch.stdin.close()
            while watch.poll() is None:
                most_files = max(most_files, _files(watch.pid))
                memory = max(memory, _memory(watch.pid))
                time.sleep(0.05)
    verdict = json.loads(out.read_bytes().splitlines()[-1])
    assert {entry["job_id"]: entry["exit_code"] for entry in verdict["jobs"]} == right
    assert verdict["exit_code"] == watch.returncode == 1, err.read_text()
    assert len(tally.times) > jobs * 1.2
    assert 3 < most_files <= FILES
    assert tally.most_in_a_second <= QUESTIONS
    assert 10 << 10 < memory <= MEMORY


def _files(pid: int) -> int:
    try:
        return len(list(Path(f"/proc/{pid}/fd").iterdir()))
    except OSError:
        return 0


def _memory(pid: int) -> int:
    """Return the most memory that a process has held so far, in KiB."""
    try:
        status = Path(f"/proc/{pid}/status").read_text("ascii")
    except OSError:
        return 0
    held = [line.split()[1] for line in status.splitlines() if line.startswith("VmHWM")]
    return int(held[0]) if held else 0
