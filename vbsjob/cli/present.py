"""Says what came of asking: the answers on stdout in the chosen format, the problems on stderr."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vbsjob.text import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from vbsjob.config.loader import Settings
    from vbsjob.context import Context
    from vbsjob.jobs.job import Job
    from vbsjob.jobs.result import JobResult
    from vbsjob.render.tree import Glyphs, Line


def present(
    results: Sequence[JobResult], settings: Settings, fields: Sequence[str], context: Context
) -> None:
    """Write the answer to stdout, and what kept answers away to stderr.

    Where no job was answered stdout stays empty.
    """
    _answer(results, settings, fields, context, whole=True)
    _complain(results, context)


def concluded(
    results: Sequence[JobResult], settings: Settings, fields: Sequence[str], context: Context
) -> None:
    """Write the answer after a watch: less what events or a picture have already shown."""
    if settings["output"] != "jsonl":
        seen = context.error_output.live and context.stdout.isatty()
        _answer(results, settings, fields, context, whole=not seen)
    _complain(results, context)


def tree(
    results: Sequence[JobResult], settings: Settings, fields: Sequence[str], context: Context
) -> None:
    """Write the answer as `present` does, its sub-jobs as a tree, or a row each."""
    from vbsjob.output import tree_documents

    name, now, options = (
        _format(settings, fields),
        context.steady_now(),
        tree_documents.TreeOptions.of(settings),
    )
    if _wanted(results, settings):
        if name == "table" and not fields:
            _branch(results, settings, context)
        elif name in {"json", "yaml"} and not fields:
            _write(
                (tree_documents.nested(result, options, now) for result in results),
                name,
                (),
                context,
            )
        else:
            rows = (row for result in results for row in tree_documents.flat(result, options, now))
            chosen = fields or (["path"] if name == "value" else [])
            if name == "table":
                _sheets(rows, fields, settings, context)
            else:
                _write(rows, name, chosen, context, tree_documents.COLUMNS)
    _complain(results, context)


def _format(settings: Settings, fields: Sequence[str]) -> str:
    name: str = settings["output"] or ("value" if fields else "table")
    return name


def _wanted(results: Sequence[JobResult], settings: Settings) -> bool:
    return not settings["quiet"] and any(result.job for result in results)


def _answer(
    results: Sequence[JobResult],
    settings: Settings,
    fields: Sequence[str],
    context: Context,
    *,
    whole: bool,
) -> None:
    name, now = _format(settings, fields), context.steady_now()
    if not _wanted(results, settings):
        return
    records = (result.document(now) for result in results)
    if name != "table":
        _write(records, name, fields, context)
    elif fields:
        _sheets(
            (result.document(now) for result in results if result.job), fields, settings, context
        )
    else:
        _draw(results, settings, context, whole=whole)


def _complain(results: Sequence[JobResult], context: Context) -> None:
    context.stdout.flush()
    for result in results:
        if result.error:
            context.print_error(result.error)


def _write(
    records: Iterable[dict[str, Any]],
    name: str,
    fields: Sequence[str],
    context: Context,
    columns: Sequence[str] = (),
) -> None:
    from vbsjob.output import formats

    seen = _noting(records, fields, context)
    formats.write(name, seen, fields, context.stdout, columns or formats.COLUMNS)


def _noting(
    records: Iterable[dict[str, Any]], fields: Sequence[str], context: Context
) -> Iterator[dict[str, Any]]:
    """Pass the records on, one at a time, and say at their end which fields none of them had."""
    from vbsjob.jobs import fields as job_fields

    missing = dict.fromkeys(fields)
    for item in records:
        for field in [
            name for name in missing if job_fields.get(item, name) is not job_fields.MISSING
        ]:
            del missing[field]
        yield item
    for field in missing:
        context.note(f"no job has a field {printable(field)!r}.")


def _sheets(
    records: Iterable[dict[str, Any]], fields: Sequence[str], settings: Settings, context: Context
) -> None:
    from vbsjob.render import details

    seen = _noting(records, fields, context)
    _paint((details.fields(item, fields) for item in seen), settings, context)


def _draw(
    results: Sequence[JobResult], settings: Settings, context: Context, *, whole: bool
) -> None:
    from vbsjob.jobs.tree import JobTree
    from vbsjob.render import details
    from vbsjob.render import tree as tree_view

    glyphs = _marks(settings, context)
    now, width = context.steady_now(), context.width(context.stdout) or tree_view.UNBOUND

    def drawn(job: Job) -> Iterator[Line]:
        tree = JobTree(job)
        yield from details.block(tree, now, width, glyphs, _next(job, settings), whole=whole)
        tree.forget()

    _paint((drawn(result.job) for result in results if result.job), settings, context)


def _branch(results: Sequence[JobResult], settings: Settings, context: Context) -> None:
    from vbsjob.output import tree_documents
    from vbsjob.render import tree as tree_view

    now, options, glyphs = (
        context.steady_now(),
        tree_documents.TreeOptions.of(settings),
        _marks(settings, context),
    )
    width = context.width(context.stdout) or tree_view.UNBOUND
    outlines = (tree for result in results if (tree := options.tree(result, now)))
    _paint(
        (tree_view.drawn(options.drawn(one), width, now, glyphs) for one in outlines),
        settings,
        context,
    )


def _paint(pictures: Iterable[Iterable[Line]], settings: Settings, context: Context) -> None:
    """Write pictures, an empty line between them: a console would hold them all at once."""
    from vbsjob.render import tree as tree_view

    colors = context.colors(context.stdout, settings["color"])
    for number, picture in enumerate(pictures):
        context.stdout.write("\n" if number else "")
        tree_view.write(picture, context.stdout, colors=colors)


def _marks(settings: Settings, context: Context) -> Glyphs:
    from vbsjob.context import can_encode
    from vbsjob.render import tree as tree_view

    printable = settings["ascii"] or not can_encode(context.stdout, tree_view.EVERY_SIGN)
    return tree_view.ASCII if printable else tree_view.UNICODE


def _next(job: Job, settings: Settings) -> str:
    """Return the command to type next, for a job that failed or goes on."""
    if job.status == "SUCCESS":
        return ""
    where = " --cloud sandbox" if settings.sandbox else ""
    if not job.ended:
        return f"vbsjob watch {job.id}{where}"
    return f"vbsjob tree {job.id}{where}" if job.sub_jobs else f"vbsjob get {job.id}{where} -o json"
