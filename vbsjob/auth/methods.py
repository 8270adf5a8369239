"""How a request proves who asks: one class a way of signing in, each a conversation.

`sign_in` yields requests and is sent their replies; it returns a Pass. Nothing here sends,
retries or stores.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from vbsjob.auth import aksk
from vbsjob.auth.keystone import AccessInfo, Identity
from vbsjob.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from vbsjob.auth.keystone import Conversation
    from vbsjob.http.messages import Request


NOWHERE: tuple[dict[str, Any], ...] = ()


class Method(Protocol):
    """A way of signing in."""

    @property
    def renewable(self) -> bool:
        """Whether signing in again, without a person, can give a new pass."""

    @property
    def can_expire(self) -> bool:
        """Whether what proves who asks ends in time, and cannot be renewed."""

    @property
    def locks_on_failure(self) -> bool:
        """Whether a refused proof must not be sent again, for several in a row lock the key."""

    @property
    def cache_key(self) -> tuple[str, ...] | None:
        """Who asks where, for keeping the token; None where there is none to keep."""

    def sign_in(self) -> Conversation:
        """Converse with the identity service."""
        ...

    def sign(self, request: Request, access: AccessInfo | None, at: datetime) -> Request:
        """Return the request with its proof of who asks, made anew for every try."""
        ...


@dataclass(frozen=True, slots=True)
class _Bearer:
    """A way of signing in that ends in a token."""

    renewable = False

    @property
    def can_expire(self) -> bool:
        """A token that cannot be had anew ends for good."""
        return not self.renewable

    @property
    def locks_on_failure(self) -> bool:
        """A refused token may be shown again without harm."""
        return False

    def sign(self, request: Request, access: AccessInfo | None, at: datetime) -> Request:  # noqa: ARG002
        """Show the token, where there is one already."""
        return request if access is None else request.with_headers(X_Auth_Token=access.token or "")


@dataclass(frozen=True, slots=True)
class Token(_Bearer):
    """A token that somebody else made. It cannot be renewed."""

    token: str = field(repr=False)
    identity: Identity | None
    renewable: bool = False
    cache_key: tuple[str, ...] | None = None

    def sign_in(self) -> Conversation:
        """Have the token scoped to the project, which also tells the catalog."""
        if self.identity is None:
            raise UsageError(
                "a token alone does not tell where the service is.",
                hint="Set the endpoint and project id, or OS_AUTH_URL.",
            )
        return (yield from self.identity.request_token(token={"id": self.token}))


@dataclass(frozen=True, slots=True)
class Password(_Bearer):
    """A user's name or id, and the password, which may be asked for when it is needed."""

    user: dict[str, Any]
    password: Callable[[], str] = field(repr=False)
    identity: Identity
    renewable: bool = True

    @property
    def cache_key(self) -> tuple[str, ...]:
        """The user and the project, never the password."""
        return ("password", str(self.user), self.identity.auth_url, str(self.identity.scope))

    def sign_in(self) -> Conversation:
        """Ask for a token, once: a wrong password tried again would lock the account."""
        user = {**self.user, "password": self.password()}
        return (yield from self.identity.request_token(password={"user": user}))


@dataclass(frozen=True, slots=True)
class Totp(_Bearer):
    """A user, and a passcode that serves once; mostly with the password. It cannot be renewed."""

    user: dict[str, Any]
    password: Callable[[], str] | None = field(repr=False)
    passcode: Callable[[], str] = field(repr=False)
    identity: Identity
    renewable: bool = False

    @property
    def cache_key(self) -> tuple[str, ...]:
        """The user and the project."""
        return ("totp", str(self.user), self.identity.auth_url, str(self.identity.scope))

    def sign_in(self) -> Conversation:
        """Show the password and the passcode at once."""
        proofs: dict[str, Any] = {}
        if self.password is not None:
            proofs["password"] = {"user": {**self.user, "password": self.password()}}
        proofs["totp"] = {"user": {**self.user, "passcode": self.passcode()}}
        return (yield from self.identity.request_token(**proofs))


@dataclass(frozen=True, slots=True)
class ApplicationCredential(_Bearer):
    """A secret made for one program; it is bound to its project, so no scope is asked for."""

    credential: dict[str, Any]
    secret: Callable[[], str] = field(repr=False)
    identity: Identity
    renewable: bool = True

    @property
    def cache_key(self) -> tuple[str, ...]:
        """The credential's id, or its name and user."""
        return ("application_credential", str(self.credential), self.identity.auth_url)

    def sign_in(self) -> Conversation:
        """Ask for a token, once."""
        proof = {**self.credential, "secret": self.secret()}
        return (yield from self.identity.request_token(application_credential=proof))


@dataclass(frozen=True, slots=True)
class AccessKey:
    """An access key and its secret: every request is signed, there is no token."""

    keys: aksk.AccessKeyPair
    identity: Identity | None
    project_id: str | None
    project_name: str | None
    located: bool
    """Whether the service's address is known already."""
    renewable: bool = False
    locks_on_failure: bool = True
    cache_key: tuple[str, ...] | None = None

    @property
    def can_expire(self) -> bool:
        """Temporary keys end, by default after a quarter of an hour."""
        return self.keys.security_token is not None

    def sign_in(self) -> Conversation:
        """Ask for what is not known yet: the project's id, the catalog."""
        project_id, catalog = self.project_id, NOWHERE
        if project_id and self.located:
            return AccessInfo(project_id=project_id)
        if self.identity is None:
            raise UsageError(
                "an access key alone does not tell where the service is.",
                hint="Set OS_AUTH_URL, or the endpoint and the project id.",
            )
        if not project_id and self.project_name:
            project_id = yield from self.identity.project(self.project_name)
        if not self.located:
            catalog = yield from self.identity.catalog()
        return AccessInfo(project_id=project_id, project_name=self.project_name, catalog=catalog)

    def sign(self, request: Request, access: AccessInfo | None, at: datetime) -> Request:
        """Sign for the project, as far as it is known."""
        project_id = self.project_id if access is None else access.project_id
        return aksk.signed(request, self.keys, at, project_id)
