"""Draws lines in place on a terminal: only what changed is written, and nothing scrolls away.

No alternate screen. Between two drawings the cursor is visible and below the last line, so that
the terminal is in order whenever the program ends.
"""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING, NamedTuple, TextIO

if TYPE_CHECKING:
    from collections.abc import Sequence

HIDE_CURSOR, SHOW_CURSOR = "\x1b[?25l", "\x1b[?25h"
ERASE_LINE, ERASE_BELOW = "\x1b[K", "\x1b[J"


class Part(NamedTuple):
    """A piece of a line: the text as it is written, with its escape sequences, and its width."""

    written: str
    columns: int


Line = tuple[Part, ...]


class Screen:
    """Lines on a stream; `width` may change from one drawing to the next."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._lines: Sequence[Line] = ()
        self._width = 0

    def draw(
        self, lines: Sequence[Line], width: int, above: Sequence[str] = (), extra: str = ""
    ) -> None:
        """Show lines in place of the last ones.

        `above` scrolls away over the lines; `extra` is written as it is, such as a sequence that
        moves no cursor.
        """
        # A terminal that became narrower has wrapped the old lines: they take more rows now.
        old_rows, rows = _first_rows(self._lines, width), _first_rows(lines, width)
        unmoved = 0 if above or width != self._width else _unmoved(old_rows, rows)
        output: list[str] = []
        row = old_rows[-1]
        for number in range(unmoved):
            if lines[number] != self._lines[number]:
                output += [
                    _move(rows[number] - row),
                    _change(self._lines[number], lines[number]),
                    "\r\n",
                ]
                row = rows[number + 1]
        if unmoved < max(len(lines), len(self._lines)):
            output += [_move(old_rows[unmoved] - row), ERASE_BELOW]
            output += [f"{text}\r\n" for text in above]
            output += [f"{_text(line)}\r\n" for line in lines[unmoved:]]
        else:
            output.append(_move(rows[-1] - row))
        self._lines, self._width = tuple(lines), width
        written = "".join(output)
        if written:
            written = f"{HIDE_CURSOR}\r{written}{SHOW_CURSOR}"
        if written or extra:
            self._stream.write(extra + written)
            self._stream.flush()

    def forget(self) -> None:
        """Leave the lines where they are: the next drawing begins below them."""
        self._lines = ()


def _change(old: Line, new: Line) -> str:
    """Return what turns a line into another: its start only, if the rest does not move."""
    same = 0
    while same < min(len(old), len(new)) and old[-1 - same] == new[-1 - same]:
        same += 1
    if same and _columns(old[: len(old) - same]) == _columns(new[: len(new) - same]):
        return _text(new[: len(new) - same])
    return _text(new) + ERASE_LINE


def _text(line: Line) -> str:
    return "".join(part.written for part in line)


def _columns(line: Line) -> int:
    return sum(part.columns for part in line)


def _first_rows(lines: Sequence[Line], width: int) -> list[int]:
    """Return the first row of each line, counted from 0, and the row below the last line."""
    heights = (max(1, -(-_columns(line) // max(1, width))) for line in lines)
    return [0, *accumulate(heights)]


def _unmoved(old_rows: Sequence[int], rows: Sequence[int]) -> int:
    """Return how many lines from the top take the same rows as before."""
    pairs = zip(old_rows, rows, strict=False)
    same = next((n for n, (old, new) in enumerate(pairs) if old != new), None)
    return (min(len(old_rows), len(rows)) if same is None else same) - 1


def _move(rows: int) -> str:
    if not rows:
        return ""
    return f"\x1b[{rows}B" if rows > 0 else f"\x1b[{-rows}A"
