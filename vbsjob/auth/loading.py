"""Chooses the sign-in method from the settings: the first one that is complete."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vbsjob.auth.methods import (
    access_key,
    agency,
    application_credential,
    multi_factor,
    oidc_access_token,
    password,
    token,
    totp,
)
from vbsjob.config.schema import UNSUPPORTED_AUTH_TYPES
from vbsjob.errors import AuthError, UsageError
from vbsjob.text import printable

if TYPE_CHECKING:
    from vbsjob.auth.methods.base import Method
    from vbsjob.config.loader import Settings
    from vbsjob.context import Context


WAYS_TO_SIGN_IN = (
    ("cloud", "--cloud NAME, a cloud of your clouds.yaml"),
    ("user", "OS_AUTH_URL, OS_USERNAME, OS_PASSWORD, OS_USER_DOMAIN_NAME, OS_PROJECT_NAME"),
    ("token", "OS_TOKEN, OS_PROJECT_ID, VBSJOB_ENDPOINT"),
)
FIRST_STEPS = (
    "Name a cloud of your clouds.yaml with --cloud, or set the variables of one way to sign in"
    " (vbsjob help environment). To try vbsjob now: --cloud sandbox."
)
OTHER_SIGN_IN = (
    "For another sign-in get a token with a program that knows it, such as otc-auth or 'openstack"
    " token issue'; then set OS_TOKEN and OS_AUTH_TYPE=token."
)
"""Never the advice to omit auth_type: then a password of a company would be sent to the cloud."""
LOADERS = (
    token.LOADER,
    access_key.LOADER,
    application_credential.LOADER,
    oidc_access_token.LOADER,
    multi_factor.LOADER,
    totp.LOADER,
    password.LOADER,
)
"""All sign-in methods. Without auth_type the first one whose settings are complete is used."""


def choose(settings: Settings, context: Context) -> Method:
    """Return the method that auth_type selects, else the first of LOADERS that is complete.

    An agency is used with the token of that method. Raises AuthError if nothing is set,
    UsageError if a setting of the method is missing.
    """
    return agency.used(_chosen(settings, context), settings)


def _chosen(settings: Settings, context: Context) -> Method:
    auth_type = settings["auth_type"]
    for loader in LOADERS:
        if auth_type is None or auth_type in loader.auth_types:
            method = loader.load(settings, context, auth_type)
            if method is not None:
                return method
            if auth_type is not None:
                raise settings.missing(loader.setting, f"auth_type is {auth_type}")
    if auth_type is None:
        raise AuthError("no credentials are set.", facts=WAYS_TO_SIGN_IN, hint=FIRST_STEPS)
    named = f"{settings.origin('auth_type')}: {printable(auth_type)[:80]!r}"
    if auth_type in UNSUPPORTED_AUTH_TYPES:
        raise UsageError(f"{named} is a sign-in that vbsjob does not support.", hint=OTHER_SIGN_IN)
    supported = ", ".join(name for loader in LOADERS for name in loader.auth_types)
    raise UsageError(f"{named} is not one of {supported}.", hint=f"Correct it. {OTHER_SIGN_IN}")
