"""The jobs of the history as a table; columns that do not fit a terminal are omitted."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from rich.text import Text

from vbsjob.jobs.job import ENDED
from vbsjob.render.status import format_time
from vbsjob.render.theme import status_style
from vbsjob.text import format_duration, parse_time, printable, wrap

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.console import RenderableType

    from vbsjob.render.theme import View

COLUMNS = ("STATUS", "STARTED", "DURATION", "TYPE", "JOB", "CLOUD", "CAUSE")
OMITTED = ("TYPE", "DURATION", "STARTED", "CLOUD")
"""Columns that are omitted on a narrow terminal, the first one first. An id is shown whole."""
GAP = 2
CAUSE_WIDTH = len("VolumeBackup.0202")
"""Columns that TYPE, DURATION and STARTED leave for the cause. A longer one has its own line."""
INDENT = 4
JUST_NOW = timedelta(minutes=1)
"""Age of a status. An older one that is not an end gets a question mark."""


def screen(
    entries: Sequence[dict[str, Any]], limit: int, view: View, *, every: bool
) -> Iterator[RenderableType]:
    """Yield the table of at most `limit` entries; nothing without entries.

    `every`: with a column for the cloud. On a terminal the last line counts the jobs.
    """
    if not entries:
        return
    heading = {name: Text(name, "heading") for name in COLUMNS}
    rows = [heading, *(_cells(entry, view) for entry in entries[:limit])]
    names = [name for name in COLUMNS[:-1] if every or name != "CLOUD"]
    widths = {name: max(row[name].cell_len for row in rows) + GAP for name in names}
    for name in OMITTED:
        room = view.columns - (0 if name == "CLOUD" else CAUSE_WIDTH)
        if sum(widths.values()) > room:
            widths.pop(name, None)
    for row in rows:
        line, cause = Text(), row["CAUSE"]
        for name, width in widths.items():
            line.append(row[name]).append(" " * (width - row[name].cell_len))
        fits = line.cell_len + cause.cell_len <= view.columns
        if fits:
            line.append(cause)
        line.rstrip()
        yield line
        if cause and not fits:
            yield Text(wrap(" " * INDENT + cause.plain, view.columns, INDENT), cause.style)
    if view.width is not None:
        yield Text(wrap(_count(entries, len(rows) - 1, view), view.columns))


def _count(entries: Sequence[dict[str, Any]], shown: int, view: View) -> str:
    total = len(entries)
    number = f"{shown} of {total}" if shown < total else str(total)
    old = sum(_is_old(entry, view) for entry in entries)
    text = f"{number} {'job' if total == 1 else 'jobs'}."
    return f"{text} {old} had not ended when last queried: vbsjob list --refresh" if old else text


def _cells(entry: dict[str, Any], view: View) -> dict[str, Text]:
    """Return the cell of each column."""
    status, old = entry["status"], _is_old(entry, view)
    queried = f"seen {_time(entry['queried_at'], view)}"
    word = f"{view.glyph(status)} {printable(status) or 'no status'}{'?' if old else ''}"
    texts = (printable(entry[name]) for name in ("job_type", "job_id", "cloud"))
    cells = (
        Text(word, status_style(status)),
        Text(_time(entry["begin_time"], view)),
        Text(format_duration(entry["elapsed_s"]) if status in ENDED else ""),
        *map(Text, texts),
        Text(queried) if old else Text(_cause(entry["failure"] or {}, view), "reason"),
    )
    return dict(zip(COLUMNS, cells, strict=True))


def _is_old(entry: dict[str, Any], view: View) -> bool:
    """Whether the job may have ended since its last query."""
    queried = parse_time(entry["queried_at"]) or view.now
    return entry["status"] not in ENDED and view.now - queried > JUST_NOW


def _cause(failure: dict[str, Any], view: View) -> str:
    """Return code and reason of a failure; a terminal shows the reason only without a code."""
    texts = [failure[name] for name in ("error_code", "fail_reason") if failure.get(name)]
    return printable(" ".join(texts if view.width is None else texts[:1]))


def _time(text: str, view: View) -> str:
    """Return a time: on a terminal how long ago it is, or the day; else with its zone.

    Empty if it is missing or not a time (F50).
    """
    time, now = parse_time(text), view.now
    if time is None:
        return ""
    minutes = int((now - time).total_seconds()) // 60
    # In the first or last hours of the calendar the zone of the service remains.
    with suppress(OverflowError, ValueError, OSError):
        time, now = view.local_time(time), view.local_time(now)
    if view.width is None or minutes < 0:
        return format_time(time, "minutes")
    days = (now.date() - time.date()).days
    if days > 1:
        return time.date().isoformat()
    if days == 1:
        return f"yesterday {time:%H:%M}"
    return f"{minutes // 60} h ago" if minutes >= 60 else f"{minutes} min ago"
