"""The command `help`: the help of a command, or a topic."""

from __future__ import annotations

import typer

from vbsjob.cli import options, topics
from vbsjob.cli.help_screen import paged
from vbsjob.exit_codes import ExitCode


def show_help(ctx: typer.Context, topic: options.Topic = None) -> ExitCode:
    """Show the help of a command or a topic.

    \b
    vbsjob help exit-codes
    vbsjob help environment
    vbsjob help formats
    vbsjob help get
    """
    top = ctx.parent or ctx
    commands = getattr(top.command, "commands", {})
    with paged(ctx.obj) as context:
        top.obj = context
        if topic is None or topic in commands:
            chosen = top if topic is None else typer.Context(commands[topic], top, topic)
            chosen.get_help()
        else:
            lines = topics.topic_lines(topic, commands)
            context.stdout.writelines(f"{line}\n" for line in lines)
    return ExitCode.OK
