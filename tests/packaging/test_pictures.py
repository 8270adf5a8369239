"""README's pictures: what the program draws today, shown where README says."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.support.program import ROOT

if TYPE_CHECKING:
    from pathlib import Path

FOLDER = ROOT / "tests" / "pictures"


@pytest.mark.slow
def test_every_picture_is_what_the_program_draws_now(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.pictures.draw", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, check=True, timeout=60)
    generated = {path.name: path.read_text("utf-8") for path in tmp_path.iterdir()}
    stored = {path.name: path.read_text("utf-8") for path in FOLDER.glob("*.svg")}
    assert generated == stored, "run python -m tests.pictures.draw"


def test_pictures_load_nothing_from_elsewhere() -> None:
    for path in FOLDER.glob("*.svg"):
        addresses = set(re.findall(r"[a-z]+://[^\s\"<]+", path.read_text("utf-8")))
        assert addresses == {"http://www.w3.org/2000/svg", "https://www.textualize.io"}
