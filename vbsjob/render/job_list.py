"""The jobs of the history as a table; columns that do not fit a terminal are omitted."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from rich.cells import cell_len
from rich.text import Text

from vbsjob.jobs.job import ENDED
from vbsjob.render.status import format_time
from vbsjob.render.theme import status_style
from vbsjob.text import format_duration, parse_time, printable, wrap

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from rich.console import RenderableType

    from vbsjob.render.theme import View

LIST_COLUMNS = ("STATUS", "STARTED", "DURATION", "TYPE", "JOB", "CLOUD", "CAUSE")
OMITTED = ("CLOUD", "TYPE", "DURATION", "STARTED", "CAUSE")
"""Columns that are omitted on a narrow terminal, the first one first. An id is shown whole.
Without the last column each cause has its own line."""
GAP = 2
INDENT = 4
JUST_NOW = timedelta(minutes=1)
"""A status that is older may have changed: it gets a question mark."""


def screen(
    entries: Sequence[dict[str, Any]], limit: int, view: View, *, every: bool
) -> Iterator[RenderableType]:
    """Yield the table of at most `limit` entries; nothing without entries.

    `every`: with a column for the cloud. On a terminal the last line counts the jobs.
    """
    if not entries:
        return
    rows = [dict(zip(LIST_COLUMNS, _cells(entry, view), strict=True)) for entry in entries[:limit]]
    names = [name for name in LIST_COLUMNS if every or name != "CLOUD"]
    sizes = {name: max(len(name), *(cell_len(row[name]) for row in rows)) for name in names}
    for name in OMITTED:
        if name in names and sum(sizes[name] + GAP for name in names) - GAP > view.columns:
            names.remove(name)
    yield _line({name: (name, "heading") for name in names}, sizes)
    for entry, row in zip(entries, rows, strict=False):
        styles = {"STATUS": status_style(entry["status"]), "CAUSE": _cause_style(entry)}
        yield _line({name: (row[name], styles.get(name, "")) for name in names}, sizes)
        if "CAUSE" not in names and row["CAUSE"]:
            text = wrap(" " * INDENT + row["CAUSE"], view.columns, INDENT)
            yield Text(text, styles["CAUSE"])
    if view.width is not None:
        yield Text(wrap(_count(entries, len(rows)), view.columns))


def _line(cells: dict[str, tuple[str, str]], sizes: dict[str, int]) -> Text:
    line = Text()
    for name, (text, style) in cells.items():
        line.append(text, style)
        line.append(" " * (sizes[name] - cell_len(text) + GAP))
    line.rstrip()
    return line


def _count(entries: Sequence[dict[str, Any]], shown: int) -> str:
    total = len(entries)
    noun = "job" if total == 1 else "jobs"
    number = f"{shown} of {total} jobs." if shown < total else f"{total} {noun}."
    running = sum(entry["status"] not in ENDED for entry in entries)
    if not running:
        return number
    return f"{number} {running} had not ended when last queried: vbsjob list --refresh"


def _cells(entry: dict[str, Any], view: View) -> tuple[str, ...]:
    ended, queried = entry["status"] in ENDED, parse_time(entry["queried_at"])
    old = not ended and (queried is None or view.now - queried > JUST_NOW)
    status = f"{printable(entry['status']) or 'no status'}{'?' if old else ''}"
    texts = (printable(entry[name]) for name in ("job_type", "job_id", "cloud"))
    return (
        f"{view.glyph(entry['status'])} {status}",
        _time(entry["begin_time"], view),
        format_duration(entry["elapsed_s"]) if ended else "",
        *texts,
        f"seen {_time(entry['queried_at'], view)}" if old else _cause(entry, view),
    )


def _cause(entry: dict[str, Any], view: View) -> str:
    """Return code and reason of a failure; a terminal shows the reason only without a code."""
    failure = entry["failure"] or {}
    texts = [failure[name] for name in ("error_code", "fail_reason") if failure.get(name)]
    return printable(" ".join(texts if view.width is None else texts[:1]))


def _cause_style(entry: dict[str, Any]) -> str:
    return "reason" if entry["failure"] else ""


def _time(text: str, view: View) -> str:
    """Return a time: on a terminal how long ago it is, or the day; else with its zone.

    Empty if it is missing or not a time (F50).
    """
    time = parse_time(text)
    if time is None:
        return ""
    now, ago = view.now, view.now - time
    # In the first or last hours of the calendar the zone of the service remains.
    with suppress(OverflowError, ValueError, OSError):
        time, now = view.local_time(time), view.local_time(now)
    if view.width is None or ago < timedelta(0):
        return format_time(time, "minutes")
    days = (now.date() - time.date()).days
    return _ago(ago) if days == 0 else _day(time, days)


def _ago(age: timedelta) -> str:
    minutes = int(age.total_seconds()) // 60
    if minutes < 60:
        return f"{minutes} min ago" if minutes else "just now"
    return f"{minutes // 60} h ago"


def _day(time: datetime, days: int) -> str:
    clock = f"{time:%H:%M}"
    return f"yesterday {clock}" if days == 1 else f"{time.date().isoformat()} {clock}"
