"""Sign-in with a token that another program got."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vbsjob.auth.methods import base
from vbsjob.errors import UsageError

if TYPE_CHECKING:
    from vbsjob.auth.keystone import AuthFlow, Identity
    from vbsjob.config.loader import Settings
    from vbsjob.context import Context

HINT = "Get a new token, or set a user and a password instead of the token."


class Token(base.TokenMethod):
    """A token. It cannot be renewed."""

    auth_type = "token"
    cache_key = None
    query_hint = f"The token may have expired, or may be for another cloud. {HINT}"

    def __init__(self, token: str, identity: Identity | None) -> None:
        self.token = token
        self._identity = identity

    def sign_in(self) -> AuthFlow:
        """Request the project and the catalog of the token; exchange it for another project."""
        if self._identity is None:
            raise UsageError(
                "a token alone does not say where the service is.",
                hint="Set the endpoint and the project id, or OS_AUTH_URL.",
            )
        return (yield from self._identity.use_token(HINT, self.token))


def _load(settings: Settings, _context: Context, _required: str | None) -> Token | None:
    if not settings["token"]:
        return None
    return Token(base.header_secret(settings, "token"), base.identity(settings))


LOADER = base.Loader(("token", "v3token"), _load, "token")
