"""The screen of one job, as `get` prints it: status, times, sub-jobs, entities, failure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.padding import Padding
from rich.text import Text

from vbsjob.jobs.failure import code_and_reason
from vbsjob.jobs.fields import get
from vbsjob.jobs.tree import folded
from vbsjob.jobs.tree import rows as all_rows
from vbsjob.render import columns, failure_block, members, status, tree
from vbsjob.text import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

    from rich.console import RenderableType

    from vbsjob.jobs.outcome import JobOutcome
    from vbsjob.jobs.tree import JobTree
    from vbsjob.render.theme import View

LEAST_ROWS = 5
"""Rows of sub-jobs that `get` shows at least, and otherwise a third of the screen."""
EMPTY = Text()


def screen(
    outcome: JobOutcome,
    job_tree: JobTree,
    view: View,
    *,
    rows: int | None = None,
    details: bool = False,
    next_command: str = "",
    failures_command: str = "",
) -> Iterator[RenderableType]:
    """Yield everything about one job, the failure last.

    `rows` limits the rows of sub-jobs on a screen, not in a pipe; by default a third of its height.
    `details` adds every member of every sub-job. `next_command` shows more than this screen,
    `failures_command` all failures if there are several.
    """
    job, failure = job_tree.top.job, outcome.failure
    yield from status.headline(job, outcome.job_id, view)
    yield from status.times(job, view)
    if len(job_tree.nodes) > 1:
        yield EMPTY
        limit = rows or max(LEAST_ROWS, view.height // 3)
        shown = list(all_rows(job_tree)) if view.width is None else folded(job_tree, limit + 1)
        described = failure.job if failure else None
        yield from columns.table(tree.rows(shown[1:], view, described=described), view)
    # A reason without a code says nothing if the failed job is deeper: `sub job fail`.
    deeper = failure is not None and len(failure.path) > 1
    table = members.of_job(job, view, errors=deeper and bool(code_and_reason(job)[0]))
    if table:
        yield EMPTY
        yield from members.table(table, view.columns, indent=2)
    if details:
        yield from _sub_job_members(job_tree, view)
    if next_command:
        yield EMPTY
        yield Text.assemble("next: ", next_command)
    if failure is not None:
        yield EMPTY
        # The entities of the job itself are above: nothing is shown twice.
        itself = len(failure.path) == 1
        yield from failure_block.block(failure, view, command=failures_command, short=itself)


def _sub_job_members(job_tree: JobTree, view: View) -> Iterator[RenderableType]:
    """Yield the members of every sub-job."""
    for node in job_tree.nodes[1:]:
        yield EMPTY
        indent = 2 * min(node.depth, 8)
        for line in status.headline(node.job, "", view):
            yield Padding(line, (0, 0, 0, indent), expand=False)
        table = members.of_job(node.job, view, identity=True)
        yield from members.table(table, view.columns, indent=indent + 2)


def fields(document: dict[str, Any], names: Iterable[str], view: View) -> Iterator[RenderableType]:
    """Yield chosen fields of a document, one line per field."""
    values = [(printable(name), view.one_line(get(document, name))) for name in names]
    return members.table(values, view.columns)


def tree_screen(
    outcome: JobOutcome, job_tree: JobTree, view: View, *, failures_command: str
) -> Iterator[RenderableType]:
    """Yield the tree of one job with the job itself, the failure last."""
    failure = outcome.failure
    described = failure.job if failure else None
    rows = tree.rows(list(all_rows(job_tree)), view, described=described)
    yield from columns.table(rows, view)
    if failure is not None:
        yield EMPTY
        yield from failure_block.block(failure, view, command=failures_command)
