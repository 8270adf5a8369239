"""Caches tokens between runs: private files in the user's cache folder, one per account (F71).

Never a password. A file that is invalid, or that another user owns or can read, is ignored. A
problem with the folder never ends a run.
"""

from __future__ import annotations

import hashlib
import json
import os
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from vbsjob import files
from vbsjob.auth.catalog import SERVICE_TYPES
from vbsjob.auth.keystone import AccessInfo

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from vbsjob.context import Context

VERSION = 2
"""Version of the file format; the name of a file contains it."""
SIZE_LIMIT = 256 << 10
LOCK_TIMEOUT, LOCK_INTERVAL = 5.0, 0.02
UNFINISHED_LIFE, TOKEN_LIFE = 3600.0, 2 * 86400.0
"""Seconds after which files of killed processes, and old tokens, are removed."""
CLOCK_TOLERANCE = 60.0
"""Seconds that the clock may have been set back since a token was written."""


class CachedToken(NamedTuple):
    """A token, and how many seconds it is still valid."""

    access: AccessInfo
    seconds_left: float


class TokenCache:
    """The cached token of one account; `cache_key` identifies the account."""

    def __init__(self, folder: Path, cache_key: tuple[str, ...], context: Context) -> None:
        self._folder = folder
        account = json.dumps([VERSION, *cache_key]).encode()
        self._name = f"{hashlib.sha256(account).hexdigest()[:40]}.json"
        self._context = context

    def read(self) -> CachedToken | None:
        """Return the cached token; None if there is none, or it has expired or is not valid."""
        try:
            with files.open_folder(self._folder) as folder:
                written, access = _decoded(files.read(self._name, folder, SIZE_LIMIT))
        except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
            return None
        age = self._context.now().timestamp() - written
        if access.lifetime is None or not -CLOCK_TOLERANCE <= age < access.lifetime:
            return None
        return CachedToken(access, access.lifetime - max(0.0, age))

    def write(self, access: AccessInfo) -> None:
        """Write a token completely or not at all. A failure is only noted."""
        if access.token is None or access.lifetime is None:
            return
        try:
            with files.open_folder(self._folder, create=True) as folder:
                with suppress(OSError):
                    _sweep(folder, self._context.now().timestamp())
                content = _encoded(access, self._context.now().timestamp())
                files.replace(self._name, content, folder)
        except OSError as error:
            self._context.note(f"the token cannot be cached in {self._folder}: {error.strerror}.")

    def forget(self, token: str | None) -> None:
        """Remove a refused token, unless another process has written a new one."""
        cached = self.read()
        if cached is not None and cached.access.token == token:
            with suppress(OSError), files.open_folder(self._folder) as folder:
                os.unlink(self._name, dir_fd=folder)

    @contextmanager
    def renewing(self) -> Iterator[None]:
        """Let one process at a time sign in to this account; wait 5 s at most."""
        descriptor = self._lock()
        try:
            yield
        finally:
            if descriptor is not None:
                files.close(descriptor)

    def _lock(self) -> int | None:
        import fcntl

        try:
            with files.open_folder(self._folder, create=True) as folder:
                flags = os.O_RDWR | os.O_CREAT
                descriptor = files.open_file(f"{self._name}.lock", folder, flags)
        except OSError:
            return None
        end = self._context.monotonic() + LOCK_TIMEOUT
        while self._context.monotonic() < end:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                self._context.sleep(LOCK_INTERVAL)
            except OSError:
                break
            else:
                return descriptor
        files.close(descriptor)
        return None


def _sweep(folder: int, now: float) -> None:
    """Remove unfinished files of killed processes, and tokens that expired long ago."""
    for name in os.listdir(folder):
        unfinished = name.startswith(files.TEMPORARY_PREFIX)
        limit = UNFINISHED_LIFE if unfinished else TOKEN_LIFE
        if unfinished or name.endswith(".json"):
            with suppress(OSError):
                if now - os.stat(name, dir_fd=folder, follow_symlinks=False).st_mtime > limit:
                    os.unlink(name, dir_fd=folder)


def _encoded(access: AccessInfo, now: float) -> bytes:
    members = access._asdict()
    members["expires_at"] = access.expires_at.isoformat() if access.expires_at else None
    members["catalog"] = [entry for entry in access.catalog if entry.get("type") in SERVICE_TYPES]
    return json.dumps({"written": now, "access": members}).encode()


def _decoded(content: bytes) -> tuple[float, AccessInfo]:
    """Return the time of writing and the token. Raises ValueError, KeyError or TypeError."""
    document = json.loads(content)
    members: dict[str, Any] = document["access"]
    expires_at = members.pop("expires_at")
    catalog = tuple(members.pop("catalog"))
    token, lifetime = members["token"], members["lifetime"]
    texts = [members[name] for name in ("project_id", "project_name", "user")]
    if (
        not (isinstance(token, str) and token.isascii() and token.isprintable() and token)
        or not isinstance(lifetime, float)
        or not all(isinstance(entry, dict) for entry in catalog)
        or not all(text is None or isinstance(text, str) for text in texts)
    ):
        raise ValueError("not a token")
    expires = datetime.fromisoformat(expires_at) if expires_at else None
    return float(document["written"]), AccessInfo(**members, expires_at=expires, catalog=catalog)
