"""The token cache of many processes at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from tests.support.forkserver import ForkServer
from tests.support.program import RunResult, running_sandbox

if TYPE_CHECKING:
    from pathlib import Path

PROCESSES = 50


@pytest.mark.slow
def test_f58_f69_fifty_processes_at_once_sign_in_once(tmp_path: Path) -> None:
    with (
        running_sandbox() as (_, variables),
        ForkServer(tmp_path / "forks") as forks,
        ThreadPoolExecutor(PROCESSES) as pool,
    ):
        env = variables | {"HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache")}

        def run(_: int) -> RunResult:
            return forks.run("get", "backup", "-o", "json", "-v", env=env)

        ended = list(pool.map(run, range(PROCESSES)))
    assert [result.code for result in ended] == [0] * PROCESSES
    assert sum("POST" in result.err for result in ended) == 1
