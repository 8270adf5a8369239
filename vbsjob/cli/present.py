"""Prints results: jobs on stdout in the selected format, errors on stderr."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING, Any, TextIO

from vbsjob.cli.result_stream import ResultStream
from vbsjob.exit_codes import ExitCode, worst
from vbsjob.text import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from rich.console import RenderableType

    from vbsjob.cli.run import JobCommand
    from vbsjob.config.loader import Settings
    from vbsjob.context import Context
    from vbsjob.errors import VbsjobError
    from vbsjob.jobs.job import Job
    from vbsjob.jobs.result import JobResult
    from vbsjob.output.formats import Kind
    from vbsjob.render.theme import View


def present(stream: ResultStream, command: JobCommand) -> ExitCode:
    """Write the jobs to stdout and the errors to stderr; return OK, FIELD_MISSING or API_ERROR.

    Each document is written when its answer arrives. If no job was answered, stdout is empty.
    """
    return _present(stream, command)


def concluded(results: Sequence[JobResult], command: JobCommand) -> ExitCode:
    """Write the results of a watch, without what events or the live display have shown."""
    context = command.context
    table = not command.format.machine
    if command.format.events:
        _print_errors(results, context)
        return ExitCode.OK
    if context.error_output.live and table and not command.fields and context.stdout.isatty():
        return ExitCode.OK
    return _present(ResultStream(results), command)


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
            _draw_trees(list(stream), settings, command.context)
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


def _present(stream: ResultStream, command: JobCommand) -> ExitCode:
    from vbsjob.output.formats import JOBS

    now, code = command.context.steady_now, ExitCode.OK
    if not stream.has_job():
        pass
    elif command.format.machine:
        code = _write((result.document(now()) for result in stream), command, JOBS)
    elif command.fields:
        code = _write((result.document(now()) for result in stream if result.job), command, JOBS)
    elif not command.settings["quiet"]:
        _draw(list(stream), command.settings, command.context)
    _print_errors(stream.summaries(), command.context)
    return code


def history(documents: Sequence[dict[str, Any]], command: JobCommand) -> ExitCode:
    """Write entries of the history; return OK, FIELD_MISSING or API_ERROR."""
    from vbsjob.output.formats import HISTORY, Selection

    context = command.context
    if not documents and command.format.write is not None:
        command.format.write((), Selection(HISTORY, command.fields, single=False), context.stdout)
        return ExitCode.OK
    if documents and (command.format.machine or command.fields):
        return _write(documents, command, HISTORY)
    from dataclasses import replace

    from vbsjob.render import job_list

    view = screen_view(context.stdout, command.settings, context)
    # A terminal that is narrower than status and id wraps them: an id is shown whole.
    _print([job_list.screen(documents, view)], replace(view, width=None), context)
    return ExitCode.OK


def _print_errors(results: Sequence[JobResult], context: Context) -> None:
    context.stdout.flush()
    if context.error_output.live and not context.error_output.machine:
        return  # the live display has shown them
    for result in results:
        if result.error:
            context.print_error(result.error)


def _without_secrets(document: dict[str, Any], context: Context) -> dict[str, Any]:
    """Return the document; secrets that the service echoed in an error are masked (S05)."""
    if "error" in document:
        return document | {"error": context.redact_values(document["error"])}
    return document


def _write(documents: Iterable[dict[str, Any]], command: JobCommand, kind: Kind) -> ExitCode:
    """Write documents to stdout, unless --quiet.

    Returns FIELD_MISSING if none has a field, API_ERROR if fields become the same variable.
    """
    from vbsjob.jobs.fields import FieldCheck
    from vbsjob.output.formats import Selection
    from vbsjob.output.variables import SameVariableError

    check, context = FieldCheck(command.fields), command.context
    errors: list[VbsjobError] = []
    checked = check.read(_without_secrets(document, context) for document in documents)
    if command.settings["quiet"]:
        for _ in checked if command.fields else ():
            pass
    elif command.format.write is not None:
        selection = Selection(kind, command.fields, command.single and not kind.many)
        try:
            command.format.write(checked, selection, context.stdout)
        except SameVariableError as conflict:
            errors.append(conflict)
    else:
        from vbsjob.render import details

        view = screen_view(context.stdout, command.settings, context)
        rendered = (details.fields(document, command.fields, view) for document in checked)
        _print(rendered, view, context)
    missing = check.error()
    errors += [] if missing is None else [missing]
    if errors:
        context.stdout.flush()
    for error in errors:
        context.print_error(error)
    return worst(error.exit_code for error in errors)


def _draw(results: Sequence[JobResult], settings: Settings, context: Context) -> None:
    from vbsjob.jobs.tree import JobTree
    from vbsjob.render import details, several

    view = screen_view(context.stdout, settings, context)
    group = view.width is not None
    where = " --cloud sandbox" if settings.sandbox else ""

    def screen(result: JobResult, job: Job) -> Iterator[RenderableType]:
        job_id = printable(result.job_id)
        return details.screen(
            JobTree(job, group=group),
            result.job_id,
            view,
            details=settings["details"],
            next_command="" if job.ended or result.watch_code else f"vbsjob watch {job_id}{where}",
            failures_command=f"vbsjob tree {job_id} --only failed{where}",
        )

    if len(results) > 1 and not settings["details"]:
        _print([several.overview(results, view)], view, context)
    else:
        _print((screen(r, r.job) for r in results if r.job), view, context)


def _draw_trees(results: Sequence[JobResult], settings: Settings, context: Context) -> None:
    from vbsjob.output.tree_documents import TreeOptions
    from vbsjob.render import details

    view = screen_view(context.stdout, settings, context)
    options = TreeOptions.of(settings)
    where = " --cloud sandbox" if settings.sandbox else ""
    _print(
        (
            details.tree_screen(
                options.tree(job, view.now, group=view.width is not None),
                view,
                failures_command=f"vbsjob tree {printable(job.id)} --only failed{where}",
            )
            for result in results
            if (job := result.job)
        ),
        view,
        context,
    )


def _print(screens: Iterable[Iterable[RenderableType]], view: View, context: Context) -> None:
    """Write screens to stdout line by line, with an empty line between two screens."""
    for number, screen in enumerate(screens):
        context.stdout.write("\n" if number else "")
        context.stdout.writelines(view.text(line) + "\n" for line in view.lines(screen))


def screen_view(
    stream: TextIO, settings: Settings, context: Context, size: tuple[int, int] | None = None
) -> View:
    """Return how screens are drawn on a stream; by default in the size of its terminal."""
    from vbsjob.context import can_encode
    from vbsjob.render import theme

    unicode = not settings["ascii"] and can_encode(stream, theme.ALL_GLYPHS)
    return theme.View(
        width=size[0] if size else context.width(stream),
        height=size[1] if size else context.terminal_size(stream)[1],
        glyphs=theme.UNICODE if unicode else theme.ASCII,
        colors=context.colors(stream, settings["color"]),
        now=context.steady_now(),
        local_time=to_utc if settings["utc"] else context.local_time,
    )


def to_utc(time: datetime) -> datetime:
    """Return the time in UTC."""
    return time.astimezone(UTC)
