"""Chooses what shows a watch: a picture on a terminal, lines for a log, events for a program."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vbsjob.errors import UsageError
from vbsjob.terminal import stdio

if TYPE_CHECKING:
    from vbsjob.config.loader import Settings
    from vbsjob.context import Context
    from vbsjob.jobs.tree import TreeOptions
    from vbsjob.render.theme import View
    from vbsjob.watch.loop import Display


def choose(
    settings: Settings, context: Context, options: TreeOptions, *, events: bool
) -> list[Display]:
    """Return the displays: on stderr according to --progress, and `events` on stdout.

    Raises UsageError if --heartbeat has no effect.
    """
    displays: list[Display] = []
    name = "none" if settings["quiet"] else settings["progress"]
    if events and not settings["quiet"]:
        from vbsjob.output.events import EventStream

        displays.append(EventStream(context, context.stdout, settings["heartbeat"]))
    if name == "none" and not displays and settings.origin("heartbeat") == "--heartbeat":
        raise UsageError(
            "--heartbeat contradicts --progress none and --quiet, which print no progress.",
            hint="Omit one of them, or use -o jsonl for events on stdout.",
        )
    if name == "auto":
        name = _fitting(context, events=events)
    if name == "json":
        from vbsjob.output.events import EventStream

        displays.append(EventStream(context, context.stderr, settings["heartbeat"]))
    if name == "plain":
        from vbsjob.render.log import PlainLog

        displays.append(PlainLog(context, context.stderr, settings["heartbeat"]))
    if name == "tty":
        from vbsjob.render import theme
        from vbsjob.render.live import LiveDisplay

        def view(width: int, height: int) -> View:
            # One column is empty: some terminals wrap when the last one is written.
            return theme.view(context.stderr, settings, context, (width - 1, height))

        displays.append(LiveDisplay(context, view, options))
    return displays


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
