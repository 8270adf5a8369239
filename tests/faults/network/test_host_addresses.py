"""Hosts with several addresses: one that is dead does not hide one that lives (F01, F02)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.filesystem import needs_mount, within_etc
from tests.support.program import clean_env, run_process
from tests.support.server import Server, always, answer, job

if TYPE_CHECKING:
    from pathlib import Path

HOSTS = "::1 two.test\n127.0.0.1 two.test\n"


@needs_mount
@pytest.mark.parametrize("alive", ["::1", "127.0.0.1"])
def test_f01_a_service_that_listens_on_one_of_two_addresses_is_reached(
    tmp_path: Path, alive: str
) -> None:
    (tmp_path / "hosts").write_text(HOSTS)
    with Server(always(answer(job())), host=alive) as server:
        env = clean_env(f"http://two.test:{server.port}")
        argv = ("get", "j", "--exit-status", "--insecure-http", "--retry-for", "0")
        ended = run_process(*argv, env=env, within=within_etc(tmp_path))
        assert ended.code == 0, ended.err
        assert server.requests == 1
