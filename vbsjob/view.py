"""What a job looks like: pure functions from a job to text that rich can draw.

Owns no terminal, knows no width: whoever prints it decides. Text from the service is made
harmless here and is never markup.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rich.text import Text

from vbsjob import codes, job, record
from vbsjob.text import plain

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from vbsjob.job import Job, Place

    Row = tuple[str, str]

STYLES = {"SUCCESS": "green", "FAIL": "bold red", "RUNNING": "cyan", "INIT": "cyan"}
ODD = "yellow"
LABELS = 14
SUB_JOBS_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Marks:
    """The signs of a picture: one a status, and the lines of a tree."""

    status: dict[str, str]
    odd: str
    branch: str
    last: str
    pipe: str
    arrow: str


UNICODE = Marks(
    {"SUCCESS": "✓", "FAIL": "✗", "RUNNING": "●", "INIT": "○"}, "?", "├─ ", "└─ ", "│  ", " › "
)
ASCII = Marks(
    {"SUCCESS": "+", "FAIL": "x", "RUNNING": "*", "INIT": "."}, "?", "|- ", "`- ", "|  ", " > "
)
EVERY_SIGN = "✓✗●○├─└│›⏎"


def span(seconds: float | None) -> str:
    """Return a length of time as people say it: `0.3 s`, `42 s`, `11 min 18 s`, `1 h 02 min`."""
    if seconds is None:
        return ""
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02} min"


def block(found: Job, now: datetime, marks: Marks, next_command: str = "") -> Text:
    """Draw everything a job tells, a failure first: its cause, its meaning, what it left."""
    picture = headline(found, now, marks)
    failure = job.deepest_failure(found)
    if failure is not None:
        picture.append("\n")
        _rows(picture, _lead(failure, marks), "  ", style="bold")
        picture.append("\n")
    _rows(picture, _members(found), "  ")
    _sub_jobs(picture, found, now, marks)
    if next_command:
        picture.append("\nnext: ", "dim").append(next_command).append("\n")
    return picture


def headline(found: Job, now: datetime, marks: Marks) -> Text:
    """Draw mark, status, type and elapsed time in one line."""
    style = STYLES.get(found.status or "", ODD)
    line = Text()
    line.append(marks.status.get(found.status or "", marks.odd), style).append(" ")
    line.append(status_word(found), style)
    for part in (plain(found.type), span(found.elapsed(now))):
        if part:
            line.append("  ").append(part)
    return line.append("\n")


def status_word(found: Job) -> str:
    """Return the status as the service spells it; what stands there instead, if it is no text."""
    return plain(found.status) if found.status else _shown(found.members.get("status"))


def _lead(failure: Place, marks: Marks) -> list[Row]:
    """Tell why it failed: from the deepest job that did, codes from above if need be."""
    told = next((found for found in reversed(failure.trail) if _reason(found)), failure.job)
    rows = [("failed at", marks.arrow.join(_step(found) for found in failure.trail))]
    if failure.depth:
        rows.append(("job_id", plain(failure.job.id)))
    rows += _reason(told)
    known = codes.meaning(told.members.get("error_code"))
    if known:
        rows += [("meaning", known.meaning), ("what to do", known.action)]
    left = failure.job.entities or failure.trail[0].entities
    rows += [("left behind", f"{plain(name)} {_shown(value)}") for name, value in left.items()]
    return rows


def _step(found: Job) -> str:
    return plain(found.type or found.id) or "?"


def _reason(found: Job) -> list[Row]:
    names = ("error_code", "fail_reason")
    return [(n, _shown(found.members[n])) for n in names if found.members.get(n) not in (None, "")]


def _members(found: Job) -> list[Row]:
    """List what the service told, nulls and empty texts left out."""
    names = ("job_id", "id", "begin_time", "end_time")
    rows = [(n, _shown(found.members[n])) for n in names if found.members.get(n) not in (None, "")]
    rows += _reason(found)
    rows += [(plain(name), _shown(value)) for name, value in found.entities.items()]
    odd_type = found.members.get("job_type")
    others = found.others | ({} if found.type or odd_type in (None, "") else {"job_type": odd_type})
    shown = {"id"} if "id" in dict(rows) else set()
    rows += [
        (plain(name), _shown(value))
        for name, value in others.items()
        if name not in shown and value not in (None, "")
    ]
    return rows


def _shown(value: Any) -> str:
    return plain(value) if isinstance(value, str) and value else json.dumps(value)


def _rows(picture: Text, rows: Iterable[Row], indent: str, style: str = "") -> None:
    for label, value in rows:
        picture.append(f"{indent}{label:<{LABELS}}", "dim").append(f" {value}\n", style)


def _sub_jobs(picture: Text, found: Job, now: datetime, marks: Marks) -> None:
    """List the sub-jobs, every one up to a screenful, then those that have not succeeded."""
    places = list(job.walk(found))[1:]
    if not places:
        return
    _rows(picture, [("sub-jobs", f"{len(places)}: {counts(place.job for place in places)}")], "  ")
    shown = places
    if len(places) > SUB_JOBS_SHOWN:
        shown = [place for place in places if place.job.status != "SUCCESS"][:SUB_JOBS_SHOWN]
    for place in shown:
        indent = "  " * (place.depth + 1)
        picture.append(indent).append_text(headline(place.job, now, marks))
        _rows(picture, _members(place.job), indent + "  ")
    if len(shown) < len(places):
        picture.append(f"    {len(places) - len(shown)} more: vbsjob get -o json\n", "dim")


def counts(jobs: Iterable[Job]) -> str:
    """Count jobs by status, in words: `3 SUCCESS, 1 FAIL`."""
    told: dict[str, int] = {}
    for found in jobs:
        word = status_word(found)
        told[word] = told.get(word, 0) + 1
    return ", ".join(f"{number} {word}" for word, number in told.items())


def fields(document: dict[str, Any], names: Iterable[str]) -> Text:
    """Draw chosen fields of a document, a line each."""
    picture = Text()
    rows = [(plain(name), record.word(record.field(document, name))) for name in names]
    _rows(picture, rows, "")
    return picture
