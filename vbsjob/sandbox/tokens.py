"""The tokens that the sandbox has issued."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from vbsjob.sandbox import account

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from vbsjob.context import Context
    from vbsjob.sandbox.account import ApplicationCredential, Project, User


class Token(NamedTuple):
    """A token. Without a project it is unscoped: it has no roles and no catalog."""

    id: str
    user: User
    project: Project | None
    methods: tuple[str, ...]
    audit_ids: tuple[str, ...]
    """Its own id for audits, and that of the token from which it was made."""
    issued_at: datetime
    expires_at: datetime
    expiry: float
    """`expires_at` on the monotonic clock of the context."""
    credential: ApplicationCredential | None = None

    def document(self, address: str, *, with_catalog: bool = True) -> dict[str, Any]:
        """Return the body of the token, with the members that Keystone uses."""
        document: dict[str, Any] = {
            "methods": self.methods,
            "user": self.user.reference,
            "audit_ids": self.audit_ids,
            "expires_at": _time(self.expires_at),
            "issued_at": _time(self.issued_at),
        }
        if self.project is not None:
            document |= {
                "project": self.project.reference,
                "is_domain": False,
                "roles": account.ROLES,
            }
            if with_catalog:
                document["catalog"] = account.catalog(address, self.project)
        if self.credential is not None:
            credential = {"id": self.credential.id, "name": self.credential.name}
            document["application_credential"] = {**credential, "restricted": True}
        return {"token": document}


class TokenStore:
    """Issues, finds and revokes tokens. May be used by several threads.

    `lifetime` is in seconds.
    """

    def __init__(self, context: Context, lifetime: float) -> None:
        self._context = context
        self._lifetime = lifetime
        self._tokens: dict[str, Token] = {}
        self._lock = threading.Lock()

    def issue(
        self,
        user: User,
        project: Project | None,
        methods: Iterable[str],
        *,
        parent: Token | None = None,
        credential: ApplicationCredential | None = None,
    ) -> Token:
        """Issue a token. A token made from another one (`parent`) expires with it."""
        now, monotonic = self._context.now(), self._context.monotonic()
        expires_at, expiry = now + timedelta(seconds=self._lifetime), monotonic + self._lifetime
        if parent is not None:
            expires_at, expiry = parent.expires_at, parent.expiry
        audit_ids = (_random_id(), *(parent.audit_ids[:1] if parent else ()))
        token = Token(
            f"sandbox-{_random_id()}", user, project, tuple(methods), audit_ids,
            now, expires_at, expiry, credential,
        )  # fmt: skip
        with self._lock:
            self._tokens = {
                other.id: other for other in self._tokens.values() if other.expiry > monotonic
            }
            self._tokens[token.id] = token
        return token

    def find(self, token_id: str) -> Token | None:
        """Return a token that is valid now."""
        with self._lock:
            token = self._tokens.get(token_id)
        return token if token and token.expiry > self._context.monotonic() else None

    def revoke(self, token: Token) -> None:
        """Make a token invalid."""
        with self._lock:
            self._tokens.pop(token.id, None)


def _random_id() -> str:
    from uuid import uuid4

    return uuid4().hex


def _time(time: datetime) -> str:
    return time.isoformat(timespec="microseconds").replace("+00:00", "Z")
