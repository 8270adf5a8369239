"""Nested sub-jobs as documents: as the service nests them, or flat, a row each.

The service's own members stay as they are; `depth`, `path` and `parent_id` stand beside them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from vbsjob.jobs.tree import JobTree, Node, Summary, ordering

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from vbsjob.config.loader import Settings
    from vbsjob.jobs.result import JobResult

COLUMNS = (
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
"""What the flat formats show of a row when no field is asked for; entities follow."""


@dataclass(frozen=True, slots=True)
class TreeOptions:
    """Which sub-jobs are asked for, and in which order."""

    depth: int | None
    only: tuple[str, ...]
    sort: str

    @classmethod
    def of(cls, settings: Settings) -> TreeOptions:
        """Read the wish from the settings."""
        return cls(settings["depth"], settings["only"], settings["sort"])

    def tree(self, result: JobResult, now: datetime) -> JobTree | None:
        """Return the answer's outline in the order wished; None where there is no job."""
        return JobTree(result.job, sort=ordering(self.sort, now)) if result.job else None

    def drawn(self, tree: JobTree) -> list[Node | Summary]:
        """Return the rows of a picture, with counts of what it leaves out."""
        return list(tree.chosen(depth=self.depth, only=self.only))

    def fitting(self, tree: JobTree, height: int) -> list[Node | Summary]:
        """Return what of it fits a screen: folded, or where rows were chosen the first of them."""
        if self.depth is None and not self.only:
            return tree.folded(height)
        drawn = self.drawn(tree)
        if len(drawn) <= height:
            return drawn
        left = sum(isinstance(row, Node) for row in drawn[height - 1 :])
        return [*drawn[: height - 1], Summary(1, 0, left)]

    def rows(self, tree: JobTree) -> Iterator[Node]:
        """Yield the rows that documents hold: however deep, nothing is summed up in them."""
        found = tree.chosen(depth=self.depth, only=self.only, levels=None)
        return (row for row in found if isinstance(row, Node))


WHOLE = TreeOptions(None, (), "api")
"""Everything, as the service orders it."""


def flat(result: JobResult, options: TreeOptions, now: datetime) -> Iterator[dict[str, Any]]:
    """Yield a document a job, top to bottom, without the sub-jobs in it."""
    tree = options.tree(result, now)
    if tree is None:
        beside = {"depth": 0, "path": result.job_id, "parent_id": None}
        yield result.document(now) | beside
        return
    top = result.document(now)
    paths: dict[Node, str] = {}
    for row in options.rows(tree):
        members = top if row is tree.top else row.job.members
        told = {name: value for name, value in members.items() if name != "sub_jobs"}
        if isinstance(members.get("entities"), dict):
            told["entities"] = row.job.entities
        named = {} if members.get("job_id") else {"job_id": row.job.id or None}
        yield {"schema_version": top["schema_version"]} | _ours(row, paths, now) | told | named


def nested(result: JobResult, options: TreeOptions, now: datetime) -> dict[str, Any]:
    """Return one document, each sub-job where the service put it."""
    tree = options.tree(result, now)
    top = result.document(now)
    if tree is None:
        return top
    documents: dict[int, dict[str, Any]] = {}
    paths: dict[Node, str] = {}
    for row in reversed(list(options.rows(tree))):
        own = top if row is tree.top else row.job.members
        ours = _ours(row, paths, now)
        document = own | {name: value for name, value in ours.items() if name not in own}
        _refill(document, row, documents, options)
        entities = document.get("entities")
        if isinstance(entities, dict):
            document["entities"] = _refill(dict(entities), row, documents, options)
        documents[id(row.job.members)] = document
    return documents[id(tree.top.job.members)]


def _refill(
    holder: dict[str, Any], row: Node, documents: dict[int, dict[str, Any]], options: TreeOptions
) -> dict[str, Any]:
    """Put the documents of the sub-jobs where their members were, and leave out the unwished."""
    listed = holder.get("sub_jobs")
    if isinstance(listed, list):
        if options.sort != "api":
            order = {id(child.job.members): place for place, child in enumerate(row.children)}
            listed = sorted(listed, key=lambda item: order.get(id(item), len(order)))
        whole = options.depth is None and not options.only
        known = (item for item in listed if whole or id(item) in documents)
        holder["sub_jobs"] = [documents.get(id(item), item) for item in known]
    return holder


def _ours(row: Node, paths: dict[Node, str], now: datetime) -> dict[str, Any]:
    """Return what we know of a job beside what the service told."""
    return {
        "elapsed_s": row.job.elapsed(now),
        "depth": row.depth,
        "path": _path(row, paths),
        "parent_id": (row.parent.job.id or None) if row.parent else None,
    }


def _path(row: Node, paths: dict[Node, str]) -> str:
    """Return a row's path of ids; those that others begin with are kept in `paths`."""
    if row in paths:
        return paths[row]
    path = f"{_path(row.parent, paths)}/{_step(row)}" if row.parent else _step(row)
    if row.children:
        paths[row] = path
    return path


def _step(row: Node) -> str:
    """Return the id as a step of a path; `#2` for the second sub-job where it has no id."""
    if not row.job.id:
        return f"#{row.position + 1}"
    return row.job.id.replace("%", "%25").replace("/", "%2F").replace("#", "%23")
