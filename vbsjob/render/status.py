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
    from collections.abc import Iterator
    from datetime import datetime

    from rich.console import RenderableType

    from vbsjob.jobs.job import Job
    from vbsjob.render.theme import View

ID_IN_HEADLINE = 50
"""Below this width the id of a job has a separate line."""
LONGEST_STATUS = 24
"""A longer status, which the service does not document, is shown like a reason."""


def status_word(job: Job, view: View) -> str:
    """Return the status in one line, as the service spells it."""
    status = job.members.get("status")
    return "no status" if status in (None, "") else view.one_line(status)


def headline(
    job: Job, job_id: str, view: View, *, mark: str = "", elapsed: bool = False
) -> Iterator[RenderableType]:
    """Yield mark, status, type and id, with `elapsed` the time as well.

    What does not fit has its own line: the id, and the type if the status is long.
    """
    style = status_style(job.status)
    first, gap = mark or view.glyph(job.status), Text("  ")
    pieces = [Text.assemble((first, style), " ", (status_word(job, view), style))]
    if job.type:
        pieces.append(Text(view.one_line(job.type)))
    identity = [Text(printable(job_id), "id")] if job_id else []
    seconds = job.elapsed(view.now) if elapsed else None
    times = [] if seconds is None else [Text(format_duration(seconds))]
    line = gap.join([*pieces, *identity, *times])
    if not identity or ID_IN_HEADLINE <= view.columns >= line.cell_len:
        yield line
        return
    below = identity
    if gap.join([*pieces, *times]).cell_len > view.columns:
        pieces, below = pieces[:1], [*pieces[1:], *identity]
    yield gap.join([*pieces, *times])
    for text in below:
        yield Padding(text, (0, 0, 0, 4), expand=False)


def times(job: Job, view: View) -> Iterator[RenderableType]:
    """Yield begin and end as far as they are known, with duration or age."""
    table = Table.grid("", "", padding=(0, 2, 0, 0))
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
