"""Sign-in with a token that another program got. It cannot be renewed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vbsjob.auth.keystone import AccessInfo
from vbsjob.auth.methods import base
from vbsjob.config.schema import TOKEN_TYPES
from vbsjob.errors import UsageError

if TYPE_CHECKING:
    from vbsjob.auth.keystone import AuthFlow
    from vbsjob.config.loader import Settings
    from vbsjob.context import Context

SIGN_IN_HINT = "Get a new token, or set a user and a password instead of the token."
QUERY_HINT = f"The token may have expired, or may be for another cloud. {SIGN_IN_HINT}"


def _load(settings: Settings, _context: Context, _required: str | None) -> base.Method | None:
    if not settings["token"]:
        return None
    token = base.header_secret(settings, "token")
    identity, project_id = base.identity(settings), settings["project_id"]

    def sign_in() -> AuthFlow:
        """Request the project and the catalog of the token, if they are not known."""
        if project_id and settings["endpoint"]:
            return AccessInfo(token, project_id)
        if identity is None:
            raise UsageError(
                "OS_TOKEN needs an address.",
                hint="Set OS_AUTH_URL, or both VBSJOB_ENDPOINT and OS_PROJECT_ID.",
            )
        return (yield from identity.use_token(SIGN_IN_HINT, token))

    return base.Method("token", QUERY_HINT, sign_in)


LOADER = base.Loader(TOKEN_TYPES, _load, "token")
