"""Chooses how to sign in from what the user has set: the first way that is complete.

Reads settings only; a secret that is not set is asked for on the terminal, when it is needed.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from vbsjob.auth import aksk
from vbsjob.auth.keystone import Identity
from vbsjob.auth.methods import AccessKey, ApplicationCredential, Password, Token, Totp
from vbsjob.errors import AuthError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from vbsjob.auth.methods import Method
    from vbsjob.config.loader import Settings
    from vbsjob.context import Context


FIRST_STEPS = (
    "Name a cloud of your clouds.yaml with --cloud, or set OS_AUTH_URL, OS_USERNAME, OS_PASSWORD,"
    " OS_USER_DOMAIN_NAME and OS_PROJECT_NAME, or OS_TOKEN with VBSJOB_ENDPOINT and"
    " OS_PROJECT_ID. To try vbsjob now: --cloud sandbox."
)


def choose(settings: Settings, context: Context) -> Method:
    """Choose a complete way of signing in; `auth_type` narrows it.

    A token comes first, then an access key, an application credential, a password. Raises
    NotSignedIn where nothing is set at all, Usage where something is missing.
    """
    wanted = _wanted(settings)
    for kind, make in METHOD_LOADERS.items():
        if wanted in {None, kind}:
            found = make(settings, context, wanted)
            if found is not None:
                return found
    raise _nothing_set(settings, wanted)


KINDS = {
    "token": "token",
    "v3token": "token",
    "aksk": "aksk",
    "v3aksk": "aksk",
    "v3applicationcredential": "application_credential",
    "password": "password",
    "v3password": "password",
    "totp": "totp",
    "v3totp": "totp",
    "v3multifactor": "totp",
}


def _wanted(settings: Settings) -> str | None:
    named = settings["auth_type"]
    if named is None:
        return None
    if named not in KINDS:
        known = ", ".join(KINDS)
        raise UsageError(f"{settings.origin('auth_type')}: {named!r} is not among {known}.")
    return KINDS[named]


def _token(settings: Settings, _context: Context, _wanted: str | None) -> Method | None:
    return Token(_printable(settings, "token"), _identity(settings)) if settings["token"] else None


def _access_key(settings: Settings, _context: Context, wanted: str | None) -> Method | None:
    keys = [name for name in ("access_key", "secret_key") if settings[name]]
    if not keys:
        return None
    fallback = all(settings.origin(name).startswith(("S3_", "HUAWEI")) for name in keys)
    if wanted is None and fallback and (settings["password"] or len(keys) == 1):
        return None
    for name in {"access_key", "secret_key"} - set(keys):
        raise settings.missing(name, "an access key and its secret belong together")
    security_token = _printable(settings, "security_token") if settings["security_token"] else None
    auth_url = settings["auth_url"]
    return AccessKey(
        aksk.AccessKeyPair(
            _printable(settings, "access_key"), _printable(settings, "secret_key"), security_token
        ),
        Identity(_v3(auth_url), None) if auth_url else None,
        settings["project_id"],
        settings["project_name"],
        located=settings["endpoint"] is not None,
    )


def _application_credential(
    settings: Settings, context: Context, wanted: str | None
) -> Method | None:
    known, named = settings["application_credential_id"], settings["application_credential_name"]
    if not known and not named:
        if wanted is None:
            return None
        raise settings.missing("application_credential_id", "its secret alone does not name it")
    credential = {"id": known} if known else {"name": named, "user": _user(settings)}
    secret = _secret(settings, context, "application_credential_secret")
    auth_url = _required_identity(settings).auth_url
    return ApplicationCredential(credential, secret, Identity(auth_url, None))


def _password(settings: Settings, context: Context, wanted: str | None) -> Method | None:
    names = ("password", "username", "user_id")
    if wanted is None and not any(settings[name] for name in names):
        return None
    user, password = _user(settings), _secret(settings, context, "password")
    return Password(user, password, _required_identity(settings))


def _totp(settings: Settings, context: Context, wanted: str | None) -> Method | None:
    if wanted is None and not settings["passcode"]:
        return None
    password = _secret(settings, context, "password") if settings["password"] else None
    passcode = _secret(settings, context, "passcode")
    return Totp(_user(settings), password, passcode, _required_identity(settings))


def _secret(settings: Settings, context: Context, name: str) -> Callable[[], str]:
    """Return a way to the secret: as set, else typed by the user, once, when it is first needed."""

    @cache
    def known() -> str:
        return settings[name] or context.prompt_for_secret(name.replace("_", " ").capitalize())

    def get() -> str:
        if not known():
            raise settings.missing(name, "signing in needs it")
        return known()

    return get


METHOD_LOADERS = {
    "token": _token,
    "aksk": _access_key,
    "application_credential": _application_credential,
    "totp": _totp,
    "password": _password,
}
"""In the order of trust when several are complete."""


def _nothing_set(settings: Settings, wanted: str | None) -> AuthError:
    if wanted:
        raise settings.missing(
            {"aksk": "access_key"}.get(wanted, wanted), f"auth_type is {settings['auth_type']}"
        )
    return AuthError(
        "no credentials are set.",
        hint=FIRST_STEPS,
    )


def _printable(settings: Settings, name: str) -> str:
    secret = settings[name] or ""
    if not secret.isascii() or not secret.isprintable() or " " in secret:
        raise UsageError(
            f"{settings.origin(name)}: the {name} holds a character that no {name} has"
            " (a line end or a space perhaps)."
        )
    return str(secret)


def _identity(settings: Settings) -> Identity | None:
    auth_url = settings["auth_url"]
    return None if auth_url is None else Identity(_v3(auth_url), _scope(settings))


def _required_identity(settings: Settings) -> Identity:
    identity = _identity(settings)
    if identity is None:
        raise settings.missing("auth_url", "signing in needs the identity service's address")
    return identity


def _v3(auth_url: str) -> str:
    """Clouds publish the address with and without its version."""
    return auth_url if auth_url.endswith("/v3") else f"{auth_url.removesuffix('/v2.0')}/v3"


def _user(settings: Settings) -> dict[str, Any]:
    if settings["user_id"]:
        return {"id": settings["user_id"]}
    if not settings["username"]:
        raise settings.missing("username", "a password needs its user")
    domain = _domain(settings, "user_domain")
    if domain is None:
        raise settings.missing("user_domain_name", "a user name is only unique in its domain")
    return {"name": settings["username"], "domain": domain}


def _scope(settings: Settings) -> dict[str, Any] | None:
    if settings["project_id"]:
        return {"project": {"id": settings["project_id"]}}
    if not settings["project_name"]:
        return None
    domain = _domain(settings, "project_domain") or _domain(settings, "user_domain")
    if domain is None:
        raise settings.missing("project_domain_name", "a project name is only unique in its domain")
    return {"project": {"name": settings["project_name"], "domain": domain}}


def _domain(settings: Settings, name: str) -> dict[str, Any] | None:
    for prefix in (name, "domain"):
        for kind in ("id", "name"):
            value = settings[f"{prefix}_{kind}"]
            if value:
                return {kind: value}
    return None
