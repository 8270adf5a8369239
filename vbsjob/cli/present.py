"""What a run shows: jobs on stdout in the selected format, errors and progress on stderr."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple

from vbsjob.errors import UsageError
from vbsjob.terminal import stdio
from vbsjob.text import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from rich.console import RenderableType

    from vbsjob.config.loader import Settings
    from vbsjob.context import Context
    from vbsjob.errors import VbsjobError
    from vbsjob.jobs.fields import Kind
    from vbsjob.jobs.job import Job
    from vbsjob.jobs.outcome import JobOutcome
    from vbsjob.jobs.tree import TreeOptions
    from vbsjob.output.formats import Format
    from vbsjob.render.theme import View
    from vbsjob.watch.loop import Display


class Output(NamedTuple):
    """Where and how a command writes its answer."""

    settings: Settings
    context: Context
    format: Format
    fields: Sequence[str]
    single: bool
    """Whether one id was given as an argument: one document instead of an array."""


def jobs(
    answers: Iterable[JobOutcome], output: Output, *, watched: bool = False
) -> list[VbsjobError]:
    """Write the jobs to stdout; return the errors: missing fields, equal variables.

    Each document is written when its answer arrives. If no job was answered, stdout is empty.
    """
    from vbsjob.output.formats import JOBS

    waiting = _from_first_job(answers)
    if waiting is None:
        return []
    if output.format.machine:
        return _write((outcome.document() for outcome in waiting), output, JOBS)
    if output.fields:
        return _write((outcome.document() for outcome in waiting if outcome.job), output, JOBS)
    outcomes = list(waiting)
    if not output.settings["quiet"]:
        _draw(outcomes, output.settings, output.context, watched=watched)
    return []


def trees(answers: Iterable[JobOutcome], output: Output) -> list[VbsjobError]:
    """Write the jobs as `jobs` does, with the sub-jobs as a tree or one row per job."""
    from vbsjob.jobs.tree import TreeOptions
    from vbsjob.output import tree_documents
    from vbsjob.output.formats import JOBS

    waiting = _from_first_job(answers)
    if waiting is None:
        return []
    options = TreeOptions.of(output.settings)
    now, fields = output.context.steady_now, output.fields
    if not output.format.machine and not fields:
        outcomes = list(waiting)
        if not output.settings["quiet"]:
            _draw_trees(outcomes, options, output.settings, output.context)
        return []
    if output.format.nested and not fields:
        nested = (tree_documents.nested(outcome, options, now()) for outcome in waiting)
        return _write(nested, output, JOBS)
    rows = (
        row
        for outcome in waiting
        for row in tree_documents.flat(outcome, options, now(), with_sub_jobs=bool(fields))
    )
    return _write(rows, output, tree_documents.ROWS)


def _from_first_job(answers: Iterable[JobOutcome]) -> Iterable[JobOutcome] | None:
    """Return all answers as soon as one is a job; None if all are errors."""
    errors: list[JobOutcome] = []
    waiting = iter(answers)
    for outcome in waiting:
        errors.append(outcome)
        if outcome.job is not None:
            return chain(errors, waiting)
    return None


def concluded(outcomes: Iterable[JobOutcome], output: Output) -> list[VbsjobError]:
    """Write the results of a watch, unless events or the live display show them."""
    context = output.context
    table = not output.format.machine and not output.fields
    live = context.error_output.live and table and context.stdout.isatty()
    return [] if output.format.events or live else jobs(outcomes, output, watched=True)


def history(
    entries: Sequence[dict[str, Any]], limit: int, output: Output, *, every: bool
) -> list[VbsjobError]:
    """Write at most `limit` entries of the history; return the errors as `jobs` does.

    `every`: they can be of several clouds.
    """
    from vbsjob.jobs.fields import Selection
    from vbsjob.output.formats import HISTORY

    context = output.context
    if not entries and output.format.write is not None:
        output.format.write((), Selection(HISTORY, output.fields, single=False), context.stdout)
        return []
    if entries and (output.format.machine or output.fields):
        return _write(entries[:limit], output, HISTORY)
    from dataclasses import replace

    from vbsjob.render import job_list, theme

    view = theme.view(context.stdout, output.settings, context)
    # A terminal that is narrower than status and id wraps them: an id is shown whole.
    screen = job_list.screen(entries, limit, view, every=every)
    _print([screen], replace(view, width=None), context)
    return []


def _without_secrets(document: dict[str, Any], context: Context) -> dict[str, Any]:
    """Return the document; secrets that the service echoed in an error are masked (S05)."""
    if "error" in document:
        return document | {"error": context.redact_values(document["error"])}
    return document


def _write(documents: Iterable[dict[str, Any]], output: Output, kind: Kind) -> list[VbsjobError]:
    """Write documents to stdout, unless --quiet.

    Returns an error if none has a field, and if fields become the same variable.
    """
    from vbsjob.jobs.fields import FieldCheck, Selection
    from vbsjob.output.variables import SameVariableError

    check, context = FieldCheck(output.fields), output.context
    errors: list[VbsjobError] = []
    checked = check.read(_without_secrets(document, context) for document in documents)
    if output.settings["quiet"]:
        for _ in checked if output.fields else ():
            pass
    elif output.format.write is not None:
        selection = Selection(kind, output.fields, output.single and not kind.many)
        try:
            output.format.write(checked, selection, context.stdout)
        except SameVariableError as conflict:
            errors.append(conflict)
    else:
        from vbsjob.render import details, theme

        view = theme.view(context.stdout, output.settings, context)
        rendered = (details.fields(document, output.fields, view) for document in checked)
        _print(rendered, view, context)
    missing = check.error()
    return errors if missing is None else [*errors, missing]


def _where(settings: Settings) -> str:
    """Return the options that the next command needs, each after a space."""
    service = f" --service {settings['service']}"
    sandbox = " --cloud sandbox" if settings.sandbox else ""
    return sandbox + (service if settings.origin("service") == "--service" else "")


def _draw(
    outcomes: Sequence[JobOutcome], settings: Settings, context: Context, *, watched: bool
) -> None:
    from vbsjob.jobs.tree import JobTree
    from vbsjob.render import details, several, theme

    view = theme.view(context.stdout, settings, context)
    group = view.width is not None
    where = _where(settings)

    def screen(outcome: JobOutcome, job: Job) -> Iterator[RenderableType]:
        job_id = printable(outcome.job_id)
        return details.screen(
            JobTree(job, group=group),
            outcome.job_id,
            view,
            details=settings["details"],
            next_command="" if job.ended or watched else f"vbsjob watch {job_id}{where}",
            failures_command=f"vbsjob tree {job_id} --only failed{where}",
        )

    if len(outcomes) > 1 and not settings["details"]:
        _print([several.overview(outcomes, view)], view, context)
    else:
        _print((screen(o, o.job) for o in outcomes if o.job), view, context)


def _draw_trees(
    outcomes: Sequence[JobOutcome], options: TreeOptions, settings: Settings, context: Context
) -> None:
    from vbsjob.render import details, theme

    view = theme.view(context.stdout, settings, context)
    where = _where(settings)
    _print(
        (
            details.tree_screen(
                options.tree(job, view.now, group=view.width is not None),
                view,
                failures_command=f"vbsjob tree {printable(job.id)} --only failed{where}",
            )
            for outcome in outcomes
            if (job := outcome.job)
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
            "--heartbeat conflicts with --progress none and --quiet, which print no progress.",
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
