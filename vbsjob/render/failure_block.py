"""The block that describes a failure: what failed, why, what it means and what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.segment import Segment
from rich.text import Text

from vbsjob.render.members import GAP, table, texts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import Console, ConsoleOptions, RenderableType, RenderResult

    from vbsjob.jobs.failure import Failure
    from vbsjob.jobs.job import Job
    from vbsjob.render.theme import View

LABELS_FROM = 50
"""Below this width the entities are below their label."""
DISK = "volume_id (disk)"
"""Name of `volume_id` among what is involved: a text of What to do says "disk"."""
LABEL_WIDTH = len("What to do")


class Edged:
    """A renderable with a coloured edge at the left of each line."""

    def __init__(self, content: RenderableType, edge: str) -> None:
        self._content = content
        self._edge = edge

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Render the content narrower by the edge."""
        width = max(options.max_width - len(self._edge), 1)
        style = console.get_style("failure.edge")
        for line in console.render_lines(self._content, options.update(width=width), pad=False):
            yield Segment(self._edge, style)
            yield from line
            yield Segment.line()


def block(
    failure: Failure, view: View, *, command: str = "", short: bool = False
) -> Iterator[RenderableType]:
    """Yield the block of a failure; `command` lists all failures if there are several.

    A short one has no entities. Of a job that has not failed it is one line, without advice.
    """
    if not failure.of_job:
        yield Text(view.one_line(failure.explanation), "problem")
        return
    for content in _contents(failure, view, command=command, short=short):
        yield Edged(content, view.glyphs.edge)


def _contents(
    failure: Failure, view: View, *, command: str, short: bool
) -> Iterator[RenderableType]:
    width = view.columns - len(view.glyphs.edge)
    path, job_id = _path(failure, view), view.one_line(failure.job.id)
    title = _title(failure, view, path, f"job {job_id}" if job_id else "")
    fits = cell_len(title) <= width
    yield Text(title if fits else _title(failure, view, path), "failure.title")
    reason = [view.one_line(text) for text in (failure.error_code, failure.fail_reason) if text]
    yield Text(": ".join(reason) if reason else "The service gives no error code.")
    # An id is shown whole: one that does not fit in the title has a separate line.
    labelled = _labelled(failure, view, job_id="" if fits else job_id, short=short)
    for number, content in enumerate(labelled):
        if not number:
            yield Text()
        yield content
    if failure.others:
        yield Text()
        text = Text(f"{failure.others:,} more failed", "failure.label")
        yield Text.assemble(text, f": {command}" if command else "")


def _title(failure: Failure, view: View, *facts: str) -> str:
    """Return what failed, and in brackets the facts that are not empty."""
    name, details = _name(failure.job, view), ", ".join(filter(None, facts))
    return f"{name} failed ({details})" if details else f"{name} failed"


def _path(failure: Failure, view: View) -> str:
    """Return where in the tree it failed; empty for the job itself and its own sub-jobs."""
    sub_jobs = failure.path[1:]
    if len(sub_jobs) < 2:
        return ""
    return view.one_line(view.glyphs.arrow.join(_name(job, view) for job in sub_jobs))


def _name(job: Job, view: View) -> str:
    return view.one_line(job.type) or "sub-job"


def _labelled(
    failure: Failure, view: View, *, job_id: str, short: bool
) -> Iterator[RenderableType]:
    """Yield texts and entities with their labels."""
    width = view.columns - len(view.glyphs.edge)
    rows = [("Job", job_id)] if job_id else []
    rows += failure.advice
    yield from table(rows, width, names=LABEL_WIDTH, style="failure.label")
    above = (failure.error_code, failure.fail_reason)
    involved = {DISK if k == "volume_id" else k: v for k, v in failure.entities.items()}
    entities = texts(view, (pair for pair in involved.items() if pair[1] not in above))
    if short or not entities:
        return
    if view.columns < LABELS_FROM:
        yield Text("Involved", "failure.label")
        yield from table(entities, width)
    else:
        yield from table(entities, width, indent=LABEL_WIDTH + GAP, label="Involved")
