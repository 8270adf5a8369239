"""The first lines of a job: its status and its times."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING

from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from vbsjob.render.theme import status_style
from vbsjob.text import format_duration, parse_time, printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from rich.console import RenderableType

    from vbsjob.jobs.job import Job
    from vbsjob.render.theme import View

ID_IN_HEADLINE = 50
"""Below this width the id of a job has a separate line."""
LONGEST_STATUS = 24
"""A longer status, which the service does not document, is shown like a reason."""


def grid(*widths: int | None) -> Table:
    """Return a table without borders; None is the width of the content."""
    table = Table.grid(padding=(0, 2, 0, 0))
    for width in widths:
        table.add_column(width=width, no_wrap=width is not None)
    return table


def status_word(job: Job, view: View) -> str:
    """Return the status in one line, as the service spells it."""
    status = job.members.get("status")
    return "no status" if status in (None, "") else view.one_line(status)


def flow(pieces: Sequence[Text], width: int) -> Iterator[RenderableType]:
    """Yield lines of pieces with two spaces between them; no piece is broken that fits a line."""
    line: list[Text] = []
    indent = 0
    for piece in pieces:
        used = indent + sum(text.cell_len + 2 for text in line)
        if line and used + piece.cell_len > width:
            yield Padding(Text("  ").join(line), (0, 0, 0, indent), expand=False)
            line, indent = [], 4
        line.append(piece)
    yield Padding(Text("  ").join(line), (0, 0, 0, indent), expand=False)


def headline(
    job: Job, job_id: str, view: View, *, mark: str = "", elapsed: bool = False
) -> Iterator[RenderableType]:
    """Yield mark, status, type and id, with `elapsed` the time as well.

    The id is on its own line if the screen is narrow.
    """
    style = status_style(job.status)
    pieces = [Text.assemble((mark or view.mark(job), style), " ", (status_word(job, view), style))]
    if job.type:
        pieces.append(Text(view.one_line(job.type)))
    identity = [Text(printable(job_id), "id")] if job_id else []
    narrow = view.columns < ID_IN_HEADLINE
    if not narrow:
        pieces += identity
    seconds = job.elapsed(view.now) if elapsed else None
    if seconds is not None:
        pieces.append(Text(format_duration(seconds)))
    yield from flow(pieces, view.columns)
    if narrow and identity:
        yield Padding(identity[0], (0, 0, 0, 4), expand=False)


def times(job: Job, view: View) -> Iterator[RenderableType]:
    """Yield begin and end as far as they are known, with duration or age."""
    table = grid(None, None)
    begin, end = (job.members.get(name) for name in ("begin_time", "end_time"))
    elapsed = job.elapsed(view.now)
    if begin:
        age = f"{format_duration(elapsed)} ago" if elapsed is not None and not job.ended else ""
        table.add_row(Text("started", "label"), _joined(_time(begin, view), age, view))
    if end and job.ended:
        lasted = "" if elapsed is None else f"after {format_duration(elapsed)}"
        table.add_row(Text("ended", "label"), _joined(_time(end, view), lasted, view))
    if table.row_count:
        yield Padding(table, (0, 0, 0, 2), expand=False)


def _joined(time: str, more: str, view: View) -> Text:
    """Return a time and what follows it, on two lines if one is too short."""
    fits = 11 + len(time) + 2 + len(more) <= view.columns
    return Text((", " if fits else ",\n").join(filter(None, (time, more))))


def _time(value: object, view: View) -> str:
    """Return a time in the zone of the user; one that is not understood as it is (F50)."""
    time = parse_time(value)
    if time is None:
        return view.one_line(value)
    try:
        return format_time(view.local_time(time))
    except (OverflowError, ValueError, OSError):  # in the first or last hours of the calendar
        return view.one_line(value)


def format_time(time: datetime, timespec: str = "seconds") -> str:
    """Return a time with its zone: `2016-01-28 17:14:09 +01:00`, or `UTC` for that zone."""
    zone = "UTC" if time.tzinfo is UTC or time.tzname() == "UTC" else f"{time:%z}"
    if zone != "UTC":
        zone = f"{zone[:3]}:{zone[3:5]}"
    # Not strftime: on Linux its %Y does not fill up years before 1000.
    return f"{time.replace(tzinfo=None).isoformat(' ', timespec)} {zone}"
