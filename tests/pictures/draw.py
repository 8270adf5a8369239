"""Draws README's pictures: `python -m tests.pictures.draw` runs vbsjob on its sandbox.

Time is a value here, so every run draws the same.
"""

from __future__ import annotations

import io
import sys
from datetime import UTC, datetime, timedelta
from html import escape
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from tests.support.clock import FakeClock
from tests.support.context import fake_context
from tests.support.pseudo_terminal import Screen
from vbsjob.__main__ import run

if TYPE_CHECKING:
    from collections.abc import Iterator

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
COLORS = {"green": "#7ec699", "red": "#f08d8d", "cyan": "#7fd4e6", "brown": "#e5c07b"}
PAPER, INK = "#1e2228", "#d7dae0"
WIDE, HIGH, EDGE = 8.4, 19, 14
FONT = 'font-family="ui-monospace,Menlo,Consolas,monospace" font-size="14" xml:space="preserve"'


class Stream(io.StringIO):
    """One of the two streams to a terminal that keeps what both write, in order."""

    encoding = "utf-8"

    def __init__(self, shown: list[str]) -> None:
        super().__init__()
        self._shown = shown

    def isatty(self) -> bool:
        """A terminal, as a person has."""
        return True

    def write(self, text: str) -> int:
        """Keep the text."""
        self._shown.append(text)
        return len(text)


def shown(shot: Shot) -> str:
    """Return what stands on the terminal at the moment of the picture."""
    clock, wrote = FakeClock(), [f"$ {shot.command}\n"]
    start = clock()
    picture: list[str] = []

    def sleep(seconds: float) -> None:
        if shot.at is not None and not picture and clock() - start >= shot.at:
            picture.extend(wrote)
        clock.sleep(seconds)

    stream = Stream(wrote)
    context = fake_context(
        io.StringIO(), stream, stream, {"TERM": "xterm"}, monotonic=clock, sleep=sleep,
        random=lambda: 0.5, terminal_size=lambda _: (COLUMNS, LINES),
        now=lambda: START + timedelta(seconds=clock() - start),
    )  # fmt: skip
    run(shot.command.split()[1:], context)
    return "".join(picture or wrote)


def svg(text: str) -> str:
    """Return a screen of text as a picture, every run of letters where it stands."""
    screen = Screen(COLUMNS, LINES * 2)
    screen.feed(text)
    rows = [[screen.shown.buffer[y][x] for x in range(COLUMNS)] for y in range(LINES * 2)]
    while rows and not "".join(cell.data for cell in rows[-1]).strip():
        rows.pop()
    width, height = EDGE * 2 + COLUMNS * WIDE, EDGE * 2 + len(rows) * HIGH
    lines = [line for number, row in enumerate(rows) for line in _line(number, row)]
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height}" {FONT}>',
            f'<rect width="100%" height="100%" rx="8" fill="{PAPER}"/>',
            *lines,
            "</svg>",
            "",
        ]
    )


def _line(number: int, row: list[Char]) -> Iterator[str]:
    x, y = 0, EDGE + HIGH * number + HIGH - 5
    for (color, bold), cells in groupby(row, lambda cell: (cell.fg, cell.bold)):
        text = "".join(cell.data for cell in cells)
        words = text.rstrip()
        if words:
            fill = COLORS.get(color, INK)
            weight = ' font-weight="bold"' if bold else ""
            yield (
                f'<text x="{EDGE + x * WIDE:.1f}" y="{y}" textLength="{len(words) * WIDE:.1f}"'
                f' fill="{fill}"{weight}>{escape(words)}</text>'
            )
        x += len(text)


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
