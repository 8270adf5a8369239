"""Facts that `config show` and `config check` print. The value of a secret is never among them.

`show` sends no request. `check` signs in without the stored token, and queries a job id that does
not exist.
"""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any, NamedTuple

from vbsjob.auth.session import Session
from vbsjob.config.loader import Settings
from vbsjob.config.schema import SETTINGS, variables_in_use
from vbsjob.config.sources import SettingValue
from vbsjob.errors import JobNotFoundError, VbsjobError
from vbsjob.http import errors
from vbsjob.http.messages import Request
from vbsjob.http.sender import Sender
from vbsjob.jobs.result import SCHEMA_VERSION
from vbsjob.limits import QUERY_ATTEMPTS, QUERY_RETRY_FOR
from vbsjob.text import dumps, printable, wrap

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vbsjob.context import Context

UNKNOWN_JOB_ID = "0" * 32
NAMES = 30
"""Columns of the names."""


class Fact(NamedTuple):
    """One line of a report: a name, its value for programs, its origin, its value for people."""

    name: str
    value: Any
    origin: str = ""
    text: str = ""


def show(settings: Settings, context: Context) -> Iterator[Fact]:
    """Yield every setting, then the files, then further variables that are set."""
    for setting in SETTINGS:
        value, origin = settings[setting.name], settings.origin(setting.name)
        if value is None or value == ():
            yield Fact(setting.name, None)
        elif setting.secret:
            yield Fact(setting.name, "set", origin)
        else:
            yield Fact(setting.name, value, origin, setting.written(value))
    files = [str(path) for path in settings.files]
    yield Fact("files", files, "files that were read; the first has precedence")
    yield from _locations(settings, context)
    yield Fact(
        "variables", variables_in_use(context.env), "further variables that are set and used"
    )


def _locations(settings: Settings, context: Context) -> Iterator[Fact]:
    """Yield where each file is, or would be, and whether it exists."""
    from vbsjob import history

    paths = context.paths
    user_folder = next((path for path in paths.config_folders[1:]), None)
    read = {path.stem: path for path in settings.files}
    for stem in ("clouds", "secure"):
        path = read.get(stem) or (user_folder and user_folder / f"{stem}.yaml")
        yield _location(f"{stem}.yaml", path)
    yield _location("config.toml", paths.config_file)
    yield _location("tokens", paths.cache_folder and paths.cache_folder / "tokens")
    yield _location(history.FILE, paths.state_folder and paths.state_folder / history.FILE)


def _location(name: str, path: Any) -> Fact:
    if path is None:
        return Fact(name, None)
    try:
        exists = path.exists()
    except OSError:
        exists = False
    return Fact(name, str(path), "found" if exists else "not found")


def check(settings: Settings, context: Context) -> Iterator[Fact]:
    """Sign in and query; yield each result as soon as it is known. Raises VbsjobError."""
    uncached = {**settings.values, "cache": SettingValue(value=False, origin="config check")}
    fresh = Settings(uncached)
    with closing(Sender(fresh, context)) as sender:
        yield from _results(Session(fresh, context, sender), sender, settings)


def _results(session: Session, sender: Sender, settings: Settings) -> Iterator[Fact]:
    access = session.sign_in()
    yield Fact("method", session.auth_type, "a value of auth_type")
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
    yield Fact("token_expires_at", expires, "" if session.renewable else "cannot be renewed")
    sender.with_retries(lambda: _query(session), QUERY_RETRY_FOR, QUERY_ATTEMPTS)
    offset = sender.clock_off
    seconds = None if offset is None else round(offset.total_seconds())
    yield Fact("clock_off_s", seconds, "compared with the service")
    yield Fact("service", "answers")
    yield Fact("result", "ok", text="OK: the sign-in works and the service answers.")


def _query(session: Session) -> None:
    """Query an unknown job. "Unknown" is the good answer: address, token and project work."""
    request = Request("GET", f"{session.base}/jobs/{UNKNOWN_JOB_ID}")
    response = session.send_authenticated(request)
    try:
        errors.job_document(request, response, UNKNOWN_JOB_ID)
    except JobNotFoundError:
        return
    except VbsjobError as error:
        raise session.explained(error) from None


def write(facts: Iterator[Fact], context: Context, *, machine: bool) -> None:
    """Write the facts to stdout: one line per fact as it comes, or one JSON object."""
    if machine:
        members = {
            fact.name: {"value": fact.value, "origin": fact.origin or None} for fact in facts
        }
        document = {"schema_version": SCHEMA_VERSION, **members}
        context.stdout.write(dumps(context.redact_values(document)) + "\n")
        return
    width = context.width(context.stdout)
    indent = NAMES + 1 if width is not None and width > 2 * NAMES else 2
    for fact in facts:
        line = context.redact(_line(fact))
        context.stdout.write((line if width is None else wrap(line, width, indent)) + "\n")
        context.stdout.flush()


def _line(fact: Fact) -> str:
    if fact.value is None:
        return f"{fact.name:<{NAMES}} -"
    if isinstance(fact.value, list):
        value = ", ".join(fact.value) or "none"
    else:
        value = fact.text or str(fact.value)
    origin = f"  ({printable(fact.origin)})" if fact.origin else ""
    return f"{fact.name:<{NAMES}} {printable(value)}{origin}"
