"""Documents of `tree`: nested as the service nests sub-jobs, or one row per job; lines of text.

The service's members are unchanged; `elapsed_s`, `depth`, `path` and `parent_id` are added.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vbsjob.jobs.failure import code_and_reason
from vbsjob.jobs.fields import EVERY_ENTITY, Kind
from vbsjob.jobs.result import SCHEMA_VERSION, merged
from vbsjob.jobs.tree import Group, JobTree, Node, Summary, counts_text, folded, nodes
from vbsjob.output.formats import FAILURE, FAILURE_DETAILS
from vbsjob.text import format_duration, printable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from vbsjob.jobs.job import Job
    from vbsjob.jobs.outcome import JobOutcome
    from vbsjob.jobs.tree import TreeOptions

NODE_COLUMNS = (
    "job_id",
    "parent_id",
    "depth",
    "path",
    "status",
    "job_type",
    "begin_time",
    "end_time",
    "elapsed_s",
    "error_code",
    "fail_reason",
)
ROWS = Kind(
    columns=(*NODE_COLUMNS, *FAILURE, "entities", *FAILURE_DETAILS),
    variables=(*NODE_COLUMNS, *FAILURE, *EVERY_ENTITY),
    value=("path",),
    name="job_id",
    many=True,
)
"""Rows of `tree`: one per job and sub-job."""
TEXT_ROWS, TEXT_LINE = 40, 300
"""Lines of a tree in a report, and characters of each."""


def flat(
    result: JobOutcome, options: TreeOptions, now: datetime, *, with_sub_jobs: bool = False
) -> Iterator[dict[str, Any]]:
    """Yield one row per job, top to bottom; without the sub-jobs in it, unless `with_sub_jobs`.

    Only the row of the requested job has `verdict`, `exit_code` and `failure`.
    """
    tree = options.tree(result.job, now) if result.job else None
    if tree is None:
        yield result.document(depth=0, path=result.job_id, parent_id=None)
        return
    paths: dict[Node, str] = {}
    for node in nodes(tree):
        own_members = _own_members(node, paths, now)
        if node is tree.top:
            row = result.document(**own_members)
        else:
            row = {"schema_version": SCHEMA_VERSION} | merged(node.job.members, own_members)
        if not with_sub_jobs:
            row.pop("sub_jobs", None)
            if isinstance(row.get("entities"), dict):
                row["entities"] = node.job.entities
        if not row.get("job_id"):
            row["job_id"] = node.job.id or None
        yield row


def nested(result: JobOutcome, options: TreeOptions, now: datetime) -> dict[str, Any]:
    """Return one document, each sub-job where the service put it."""
    tree = options.tree(result.job, now) if result.job else None
    if tree is None:
        return result.document()
    documents: dict[int, dict[str, Any]] = {}
    paths: dict[Node, str] = {}
    for node in reversed(list(nodes(tree))):
        own_members = _own_members(node, paths, now)
        if node is tree.top:
            document = result.document(**own_members)
        else:
            document = merged(node.job.members, own_members)
        _refill(document, node, documents, options)
        entities = document.get("entities")
        if isinstance(entities, dict):
            document["entities"] = _refill(dict(entities), node, documents, options)
        documents[id(node.job.members)] = document
    return documents[id(tree.top.job.members)]


def _refill(
    holder: dict[str, Any], row: Node, documents: dict[int, dict[str, Any]], options: TreeOptions
) -> dict[str, Any]:
    """Replace the sub-jobs in `holder` by their documents; omit those that are not selected."""
    listed = holder.get("sub_jobs")
    if isinstance(listed, list):
        if options.sort != "api":
            order = {id(child.job.members): number for number, child in enumerate(row.children)}
            listed = sorted(listed, key=lambda item: order.get(id(item), len(order)))
        complete = options.depth is None and not options.only
        selected = (item for item in listed if complete or id(item) in documents)
        holder["sub_jobs"] = [documents.get(id(item), item) for item in selected]
    return holder


def _own_members(row: Node, paths: dict[Node, str], now: datetime) -> dict[str, Any]:
    """Return the members that are added to each job."""
    return {
        "elapsed_s": row.job.elapsed(now),
        "depth": row.depth,
        "path": _path(row, paths),
        "parent_id": (row.parent.job.id or None) if row.parent else None,
    }


def _path(row: Node, paths: dict[Node, str]) -> str:
    """Return the path of ids from the top job; `paths` caches those of jobs with sub-jobs."""
    if row in paths:
        return paths[row]
    path = f"{_path(row.parent, paths)}/{_step(row)}" if row.parent else _step(row)
    if row.children:
        paths[row] = path
    return path


def _step(row: Node) -> str:
    """Return the id as a step of a path; `#2` for the second sub-job if it has no id."""
    if not row.job.id:
        return f"#{row.position + 1}"
    return row.job.id.replace("%", "%25").replace("/", "%2F").replace("#", "%23")


def text_lines(job: Job, now: datetime) -> Iterator[str]:
    """Yield the tree for reports of CI services: at most TEXT_ROWS printable lines of any job."""
    for row in folded(JobTree(job, group=True), TEXT_ROWS):
        if isinstance(row, Summary):
            text = f"{sum(row.counts.values()):,} more: {counts_text(row.counts)}"
        elif isinstance(row, Group):
            name = f"{row.type or 'sub-job'} x{len(row.members):,}"
            text = f"{row.status} {name}: {counts_text(row.counts)}"
        else:
            elapsed = row.job.elapsed(now)
            duration = "" if elapsed is None else format_duration(elapsed)
            words = (row.job.status or "no status", row.job.type, row.job.id, duration)
            reason = " ".join(filter(None, code_and_reason(row.job)))
            text = " ".join(filter(None, words)) + (f": {reason}" if reason else "")
        text = printable(text)
        yield "  " * row.indent + (text if len(text) <= TEXT_LINE else f"{text[:TEXT_LINE]}...")
