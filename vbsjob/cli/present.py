"""Prints results: jobs on stdout in the selected format, errors on stderr."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vbsjob.cli.result_stream import ResultStream
from vbsjob.exit_codes import ExitCode

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from vbsjob.cli.run import JobCommand
    from vbsjob.config.loader import Settings
    from vbsjob.context import Context
    from vbsjob.jobs.job import Job
    from vbsjob.jobs.result import JobResult
    from vbsjob.output.formats import Kind
    from vbsjob.render.tree import Glyphs, Line


def present(stream: ResultStream, command: JobCommand) -> ExitCode:
    """Write the jobs to stdout and the errors to stderr; return FIELD_MISSING or OK.

    Each document is written when its answer arrives. If no job was answered, stdout stays empty.
    """
    return _present(stream, command, whole=True)


def concluded(results: Sequence[JobResult], command: JobCommand) -> ExitCode:
    """Write the results of a watch, without what events or the live display have shown."""
    if command.format.events:
        _print_errors(results, command.context)
        return ExitCode.OK
    context = command.context
    seen = context.error_output.live and context.stdout.isatty()
    return _present(ResultStream(results), command, whole=not seen)


def tree(stream: ResultStream, command: JobCommand) -> ExitCode:
    """Write the results as `present` does, with the sub-jobs as a tree or one row per job."""
    from vbsjob.output import tree_documents
    from vbsjob.output.formats import JOBS

    settings, fields, now = command.settings, command.fields, command.context.steady_now
    options = tree_documents.TreeOptions.of(settings)
    code = ExitCode.OK
    if not stream.has_job():
        pass
    elif not command.format.machine and not fields:
        if not settings["quiet"]:
            _branch(list(stream), settings, command.context)
    elif command.format.nested and not fields:
        code = _write(
            (tree_documents.nested(result, options, now()) for result in stream), command, JOBS
        )
    else:
        rows = (
            row
            for result in stream
            for row in tree_documents.flat(result, options, now(), with_sub_jobs=bool(fields))
        )
        code = _write(rows, command, tree_documents.ROWS)
    _print_errors(stream.summaries(), command.context)
    return code


def _present(stream: ResultStream, command: JobCommand, *, whole: bool) -> ExitCode:
    from vbsjob.output.formats import JOBS

    now, code = command.context.steady_now, ExitCode.OK
    if not stream.has_job():
        pass
    elif command.format.machine:
        code = _write((result.document(now()) for result in stream), command, JOBS)
    elif command.fields:
        code = _write((result.document(now()) for result in stream if result.job), command, JOBS)
    elif not command.settings["quiet"]:
        _draw(list(stream), command.settings, command.context, whole=whole)
    _print_errors(stream.summaries(), command.context)
    return code


def history(documents: Sequence[dict[str, Any]], command: JobCommand) -> ExitCode:
    """Write entries of the history; return FIELD_MISSING or OK."""
    from vbsjob.output.formats import HISTORY, Selection

    context = command.context
    if not documents and command.format.write is not None:
        command.format.write((), Selection(HISTORY, command.fields, single=False), context.stdout)
        return ExitCode.OK
    if documents and (command.format.machine or command.fields):
        return _write(documents, command, HISTORY)
    from vbsjob.render import job_list

    colors = context.colors(context.stdout, command.settings["color"])
    job_list.write(documents, context.stdout, width=context.width(context.stdout), colors=colors)
    return ExitCode.OK


def _print_errors(results: Sequence[JobResult], context: Context) -> None:
    context.stdout.flush()
    for result in results:
        if result.error:
            context.print_error(result.error)


def _write(documents: Iterable[dict[str, Any]], command: JobCommand, kind: Kind) -> ExitCode:
    """Write documents to stdout, unless --quiet; return FIELD_MISSING if none has a field."""
    from vbsjob.jobs.fields import FieldCheck
    from vbsjob.output.formats import Selection

    check, context = FieldCheck(command.fields), command.context
    checked = check.read(documents)
    if command.settings["quiet"]:
        for _ in checked if command.fields else ():
            pass
    elif command.format.write is not None:
        selection = Selection(kind, command.fields, command.single and not kind.many)
        command.format.write(checked, selection, context.stdout)
    else:
        from vbsjob.render import details

        drawn = (details.fields(document, command.fields) for document in checked)
        _paint(drawn, command.settings, context)
    error = check.error()
    if error is None:
        return ExitCode.OK
    context.stdout.flush()
    context.print_error(error)
    return error.exit_code


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
