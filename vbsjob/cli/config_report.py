"""What is set and from where, and whether it works; a secret is only ever said to be set.

`show` asks nobody; `check` signs in anew and asks the service for a job that there is not.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from vbsjob.auth.loading import FIRST_STEPS
from vbsjob.auth.session import Session
from vbsjob.config.loader import Settings, SettingValue
from vbsjob.config.schema import SETTINGS_BY_NAME
from vbsjob.config.variables import variables_in_use
from vbsjob.errors import JobNotFoundError
from vbsjob.http import errors
from vbsjob.http.messages import Request
from vbsjob.http.sender import Sender
from vbsjob.jobs.result import SCHEMA_VERSION
from vbsjob.limits import QUERY_ATTEMPTS, QUERY_RETRY_FOR
from vbsjob.text import printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vbsjob.context import Context
    from vbsjob.http.messages import Response

Fact = tuple[str, Any, str]
"""A name, its value, and where that is from."""

__all__ = ["FIRST_STEPS", "check", "show", "write"]

NO_JOB = "0" * 32


def show(settings: Settings, context: Context) -> Iterator[Fact]:
    """Tell every setting that has a value, then each file and further variable that is used."""
    for name, key in SETTINGS_BY_NAME.items():
        value, origin = settings[name], settings.origin(name)
        if value is None:
            continue
        yield (name, f"set (from {origin})", "") if key.secret else (name, value, origin)
    yield "files", [str(path) for path in settings.files], "read, the strongest first"
    yield "variables", variables_in_use(context.env), "heeded beside the settings"


def check(settings: Settings, context: Context) -> Iterator[Fact]:
    """Sign in, whatever token is kept, and tell what came of it, step by step; raises a Problem."""
    fresh = Settings({**settings.values, "cache": SettingValue(value=False, origin="config check")})
    sender = Sender(fresh, context)
    session = Session(fresh, context, sender)
    held = session.sign_in()
    yield "method", session.method, ""
    if held.user:
        yield "user", held.user, "the identity service"
    yield "project", held.project_name or settings["project_name"], ""
    yield "project_id", settings["project_id"] or held.project_id, ""
    yield "region", settings["region"], settings.origin("region")
    located = settings["endpoint"] is not None
    yield "endpoint", session.base, settings.origin("endpoint") if located else "the catalog"
    expires = held.expires_at.isoformat(timespec="seconds") if held.expires_at else None
    yield "token_expires_at", expires, "" if session.renewable else "cannot be renewed"
    sender.with_retries(lambda: _ask(session), QUERY_RETRY_FOR, QUERY_ATTEMPTS)
    off = sender.clock_off
    yield "clock_off_s", None if off is None else round(off.total_seconds()), "to the service's"
    yield "service", "answers", ""


def _ask(session: Session) -> None:
    """Ask for a job that there is not: to be told so proves way, token and project."""
    request = Request("GET", f"{session.base}/jobs/{NO_JOB}")
    response: Response = session.send_authenticated(request)
    problem = errors.from_response(request, response, NO_JOB)
    if response.status != 200 and not isinstance(problem, JobNotFoundError):
        raise problem


def write(facts: Iterator[Fact], context: Context, *, machine: bool) -> None:
    """Write the facts: a line each as they come, or one JSON object."""
    if machine:
        told = {name: {"value": value, "origin": origin or None} for name, value, origin in facts}
        document = json.dumps({"schema_version": SCHEMA_VERSION, **told})
        context.stdout.write(context.redact(document) + "\n")
        return
    for name, value, origin in facts:
        if value is not None and value != []:
            text = ", ".join(value) if isinstance(value, list) else str(value)
            shown = f"{name:<18} {printable(text)}{f'  ({printable(origin)})' if origin else ''}"
            context.stdout.write(context.redact(shown) + "\n")
            context.stdout.flush()
