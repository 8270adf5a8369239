"""Sign-in methods: one class per method. Each signs in, and adds a token or signature to requests.

`sign_in` returns an AuthFlow (keystone.py): a generator that yields requests, is sent their
responses, and returns an AccessInfo.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from vbsjob.auth import signing
from vbsjob.auth.keystone import AccessInfo, Identity
from vbsjob.errors import AuthError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from vbsjob.auth.keystone import AuthFlow
    from vbsjob.http.messages import Request

OTHER_CLOUD_HINT = "Check that the endpoint and the region belong to the same cloud and project."
BY_NAME_HINT = " Some clouds accept a passcode only with the id of the user: set OS_USER_ID."
NO_CATALOG: tuple[dict[str, Any], ...] = ()


class Method(Protocol):
    """A sign-in method."""

    @property
    def auth_type(self) -> str:
        """The value of the setting auth_type that selects this method."""

    @property
    def renewable(self) -> bool:
        """Whether a second sign-in, without the user, can give a new token."""

    @property
    def can_expire(self) -> bool:
        """Whether the token or key expires and cannot be renewed."""

    @property
    def locks_on_failure(self) -> bool:
        """Whether refused credentials are not sent again: several refusals lock an access key."""

    @property
    def cache_key(self) -> tuple[str, ...] | None:
        """Identity and scope of the cached token; None if the token is not stored in the cache."""

    @property
    def query_hint(self) -> str:
        """The next step if the backup service answers 401 to an authenticated request."""

    def sign_in(self) -> AuthFlow:
        """Return the generator of the requests to the identity service."""
        ...

    def authenticated(self, request: Request, access: AccessInfo | None, at: datetime) -> Request:
        """Return the request with token or signature; called for each attempt. `at` is in UTC."""
        ...


@dataclass(eq=False, repr=False)
class _TokenMethod:
    """A method whose requests carry a token in X-Auth-Token."""

    sign_in_hint: ClassVar[str]
    """The next step if the identity service does not accept the credentials."""
    query_hint: ClassVar[str]
    """The next step if the backup service does not accept the token."""
    renewable = False

    @property
    def can_expire(self) -> bool:
        """A token expires."""
        return not self.renewable

    @property
    def locks_on_failure(self) -> bool:
        """A refused token can be sent again."""
        return False

    def authenticated(self, request: Request, access: AccessInfo | None, at: datetime) -> Request:  # noqa: ARG002
        """Add the token, if there is one already."""
        return request if access is None else request.with_headers(X_Auth_Token=access.token or "")


@dataclass(eq=False, repr=False)
class Token(_TokenMethod):
    """A token from another program. It cannot be renewed."""

    auth_type = "token"
    sign_in_hint = "Get a new token, or set a user and a password instead of the token."
    query_hint = f"The token may have expired, or may be for another cloud. {sign_in_hint}"
    token: str = field(repr=False)
    identity: Identity | None
    renewable: bool = False
    cache_key: tuple[str, ...] | None = None

    def sign_in(self) -> AuthFlow:
        """Request a token for the project, which also gives the catalog.

        Keystone does not issue a second token for a token of an application credential (403);
        such a token is validated and used as it is.
        """
        if self.identity is None:
            raise UsageError(
                "a token alone does not say where the service is.",
                hint="Set the endpoint and the project id, or OS_AUTH_URL.",
            )
        try:
            return (
                yield from self.identity.request_token(self.sign_in_hint, token={"id": self.token})
            )
        except AuthError as error:
            if error.http_status != 403:
                raise
            refused = error
        access = yield from self.identity.validate_token(self.sign_in_hint, self.token)
        if not _is_scope_of(self.identity.scope, access):
            raise refused
        return access


def _is_scope_of(scope: dict[str, Any] | None, access: AccessInfo) -> bool:
    """Whether a validated token is for the wanted project."""
    project = (scope or {}).get("project", {})
    same_id = project.get("id", access.project_id) == access.project_id
    return bool(same_id and project.get("name", access.project_name) == access.project_name)


@dataclass(eq=False, repr=False)
class Password(_TokenMethod):
    """Name or id of a user, and a function that returns the password, perhaps from a prompt."""

    auth_type = "password"
    sign_in_hint = (
        "Check the user, password, domain and project. vbsjob tries a password only once,"
        " because several wrong ones can lock an account."
    )
    query_hint = f"The identity service accepted the user and the password. {OTHER_CLOUD_HINT}"
    user: dict[str, Any]
    password: Callable[[], str] = field(repr=False)
    identity: Identity
    renewable: bool = True

    @property
    def cache_key(self) -> tuple[str, ...]:
        """The user and the project, never the password."""
        return ("password", str(self.user), self.identity.auth_url, str(self.identity.scope))

    def sign_in(self) -> AuthFlow:
        """Request a token once: repeated wrong passwords lock an account (F57)."""
        user = {**self.user, "password": self.password()}
        return (yield from self.identity.request_token(self.sign_in_hint, password={"user": user}))


@dataclass(eq=False, repr=False)
class Totp(_TokenMethod):
    """A user and a one-time passcode, usually with the password. It cannot be renewed."""

    sign_in_hint = (
        "Check the user and the passcode; a passcode is valid for seconds and for one sign-in."
    )
    query_hint = (
        "The token of the sign-in may have expired. Run the command again with a new passcode."
    )
    user: dict[str, Any]
    password: Callable[[], str] | None = field(repr=False)
    passcode: Callable[[], str] = field(repr=False)
    identity: Identity
    renewable: bool = False

    @property
    def auth_type(self) -> str:
        """v3multifactor combines password and passcode; v3totp sends the passcode alone."""
        return "v3totp" if self.password is None else "v3multifactor"

    @property
    def cache_key(self) -> tuple[str, ...]:
        """The user and the project."""
        return ("totp", str(self.user), self.identity.auth_url, str(self.identity.scope))

    def sign_in(self) -> AuthFlow:
        """Send the password and the passcode in one request."""
        methods: dict[str, Any] = {}
        if self.password is not None:
            methods["password"] = {"user": {**self.user, "password": self.password()}}
        methods["totp"] = {"user": {**self.user, "passcode": self.passcode()}}
        hint = self.sign_in_hint + ("" if "id" in self.user else BY_NAME_HINT)
        return (yield from self.identity.request_token(hint, **methods))


@dataclass(eq=False, repr=False)
class ApplicationCredential(_TokenMethod):
    """A secret for one program. It is bound to its project, so no scope is sent."""

    auth_type = "v3applicationcredential"
    sign_in_hint = (
        "Check the id and the secret of the application credential, and whether it has expired."
    )
    query_hint = f"The identity service accepted the application credential. {OTHER_CLOUD_HINT}"
    credential: dict[str, Any]
    secret: Callable[[], str] = field(repr=False)
    identity: Identity
    renewable: bool = True

    @property
    def cache_key(self) -> tuple[str, ...]:
        """The credential's id, or its name and user."""
        return ("application_credential", str(self.credential), self.identity.auth_url)

    def sign_in(self) -> AuthFlow:
        """Request a token once."""
        methods = {"application_credential": {**self.credential, "secret": self.secret()}}
        return (yield from self.identity.request_token(self.sign_in_hint, **methods))


@dataclass(eq=False, repr=False)
class AccessKey:
    """An access key and its secret: every request is signed, there is no token."""

    auth_type = "aksk"
    keys: signing.AccessKeyPair
    identity: Identity | None
    project_id: str | None
    project_name: str | None
    has_endpoint: bool
    """Whether the address of the service is known without a catalog."""
    renewable: bool = False
    locks_on_failure: bool = True
    cache_key: tuple[str, ...] | None = None

    @property
    def query_hint(self) -> str:
        """The next step depends on whether the key is temporary."""
        if self.can_expire:
            return (
                "A temporary key expires. Get a new access key, secret key and session token, and"
                " set all three."
            )
        return (
            "Check the access key and the secret key. A temporary key also needs its session"
            " token: set OS_SECURITY_TOKEN."
        )

    @property
    def can_expire(self) -> bool:
        """Temporary keys expire, by default after 15 minutes."""
        return self.keys.security_token is not None

    def sign_in(self) -> AuthFlow:
        """Request the id of the project and the catalog, as far as they are not known."""
        project_id, catalog = self.project_id, NO_CATALOG
        if project_id and self.has_endpoint:
            return AccessInfo(project_id=project_id)
        if self.identity is None:
            raise UsageError(
                "an access key alone does not say where the service is.",
                hint="Set OS_AUTH_URL, or the endpoint and the project id.",
            )
        if not project_id and self.project_name:
            project_id = yield from self.identity.project(self.query_hint, self.project_name)
        if not self.has_endpoint:
            catalog = yield from self.identity.catalog(self.query_hint)
        return AccessInfo(project_id=project_id, project_name=self.project_name, catalog=catalog)

    def authenticated(self, request: Request, access: AccessInfo | None, at: datetime) -> Request:
        """Sign for the project, if it is known already."""
        project_id = self.project_id if access is None else access.project_id
        return signing.signed(request, self.keys, at, project_id)
