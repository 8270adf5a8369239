"""Draws lines in place on a terminal: only what changed is written, and nothing scrolls away.

No alternate screen. Between two drawings the cursor is visible and below the last line, so that
the terminal is in order whenever the program ends.
"""

from __future__ import annotations

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
    """Lines on a stream, none wider than `width`, which may change between two drawings."""

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
        same_place = not above and width == self._width
        common = min(len(lines), len(self._lines)) if same_place else 0
        # A terminal that became narrower has wrapped the old lines: they take more rows now.
        row = sum(max(1, -(-_columns(line) // width)) for line in self._lines)
        output: list[str] = []
        for number in range(common):
            if lines[number] != self._lines[number]:
                changed = _change(self._lines[number], lines[number])
                output.append(f"{_move(number - row)}{changed}\r\n")
                row = number + 1
        output.append(_move(common - row))
        if common < max(len(lines), len(self._lines)):
            output.append(ERASE_BELOW)
            output += [f"{text}\r\n" for text in (*above, *map(_text, lines[common:]))]
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


def _move(rows: int) -> str:
    if not rows:
        return ""
    return f"\x1b[{rows}B" if rows > 0 else f"\x1b[{-rows}A"
