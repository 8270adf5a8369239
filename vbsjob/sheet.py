"""One job in full, as `get` shows it: a failure first, then everything the service told.

Text from the service is made harmless here and is never markup.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.cells import cell_len
from rich.text import Text

from vbsjob import codes, outline, record, view
from vbsjob.text import plain
from vbsjob.view import headline

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from vbsjob.job import Job
    from vbsjob.outline import Outline, Row
    from vbsjob.view import Marks

    Pair = tuple[str, str]

LABELS = 14
WIDEST = 32
"""Labels up to this width move the values aside; a longer one stands alone out of line."""
SUB_JOBS_SHOWN = 20


def block(
    found: Outline,
    now: datetime,
    width: int,
    marks: Marks,
    follow: str = "",
    *,
    whole: bool = True,
) -> Text:
    """Draw everything a job tells, a failure first: its cause, its meaning, what it left.

    Not `whole` where a picture of the sub-jobs stands above.
    """
    picture = headline(found.top.job, now, marks)
    failure = found.deepest_failure
    if failure is not None:
        picture.append("\n")
        _path(picture, failure, now, width, marks)
        _rows(picture, _lead(failure), "  ", style="bold")
        picture.append("\n")
    _rows(picture, _members(found.top.job), "  ")
    if whole:
        _sub_jobs(picture, found, now, marks)
    if follow:
        picture.append("\nnext: ", "dim").append(follow).append("\n")
    return picture


def _path(picture: Text, failure: Row, now: datetime, width: int, marks: Marks) -> None:
    """Draw the way down to what failed, where it is not the job itself."""
    trail = failure.trail[-outline.LEVELS :]
    if failure.depth:
        for line in view.lines(trail, width - 2, now, marks):
            picture.append("  ").append_text(line).append("\n")


def _lead(failure: Row) -> list[Pair]:
    """Tell why it failed: from the deepest job that did, codes from above if need be."""
    jobs = [row.job for row in failure.trail]
    told = next((found for found in reversed(jobs) if _reason(found)), failure.job)
    rows = _reason(told)
    known = codes.meaning(told.members.get("error_code"))
    if known:
        rows += [("meaning", known.meaning), ("what to do", known.action)]
    left = failure.job.entities or jobs[0].entities
    rows += [("left behind", f"{plain(name)} {view.shown(value)}") for name, value in left.items()]
    return rows


def _reason(found: Job) -> list[Pair]:
    names = ("error_code", "fail_reason")
    return [
        (n, view.shown(found.members[n])) for n in names if found.members.get(n) not in (None, "")
    ]


def _members(found: Job) -> list[Pair]:
    """List what the service told, nulls and empty texts left out."""
    names = ("job_id", "id", "begin_time", "end_time")
    rows = [
        (n, view.shown(found.members[n])) for n in names if found.members.get(n) not in (None, "")
    ]
    rows += _reason(found)
    rows += [(plain(name), view.shown(value)) for name, value in found.entities.items()]
    odd_type = found.members.get("job_type")
    others = found.others | ({} if found.type or odd_type in (None, "") else {"job_type": odd_type})
    shown = {"id"} if "id" in dict(rows) else set()
    rows += [
        (plain(name), view.shown(value))
        for name, value in others.items()
        if name not in shown and value not in (None, "")
    ]
    return rows


def _rows(picture: Text, rows: Iterable[Pair], indent: str, style: str = "") -> None:
    rows = list(rows)
    wide = min(max([LABELS, *(cell_len(label) for label, _ in rows)]), WIDEST)
    for label, value in rows:
        room = " " * max(wide - cell_len(label), 0)
        picture.append(f"{indent}{label}{room}", "dim").append(f" {value}\n", style)


def _sub_jobs(picture: Text, found: Outline, now: datetime, marks: Marks) -> None:
    """List the sub-jobs, every one up to a screenful, then those that have not succeeded."""
    rows = found.rows[1:]
    if not rows:
        return
    _rows(picture, [("sub-jobs", f"{len(rows)}: {counts(row.job for row in rows)}")], "  ")
    listed = rows
    if len(rows) > SUB_JOBS_SHOWN:
        listed = [row for row in rows if row.job.status != "SUCCESS"][:SUB_JOBS_SHOWN]
    for row in listed:
        indent = "  " * (min(row.depth, outline.LEVELS) + 1)
        picture.append(indent).append_text(headline(row.job, now, marks))
        _rows(picture, _members(row.job), indent + "  ")
    if len(listed) < len(rows):
        picture.append(f"    {len(rows) - len(listed)} more: vbsjob tree\n", "dim")


def counts(jobs: Iterable[Job]) -> str:
    """Count jobs by status, in words: `3 SUCCESS, 1 FAIL`."""
    told: dict[str, int] = {}
    for found in jobs:
        word = view.status_word(found)
        told[word] = told.get(word, 0) + 1
    return ", ".join(f"{number} {word}" for word, number in told.items())


def fields(document: dict[str, Any], names: Iterable[str]) -> Text:
    """Draw chosen fields of a document, a line each."""
    picture = Text()
    rows = [(plain(name), record.word(record.field(document, name))) for name in names]
    _rows(picture, rows, "")
    return picture
