"""README's pictures: what the program draws today, shown where README says."""

from __future__ import annotations

import html
import json
import re
import shutil
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


CHROMIUM = shutil.which("chromium")
PAGE = """<html xmlns="http://www.w3.org/1999/xhtml"><body>{}<pre id="out"></pre><script>
const runs = [...document.querySelectorAll("text[textLength]")].map(text => [
  text.textContent, Array.from({{length: text.getNumberOfChars()}},
  (_, i) => text.getStartPositionOfChar(i).x), text.textLength.baseVal.value]);
document.getElementById("out").textContent = JSON.stringify(runs);
</script></body></html>"""
"""A page that shows a picture and lists the text and the x of each character of each run."""


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")
@pytest.mark.parametrize("picture", sorted(FOLDER.glob("*.svg")), ids=lambda path: path.stem)
def test_a_browser_draws_each_character_in_its_column(picture: Path, tmp_path: Path) -> None:
    page = tmp_path / "page.xhtml"
    page.write_text(PAGE.format(picture.read_text("utf-8")), "utf-8")
    command = [
        str(CHROMIUM), "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic",
        "--no-first-run", "--disable-background-networking", "--disable-component-update",
        "--disable-sync", f"--user-data-dir={tmp_path / 'profile'}", "--dump-dom", str(page),
    ]  # fmt: skip
    ended = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    runs = json.loads(html.unescape(ended.stdout.split('<pre id="out">')[1].split("</pre>")[0]))
    words = [run for run in runs if run[0] != "\n"]
    assert len(words) > 20
    for text, positions, length in words:
        width = length / len(text)
        columns = [round((x - positions[0]) / width) for x in positions]
        assert columns == list(range(len(text))), text


def test_readme_shows_pictures_that_are_there() -> None:
    shown = re.findall(r"!\[[^\]]+\]\(([^)]+)\)", ROOT.joinpath("README.md").read_text("utf-8"))
    assert [path for path in shown if not (ROOT / path).is_file()] == []
    assert len(shown) >= 2
