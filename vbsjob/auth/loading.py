"""Chooses the sign-in method from the settings: the first one that is complete.

Reads settings only. A missing password, passcode or secret is prompted for when it is needed.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

from vbsjob.auth.keystone import Identity
from vbsjob.auth.methods import AccessKey, ApplicationCredential, Password, Token, Totp
from vbsjob.auth.signing import AccessKeyPair
from vbsjob.config import checks
from vbsjob.config.sources import KEY_FAMILIES
from vbsjob.errors import AuthError, UsageError
from vbsjob.text import printable

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
FACTORS = {"v3password": "password", "password": "password", "v3totp": "totp", "totp": "totp"}
"""Values of auth_methods, for v3multifactor."""


def choose(settings: Settings, context: Context) -> Method:
    """Return the method that auth_type selects, else the first of LOADERS that is complete.

    Raises AuthError if nothing is set, UsageError if a setting of the method is missing.
    """
    auth_type = settings["auth_type"]
    if auth_type is not None:
        return _required(auth_type, settings, context)
    for loader in LOADERS:
        method = loader.load(settings, context, None)
        if method is not None:
            return method
    raise AuthError("no credentials are set.", hint=FIRST_STEPS)


def _required(auth_type: str, settings: Settings, context: Context) -> Method:
    """Return the method that auth_type selects."""
    for loader in LOADERS:
        if auth_type in loader.auth_types:
            method = loader.load(settings, context, auth_type)
            if method is None:
                raise settings.missing(loader.setting, f"auth_type is {auth_type}")
            return method
    supported = ", ".join(name for loader in LOADERS for name in loader.auth_types)
    raise UsageError(
        f"{settings.origin('auth_type')}: {printable(auth_type)[:80]!r} is not one of {supported}.",
        hint="Write one of them, or omit it: then the first complete method is used.",
    )


def _token(settings: Settings, _context: Context, _required: str | None) -> Method | None:
    if not settings["token"]:
        return None
    return Token(_printable(settings, "token"), _identity(settings))


def _access_key(settings: Settings, _context: Context, required: str | None) -> Method | None:
    names = [name for name in ("access_key", "secret_key") if settings[name]]
    if not names:
        return None
    # S3_* and HUAWEICLOUD_SDK_* are set for other programs: they yield to everything else.
    for_others = all(settings.origin(name).startswith(KEY_FAMILIES) for name in names)
    others = ("password", "passcode", "username", "user_id", *_CREDENTIAL_IDS)
    if required is None and for_others and (_any(settings, others) or len(names) == 1):
        return None
    for name in {"access_key", "secret_key"} - set(names):
        raise settings.missing(name, "an access key needs its secret key, from the same source")
    security_token = _printable(settings, "security_token") if settings["security_token"] else None
    auth_url = settings["auth_url"]
    return AccessKey(
        AccessKeyPair(
            _printable(settings, "access_key"), _printable(settings, "secret_key"), security_token
        ),
        Identity(_v3(auth_url), None) if auth_url else None,
        settings["project_id"],
        settings["project_name"],
        has_endpoint=settings["endpoint"] is not None,
    )


_CREDENTIAL_IDS = ("application_credential_id", "application_credential_name")


def _any(settings: Settings, names: tuple[str, ...]) -> bool:
    return any(settings[name] for name in names)


def _application_credential(
    settings: Settings, context: Context, required: str | None
) -> Method | None:
    credential_id, name = (settings[setting] for setting in _CREDENTIAL_IDS)
    if not credential_id and not name:
        if required is None:
            return None
        raise settings.missing("application_credential_id", "the secret alone does not name it")
    credential = {"id": credential_id} if credential_id else {"name": name, "user": _user(settings)}
    secret = _secret(settings, context, "application_credential_secret", credential_id or name)
    auth_url = _required_identity(settings).auth_url
    return ApplicationCredential(credential, secret, Identity(auth_url, None))


def _password(settings: Settings, context: Context, required: str | None) -> Method | None:
    if required is None and not _any(settings, ("password", "username", "user_id")):
        return None
    password = _secret(settings, context, "password", _user_for_prompt(settings))
    return Password(_user(settings), password, _required_identity(settings))


def _totp(settings: Settings, context: Context, required: str | None) -> Method | None:
    """A passcode, with the password if there is one; auth_type v3totp sends the passcode alone."""
    if required is None and not settings["passcode"]:
        return None
    with_password = required is None and bool(settings["password"])
    return _passcode(settings, context, with_password=with_password)


def _multifactor(settings: Settings, context: Context, required: str | None) -> Method | None:
    if required is None:
        return None
    methods = settings["auth_methods"] or ("v3password", "v3totp")
    for method in methods:
        if method not in FACTORS:
            raise UsageError(
                f"{settings.origin('auth_methods')}: {printable(method)[:80]!r} is not one of"
                f" {', '.join(FACTORS)}.",
                hint="Write one of them, or several with commas.",
            )
    factors = {FACTORS[method] for method in methods}
    if factors == {"password"}:
        return _password(settings, context, required)
    return _passcode(settings, context, with_password="password" in factors)


def _passcode(settings: Settings, context: Context, *, with_password: bool) -> Method:
    user = _user_for_prompt(settings)
    password = _secret(settings, context, "password", user) if with_password else None
    passcode = _secret(settings, context, "passcode", user)
    return Totp(_user(settings), password, passcode, _required_identity(settings))


class Loader(NamedTuple):
    """How one sign-in method is made from the settings."""

    auth_types: tuple[str, ...]
    """Values of auth_type that select the method."""
    load: Callable[[Settings, Context, str | None], Method | None]
    """Returns the method, or None if its settings are missing. The last argument is auth_type."""
    setting: str
    """The setting to name if auth_type selects the method and `load` returns None."""


LOADERS = (
    Loader(("token", "v3token"), _token, "token"),
    Loader(("aksk", "v3aksk"), _access_key, "access_key"),
    Loader(("v3applicationcredential",), _application_credential, "application_credential_id"),
    Loader(("v3multifactor",), _multifactor, "passcode"),
    Loader(("totp", "v3totp"), _totp, "passcode"),
    Loader(("password", "v3password"), _password, "password"),
)
"""All sign-in methods. Without auth_type the first one whose settings are complete is used."""


def _secret(settings: Settings, context: Context, name: str, owner: str) -> Callable[[], str]:
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


def _printable(settings: Settings, name: str) -> str:
    """Return a secret that becomes part of a header."""
    secret = settings[name] or ""
    if not secret.isascii() or not secret.isprintable() or " " in secret:
        raise UsageError(
            f"{settings.origin(name)}: the {name} has a character that is not allowed in it,"
            " such as a space or a line end.",
            hint="Copy it again.",
        )
    return str(secret)


def _identity(settings: Settings) -> Identity | None:
    auth_url = settings["auth_url"]
    return None if auth_url is None else Identity(_v3(auth_url), _scope(settings))


def _required_identity(settings: Settings) -> Identity:
    identity = _identity(settings)
    if identity is None:
        raise settings.missing("auth_url", "the sign-in needs the address of the identity service")
    return identity


def _v3(auth_url: str) -> str:
    """Return the address with version 3: clouds publish it with version 2, 3 and without one."""
    if auth_url.endswith("/v3"):
        return auth_url
    return f"{auth_url.removesuffix('/v2.0').removesuffix('/v2')}/v3"


def _user_for_prompt(settings: Settings) -> str:
    return str(settings["username"] or settings["user_id"] or "")


def _user(settings: Settings) -> dict[str, Any]:
    if settings["user_id"]:
        return {"id": settings["user_id"]}
    if not settings["username"]:
        raise settings.missing("username", "a password needs its user")
    domain = _domain(settings, "user_domain")
    if domain is None:
        raise settings.missing("user_domain_name", "a user name is unique only in its domain")
    return {"name": settings["username"], "domain": domain}


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
    """Return a domain by id or name; default_domain counts if both other ones are missing."""
    for prefix in (which, "domain", "default_domain"):
        for member in ("id", "name"):
            value = settings[f"{prefix}_{member}"]
            if value:
                return {member: value}
    return None
