"""The jobs of the history as a table; columns that do not fit a terminal are left out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from vbsjob.jobs.job import parse_time
from vbsjob.text import format_duration, printable

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import tzinfo
    from typing import TextIO

UNLIMITED = 1 << 20
COLUMNS = ("STATUS", "STARTED", "DURATION", "TYPE", "JOB", "CLOUD")
DROPPED = ("CLOUD", "TYPE", "DURATION", "STARTED")
"""Columns that are left out on a narrow terminal, the first one first. An id is shown whole."""
STYLES = {"SUCCESS": "green", "FAIL": "bold red", "RUNNING": "cyan"}
GAP = 2


def write(
    documents: Sequence[dict[str, Any]],
    out: TextIO,
    *,
    width: int | None,
    colors: bool,
    zone: tzinfo | None = None,
) -> None:
    """Write the table; `width` None is a pipe or file, which has no limit."""
    if not documents:
        return
    rows = [dict(zip(COLUMNS, _cells(document, zone), strict=True)) for document in documents]
    columns = _columns_that_fit(rows, width or UNLIMITED)
    table = Table.grid(padding=(0, GAP, 0, 0))
    for _ in columns:
        table.add_column(no_wrap=True)
    table.add_row(*(Text(column, style="bold") for column in columns))
    for row in rows:
        style = STYLES.get(row["STATUS"], "") if colors else ""
        table.add_row(*(Text(row[c], style=style if c == "STATUS" else "") for c in columns))
    console = Console(
        file=out, width=UNLIMITED, force_terminal=colors, no_color=not colors,
        color_system="standard" if colors else None, markup=False, highlight=False, emoji=False,
    )  # fmt: skip
    with console.capture() as capture:
        console.print(table)
    out.writelines(f"{line.rstrip()}\n" for line in capture.get().splitlines())


def _cells(document: dict[str, Any], zone: tzinfo | None) -> tuple[str, ...]:
    begin = parse_time(document["begin_time"])
    started = "-" if begin is None else begin.astimezone(zone).strftime("%Y-%m-%d %H:%M")
    texts = (printable(str(document[name])) for name in ("job_type", "job_id", "cloud"))
    return (
        printable(document["status"]) or "-",
        started,
        format_duration(document["elapsed_s"]) or "-",
        *texts,
    )


def _columns_that_fit(rows: Sequence[dict[str, str]], width: int) -> list[str]:
    columns = list(COLUMNS)
    sizes = {name: max(len(name), *(len(row[name]) for row in rows)) for name in COLUMNS}
    for name in DROPPED:
        if sum(sizes[column] + GAP for column in columns) - GAP > width:
            columns.remove(name)
    return columns
