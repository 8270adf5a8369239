"""Sign-in with a user and a password."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vbsjob.auth.methods import base

if TYPE_CHECKING:
    from vbsjob.config.loader import Settings
    from vbsjob.context import Context

SIGN_IN_HINT = (
    "Check the user, password, domain and project. vbsjob tries a password only once,"
    " because several wrong ones can lock an account."
)
QUERY_HINT = f"The identity service accepted the user and the password. {base.OTHER_CLOUD_HINT}"


def factor(settings: Settings, context: Context) -> base.Factor:
    """Return the user and the password. Raises UsageError if the user is missing."""
    user, secret = base.user(settings), base.user_secret(settings, context, "password")
    return base.Factor(
        "password",
        user,
        secret,
        lambda password: {"user": {**user, "password": password}},
        SIGN_IN_HINT,
        QUERY_HINT,
    )


def _load(settings: Settings, context: Context, required: str | None) -> base.Method | None:
    names = ("password", "username", "user_id")
    if required is None and not any(settings[name] for name in names):
        return None
    factors = [factor(settings, context)]
    return base.keystone_method("password", factors, base.required_identity(settings))


LOADER = base.Loader(("password", "v3password"), _load, "password")
