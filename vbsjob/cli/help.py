"""The command `help`, and what help says about exit codes and the environment."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from vbsjob.cli import options
from vbsjob.errors import UsageError
from vbsjob.exit_codes import SEVERITY, ExitCode
from vbsjob.text import printable, suggestion

if TYPE_CHECKING:
    from collections.abc import Iterable


OFFLINE = (ExitCode.OK, ExitCode.USAGE, ExitCode.INTERNAL)
COMMAND_EXIT_CODES: dict[str, tuple[ExitCode, ...]] = {
    "explain": OFFLINE,
    "help": OFFLINE,
    "sandbox": OFFLINE,
}
"""Exit codes that a command lists in its help; commands that are not here list all of them."""


def command_exit_codes(command: str) -> tuple[ExitCode, ...]:
    """Return the exit codes of a command such as `config show`."""
    return COMMAND_EXIT_CODES.get(command, tuple(ExitCode))


def epilog(command: str) -> str:
    """Return the end of the help of a command: its exit codes."""
    return "Exit codes:\n\n\b\n" + "\n".join(exit_codes(*command_exit_codes(command)))


def exit_codes(*chosen: ExitCode) -> list[str]:
    """Return the table of exit codes, all or the chosen ones, a line each."""
    return [f"{int(code):>3}  {code.label:<12} {code.meaning}" for code in chosen or ExitCode]


def topic_lines(name: str, commands: Iterable[str]) -> list[str]:
    """Return the lines of a topic; raises Usage that names the nearest one."""
    if name not in TOPICS:
        hint = suggestion(name, [*commands, *TOPICS])
        raise UsageError(f"There is no help on {printable(name)[:80]!r}.", hint=hint)
    return TOPICS[name]()


def _on_exit_codes() -> list[str]:
    order = [int(code) for code in SEVERITY]
    return [
        "How a run of vbsjob ends. 1 means that the service said FAIL, and nothing else.",
        "",
        *exit_codes(),
        "",
        f"Several jobs: the first of {', '.join(map(str, order))}.",
        "Machine formats carry each job's own code as exit_code.",
    ]


def _on_environment() -> list[str]:
    from vbsjob.config.schema import SETTINGS
    from vbsjob.config.variables import OTHER_VARIABLES

    rows = [(key.variable, ", ".join(key.os), key.secret) for key in SETTINGS]
    told = [f"  {own:<36}{theirs}{'  (secret)' if secret else ''}" for own, theirs, secret in rows]
    return [
        "Every setting can come from the environment. Order: option, VBSJOB_*, OS_*, config.toml,",
        "clouds.yaml, default. A secret is never an option.",
        "",
        *(line.rstrip() for line in told),
        "",
        "Heeded beside the settings:",
        *(f"  {name:<36}{why}" for name, why in OTHER_VARIABLES.items()),
    ]


TOPICS = {"exit-codes": _on_exit_codes, "environment": _on_environment}
TOPICS_EPILOG = f"Topics: any command, {', '.join(TOPICS)}."


def show_help(ctx: typer.Context, topic: options.Topic = None) -> ExitCode:
    """Show help for a command or a topic.

    \b
    vbsjob help exit-codes
    vbsjob help environment
    vbsjob help get
    """
    context = ctx.obj
    top = ctx.parent or ctx
    commands = getattr(top.command, "commands", {})
    if topic is None:
        context.stdout.write(top.get_help() + "\n")
    elif topic in commands:
        context.stdout.write(typer.Context(commands[topic], top, topic).get_help() + "\n")
    else:
        context.stdout.writelines(f"{line}\n" for line in topic_lines(topic, commands))
    return ExitCode.OK
