"""What a run shows: jobs on stdout in the selected format, errors and progress on stderr."""

from __future__ import annotations

import shlex
from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple

from vbsjob.errors import UsageError, from_exception
from vbsjob.exit_codes import ExitCode, worst
from vbsjob.text import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from rich.console import RenderableType

    from vbsjob.config.loader import Settings
    from vbsjob.context import Context
    from vbsjob.errors import VbsjobError
    from vbsjob.jobs.outcome import JobOutcome, RunOutcome
    from vbsjob.jobs.tree import TreeOptions
    from vbsjob.output.formats import Format, Kind
    from vbsjob.render.theme import View
    from vbsjob.watch.loop import Display

    Screens = Iterator[Iterable[RenderableType]]


class Output(NamedTuple):
    """Where and how a command writes its answer."""

    settings: Settings
    context: Context
    format: Format
    fields: Sequence[str]
    single: bool
    """Whether one id was given as an argument: one document instead of an array."""
    options: Sequence[str]
    """What each printed command about a job repeats of this one."""

    @property
    def for_people(self) -> bool:
        """Whether the answer is a screen, and not documents or their fields."""
        return not self.format.machine and not self.fields

    def view(self) -> View:
        """Return how screens are drawn on stdout."""
        from vbsjob.render import theme

        return theme.view(self.context.stdout, self.settings, self.context)

    def command(self, command: str, job_id: str, *options: str) -> str:
        """Return a command for a job, with the options that select the service."""
        return shlex.join(["vbsjob", command, printable(job_id), *options, *self.options])


def jobs(
    answers: Iterable[JobOutcome], output: Output, *, watched: bool = False
) -> list[VbsjobError]:
    """Write the jobs to stdout; return the errors: missing fields, equal variables."""
    from vbsjob.output.formats import JOBS

    def documents(outcomes: Iterable[JobOutcome]) -> Iterator[dict[str, Any]]:
        with_errors = output.format.machine
        return (outcome.document() for outcome in outcomes if outcome.job or with_errors)

    def screens(outcomes: Sequence[JobOutcome], view: View) -> Screens:
        """Yield one screen for several jobs, or with --details one for each."""
        from vbsjob.jobs.tree import JobTree
        from vbsjob.render import details, several

        if len(outcomes) > 1 and not output.settings["details"]:
            job_trees = several.Trees(lambda job: JobTree(job, group=True))
            yield several.overview(outcomes, job_trees, view)
            return
        for outcome in outcomes:
            if (job := outcome.job) is not None:
                job_id = outcome.job_id
                yield details.screen(
                    outcome,
                    JobTree(job, group=view.width is not None),
                    view,
                    details=output.settings["details"],
                    next_command="" if job.ended or watched else output.command("watch", job_id),
                    failures_command=output.command("tree", job_id, "--only", "failed"),
                )

    return _show(answers, output, screens, documents, JOBS)


def trees(answers: Iterable[JobOutcome], output: Output) -> list[VbsjobError]:
    """Write the jobs as `jobs` does, with the sub-jobs as a tree or one row per job."""
    from vbsjob.jobs.tree import JobTree, TreeOptions
    from vbsjob.output import tree_documents
    from vbsjob.output.formats import JOBS

    options, now = TreeOptions.of(output.settings), output.context.steady_now
    fields = bool(output.fields)
    is_nested = output.format.nested and not fields

    def documents(outcomes: Iterable[JobOutcome]) -> Iterator[dict[str, Any]]:
        for outcome in outcomes:
            if is_nested:
                yield tree_documents.nested(outcome, options, now())
            else:
                yield from tree_documents.flat(outcome, options, now(), with_sub_jobs=fields)

    def screens(outcomes: Sequence[JobOutcome], view: View) -> Screens:
        from vbsjob.render import details

        for outcome in outcomes:
            if (job := outcome.job) is not None:
                yield details.tree_screen(
                    outcome,
                    JobTree(job, options, view.now, group=view.width is not None),
                    view,
                    failures_command=output.command("tree", job.id, "--only", "failed"),
                )

    return _show(answers, output, screens, documents, JOBS if is_nested else tree_documents.ROWS)


def _show(
    answers: Iterable[JobOutcome],
    output: Output,
    screens: Callable[[Sequence[JobOutcome], View], Screens],
    documents: Callable[[Iterable[JobOutcome]], Iterator[dict[str, Any]]],
    kind: Kind,
) -> list[VbsjobError]:
    """Write screens or documents; return the errors.

    Each document is written when its answer arrives. If no job was answered, stdout is empty.
    """
    first: list[JobOutcome] = []
    waiting = iter(answers)
    for outcome in waiting:
        first.append(outcome)
        if outcome.job is not None:
            break
    else:
        return []
    if not output.for_people:
        return write(documents(chain(first, waiting)), output, kind)
    outcomes = [*first, *waiting]
    if not output.settings["quiet"]:
        view = output.view()
        print_screens(screens(outcomes, view), view, output.context)
    return []


def concluded(outcomes: Iterable[JobOutcome], output: Output) -> list[VbsjobError]:
    """Write the results of a watch, unless events or the live display show them."""
    context = output.context
    shown = context.error_output.hold and output.for_people and context.stdout.isatty()
    return [] if output.format.events or shown else jobs(outcomes, output, watched=True)


def history(
    entries: Sequence[dict[str, Any]], limit: int, output: Output, *, every: bool
) -> list[VbsjobError]:
    """Write at most `limit` entries of the history; return the errors as `jobs` does.

    `every`: they can be of several clouds.
    """
    if not output.for_people:
        from vbsjob.output.formats import HISTORY

        return write(entries[:limit], output, HISTORY)
    from dataclasses import replace

    from vbsjob.render import job_list

    view = output.view()
    # A terminal that is narrower than status and id wraps them: an id is shown whole.
    screen = job_list.screen(entries, limit, view, every=every)
    print_screens([screen], replace(view, width=None), output.context)
    return []


def write(documents: Iterable[dict[str, Any]], output: Output, kind: Kind) -> list[VbsjobError]:
    """Write documents to stdout, unless --quiet.

    Returns an error if none has a field, and if fields become the same variable.
    """
    from vbsjob.jobs.fields import FieldCheck

    check, context = FieldCheck(output.fields), output.context
    omitted: VbsjobError | None = None
    checked = check.read(documents)
    if output.settings["quiet"]:
        for _ in checked if output.fields else ():
            pass
    elif output.format.write is not None:
        selection = output.format.selection(kind, output.fields, single=output.single)
        omitted = output.format.write(checked, selection, context.stdout)
    else:
        from vbsjob.render import details

        view = output.view()
        rendered = (details.fields(document, output.fields, view) for document in checked)
        print_screens(rendered, view, context)
    return [error for error in (omitted, check.error()) if error is not None]


def print_screens(
    screens: Iterable[Iterable[RenderableType]], view: View, context: Context
) -> None:
    """Write screens to stdout line by line, with an empty line between two screens."""
    for number, screen in enumerate(screens):
        context.stdout.write("\n" if number else "")
        context.stdout.writelines(view.text(line) + "\n" for line in view.lines(screen))


def displays(
    settings: Settings, context: Context, options: TreeOptions, *, events: bool
) -> list[Display]:
    """Return the displays: `events` on stdout, and on stderr according to --progress.

    With events, stderr has only the progress that --progress requests. Raises UsageError if
    --heartbeat has no effect.
    """
    quiet = settings["quiet"]
    name = "none" if quiet else settings["progress"]
    streams = [context.stdout] if events and not quiet else []
    if name == "none" and not streams and settings.origin("heartbeat") == "--heartbeat":
        raise UsageError(
            "--heartbeat conflicts with --progress none and --quiet, which print no progress.",
            hint="Omit one of them, or use -o jsonl for events on stdout.",
        )
    if name == "auto":
        name = "none" if events else _fitting(context)
    streams += [context.stderr] if name == "json" else []
    chosen: list[Display] = []
    if streams:
        from vbsjob.output.events import EventStream

        chosen += [EventStream(context, stream, settings["heartbeat"]) for stream in streams]
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


def _fitting(context: Context) -> str:
    """Return the progress for this stderr: drawn only on a terminal that can draw."""
    env = context.env
    dumb = not context.stderr.isatty() or env.get("TERM", "dumb") in {"", "dumb"}
    return "plain" if dumb or env.get("ACCESSIBLE") or env.get("CI") else "tty"


def end(outcome: RunOutcome, output: Output, displays: Sequence[Display] = ()) -> ExitCode:
    """Write the errors and the last line of a run to stderr; return its exit code.

    A stream that fails now changes only the exit code of the process.
    """
    context, settings, code = output.context, output.settings, outcome.exit_code
    for error in _errors(outcome, context, displays):
        context.print_error(error)
    for display in displays:
        try:
            display.finish(outcome)
        except BrokenPipeError:
            code = worst([code, ExitCode.READER_GONE])
        except OSError as error:
            context.print_error(from_exception(error))
            code = worst([code, ExitCode.INTERNAL])
    if displays and not outcome.signalled:
        names = " ".join(job.job_id for job in outcome.jobs[:3])
        bell, notify = settings["bell"], settings["notify"]
        context.signal_end(f"{names}: {code.label}", bell=bell, notify=notify)
    return code


def _errors(
    outcome: RunOutcome, context: Context, displays: Sequence[Display]
) -> list[VbsjobError]:
    """Return the errors that no display for people shows; with a machine format all of them."""
    machine, errors = context.error_output.machine, list(outcome.errors)
    if machine or not context.error_output.hold:  # the live display shows them
        errors = outcome.job_errors(each=machine) + errors
    has_sentence = not machine and any(display.for_people for display in displays)
    stop = None if has_sentence else outcome.stop_error
    return errors if stop is None or stop.exit_code is ExitCode.READER_GONE else [*errors, stop]
