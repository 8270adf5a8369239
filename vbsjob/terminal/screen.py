"""Lines that stay in place on a terminal: only what changed is written, nothing scrolls away.

No alternate screen, no mode, no size of its own. The cursor rests below the last line, visible:
whatever ends the program between two drawings leaves the terminal as it was.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from collections.abc import Sequence

HIDE, SHOW = "\x1b[?25l", "\x1b[?25h"
ERASE_LINE, ERASE_BELOW = "\x1b[K", "\x1b[J"


@dataclass(frozen=True, slots=True)
class Line:
    """One line as it is written, and how many columns it takes."""

    written: str
    columns: int


class Terminal:
    """Draws on a stream; `width` may differ from one drawing to the next."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._shown: list[Line] = []
        self._width = 0

    def draw(self, lines: Sequence[Line], width: int, above: Sequence[str] = ()) -> None:
        """Show lines in place of those shown before; `above` go over them, and stay."""
        same = 0 if above or width != self._width else self._common(lines, width)
        out: list[str] = []
        # A narrower terminal has wrapped what stood there: it takes more rows by now.
        at = _rows(self._shown, width)
        for number in range(same):
            if lines[number] != self._shown[number]:
                top = _rows(self._shown[:number], width)
                out += [_move(top - at), lines[number].written, ERASE_LINE, "\r\n"]
                at = top + _rows(lines[number : number + 1], width)
        if same < max(len(lines), len(self._shown)):
            out += [_move(_rows(self._shown[:same], width) - at), ERASE_BELOW]
            out += [f"{text}\r\n" for text in above]
            out += [f"{line.written}\r\n" for line in lines[same:]]
        else:
            out.append(_move(_rows(lines, width) - at))
        self._shown, self._width = list(lines), width
        written = "".join(out)
        if written:
            # Whatever was typed meanwhile has moved the cursor along its line.
            self._stream.write(f"{HIDE}\r{written}{SHOW}")
            self._stream.flush()

    def _common(self, lines: Sequence[Line], width: int) -> int:
        """Return how many lines from the top take the rows that they took before."""
        pairs = enumerate(zip(lines, self._shown, strict=False))
        differing = (n for n, (a, b) in pairs if _height(a, width) != _height(b, width))
        return next(differing, min(len(lines), len(self._shown)))

    def forget(self) -> None:
        """Let others write below what is shown: forget it."""
        self._shown = []


def _height(line: Line, width: int) -> int:
    return max(1, -(-line.columns // max(1, width)))


def _rows(lines: Sequence[Line], width: int) -> int:
    return sum(_height(line, width) for line in lines)


def _move(rows: int) -> str:
    if not rows:
        return ""
    return f"\x1b[{rows}B" if rows > 0 else f"\x1b[{-rows}A"
