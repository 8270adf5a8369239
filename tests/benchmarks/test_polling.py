"""The benchmark of the rhythm, with fewer seeds: its ratios are promises."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.benchmarks import rhythm
from tests.support.program import ROOT

FEWER, LATEST = 5.0, 15.0


@pytest.mark.parametrize("row", rhythm.rows(15), ids=lambda row: f"{row.minutes}-minutes")
def test_a_watch_sends_a_fifth_of_the_requests_of_a_one_second_loop_and_is_at_most_15_s_late(
    row: rhythm.Row,
) -> None:
    assert min(row.fewer) >= FEWER
    assert max(run.lag for run in row.ours) <= LATEST


def test_the_one_second_loop_polls_every_second() -> None:
    run = rhythm.every_second(60.0, 7)
    assert 57 <= run.requests <= 62
    assert 0 <= run.lag <= 1 + 2 * rhythm.LATENCY


def test_readme_has_the_table_that_the_script_prints() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert rhythm.HEAD in readme
    script = [sys.executable, "tests/benchmarks/rhythm.py", "--seeds", "2"]
    printed = subprocess.run(script, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert printed.startswith(rhythm.HEAD)
    assert len(printed.splitlines()) == 2 + len(rhythm.MINUTES)
