"""Members of a job as a table of names and values."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.table import Table
from rich.text import Text

from vbsjob.jobs.failure import code_and_reason
from vbsjob.render.columns import FittingLine

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from typing import Any

    from rich.console import RenderableType

    from vbsjob.jobs.job import Job
    from vbsjob.render.theme import View

WIDEST_NAME = 32
"""A longer name is on a separate line."""
VALUE_MIN = 24
"""Columns that a value needs at least to be wrapped next to its name."""
GAP = 2
"""Columns between name and value."""


def texts(view: View, values: Iterable[tuple[str, Any]]) -> list[tuple[str, str]]:
    """Return names and values of members that are not null or empty, as safe lines."""
    pairs = ((view.one_line(name), view.one_line(value)) for name, value in values)
    return [(name, text) for name, text in pairs if text]


def of_job(
    job: Job, view: View, *, identity: bool = False, errors: bool = False
) -> list[tuple[str, str]]:
    """Return entities and unknown members; with `identity` also ids, times and errors.

    `errors`: whether error code and reason are not shown elsewhere.
    """
    members = job.members
    names: tuple[str, ...] = ()
    in_block: tuple[str, ...] = ()
    if identity:
        names = ("job_id", "id", "begin_time", "end_time", "error_code", "fail_reason")
    elif errors or not job.failed:
        # The service sets them on SUCCESS too (tests/bodies/job-success-with-error-code.json).
        names = ("error_code", "fail_reason")
    else:
        in_block = code_and_reason(job)
    if not job.ended and not identity:
        names = ("end_time", *names)
    others = job.others
    others.pop("id", None)
    odd_type = [("job_type", members["job_type"])] if not job.type and "job_type" in members else []
    standard = [(name, members.get(name)) for name in names]
    shown = chain(standard, job.entities.items(), others.items(), odd_type)
    return texts(view, (pair for pair in shown if pair[1] not in in_block))


def table(
    rows: Sequence[tuple[str, str]],
    width: int,
    *,
    indent: int = 0,
    label: str = "",
    names: int = 0,
    style: str = "label",
) -> Iterator[RenderableType]:
    """Yield the rows as lines of at most `width` columns.

    A value that is too wide next to its name is below it. `indent` columns are empty, except
    for the `label` of the first row. `names`: columns of the names at least; `style` is theirs.
    """
    names = max([names, *(w for name, _ in rows if (w := cell_len(name)) <= WIDEST_NAME)])
    width -= indent
    room = width - names - GAP
    for name, value in rows:
        if cell_len(name) <= names and cell_len(value) <= room:
            line = FittingLine().add(label, "failure.label").fill(indent).add(name, style)
            yield line.fill(indent + names + GAP).add(value)
        else:
            label_text, value_text = Text(name, style), Text(value)
            longest_word = max(map(cell_len, value.split(" ")))
            if cell_len(name) <= names and max(VALUE_MIN, longest_word) <= room:
                yield _row((Text(label), indent), (label_text, names + GAP), (value_text, room))
            else:
                yield _row((Text(label), indent), (label_text, width))
                inset = 2 if cell_len(value) + 2 <= width else 0
                yield _row((Text(), indent + inset), (value_text, width - inset))
        label = ""


def _row(*cells: tuple[Text, int]) -> Table:
    """Return texts of these widths as a table of one row: each is wrapped in its own columns.

    The last column is no wider than its text: rich fills it with spaces, and a pipe has a million.
    """
    table = Table.grid(padding=0)
    *first, (last, most) = cells
    cells = (*first, (last, min(most, max(1, last.cell_len))))
    columns = [(text, width) for text, width in cells if width > 0]
    for _, width in columns:
        table.add_column(width=width)
    table.add_row(*(text for text, _ in columns))
    return table
