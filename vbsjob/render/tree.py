"""How jobs look: marks, words, and rows of sub-jobs as lines no wider than a screen.

Pure: owns no terminal, asks for no size. Text from the service is made harmless here and is
never markup.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rich.cells import cell_len, set_cell_size
from rich.color import ColorSystem
from rich.style import Style

from vbsjob.jobs.tree import Summary
from vbsjob.text import format_duration, printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime
    from typing import TextIO

    from vbsjob.jobs.job import Job
    from vbsjob.jobs.tree import Node

    Part = tuple[str, str]
    Line = list[Part]

STYLES = {"SUCCESS": "green", "FAIL": "bold red", "RUNNING": "cyan", "INIT": "cyan"}
ODD = "yellow"
QUIET = "dim"
GAP = "  "
NARROW = 40
"""Below this width every job is a path on a line of its own."""
REASON = 16
"""A reason with less room than this is left out."""
UNBOUND = 1 << 30
"""The width of a picture that no screen bounds: nothing is cut."""


@dataclass(frozen=True, slots=True)
class Glyphs:
    """The signs of a picture: one a status, and the lines of a tree."""

    status: dict[str, str]
    odd: str
    branch: str
    last: str
    pipe: str
    arrow: str
    more: str


UNICODE = Glyphs(
    {"SUCCESS": "✓", "FAIL": "✗", "RUNNING": "●", "INIT": "○"}, "?", "├─ ", "└─ ", "│  ", " › ", "…"
)
ASCII = Glyphs(
    {"SUCCESS": "+", "FAIL": "x", "RUNNING": "*", "INIT": "."},
    "?",
    "|- ",
    "`- ",
    "|  ",
    " > ",
    "...",
)
EVERY_SIGN = "✓✗●○├─└│›⏎…"


def headline(found: Job, now: datetime, glyphs: Glyphs) -> Line:
    """Draw mark, status, type and elapsed time in one line."""
    style = STYLES.get(found.status or "", ODD)
    mark = glyphs.status.get(found.status or "", glyphs.odd)
    told = (printable(found.type), format_duration(found.elapsed(now)))
    return [
        (mark, style),
        (" ", ""),
        (status_word(found), style),
        *((GAP + part, "") for part in told if part),
    ]


def status_word(found: Job) -> str:
    """Return the status as the service spells it; what stands there instead, if it is no text."""
    return printable(found.status) if found.status else shown(found.members.get("status"))


def shown(value: Any) -> str:
    """Return any value as one harmless line: a text as it is, the rest as JSON."""
    return printable(value) if isinstance(value, str) and value else json.dumps(value)


def reason(found: Job) -> str:
    """Return what the service says of a failure, code first; empty where it says nothing."""
    told = (found.members.get(name) for name in ("error_code", "fail_reason"))
    return " ".join(shown(value) for value in told if value not in (None, ""))


def write(picture: Iterable[Line], out: TextIO, *, colors: bool) -> None:
    """Write a picture line by line: none of it is held, for it may be as long as the answer."""
    out.writelines(painted(line, colors=colors) + "\n" for line in picture)


def painted(line: Line, *, colors: bool) -> str:
    """Return a line as a terminal takes it, with colours or without."""
    if not colors:
        return "".join(text for text, _ in line)
    return "".join(
        Style.parse(style).render(text, color_system=ColorSystem.STANDARD) if style else text
        for text, style in line
    )


def size(line: Line) -> int:
    """Return how many columns a line takes."""
    return sum(cell_len(text) for text, _ in line)


def cropped(line: Line, width: int) -> Line:
    """Return as much of the start of a line as fits."""
    kept: Line = []
    for text, style in line:
        kept.append((set_cell_size(text, min(cell_len(text), max(width, 0))), style))
        width -= cell_len(text)
    return kept


def drawn(
    rows: Sequence[Node | Summary], width: int, now: datetime, glyphs: Glyphs
) -> Iterator[Line]:
    """Draw rows, one line a screen line; only an id that is wider than the screen is wider.

    Columns leave as it gets narrow, status and id never. A job whose id does not fit beside
    the rest takes a second line for it.
    """
    cells = [_Cells.of(row, width, now, glyphs) for row in rows]
    first = rows[0].depth if rows else 0
    depths = [row.depth - first for row in rows]
    layout = _Layout.fitting(cells, max(depths, default=0), width)
    if layout is None:
        for row, cell in zip(rows, cells, strict=True):
            yield from _broken(cell, _way(row, cell, width, glyphs), width)
        return
    guides = _guides(depths, layout.step, glyphs) if layout.step else _numbers(depths)
    for cell, guide in zip(cells, guides, strict=True):
        yield from layout.line(cell, guide, width, glyphs)


@dataclass(frozen=True, slots=True)
class _Cells:
    """What one row has to say, column by column."""

    style: str
    status: str
    elapsed: str = ""
    type: str = ""
    id: str = ""
    reason: str = ""

    @classmethod
    def of(cls, row: Node | Summary, width: int, now: datetime, glyphs: Glyphs) -> _Cells:
        if isinstance(row, Summary):
            return cls(QUIET, _cut(_summed(row, glyphs), width, glyphs))
        found = row.job
        mark = glyphs.status.get(found.status or "", glyphs.odd)
        word = _cut(status_word(found), min(max(width // 3, 7), width - 2), glyphs)
        return cls(
            style=STYLES.get(found.status or "", ODD),
            status=f"{mark} {word}".rstrip(),
            elapsed=format_duration(found.elapsed(now)),
            type=printable(found.type),
            id=printable(found.id) or "-",
            reason=reason(found),
        )


@dataclass(frozen=True, slots=True)
class _Layout:
    """Which columns there are and how wide; `step` is the width of a level, 0 for its number."""

    step: int
    status: int
    elapsed: int
    type: int
    id: int
    reason: int

    @classmethod
    def fitting(cls, cells: Sequence[_Cells], depth: int, width: int) -> _Layout | None:
        """Return the columns that fit; None where status and id do not fit side by side."""
        jobs = [cell for cell in cells if cell.id]
        status = max((cell_len(cell.status) for cell in jobs), default=0)
        usual_duration = [size for cell in jobs if (size := cell_len(cell.id)) <= width // 2]
        ids = max(usual_duration, default=0)
        summed = max((cell_len(cell.status) for cell in cells if not cell.id), default=0)
        for step in (3, 2, 1, 0):
            lead = (depth * step if step else len(str(depth)) + 1) + status
            left = width - lead - len(GAP) - ids
            if left >= 0 and width >= NARROW and (not step or depth * step + summed <= width):
                break
        else:
            return None
        sizes = {"type": 0, "elapsed": 0}
        for name in sizes:
            wide = max((cell_len(getattr(cell, name)) for cell in jobs), default=0)
            if wide and wide + len(GAP) <= left:
                sizes[name] = wide
                left -= wide + len(GAP)
        return cls(step, lead, sizes["elapsed"], sizes["type"], ids, left - len(GAP))

    def line(self, cell: _Cells, guide: str, width: int, glyphs: Glyphs) -> Iterator[Line]:
        """Yield a row's line, or two where its id has no room."""
        if not cell.id:
            yield [(guide, QUIET), (_cut(cell.status, width - len(guide), glyphs), cell.style)]
            return
        parts: Line = [(guide, QUIET), (_padded(cell.status, self.status - len(guide)), cell.style)]
        if self.elapsed:
            parts.append((GAP + " " * (self.elapsed - len(cell.elapsed)) + cell.elapsed, ""))
        if self.type:
            parts.append((GAP + _padded(cell.type, self.type), ""))
        size = cell_len(cell.id)
        if size > self.id and sum(cell_len(text) for text, _ in parts) + len(GAP) + size > width:
            yield [*parts[:-1], (parts[-1][0].rstrip(), parts[-1][1])]
            yield [(cell.id, "")]
            return
        told = (
            _cut(cell.reason, self.reason - max(size - self.id, 0), glyphs) if cell.reason else ""
        )
        if told and self.reason >= min(REASON, cell_len(cell.reason)):
            yield [*parts, (GAP + _padded(cell.id, self.id), ""), (GAP + told, cell.style)]
        else:
            yield [*parts, (GAP + cell.id, "")]


def _guides(depths: Sequence[int], step: int, glyphs: Glyphs) -> list[str]:
    """Return the lines that lead to each row, made from the depths alone, bottom to top."""
    follows: list[bool] = [False] * (max(depths, default=0) + 2)
    found: list[str] = []
    blank, pipe = " " * step, glyphs.pipe[:step]
    for depth in reversed(depths):
        above = "".join(pipe if more else blank for more in follows[1:depth])
        sign = glyphs.branch if follows[depth] else glyphs.last
        found.append(above + sign[:step] if depth else "")
        follows[depth:] = [True] + [False] * (len(follows) - depth - 1)
    return found[::-1]


def _numbers(depths: Sequence[int]) -> list[str]:
    wide = len(str(max(depths, default=0)))
    return [f"{depth:>{wide}} " for depth in depths]


def _broken(cell: _Cells, way: str, width: int) -> Iterator[Line]:
    """Yield status and path, and the id beside it or below."""
    if not cell.id:
        yield [(cell.status, cell.style)]
        return
    head: Line = [(cell.status, cell.style), (f" {way}" if way else "", "")]
    if sum(cell_len(text) for text, _ in head) + len(GAP) + cell_len(cell.id) <= width:
        yield [*head, (GAP + cell.id, "")]
    else:
        yield head
        yield [(cell.id, "")]


def _way(row: Node | Summary, cell: _Cells, width: int, glyphs: Glyphs) -> str:
    """Return the path by types or, where there is none, by number; its end, if it is too long."""
    if isinstance(row, Summary):
        return ""
    steps = (printable(above.job.type) or f"#{above.position + 1}" for above in row.trail)
    room = width - cell_len(cell.status) - 1
    return _cut(glyphs.arrow.join(steps), room, glyphs, front=True)


def _summed(row: Summary, glyphs: Glyphs) -> str:
    done = f"{row.done} done" if row.done else ""
    if row.levels:
        plural = "s" if row.levels > 1 else ""
        more = f"{row.more} more" if row.more else ""
        inside = ", ".join(filter(None, (done, more)))
        return f"{glyphs.more} {row.levels} deeper level{plural}: {inside}"
    more = f"{glyphs.more} {row.more} more" if row.more else ""
    return ", ".join(filter(None, (done, more)))


def _padded(text: str, size: int) -> str:
    return text + " " * (size - cell_len(text))


def _cut(text: str, size: int, glyphs: Glyphs, *, front: bool = False) -> str:
    """Return the text, or as much of its start (or end) as fits with a sign that there is more."""
    if size >= UNBOUND // 4 or cell_len(text) <= size:
        return text
    room = size - len(glyphs.more)
    if room < 1:
        return ""
    kept = ""
    for character in reversed(text) if front else text:
        if cell_len(kept) + cell_len(character) > room:
            break
        kept += character
    return glyphs.more + kept[::-1] if front else kept + glyphs.more
