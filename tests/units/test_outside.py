"""A run of tests fails if it creates or removes something outside of its temporary folders."""

from __future__ import annotations

import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.support.child import Child
from tests.support.outside import snapshot

if TYPE_CHECKING:
    from pathlib import Path


def test_new_and_removed_files_are_noticed_but_not_those_of_tools(tmp_path: Path) -> None:
    checkout, home, devices = (tmp_path / name for name in ("checkout", "home", "dev"))
    for folder in (checkout / "tests", checkout / ".git", home / ".cache", devices):
        folder.mkdir(parents=True)
    (devices / "stdout").symlink_to("/proc/self/fd/1")
    before = snapshot(checkout, home, devices)

    (checkout / ".git/index").write_text("")
    (checkout / "tests/__pycache__").mkdir()
    assert snapshot(checkout, home, devices) == before

    (checkout / "tests/new").write_text("")
    (home / ".cache/vbsjob").mkdir()
    (devices / "stdout").unlink()
    (devices / "stdout").write_text("a report")
    assert before ^ snapshot(checkout, home, devices) == {
        str(checkout / "tests/new"),
        str(home / ".cache/vbsjob"),
        f"{devices / 'stdout'} (l)",
        f"{devices / 'stdout'} (-)",
    }


def test_a_child_that_is_waited_for_too_long_is_killed() -> None:
    with (  # the block is what is tested
        pytest.raises(subprocess.TimeoutExpired),
        Child([sys.executable, "-c", "import time; time.sleep(600)"]) as child,
    ):
        child.wait(0.01)
    assert child.returncode == -signal.SIGKILL
