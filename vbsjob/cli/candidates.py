"""Candidates of Tab completion, each with a description.

A completion script sets `_VBSJOB_COMPLETE` and `_TYPER_COMPLETE_ARGS` (the protocol of Typer for
fish) and reads one candidate per line, its description after a tab. Typer finds the parameter at
the cursor and calls the function below that `cli/options.py` names. Nothing is sent, no error is
printed. A candidate has only letters, digits and `-_.,@=`: no shell needs to quote it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import typer

from vbsjob.text import printable

if TYPE_CHECKING:
    from vbsjob.context import Context

Pairs = Iterable[tuple[str, str]]
FILES = "/"
"""The line that makes a script complete names of files."""
HISTORY_WORDS = (("@last", "the job queried last"), ("@running", "all jobs that had not ended"))
MAX_JOBS = 200
"""Jobs of the history that Tab offers."""


def lines(root_command: Callable[[list[str]], typer.core.TyperGroup], context: Context) -> str:
    """Return the candidates for the command line in the environment, one per line.

    `root_command` returns the group with the command of these words.
    """
    from typer._completion_classes import FishComplete

    context.error_output.quiet = True
    words, word = FishComplete(typer.core.TyperCommand("vbsjob"), {}, "", "").get_completion_args()
    finder = FishComplete(root_command(words), {"obj": context}, "vbsjob", "")
    # Typer's own format_completion reads a description as markup and wraps it at the width of the
    # terminal: a type such as `[/x]` is an error there, a second line is another candidate.
    option, equals, _ = word.partition("=")
    start = option + equals if equals and word.startswith("-") else ""
    items = finder.get_completions(words, word)
    if any(item.help == FILES for item in items):
        return f"{FILES}\n"
    return "".join(
        f"{start}{item.value}\t{' '.join((item.help or '').split())}\n" for item in items
    )


def jobs(ctx: typer.Context) -> Pairs:
    """Return the jobs of the sandbox, or `@last`, `@running` and the ids of the history."""
    from vbsjob import history
    from vbsjob.config.loader import preference
    from vbsjob.sandbox.scenarios import SCENARIOS

    context: Context = ctx.find_root().obj
    if preference("cloud", ctx.params, context) == "sandbox":
        return [(name, scenario.summary) for name, scenario in SCENARIOS.items()]
    if not (context.paths.state_folder and preference("history", {}, context)):
        return []
    jobs: dict[str, str] = {}
    for entry in history.stored(context):
        jobs.setdefault(entry["job_id"], printable(f"{entry['job_type']} {entry['status']}"))
    return [*(HISTORY_WORDS if jobs else ()), *list(jobs.items())[:MAX_JOBS]]


def clouds(ctx: typer.Context) -> Pairs:
    """Yield the names of all clouds that a file defines, and the sandbox."""
    from vbsjob.config.clouds_yaml import Clouds
    from vbsjob.errors import VbsjobError

    yield "sandbox", "built in"
    try:
        files = Clouds(ctx.find_root().obj)
        files.read()
    except (VbsjobError, OSError):
        return  # the command itself reports the error
    origins = dict.fromkeys(files.names, "config.toml") | dict.fromkeys(files.listed, "clouds.yaml")
    for name, origin in origins.items():
        if name.isascii() and name.replace("-", "").replace("_", "").replace(".", "").isalnum():
            yield name, origin


def services() -> Pairs:
    """Return the services that have jobs of this form."""
    from vbsjob.auth.catalog import SERVICES

    return [(name, service.label) for name, service in SERVICES.items()]


def formats() -> Pairs:
    """Return the output formats with their sentences."""
    from vbsjob.output.formats import FORMATS

    return [(format_.name, format_.summary) for format_ in FORMATS]


def fields(ctx: typer.Context) -> Pairs:
    """Return the fields that --field can name for this command."""
    from vbsjob.jobs.error_codes import FIELDS
    from vbsjob.jobs.failure import FAILURE_MEMBERS
    from vbsjob.output.formats import HISTORY, JOBS

    failure = tuple(f"failure.{name}" for name in FAILURE_MEMBERS)
    names = {"explain": FIELDS, "list": HISTORY.columns}.get(
        ctx.info_name or "", (*JOBS.columns, *failure)
    )
    return [(name, "") for name in names]


def statuses(incomplete: str) -> Pairs:
    """Return the words of --only; each is added to the words that are typed already."""
    from vbsjob.config.values import STATUSES

    typed, comma, _ = incomplete.rpartition(",")
    return [(f"{typed}{comma}{word}", "") for word in STATUSES if word not in typed.split(",")]


def codes() -> Pairs:
    """Return the error codes with their meaning."""
    from vbsjob.jobs import error_codes

    return [(code, texts.meaning) for code, texts in error_codes.everything().items()]


def topics(ctx: typer.Context) -> Pairs:
    """Return the commands and the topics of `help`."""
    from vbsjob.cli.topics import TOPICS

    root: Any = ctx.find_root().command
    named = [(name, command.get_short_help_str(200)) for name, command in root.commands.items()]
    return [*named, *((name, "topic") for name in TOPICS)]


def files(incomplete: str) -> Pairs:
    """Return what is typed, with the mark for which a script completes names of files."""
    return [(incomplete, FILES)]
