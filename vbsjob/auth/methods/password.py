"""Sign-in with a user and a password."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vbsjob.auth.methods import base

if TYPE_CHECKING:
    from vbsjob.config.loader import Settings
    from vbsjob.context import Context


class Password(base.KeystoneMethod):
    """Name or id of a user, and the password."""

    name = "password"
    auth_type = "password"
    renewable = True
    sign_in_hint = (
        "Check the user, password, domain and project. vbsjob tries a password only once,"
        " because several wrong ones can lock an account."
    )
    query_hint = f"The identity service accepted the user and the password. {base.OTHER_CLOUD_HINT}"

    def credentials(self) -> dict[str, Any]:
        """Return the user with the password."""
        return {"user": {**self.owner, "password": self.secret()}}


def create(settings: Settings, context: Context) -> Password:
    """Return the method. Raises UsageError if the user is missing."""
    password = base.user_secret(settings, context, "password")
    return Password(base.user(settings), password, base.required_identity(settings))


def _load(settings: Settings, context: Context, required: str | None) -> Password | None:
    names = ("password", "username", "user_id")
    if required is None and not any(settings[name] for name in names):
        return None
    return create(settings, context)


LOADER = base.Loader(("password", "v3password"), _load, "password")
