"""The command group `config`: show all settings, or test sign-in and connection.

The value of a secret is never among what is printed.
"""

from __future__ import annotations

import os
from contextlib import closing, suppress
from typing import TYPE_CHECKING, Any, NamedTuple

import typer

from vbsjob.cli import options, present
from vbsjob.cli.command import JobCommand
from vbsjob.config.loader import Settings
from vbsjob.config.schema import SETTINGS, variables_in_use
from vbsjob.config.sources import SettingValue
from vbsjob.config.values import written
from vbsjob.errors import JobNotFoundError
from vbsjob.exit_codes import ExitCode
from vbsjob.jobs.fields import SCHEMA_VERSION
from vbsjob.limits import QUERY_ATTEMPTS, QUERY_RETRY_FOR
from vbsjob.text import dumps

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from vbsjob.auth.session import Session
    from vbsjob.config.schema import Setting
    from vbsjob.context import Context
    from vbsjob.http.sender import Sender

HELP = (
    "Show all settings, or test sign-in and connection.\n\n\b\n"
    "vbsjob config show\nvbsjob config check --cloud production"
)
UNKNOWN_JOB_ID = "0" * 32


class Fact(NamedTuple):
    """One row of a report. People see `text` and `short_origin` if they are set."""

    name: str
    value: Any
    origin: str = ""
    text: str = ""
    short_origin: str = ""


@options.takes("output", options.SERVICE, "everything")
def config_show(
    ctx: typer.Context,
    *,
    output: options.ConfigOutput = None,
    everything: options.AllSettings = False,
    **_: object,
) -> ExitCode:
    """Show what is set and where it comes from, and which files are read; offline.

    \b
    vbsjob config show
    vbsjob config show --cloud production -o json
    """
    from vbsjob.auth.loading import FIRST_STEPS, WAYS_TO_SIGN_IN

    command = JobCommand(ctx.params, ctx.obj)
    with command.service_settings() as settings:
        _show(settings, command.context, everything=everything)
        if not settings["auth_url"] and not settings["endpoint"]:
            command.context.note("no cloud is set.", WAYS_TO_SIGN_IN, FIRST_STEPS)
    return ExitCode.OK


def _show(settings: Settings, context: Context, *, everything: bool) -> None:
    """Write all settings, the files and further variables; for people only what is set."""
    facts = [_fact(setting, settings) for setting in SETTINGS]
    locations = list(_locations(settings, context))
    files = [str(path) for path in settings.files]
    read = Fact("files", files, "files that were read; the first has precedence")
    names = variables_in_use(context.env)
    variables = Fact("variables", names, "also set and used")
    shown = [fact for fact in facts if everything or fact.name in settings.values]
    tables = [shown, [*locations, *([variables] if names else [])]]
    _write([*facts, read, *locations, variables], tables, settings, context)
    if len(shown) < len(facts) and settings["output"] != "json":
        unset = len(facts) - len(shown)
        context.stdout.write(f"\n{unset} settings have their default: --all\n")


def _fact(setting: Setting, settings: Settings) -> Fact:
    value, source = settings[setting.name], settings.values.get(setting.name)
    if value is None or value == ():
        return Fact(setting.name, None)
    value = "set" if setting.secret else value
    short_origin = source.file.name if source and source.file else ""
    if source and source.derived:
        short_origin = "project name"
    origin = settings.origin(setting.name)
    return Fact(setting.name, value, origin, written(setting.parse, value), short_origin)


def _locations(settings: Settings, context: Context) -> Iterator[Fact]:
    """Yield where each file is, or would be, and whether it exists."""
    from vbsjob import history

    paths = context.paths
    user_folder = next(iter(paths.config_folders[1:]), None)
    read = {path.stem: path for path in settings.files}
    path_by_name = {
        "clouds.yaml": read.get("clouds") or (user_folder and user_folder / "clouds.yaml"),
        "secure.yaml": read.get("secure") or (user_folder and user_folder / "secure.yaml"),
        "config.toml": paths.config_file,
        "tokens": paths.cache_folder and paths.cache_folder / "tokens",
        history.FILE: paths.state_folder and paths.state_folder / history.FILE,
    }
    for name, path in path_by_name.items():
        state = "found" if path and os.access(path, os.F_OK) else "not found"
        yield Fact(name, str(path), state) if path else Fact(name, None)


@options.takes("output verbose", options.SERVICE, "insecure_http")
def config_check(
    ctx: typer.Context, *, output: options.ConfigOutput = None, **_: object
) -> ExitCode:
    """Sign in, send a query, and show the results; exit code 0 if all of it works.

    \b
    vbsjob config check --cloud production
    """
    from vbsjob.auth.session import Session
    from vbsjob.http.sender import Sender

    context: Context = ctx.obj
    facts: list[Fact] = []
    result = ""
    with JobCommand(ctx.params, context).service_settings() as settings:
        no_token = SettingValue(value=False, origin="config check")
        fresh = Settings({**settings.values, "cache": no_token})
        try:
            with closing(Sender(fresh, context)) as sender:
                facts.extend(_results(Session(fresh, context, sender), sender, settings))
            values = {fact.name: fact.value for fact in facts}
            project = values["project"] or values["project_id"]
            region = f", region {values['region']}" if values["region"] else ""
            result = f"Signed in to project {project}{region}. The service answers."
        finally:  # also the results before an error
            good = [Fact("service", "answers"), Fact("result", "ok")] if result else []
            _write([*facts, *good], [facts], settings, context, result)
    return ExitCode.OK


def _results(session: Session, sender: Sender, settings: Settings) -> Iterator[Fact]:
    """Yield each result as soon as it is known."""
    access = session.sign_in()
    yield Fact("method", session.method.auth_type, "a value of auth_type")
    if access.user:
        yield Fact("user", access.user, "the identity service")
    if settings["agency_name"]:
        yield Fact("agency", settings["agency_name"], settings.origin("agency_name"))
    yield Fact("project", access.project_name or settings["project_name"])
    yield Fact("project_id", access.project_id or settings["project_id"])
    yield Fact("region", settings["region"], settings.origin("region"))
    is_set = settings["endpoint"] is not None
    origin = settings.origin("endpoint") if is_set else "the service catalog"
    yield Fact("endpoint", session.base, origin)
    expires = access.expires_at.isoformat(timespec="seconds") if access.expires_at else None
    yield Fact("token_expires_at", expires, "" if session.method.renewable else "cannot be renewed")
    sender.with_retries(lambda: _query(session), QUERY_RETRY_FOR, QUERY_ATTEMPTS)
    offset = sender.clock_off
    seconds = None if offset is None else round(offset.total_seconds())
    yield Fact("clock_off_s", seconds, "compared with the service")


def _query(session: Session) -> None:
    """Query an unknown job. "Unknown" is the good answer: address, token and project work."""
    with suppress(JobNotFoundError):
        session.query(UNKNOWN_JOB_ID)


def _write(
    facts: Iterable[Fact],
    tables: Iterable[Sequence[Fact]],
    settings: Settings,
    context: Context,
    result: str = "",
) -> None:
    """Write the facts as one JSON object; for people the tables, and a good result below them."""
    if settings["output"] == "json":
        members = {f.name: {"value": f.value, "origin": f.origin or None} for f in facts}
        document = context.redact_values({"schema_version": SCHEMA_VERSION, **members})
        context.stdout.write(dumps(document) + "\n")
        return
    from vbsjob.render import message, theme

    view = theme.view(context.stdout, settings, context)
    rows = [[_row(fact, context) for fact in table] for table in tables if table]
    screens = [[message.table(table)] for table in rows]
    screens += [[message.success(context.redact(result), view)]] if result else []
    present.print_screens(screens, view, context)


def _row(fact: Fact, context: Context) -> list[str]:
    shown = fact.text or fact.value
    shown = ", ".join(shown) if isinstance(shown, list) else "-" if shown is None else str(shown)
    return [context.redact(cell) for cell in (fact.name, shown, fact.short_origin or fact.origin)]
