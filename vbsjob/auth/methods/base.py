"""What all sign-in methods share: their record, methods of Keystone, reading of their settings.

`sign_in` returns an AuthFlow (keystone.py): a generator that yields requests, is sent their
responses, and returns an AccessInfo. A missing password, passcode or secret is prompted for when
it is needed.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

from vbsjob.auth.keystone import Identity, v3
from vbsjob.config import checks
from vbsjob.errors import UsageError
from vbsjob.text import hide_values, printable

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from vbsjob.auth.keystone import AccessInfo, AuthFlow
    from vbsjob.config.loader import Settings
    from vbsjob.context import Context
    from vbsjob.http.messages import Request

OTHER_CLOUD_HINT = "Check that the endpoint and the region belong to the same cloud and project."


@dataclass(eq=False, repr=False)
class Method:
    """A sign-in method. A request carries a token in X-Auth-Token; AccessKey signs it instead."""

    auth_type: str
    """The value of the setting auth_type that selects this method."""
    query_hint: str
    """The next step if the backup service answers 401 to an authenticated request."""
    sign_in: Callable[[], AuthFlow]
    """Returns the generator of the requests to the identity service."""
    cache_key: tuple[str, ...] | None = None
    """Identity and scope of the cached token; None if the token is not stored in the cache."""
    prompts: tuple[Callable[[], str], ...] = ()
    """Functions that return the secrets, from a prompt if they are not set."""
    renewable: bool = False
    """Whether a second sign-in, without the user, can give a new token."""
    locks_on_failure = False
    """Whether refused credentials are not sent again: several refusals lock an access key."""

    @property
    def can_expire(self) -> bool:
        """Whether the token or key expires and cannot be renewed."""
        return not self.renewable

    def authenticated(self, request: Request, access: AccessInfo | None, at: datetime) -> Request:  # noqa: ARG002
        """Return the request with the token, if there is one already; called for each attempt.

        `at` is the time in UTC.
        """
        return request if access is None else request.with_headers(X_Auth_Token=access.token or "")


class Loader(NamedTuple):
    """How one sign-in method is made from the settings."""

    auth_types: tuple[str, ...]
    """Values of auth_type that select the method."""
    load: Callable[[Settings, Context, str | None], Method | None]
    """Returns the method, or None if its settings are missing. The last argument is auth_type."""
    setting: str
    """The setting to name if auth_type selects the method and `load` returns None."""


@hide_values
class Factor(NamedTuple):
    """One method of Keystone in a sign-in, such as `password`."""

    name: str
    owner: dict[str, Any]
    """The user, or the application credential, without its secret."""
    secret: Callable[[], str]
    """Returns the secret, perhaps from a prompt."""
    credentials: Callable[[str], dict[str, Any]]
    """Returns the owner with its secret."""
    sign_in_hint: str
    """The next step if the identity service does not accept the credentials."""
    query_hint: str
    renewable: bool = True


def keystone_method(auth_type: str, factors: list[Factor], identity: Identity) -> Method:
    """Return the method that sends all factors in one request.

    Once: repeated wrong passwords lock an account (F57). The hints are those of the factor that
    cannot be renewed, if there is one.
    """
    weakest = min(factors, key=lambda factor: factor.renewable)

    def sign_in() -> AuthFlow:
        methods = {factor.name: factor.credentials(factor.secret()) for factor in factors}
        return (yield from identity.request_token(weakest.sign_in_hint, methods))

    owners = [text for factor in factors for text in (factor.name, str(factor.owner))]
    key = (*owners, identity.auth_url, str(identity.scope))
    prompts = tuple(factor.secret for factor in factors)
    return Method(auth_type, weakest.query_hint, sign_in, key, prompts, weakest.renewable)


def secret(settings: Settings, context: Context, name: str, owner: str) -> Callable[[], str]:
    """Return a function that returns a secret: as set, else from a prompt, once."""

    @cache  # an error too: a watch signs in again in other threads, which cannot prompt
    def get_or_prompt() -> str | UsageError:
        if settings[name]:
            return str(settings[name])
        checks.refuse_prompt(name, settings.values, named=settings.cloud_named)
        host = printable(urlsplit(settings["auth_url"] or "").netloc)
        title = name.replace("_", " ").capitalize()
        try:
            typed = context.prompt_for_secret(f"{title} for {printable(owner)[:80]} at {host}")
            typed.encode()  # fails for bytes that were read as lone surrogates
        except UnicodeError:
            return UsageError(
                f"the {name} that was typed is not valid UTF-8.",
                hint="Use a terminal with the encoding UTF-8.",
            )
        return typed

    def get() -> str:
        secret = get_or_prompt()
        if isinstance(secret, UsageError):
            raise secret
        if not secret:
            raise settings.missing(name, "the sign-in needs it")
        return secret

    return get


def header_secret(settings: Settings, name: str) -> str:
    """Return a secret that becomes part of a header. Raises UsageError if it cannot be one."""
    secret = settings[name] or ""
    if not secret.isascii() or not secret.isprintable() or " " in secret:
        raise UsageError(
            f"{settings.origin(name)}: the {name} has a character that is not allowed in it,"
            " such as a space or a line end.",
            hint="Copy it again.",
        )
    return str(secret)


def identity(settings: Settings) -> Identity | None:
    """Return the identity service with the project of the settings; None without its address."""
    auth_url = settings["auth_url"]
    return None if auth_url is None else Identity(v3(auth_url), _scope(settings))


def required_identity(settings: Settings) -> Identity:
    """Return the identity service. Raises UsageError if its address is not set."""
    service = identity(settings)
    if service is None:
        raise settings.missing("auth_url", "the sign-in needs the address of the identity service")
    return service


def user(settings: Settings, needed_by: str = "a password needs its user") -> dict[str, Any]:
    """Return the user by id, or by name and domain. Raises UsageError if something is missing."""
    if settings["user_id"]:
        return {"id": settings["user_id"]}
    if not settings["username"]:
        raise settings.missing("username", needed_by)
    domain = _domain(settings, "user_domain")
    if domain is None:
        raise settings.missing("user_domain_name", "a user name is unique only in its domain")
    return {"name": settings["username"], "domain": domain}


def user_secret(settings: Settings, context: Context, name: str) -> Callable[[], str]:
    """Return a function that returns a secret of the user, as `secret` does."""
    return secret(settings, context, name, str(settings["username"] or settings["user_id"] or ""))


def _scope(settings: Settings) -> dict[str, Any] | None:
    if settings["project_id"]:
        return {"project": {"id": settings["project_id"]}}
    if not settings["project_name"]:
        return None
    domain = _domain(settings, "project_domain") or _domain(settings, "user_domain")
    if domain is None:
        raise settings.missing("project_domain_name", "a project name is unique only in its domain")
    return {"project": {"name": settings["project_name"], "domain": domain}}


def _domain(settings: Settings, which: str) -> dict[str, Any] | None:
    """Return a domain by id or name; `domain` is that of both the user and the project."""
    for prefix in (which, "domain"):
        for member in ("id", "name"):
            value = settings[f"{prefix}_{member}"]
            if value:
                return {member: value}
    return None
