"""One job in full, as `get` shows it: a failure first, then everything the service told.

Text from the service is made harmless here and is never markup.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.cells import cell_len

from vbsjob.jobs import error_codes
from vbsjob.jobs import fields as job_fields
from vbsjob.jobs import tree as job_tree
from vbsjob.render import tree as tree_view
from vbsjob.text import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from vbsjob.jobs.job import Job
    from vbsjob.jobs.tree import JobTree, Node
    from vbsjob.render.tree import Glyphs, Line

    Pair = tuple[str, str]

LABELS = 14
WIDEST = 32
"""Labels up to this width move the values aside; a longer one stands alone out of line."""
SUB_JOBS_SHOWN = 20


def block(
    found: JobTree,
    now: datetime,
    width: int,
    glyphs: Glyphs,
    follow: str = "",
    *,
    whole: bool = True,
) -> Iterator[Line]:
    """Draw everything a job tells, a failure first: its cause, its meaning, what it left.

    Line by line, for there may be hundreds of thousands. Not `whole` where a picture of the
    sub-jobs stands above.
    """
    yield tree_view.headline(found.top.job, now, glyphs)
    failure = found.deepest_failure
    if failure is not None:
        yield []
        yield from _path(failure, now, width, glyphs)
        yield from _rows(_lead(failure), "  ", style="bold")
        yield []
    yield from _told(found.top.job, "  ")
    if whole:
        yield from _sub_jobs(found, now, glyphs)
    if follow:
        yield []
        yield [("next: ", "dim"), (follow, "")]


def _path(failure: Node, now: datetime, width: int, glyphs: Glyphs) -> Iterator[Line]:
    """Draw the way down to what failed, where it is not the job itself."""
    trail = failure.trail[-job_tree.LEVELS :]
    if failure.depth:
        for line in tree_view.drawn(trail, width - 2, now, glyphs):
            yield [("  ", ""), *line]


def _lead(failure: Node) -> Iterator[Pair]:
    """Tell why it failed: from the deepest job that did, codes from above if need be."""
    jobs = [row.job for row in failure.trail]
    told = next((found for found in reversed(jobs) if any(_reason(found))), failure.job)
    yield from _shown(_reason(told))
    known = error_codes.meaning(told.members.get("error_code"))
    if known:
        yield from (("meaning", known.meaning), ("what to do", known.action))
    left = failure.job.entities or jobs[0].entities
    yield from (("left behind", f"{name} {value}") for name, value in _shown(left.items()))


def _reason(found: Job) -> Iterator[tuple[str, Any]]:
    return _named(found, "error_code", "fail_reason")


def _named(found: Job, *names: str) -> Iterator[tuple[str, Any]]:
    told = ((name, found.members.get(name)) for name in names)
    return ((name, value) for name, value in told if value not in (None, ""))


def _members(found: Job) -> Iterator[tuple[str, Any]]:
    """Yield what the service told, nulls and empty texts left out."""
    yield from _named(found, "job_id", "id", "begin_time", "end_time")
    yield from _reason(found)
    yield from found.entities.items()
    others = found.others
    others.pop("id", None)
    yield from ((name, value) for name, value in others.items() if value not in (None, ""))
    if not found.type:
        yield from _named(found, "job_type")


def _shown(members: Iterable[tuple[str, Any]]) -> Iterator[Pair]:
    return ((printable(name), tree_view.shown(value)) for name, value in members)


def _told(found: Job, indent: str) -> Iterator[Line]:
    """List what the service told of a job; what is told is gone through twice, and not kept."""
    wide = _widest(printable(name) for name, _ in _members(found))
    return _rows(_shown(_members(found)), indent, wide=wide)


def _widest(labels: Iterable[str]) -> int:
    return min(max(map(cell_len, labels), default=0), WIDEST)


def _rows(rows: Iterable[Pair], indent: str, style: str = "", *, wide: int = 0) -> Iterator[Line]:
    wide = max(wide, LABELS)
    for label, value in rows:
        room = " " * (wide - cell_len(label))
        yield [(f"{indent}{label}{room}", "dim"), (f" {value}", style)]


def _sub_jobs(found: JobTree, now: datetime, glyphs: Glyphs) -> Iterator[Line]:
    """List the sub-jobs, every one up to a screenful, then those that have not succeeded."""
    rows = found.rows[1:]
    if not rows:
        return
    yield from _rows([("sub-jobs", f"{len(rows)}: {counts(row.job for row in rows)}")], "  ")
    listed = rows
    if len(rows) > SUB_JOBS_SHOWN:
        listed = [row for row in rows if row.job.status != "SUCCESS"][:SUB_JOBS_SHOWN]
    for row in listed:
        indent = "  " * (min(row.depth, job_tree.LEVELS) + 1)
        yield [(indent, ""), *tree_view.headline(row.job, now, glyphs)]
        yield from _told(row.job, indent + "  ")
    if len(listed) < len(rows):
        yield [(f"    {len(rows) - len(listed)} more: vbsjob tree", "dim")]


def counts(jobs: Iterable[Job]) -> str:
    """Count jobs by status, in words: `3 SUCCESS, 1 FAIL`."""
    told: dict[str, int] = {}
    for found in jobs:
        word = tree_view.status_word(found)
        told[word] = told.get(word, 0) + 1
    return ", ".join(f"{number} {word}" for word, number in told.items())


def fields(document: dict[str, Any], names: Iterable[str]) -> Iterator[Line]:
    """Draw chosen fields of a document, a line each."""
    rows = [
        (printable(name), job_fields.one_line(job_fields.get(document, name))) for name in names
    ]
    return _rows(rows, "", wide=_widest(label for label, _ in rows))
