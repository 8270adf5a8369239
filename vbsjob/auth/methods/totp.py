"""Sign-in with a user and a one-time passcode (TOTP)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vbsjob.auth.methods import base

if TYPE_CHECKING:
    from vbsjob.config.loader import Settings
    from vbsjob.context import Context

BY_NAME_HINT = " Some clouds accept a passcode only with the id of the user: set OS_USER_ID."


class Totp(base.KeystoneMethod):
    """Name or id of a user, and a passcode, which serves once: the token cannot be renewed."""

    name = "totp"
    auth_type = "v3totp"
    query_hint = (
        "The token of the sign-in may have expired. Run the command again with a new passcode."
    )

    @property
    def sign_in_hint(self) -> str:
        """Some clouds do not find the user of a passcode by name."""
        hint = (
            "Check the user and the passcode; a passcode is valid for seconds and for one sign-in."
        )
        return hint + ("" if "id" in self.owner else BY_NAME_HINT)

    def credentials(self) -> dict[str, Any]:
        """Return the user with the passcode."""
        return {"user": {**self.owner, "passcode": self.secret()}}


def create(settings: Settings, context: Context) -> Totp:
    """Return the method. Raises UsageError if the user is missing."""
    passcode = base.user_secret(settings, context, "passcode")
    return Totp(base.user(settings), passcode, base.required_identity(settings))


def _load(settings: Settings, context: Context, required: str | None) -> Totp | None:
    """Return the method; auth_type v3totp sends the passcode alone, also if a password is set."""
    if required is None and not settings["passcode"]:
        return None
    return create(settings, context)


LOADER = base.Loader(("totp", "v3totp"), _load, "passcode")
