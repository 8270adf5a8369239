"""README's pictures: what the program draws today, shown where README says."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

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


def test_pictures_are_whole_and_load_nothing_from_elsewhere() -> None:
    for path in FOLDER.glob("*.svg"):
        root = ET.parse(path).getroot()
        assert {element.tag.rpartition("}")[2] for element in root} == {"rect", "text"}
        assert re.findall(r"https?://\S+", path.read_text("utf-8")) == [
            'http://www.w3.org/2000/svg"'
        ]


def test_readme_shows_pictures_that_are_there() -> None:
    shown = re.findall(r"!\[[^\]]+\]\(([^)]+)\)", ROOT.joinpath("README.md").read_text("utf-8"))
    assert [path for path in shown if not (ROOT / path).is_file()] == []
    assert len(shown) >= 2
