"""How a request proves who asks: one class a way of signing in, each a conversation.

`sign_in` yields requests and is sent their replies; it returns a Pass. Nothing here sends,
retries or stores. AK/SK, TOTP and application credentials have their place here, as classes.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from vbsjob import document, job, refusal
from vbsjob.exchange import Request
from vbsjob.outcome import NotSignedIn, Refused, Usage

if TYPE_CHECKING:
    from collections.abc import Generator
    from datetime import datetime

    from vbsjob.exchange import Reply
    from vbsjob.settings import Settings

    Conversation = Generator[Request, Reply, "Pass"]

CREATED = 201


@dataclass(frozen=True, slots=True)
class Pass:
    """What signing in gave: a token and what the identity service says goes with it."""

    token: str = field(repr=False)
    project_id: str | None = None
    expires_at: datetime | None = None
    catalog: tuple[dict[str, Any], ...] = ()

    def sign(self, request: Request) -> Request:
        """Return the request with its proof of who asks."""
        return request.having(X_Auth_Token=self.token)


class Method(Protocol):
    """A way of signing in."""

    @property
    def renewable(self) -> bool:
        """Whether signing in again, without a person, can give a new pass."""

    def sign_in(self) -> Conversation:
        """Converse with the identity service."""
        ...


@dataclass(frozen=True, slots=True)
class Identity:
    """Where one signs in, and for which project."""

    auth_url: str
    scope: dict[str, Any] | None

    def ask(self, method: str, **proof: Any) -> Conversation:
        """Ask for a token by one of Keystone's methods."""
        identity = {"methods": [method], method: proof}
        auth = {"identity": identity} | ({"scope": self.scope} if self.scope else {})
        body = json.dumps({"auth": auth}).encode()
        request = Request(
            "POST", f"{self.auth_url}/auth/tokens", {"Content-Type": "application/json"}, body
        )
        reply = yield request
        if reply.status != CREATED:
            raise _refused(request, reply)
        return _pass(reply)


@dataclass(frozen=True, slots=True)
class Token:
    """A token that somebody else made. It cannot be renewed."""

    token: str = field(repr=False)
    identity: Identity | None
    renewable: bool = False

    def sign_in(self) -> Conversation:
        """Have the token scoped to the project, which also tells the catalog."""
        if self.identity is None:
            raise Usage(
                "a token alone does not tell where the service is.",
                hint="Set the endpoint and project id, or OS_AUTH_URL.",
            )
        return (yield from self.identity.ask("token", id=self.token))


@dataclass(frozen=True, slots=True)
class Password:
    """A user's name or id, and the password."""

    user: dict[str, Any] = field(repr=False)
    identity: Identity
    renewable: bool = True

    def sign_in(self) -> Conversation:
        """Ask for a token, once: a wrong password tried again would lock the account."""
        return (yield from self.identity.ask("password", user=self.user))


def choose(settings: Settings) -> Method:
    """Choose a complete way of signing in: a token, then a password; `auth_type` narrows it.

    Raises NotSignedIn where nothing is set at all, Usage where something is missing.
    """
    wanted = _wanted(settings)
    if wanted in {None, "token"} and settings["token"]:
        return Token(_printable(settings, "token"), _identity(settings))
    if wanted in {None, "password"} and settings["password"]:
        return Password(_user(settings), _required_identity(settings))
    raise _nothing_set()


KINDS = {
    "token": "token",
    "v3token": "token",
    "password": "password",
    "v3password": "password",
}


def _wanted(settings: Settings) -> str | None:
    named = settings["auth_type"]
    if named is None:
        return None
    if named not in KINDS:
        known = ", ".join(KINDS)
        raise Usage(f"{settings.origin('auth_type')}: {named!r} is not among {known}.")
    return KINDS[named]


def _nothing_set() -> NotSignedIn:
    return NotSignedIn(
        "no credentials are set.",
        hint="Name a cloud of your clouds.yaml with --cloud, or set OS_AUTH_URL, OS_USERNAME,"
        " OS_PASSWORD, OS_USER_DOMAIN_NAME and OS_PROJECT_NAME, or OS_TOKEN with"
        " VBSJOB_ENDPOINT and OS_PROJECT_ID. To try vbsjob now: --cloud sandbox.",
    )


def _printable(settings: Settings, noun: str) -> str:
    secret = settings[noun] or ""
    if not secret.isascii() or not secret.isprintable() or " " in secret:
        raise Usage(
            f"{settings.origin(noun)}: the {noun} holds a character that no {noun} has"
            " (a line end or a space perhaps)."
        )
    return secret


def _identity(settings: Settings) -> Identity | None:
    auth_url = settings["auth_url"]
    return None if auth_url is None else Identity(_v3(auth_url), _scope(settings))


def _required_identity(settings: Settings) -> Identity:
    identity = _identity(settings)
    if identity is None:
        raise settings.missing("auth_url", "a password needs the identity service's address")
    return identity


def _v3(auth_url: str) -> str:
    """Clouds publish the address with and without its version."""
    return auth_url if auth_url.endswith("/v3") else f"{auth_url.removesuffix('/v2.0')}/v3"


def _user(settings: Settings) -> dict[str, Any]:
    password = settings["password"]
    if settings["user_id"]:
        return {"id": settings["user_id"], "password": password}
    if not settings["username"]:
        raise settings.missing("username", "a password needs its user")
    domain = _domain(settings, "user_domain")
    if domain is None:
        raise settings.missing("user_domain_name", "a user name is only unique in its domain")
    return {"name": settings["username"], "password": password, "domain": domain}


def _scope(settings: Settings) -> dict[str, Any] | None:
    if settings["project_id"]:
        return {"project": {"id": settings["project_id"]}}
    if not settings["project_name"]:
        return None
    domain = _domain(settings, "project_domain") or _domain(settings, "user_domain")
    if domain is None:
        raise settings.missing("project_domain_name", "a project name is only unique in its domain")
    return {"project": {"name": settings["project_name"], "domain": domain}}


def _domain(settings: Settings, noun: str) -> dict[str, Any] | None:
    for prefix in (noun, "domain"):
        for kind in ("id", "name"):
            value = settings[f"{prefix}_{kind}"]
            if value:
                return {kind: value}
    return None


def _refused(request: Request, reply: Reply) -> Exception:
    """A refused sign-in; a 401 is final, since every further try may lock the account."""
    found = refusal.problem(request, reply)
    if reply.status == 401:
        found.hint = (
            "Check the user, password, domain and project. It was tried once: several wrong"
            " tries can lock an account."
        )
    return found


def _pass(reply: Reply) -> Pass:
    try:
        token = document.read(reply.body)["token"]
        issued = reply.headers["x-subject-token"]
        catalog = tuple(entry for entry in token.get("catalog") or () if isinstance(entry, dict))
        project = (token.get("project") or {}).get("id")
        expires_at = job.moment(token.get("expires_at"))
    except (document.Unreadable, KeyError, TypeError, AttributeError):
        issued = ""
    if not issued or not issued.isascii() or not issued.isprintable():
        raise Refused(
            "the identity service's answer holds no token.",
            hint="Is OS_AUTH_URL right?",
            http_status=reply.status,
            request_id=reply.request_id,
        )
    return Pass(issued, project if isinstance(project, str) else None, expires_at, catalog)
