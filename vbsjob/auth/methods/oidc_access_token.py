"""Sign-in with an OpenID Connect token, such as one of a CI service: no password is stored."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING
from urllib.parse import quote

from vbsjob.auth.methods import base

if TYPE_CHECKING:
    from vbsjob.auth.keystone import AuthFlow
    from vbsjob.config.loader import Settings
    from vbsjob.context import Context

NAMES = ("identity_provider", "protocol", "access_token")
SIGN_IN_HINT = (
    "Get a new OpenID Connect token: it lives for minutes. Check its audience,"
    " OS_IDENTITY_PROVIDER and OS_PROTOCOL."
)
QUERY_HINT = f"The identity service accepted the OpenID Connect token. {base.OTHER_CLOUD_HINT}"


def _load(settings: Settings, _context: Context, required: str | None) -> base.Method | None:
    """Return the method. The token serves for one sign-in: nothing is renewed."""
    missing = [name for name in NAMES if not settings[name]]
    if missing and required is None:
        return None
    for name in missing:
        raise settings.missing(name, f"auth_type is {required}")
    identity, token = base.required_identity(settings), base.header_secret(settings, "access_token")
    if identity.scope is None:
        raise settings.missing("project_name", "jobs belong to a project")
    provider, protocol = (quote(settings[name], safe="") for name in NAMES[:2])
    path = f"OS-FEDERATION/identity_providers/{provider}/protocols/{protocol}/auth"

    def sign_in() -> AuthFlow:
        """Get an unscoped token, then one for the project."""
        access = yield from identity.federated_token(SIGN_IN_HINT, path, token)
        return (yield from identity.exchange(access.token or ""))

    user = hashlib.sha256(token.encode()).hexdigest()  # nothing else is known about the user
    key = ("openid", user, path, identity.auth_url, str(identity.scope))
    return base.Method("v3oidcaccesstoken", QUERY_HINT, sign_in, key)


LOADER = base.Loader(("v3oidcaccesstoken",), _load, "access_token")
