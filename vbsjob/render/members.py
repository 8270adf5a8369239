"""Members of a job as a table of names and values."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.console import Group
from rich.padding import Padding
from rich.text import Text

from vbsjob.jobs.fields import one_line
from vbsjob.render.status import grid
from vbsjob.text import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from typing import Any

    from rich.console import RenderableType

    from vbsjob.jobs.job import Job
    from vbsjob.render.theme import View

WIDEST_NAME = 32
"""A longer name stands on a line of its own."""
VALUE_MIN = 24
CHUNK = 200


def present(members: Iterable[tuple[str, Any]]) -> Iterator[tuple[str, str]]:
    """Yield names and values that are not null or empty, as safe lines."""
    for name, value in members:
        text = one_line(value)
        if text:
            yield printable(name), text


def of_job(job: Job, *, identity: bool = False, errors: bool = False) -> list[tuple[str, str]]:
    """Return entities and unknown members; with `identity` also ids, times and errors.

    `errors`: whether error code and reason are not shown elsewhere.
    """
    members = job.members
    names: tuple[str, ...] = ()
    if identity:
        names = ("job_id", "id", "begin_time", "end_time", "error_code", "fail_reason")
    elif errors or not job.failed:
        # The service sets them on SUCCESS too (tests/bodies/job-success-with-error-code.json).
        names = ("error_code", "fail_reason")
    if not job.ended and not identity:
        names = ("end_time", *names)
    odd_type = [("job_type", members["job_type"])] if not job.type and "job_type" in members else []
    others = {name: value for name, value in job.others.items() if name != "id"}
    return list(
        present(
            [
                *((name, members.get(name)) for name in names),
                *job.entities.items(),
                *others.items(),
                *odd_type,
            ]
        )
    )


def table(rows: Sequence[tuple[str, str]], view: View, *, indent: int = 2) -> RenderableType:
    """Return the rows; a value that is too wide beside its name stands below it."""
    return Group(*chunks(rows, view, indent=indent))


def chunks(
    rows: Sequence[tuple[str, str]], view: View, *, indent: int = 0
) -> Iterator[RenderableType]:
    """Yield the rows in tables of at most CHUNK rows."""
    names = max((w for name, _ in rows if (w := cell_len(name)) <= WIDEST_NAME), default=0)
    room = view.columns - indent - names - 2
    iterator = iter(rows)
    while chunk := list(islice(iterator, CHUNK)):
        cells = grid(names, None)
        for name, value in chunk:
            if cell_len(name) > names or not _fits(value, room):
                if cells.row_count:
                    yield cells
                    cells = grid(names, None)
                yield Text(name, "label")
                inset = 2 if cell_len(value) + 2 <= view.columns - indent else 0
                yield Padding(Text(value), (0, 0, 0, inset), expand=False)
            else:
                cells.add_row(Text(name, "label"), Text(value))
        if cells.row_count:
            yield cells


def _fits(value: str, room: int) -> bool:
    """Whether a value can stand beside its name: whole, or as prose that can be wrapped."""
    longest_word = max(map(cell_len, value.split(" ")), default=0)
    return cell_len(value) <= room or (room >= VALUE_MIN and longest_word <= room)
