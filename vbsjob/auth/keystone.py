"""The identity service's side of signing in: its requests, and the pass that it gives.

Conversations are generators: they yield requests and are sent their replies. Nothing here
sends, retries or stores.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from vbsjob.errors import ApiError
from vbsjob.http import errors, strict_json
from vbsjob.http.messages import Request
from vbsjob.jobs import job
from vbsjob.text import printable

if TYPE_CHECKING:
    from collections.abc import Generator
    from datetime import datetime

    from vbsjob.http.messages import Response

    Conversation = Generator[Request, Response, "AccessInfo"]

OK, CREATED = 200, 201


@dataclass(frozen=True, slots=True)
class AccessInfo:
    """What signing in gave: a token, and what the identity service says goes with it."""

    token: str | None = field(default=None, repr=False)
    project_id: str | None = None
    project_name: str | None = None
    user: str | None = None
    life: float | None = None
    """Seconds that the token lives in all, by the identity service's own clock."""
    expires_at: datetime | None = None
    catalog: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Identity:
    """Where one signs in, and for which project."""

    auth_url: str
    scope: dict[str, Any] | None

    def request_token(self, **proofs: Any) -> Conversation:
        """Ask for a token by one or more of Keystone's methods, each with its proof."""
        identity = {"methods": list(proofs), **proofs}
        auth = {"identity": identity} | ({"scope": self.scope} if self.scope else {})
        body = json.dumps({"auth": auth}).encode()
        address = f"{self.auth_url}/auth/tokens"
        request = Request("POST", address, {"Content-Type": "application/json"}, body)
        response = yield request
        if response.status != CREATED:
            raise _refused(request, response)
        return _pass(response)

    def project(self, name: str) -> Generator[Request, Response, str]:
        """Ask for the id of a project by its name; for signed requests, which have no token."""
        request = Request("GET", f"{self.auth_url}/projects?name={quote(name, safe='')}")
        found = _members(request, (yield request), "projects")
        ids = [entry.get("id") for entry in found if entry.get("name") == name]
        if len(ids) != 1 or not isinstance(ids[0], str):
            raise ApiError(
                f"the identity service knows {len(ids) or 'no'} projects {printable(name)!r}.",
                hint="Set the project by its id.",
            )
        return ids[0]

    def catalog(self) -> Generator[Request, Response, tuple[dict[str, Any], ...]]:
        """Ask for the catalog; for signed requests, which have no token."""
        request = Request("GET", f"{self.auth_url}/auth/catalog")
        return _members(request, (yield request), "catalog")


def _members(request: Request, response: Response, name: str) -> tuple[dict[str, Any], ...]:
    if response.status != OK:
        raise errors.from_response(request, response)
    try:
        found = strict_json.read(response.body)[name]
        return tuple(entry for entry in found if isinstance(entry, dict))
    except (strict_json.InvalidJsonError, KeyError, TypeError):
        raise errors.invalid_body(request, response, f"no {name}") from None


def _refused(request: Request, response: Response) -> Exception:
    """A refused sign-in; a 401 is final, since every further try may lock the account."""
    found = errors.from_response(request, response)
    if response.status == 401:
        return found.with_hint(
            "Check the user, password, domain and project. It was tried once: several wrong"
            " tries can lock an account."
        )
    return found


def _pass(response: Response) -> AccessInfo:
    try:
        token = strict_json.read(response.body)["token"]
        issued = response.headers["x-subject-token"]
        project, user = token.get("project") or {}, token.get("user") or {}
        catalog = tuple(entry for entry in token.get("catalog") or () if isinstance(entry, dict))
        made = AccessInfo(
            issued,
            _text(project.get("id")),
            _text(project.get("name")),
            _text(user.get("name")) or _text(user.get("id")),
            _life(token.get("issued_at") or _date(response), token.get("expires_at")),
            job.parse_time(token.get("expires_at")),
            catalog,
        )
    except (strict_json.InvalidJsonError, KeyError, TypeError, AttributeError):
        issued = ""
    if not issued or not issued.isascii() or not issued.isprintable():
        raise ApiError(
            "the identity service's answer holds no token.",
            hint="Is OS_AUTH_URL right?",
            http_status=response.status,
            request_id=response.request_id,
        )
    return made


def _life(issued_at: Any, expires_at: Any) -> float | None:
    issued, expires = job.parse_time(issued_at), job.parse_time(expires_at)
    if issued is None or expires is None:
        return None
    return max(0.0, (expires - issued).total_seconds())


def _date(response: Response) -> str | None:
    from email.utils import parsedate_to_datetime

    try:
        return parsedate_to_datetime(response.headers.get("date", "")).isoformat()
    except (ValueError, TypeError, IndexError):
        return None


def _text(found: Any) -> str | None:
    return found if isinstance(found, str) and found else None
