"""Documents of `tree`: nested as the service nests sub-jobs, or one row per job; lines of text.

The service's members are unchanged; `elapsed_s`, `depth`, `path` and `parent_id` are added.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vbsjob.jobs.failure import after_colon, code_and_reason
from vbsjob.jobs.fields import EVERY_ENTITY, SCHEMA_VERSION, merged
from vbsjob.jobs.tree import Group, JobTree, Node, Summary, counts_text, folded, nodes
from vbsjob.output.formats import ERROR, FAILURE, TICKET, TIMES, Kind
from vbsjob.text import format_duration, printable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from vbsjob.jobs.job import Job
    from vbsjob.jobs.outcome import JobOutcome
    from vbsjob.jobs.tree import TreeOptions

NODE_COLUMNS = ("job_id", "parent_id", "depth", "path", "status", "job_type", *TIMES, *ERROR)
ROWS = Kind(
    columns=(*NODE_COLUMNS, *FAILURE, "entities", *TICKET, "failure_entities"),
    variables=(*NODE_COLUMNS, *FAILURE, *TICKET, *EVERY_ENTITY),
    value=("path",),
    name=("job_id",),
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
    if result.job is None:
        yield result.document(depth=0, path=result.job_id, parent_id=None)
        return
    for node, document in _documents(result, JobTree(result.job, options, now), now):
        row = {"schema_version": SCHEMA_VERSION} | document
        if not with_sub_jobs:
            row.pop("sub_jobs", None)
            if isinstance(row.get("entities"), dict):
                row["entities"] = node.job.entities
        if not row.get("job_id"):
            row["job_id"] = node.job.id or None
        yield row


def nested(result: JobOutcome, options: TreeOptions, now: datetime) -> dict[str, Any]:
    """Return one document, each sub-job once, where the service put it."""
    if result.job is None:
        return result.document()
    pairs = list(_documents(result, JobTree(result.job, options, now), now))
    documents = {id(node.job.members): document for node, document in pairs}
    for node, document in pairs:
        holders = [document]
        if isinstance(document.get("entities"), dict):
            document["entities"] = dict(document["entities"])
            holders.append(document["entities"])
        for holder in holders:
            if isinstance(listed := holder.get("sub_jobs"), list):
                shown = documents.keys() & map(id, listed)
                ordered = (id(child.job.members) for child in node.children)
                others = (item for item in listed if not isinstance(item, dict))
                holder["sub_jobs"] = [*(documents[k] for k in ordered if k in shown), *others]
    return pairs[0][1]


def _documents(
    result: JobOutcome, tree: JobTree, now: datetime
) -> Iterator[tuple[Node, dict[str, Any]]]:
    """Yield each job, from top to bottom, with its document: its members and those of `tree`.

    `path` has the ids from the top job; those of jobs with sub-jobs are kept.
    """
    paths: dict[Node, str] = {}
    for node in nodes(tree):
        parent = node.parent
        path = f"{paths[parent]}/{_step(node)}" if parent else _step(node)
        if node.children:
            paths[node] = path
        own_members = {
            "elapsed_s": node.job.elapsed(now),
            "depth": node.depth,
            "path": path,
            "parent_id": (parent.job.id or None) if parent else None,
        }
        if node is tree.top:
            yield node, result.document(**own_members)
        else:
            yield node, merged(node.job.members, own_members)


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
            duration = format_duration(row.job.elapsed(now))
            words = (row.job.status or "no status", row.job.type, row.job.id, duration)
            text = " ".join(filter(None, words)) + after_colon(*code_and_reason(row.job))
        text = printable(text)
        yield "  " * row.indent + (text if len(text) <= TEXT_LINE else f"{text[:TEXT_LINE]}...")
