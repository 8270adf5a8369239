"""Sign-in with an access key and its secret key (AK/SK): each request is signed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vbsjob.auth import signing
from vbsjob.auth.keystone import AccessInfo, Identity, v3
from vbsjob.auth.methods import application_credential, base
from vbsjob.config.sources import KEY_FAMILIES
from vbsjob.errors import UsageError

if TYPE_CHECKING:
    from datetime import datetime

    from vbsjob.auth.keystone import AuthFlow
    from vbsjob.config.loader import Settings
    from vbsjob.context import Context
    from vbsjob.http.messages import Request

NO_CATALOG: tuple[dict[str, Any], ...] = ()
TEMPORARY_HINT = (
    "A temporary key expires. Get a new access key, secret key and session token, and set"
    " all three."
)
KEY_HINT = (
    "Check the access key and the secret key. A temporary key also needs its session token: set"
    " OS_SECURITY_TOKEN."
)
PASSWORD_STEP = " Or sign in with the password that is set too: set OS_AUTH_TYPE=password."  # noqa: S105
OTHERS = ("password", "passcode", "username", "user_id", *application_credential.IDS)
"""Settings of other methods, to which keys for other programs yield."""


class AccessKey(base.Method):
    """An access key, its secret key and perhaps a session token. There is no token."""

    locks_on_failure = True

    def __init__(self, keys: signing.AccessKeyPair, settings: Settings) -> None:
        hint = TEMPORARY_HINT if keys.security_token else KEY_HINT
        hint += PASSWORD_STEP if settings["password"] else ""
        super().__init__("aksk", hint, self._sign_in)
        self._keys = keys
        auth_url = settings["auth_url"]
        self._identity = Identity(v3(auth_url), None) if auth_url else None
        self._project_id, self._project_name = settings["project_id"], settings["project_name"]
        self._has_endpoint = settings["endpoint"] is not None

    @property
    def can_expire(self) -> bool:
        """Temporary keys expire, by default after 15 minutes."""
        return self._keys.security_token is not None

    def _sign_in(self) -> AuthFlow:
        """Request the id of the project and the catalog, as far as they are not known."""
        project_id, catalog = self._project_id, NO_CATALOG
        if project_id and self._has_endpoint:
            return AccessInfo(project_id=project_id)
        if self._identity is None:
            raise UsageError(
                "an access key alone does not say where the service is.",
                hint="Set OS_AUTH_URL, or the endpoint and the project id.",
            )
        if not project_id and self._project_name:
            project_id = yield from self._identity.project(self.query_hint, self._project_name)
        if not self._has_endpoint:
            catalog = yield from self._identity.catalog(self.query_hint)
        return AccessInfo(project_id=project_id, project_name=self._project_name, catalog=catalog)

    def authenticated(self, request: Request, access: AccessInfo | None, at: datetime) -> Request:
        """Sign for the project, if it is known already."""
        project_id = self._project_id if access is None else access.project_id
        return signing.signed(request, self._keys, at, project_id)


def _yields(settings: Settings) -> bool:
    """Whether the keys are for another program, so that another method comes first.

    S3_* and HUAWEICLOUD_SDK_* are set for other programs, the keys of a cloud often for object
    storage: these yield to a complete password of the same cloud.
    """
    keys = [settings.values[name] for name in ("access_key", "secret_key") if settings[name]]
    if all(key.origin.startswith(KEY_FAMILIES) for key in keys):
        return len(keys) == 1 or any(settings[name] for name in OTHERS)
    password = settings.values.get("password")
    has_user = settings["username"] or settings["user_id"]
    return bool(has_user and password and password.file and all(key.file for key in keys))


def _load(settings: Settings, _context: Context, required: str | None) -> AccessKey | None:
    names = [name for name in ("access_key", "secret_key") if settings[name]]
    if not names or (required is None and _yields(settings)):
        return None
    for name in {"access_key", "secret_key"} - set(names):
        raise settings.missing(name, f"{settings.origin(names[0])} is set, and both are needed")
    access, secret = (base.header_secret(settings, name) for name in names)
    security_token = None
    if settings["security_token"]:
        security_token = base.header_secret(settings, "security_token")
    return AccessKey(signing.AccessKeyPair(access, secret, security_token), settings)


LOADER = base.Loader(("aksk", "v3aksk"), _load, "access_key")
