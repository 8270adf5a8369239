"""The jobs of the history as a table; columns that do not fit a terminal are omitted."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from rich.cells import cell_len

from vbsjob.render.cells import Cells, side_by_side
from vbsjob.render.status import format_time
from vbsjob.render.theme import status_style
from vbsjob.text import format_duration, parse_time, printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.console import RenderableType

    from vbsjob.render.theme import View

LIST_COLUMNS = ("STATUS", "STARTED", "DURATION", "TYPE", "JOB", "CLOUD")
OMITTED = ("CLOUD", "TYPE", "DURATION", "STARTED")
"""Columns that are omitted on a narrow terminal, the first one first. An id is shown whole."""
GAP = 2


def screen(documents: Sequence[dict[str, Any]], view: View) -> Iterator[RenderableType]:
    """Yield the table; nothing without documents."""
    if not documents:
        return
    rows = [dict(zip(LIST_COLUMNS, _cells(document, view), strict=True)) for document in documents]
    columns: list[Cells] = []
    for name in _columns_that_fit(rows, view.columns):
        cells = Cells(0, lead=GAP if columns else 0)
        cells.add((name, "heading"))
        for row in rows:
            style = status_style(row[name]) if name == "STATUS" and row[name] != "-" else ""
            cells.add((row[name], style))
        columns.append(cells)
    yield side_by_side(*columns)


def _cells(document: dict[str, Any], view: View) -> tuple[str, ...]:
    texts = (printable(str(document[name])) for name in ("job_type", "job_id", "cloud"))
    return (
        printable(document["status"]) or "-",
        _started(document["begin_time"], view),
        format_duration(document["elapsed_s"]) or "-",
        *texts,
    )


def _started(begin_time: str, view: View) -> str:
    """Return the begin with its zone; `-` if it is missing or not a time (F50)."""
    begin = parse_time(begin_time)
    if begin is None:
        return "-"
    # In the first or last hours of the calendar the zone of the service remains.
    with suppress(OverflowError, ValueError, OSError):
        begin = view.local_time(begin)
    return format_time(begin, "minutes")


def _columns_that_fit(rows: Sequence[dict[str, str]], width: int) -> list[str]:
    columns = list(LIST_COLUMNS)
    sizes = {name: max(len(name), *(cell_len(row[name]) for row in rows)) for name in LIST_COLUMNS}
    for name in OMITTED:
        if sum(sizes[column] + GAP for column in columns) - GAP > width:
            columns.remove(name)
    return columns
