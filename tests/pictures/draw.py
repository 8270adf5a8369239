"""Draws README's pictures: `python -m tests.pictures.draw` runs vbsjob on its sandbox.

Time is a value here, so every run draws the same.
"""

from __future__ import annotations

import io
import math
import re
import sys
from datetime import UTC, datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console
from rich.style import Style
from rich.text import Text

from tests.screens.draw import Recorder
from tests.support.clock import FakeClock
from tests.support.context import fake_context
from tests.support.pseudo_terminal import Screen
from vbsjob.__main__ import run

if TYPE_CHECKING:
    from pyte.screens import Char

FOLDER = Path(__file__).parent
COLUMNS, LINES = 88, 30
START = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)


class Shot(NamedTuple):
    """A command line, and how many seconds after its start it is drawn; None for its end."""

    command: str
    at: float | None = None


SHOTS = {
    "watch.svg": Shot("vbsjob watch restore --cloud sandbox", 24),
    "failure.svg": Shot("vbsjob get fail-deep-ended --cloud sandbox"),
    "several.svg": Shot("vbsjob watch backup restore fail-deep --cloud sandbox", 15),
}
RICH_NAMES = {"brown": "yellow"} | {
    f"bright{color}": f"bright_{color}" for color in ("black", "red", "green", "blue", "cyan")
}
HEX = re.compile("[0-9a-f]{6}")
FORMAT = re.sub(r"@font-face \{\{.*?\}\}\s*", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL)
FORMAT = FORMAT.replace("    {lines}\n", "")
"""rich's own picture of a terminal, without the fonts that it loads from a server.

A clip path for each line is left out, because no line is wider than the terminal.
"""
CLIP = re.compile(r' clip-path="url\(#vbsjob-line-[0-9]+\)"')


def shown(shot: Shot) -> str:
    """Return what was written to the terminal until the moment of the picture."""
    clock = FakeClock()
    start = clock()
    terminal = Recorder(clock)
    terminal.write(f"$ {shot.command}\n")
    context = fake_context(
        io.StringIO(), terminal, terminal, {"TERM": "xterm"}, monotonic=clock, sleep=clock.sleep,
        random=lambda: 0.5, terminal_size=lambda _: (COLUMNS, LINES),
        now=lambda: START + timedelta(seconds=clock() - start),
    )  # fmt: skip
    run(shot.command.split()[1:], context)
    end = math.inf if shot.at is None else start + shot.at
    return "".join(text for at, text in terminal.parts if at <= end)


def svg(text: str) -> str:
    """Return a screen of text as a picture, drawn by rich, that loads nothing from elsewhere."""
    screen = Screen(COLUMNS, LINES * 2)
    screen.feed(text)
    height = max(number for number, row in enumerate(screen.shown.display, 1) if row.strip())
    console = Console(
        record=True, width=COLUMNS, height=height, file=io.StringIO(), color_system="truecolor",
        force_terminal=True,
    )  # fmt: skip
    for number in range(height):
        cells = (screen.shown.buffer[number][x] for x in range(COLUMNS))
        line = Text(no_wrap=True)
        for style, run_of_cells in groupby(cells, _style):
            line.append("".join(cell.data for cell in run_of_cells), style)
        line.rstrip()
        console.print(line)
    picture = console.export_svg(title="vbsjob", unique_id="vbsjob", code_format=FORMAT)
    return CLIP.sub("", picture)


def _style(cell: Char) -> Style:
    color = f"#{cell.fg}" if HEX.fullmatch(cell.fg) else RICH_NAMES.get(cell.fg, cell.fg)
    return Style(color=color, bold=cell.bold)


def pictures() -> dict[str, str]:
    """Return every picture by the name of its file."""
    return {name: svg(shown(shot)) for name, shot in SHOTS.items()}


def main() -> None:
    """Write them all, here or into another folder."""
    folder = Path(sys.argv[1]) if sys.argv[1:] else FOLDER
    for name, picture in pictures().items():
        folder.joinpath(name).write_text(picture, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
