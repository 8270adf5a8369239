"""The benchmarks' ratios in a light form: processor time, few runs, wide slack, measured again.

A ratio that stays beyond its widened target in every one of some tries is no noise.
"""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.benchmarks import startup
from tests.benchmarks.measure import ROOT, beyond, medians

if TYPE_CHECKING:
    from pathlib import Path

TRIES = 4
SLACK = 1.3


@pytest.mark.long
def test_start_up_stays_near_the_import_time_of_its_libraries(tmp_path: Path) -> None:
    missed = ["not measured"]
    with startup.service() as server:
        guarded = [case for case in startup.vbsjob_cases(server.url, str(tmp_path)) if case.limit]
        cases = [*startup.floors(server.url), *guarded]
        for _ in range(TRIES):
            missed = beyond(cases, medians(cases, 3), SLACK)
            if not missed:
                break
    assert not missed


@pytest.mark.long
@pytest.mark.parametrize(
    "benchmark",
    [
        ("answers", "--sizes", "3000,30000", "--runs", "1"),
        ("watching", "--jobs", "200", "--runs", "1"),
    ],
    ids=lambda words: words[0],
)
def test_big_answers_and_long_watches_cost_little_more_than_the_libraries_alone(
    benchmark: tuple[str, ...],
) -> None:
    name, *words = benchmark
    argv = [sys.executable, "-m", f"tests.benchmarks.{name}", *words, "--slack", str(SLACK)]
    output = ""
    for _ in range(TRIES):
        ended = subprocess.run(
            argv, cwd=ROOT, env={"PATH": os.environ["PATH"]}, capture_output=True, text=True,
            timeout=120, check=False,
        )  # fmt: skip
        output = ended.stdout + ended.stderr
        if ended.returncode == 0:
            return
    pytest.fail(output)
