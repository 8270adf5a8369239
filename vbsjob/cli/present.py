"""What a run shows: jobs on stdout in the selected format, errors and progress on stderr."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any

from vbsjob.errors import UsageError
from vbsjob.exit_codes import ExitCode, worst
from vbsjob.terminal import stdio
from vbsjob.text import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from rich.console import RenderableType

    from vbsjob.cli.command import JobCommand
    from vbsjob.config.loader import Settings
    from vbsjob.context import Context
    from vbsjob.errors import VbsjobError
    from vbsjob.jobs.fields import Kind
    from vbsjob.jobs.job import Job
    from vbsjob.jobs.result import JobResult
    from vbsjob.jobs.tree import TreeOptions
    from vbsjob.render.theme import View
    from vbsjob.watch.loop import Display


def jobs(answers: Iterable[JobResult], command: JobCommand) -> tuple[Sequence[JobResult], ExitCode]:
    """Write the jobs to stdout and the errors to stderr.

    Returns all results, and OK, FIELD_MISSING or API_ERROR. Each document is written when its
    answer arrives. If no job was answered, stdout is empty.
    """
    from vbsjob.output.formats import JOBS

    def write(results: Iterable[JobResult]) -> ExitCode:
        now = command.context.steady_now
        if command.format.machine:
            return _write((result.document(now()) for result in results), command, JOBS)
        if command.fields:
            documents = (result.document(now()) for result in results if result.job)
            return _write(documents, command, JOBS)
        if not command.settings["quiet"]:
            _draw(list(results), command.settings, command.context)
        return ExitCode.OK

    return _written(answers, write, command)


def trees(
    answers: Iterable[JobResult], command: JobCommand
) -> tuple[Sequence[JobResult], ExitCode]:
    """Write the results as `jobs` does, with the sub-jobs as a tree or one row per job."""
    from vbsjob.jobs.tree import TreeOptions
    from vbsjob.output import tree_documents
    from vbsjob.output.formats import JOBS

    options = TreeOptions.of(command.settings)

    def write(results: Iterable[JobResult]) -> ExitCode:
        now, fields = command.context.steady_now, command.fields
        if not command.format.machine and not fields:
            if not command.settings["quiet"]:
                _draw_trees(list(results), options, command.settings, command.context)
            return ExitCode.OK
        if command.format.nested and not fields:
            nested = (tree_documents.nested(result, options, now()) for result in results)
            return _write(nested, command, JOBS)
        rows = (
            row
            for result in results
            for row in tree_documents.flat(result, options, now(), with_sub_jobs=bool(fields))
        )
        return _write(rows, command, tree_documents.ROWS)

    return _written(answers, write, command)


def _written(
    answers: Iterable[JobResult],
    write: Callable[[Iterable[JobResult]], ExitCode],
    command: JobCommand,
) -> tuple[Sequence[JobResult], ExitCode]:
    """Write the results as they arrive, if there is any job, and then the errors."""
    waiting = iter(answers)
    results: list[JobResult] = []

    def arriving() -> Iterator[JobResult]:
        for result in waiting:
            results.append(result)
            yield result

    code = ExitCode.OK
    if any(result.job for result in arriving()):
        code = write(chain(tuple(results), arriving()))
    results += waiting
    _print_errors(results, command.context)
    return results, code


def concluded(results: Sequence[JobResult], command: JobCommand) -> ExitCode:
    """Write the results of a watch, without what events or the live display have shown."""
    context = command.context
    if command.format.events:
        _print_errors(results, context)
        return ExitCode.OK
    table = not command.format.machine
    if context.error_output.live and table and not command.fields and context.stdout.isatty():
        return ExitCode.OK
    return jobs(results, command)[1]


def history(documents: Sequence[dict[str, Any]], command: JobCommand) -> ExitCode:
    """Write entries of the history; return OK, FIELD_MISSING or API_ERROR."""
    from vbsjob.jobs.fields import Selection
    from vbsjob.output.formats import HISTORY

    context = command.context
    if not documents and command.format.write is not None:
        command.format.write((), Selection(HISTORY, command.fields, single=False), context.stdout)
        return ExitCode.OK
    if documents and (command.format.machine or command.fields):
        return _write(documents, command, HISTORY)
    from dataclasses import replace

    from vbsjob.render import job_list, theme

    view = theme.view(context.stdout, command.settings, context)
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
    from vbsjob.jobs.fields import FieldCheck, Selection
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
        from vbsjob.render import details, theme

        view = theme.view(context.stdout, command.settings, context)
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
    from vbsjob.render import details, several, theme

    view = theme.view(context.stdout, settings, context)
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


def _draw_trees(
    results: Sequence[JobResult], options: TreeOptions, settings: Settings, context: Context
) -> None:
    from vbsjob.render import details, theme

    view = theme.view(context.stdout, settings, context)
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


def displays(
    settings: Settings, context: Context, options: TreeOptions, *, events: bool
) -> list[Display]:
    """Return the displays: on stderr according to --progress, and `events` on stdout.

    Raises UsageError if --heartbeat has no effect.
    """
    chosen: list[Display] = []
    name = "none" if settings["quiet"] else settings["progress"]
    if events and not settings["quiet"]:
        from vbsjob.output.events import EventStream

        chosen.append(EventStream(context, context.stdout, settings["heartbeat"]))
    if name == "none" and not chosen and settings.origin("heartbeat") == "--heartbeat":
        raise UsageError(
            "--heartbeat contradicts --progress none and --quiet, which print no progress.",
            hint="Omit one of them, or use -o jsonl for events on stdout.",
        )
    if name == "auto":
        name = _fitting(context, events=events)
    if name == "json":
        from vbsjob.output.events import EventStream

        chosen.append(EventStream(context, context.stderr, settings["heartbeat"]))
    if name == "plain":
        from vbsjob.render.log import PlainLog

        chosen.append(PlainLog(context, context.stderr, settings))
    if name == "tty":
        from vbsjob.render import theme
        from vbsjob.render.live import LiveDisplay

        def view(width: int, height: int) -> View:
            # One column is empty: some terminals wrap when the last one is written.
            return theme.view(context.stderr, settings, context, (width - 1, height))

        chosen.append(LiveDisplay(context, view, options))
    return chosen


def _fitting(context: Context, *, events: bool) -> str:
    """Return the progress for this stderr: events on stdout replace plain lines.

    A live display needs a terminal that can draw and that nothing else is written to. The reader
    of events in a pipe, such as grep, can write to the same terminal.
    """
    if not context.stderr.isatty():
        return "none" if events else "plain"
    if events and context.stdout.isatty():
        return "none"
    if events and stdio.is_pipe(context.stdout):
        return "plain"
    env = context.env
    dumb = env.get("TERM", "dumb") in {"", "dumb"}
    return "plain" if dumb or env.get("ACCESSIBLE") or env.get("CI") else "tty"
