"""Chooses the sign-in method from the settings: the first one that is complete."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vbsjob.auth.methods import (
    access_key,
    application_credential,
    multi_factor,
    password,
    token,
    totp,
)
from vbsjob.errors import AuthError, UsageError
from vbsjob.text import printable

if TYPE_CHECKING:
    from vbsjob.auth.methods.base import Method
    from vbsjob.config.loader import Settings
    from vbsjob.context import Context


FIRST_STEPS = (
    "Name a cloud of your clouds.yaml with --cloud, or set OS_AUTH_URL, OS_USERNAME, OS_PASSWORD,"
    " OS_USER_DOMAIN_NAME and OS_PROJECT_NAME, or OS_TOKEN with VBSJOB_ENDPOINT and"
    " OS_PROJECT_ID. To try vbsjob now: --cloud sandbox."
)
LOADERS = (
    token.LOADER,
    access_key.LOADER,
    application_credential.LOADER,
    multi_factor.LOADER,
    totp.LOADER,
    password.LOADER,
)
"""All sign-in methods. Without auth_type the first one whose settings are complete is used."""


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
