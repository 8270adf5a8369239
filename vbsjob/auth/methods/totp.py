"""Sign-in with a user and a one-time passcode (TOTP)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vbsjob.auth.methods import base

if TYPE_CHECKING:
    from vbsjob.config.loader import Settings
    from vbsjob.context import Context

SIGN_IN_HINT = (
    "Check the user and the passcode; a passcode is valid for seconds and for one sign-in."
)
BY_NAME_HINT = " Some clouds accept a passcode only with the id of the user: set OS_USER_ID."
QUERY_HINT = "The token of the sign-in may have expired. Run the command again with a new passcode."


def factor(settings: Settings, context: Context) -> base.Factor:
    """Return the user and the passcode, which serves once. Raises UsageError without a user."""
    user, secret = base.user(settings), base.user_secret(settings, context, "passcode")
    return base.Factor(
        "totp",
        user,
        secret,
        lambda passcode: {"user": {**user, "passcode": passcode}},
        SIGN_IN_HINT + ("" if "id" in user else BY_NAME_HINT),
        QUERY_HINT,
        renewable=False,
    )


def _load(settings: Settings, context: Context, required: str | None) -> base.Method | None:
    """Return the method; auth_type v3totp sends the passcode alone, also if a password is set."""
    if required is None and not settings["passcode"]:
        return None
    factors = [factor(settings, context)]
    return base.keystone_method("v3totp", factors, base.required_identity(settings))


LOADER = base.Loader(("totp", "v3totp"), _load, "passcode")
