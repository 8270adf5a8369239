"""Keeps tokens between runs: private files in the platform's cache folder, one an account.

Never a password. A file that is broken, foreign, or that others can read counts as none; no
link is followed; trouble with the folder never ends a run.
"""

from __future__ import annotations

import hashlib
import json
import os
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from vbsjob import private_files
from vbsjob.auth.keystone import AccessInfo

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from vbsjob.context import Context

VERSION = 1
SIZE_LIMIT = 256 << 10
LOCK_WAIT = 5.0
LOCK_LOOK = 0.02
ORPHAN = 3600.0
STALE = 2 * 86400.0
KINDS = frozenset({"vbs", "vbsv2", "volume", "volumev2", "volumev3"})


@dataclass(frozen=True, slots=True)
class CachedToken:
    """A pass, and how many seconds it has left to live."""

    held: AccessInfo
    left: float


class TokenCache:
    """The tokens that earlier runs left; `account` says whose this run's is."""

    def __init__(self, folder: Path, cache_key: tuple[str, ...], context: Context) -> None:
        self._folder = folder
        named = json.dumps([VERSION, *cache_key]).encode()
        self._name = f"{hashlib.sha256(named).hexdigest()[:40]}.json"
        self._context = context

    def read(self) -> CachedToken | None:
        """Return the token kept for this account, unless it is spent or not to be trusted."""
        try:
            with private_files.open_folder(self._folder) as folder:
                kept = _decoded(private_files.read(self._name, folder, SIZE_LIMIT))
        except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
            return None
        written, held = kept
        age = self._context.now().timestamp() - written
        if held.life is None or not -60.0 <= age < held.life:
            return None
        return CachedToken(held, held.life - max(0.0, age))

    def write(self, held: AccessInfo) -> None:
        """Keep a token: whole or not at all, for this user alone; a failure is only told."""
        if held.token is None or held.life is None:
            return
        try:
            with private_files.open_folder(self._folder, create=True) as folder:
                with suppress(OSError):
                    _sweep(folder, self._context.now().timestamp())
                content = _encoded(held, self._context.now().timestamp())
                private_files.replace(self._name, content, folder)
        except OSError as error:
            self._context.note(f"the token cannot be kept in {self._folder}: {error.strerror}.")

    def forget(self, token: str | None) -> None:
        """Remove a token that was refused, unless another one has taken its place."""
        kept = self.read()
        if kept is not None and kept.held.token == token:
            with suppress(OSError), private_files.open_folder(self._folder) as folder:
                os.unlink(self._name, dir_fd=folder)

    @contextmanager
    def renewing(self) -> Iterator[None]:
        """Let one process at a time sign in to this account; wait 5 s at most."""
        handle = self._lock()
        try:
            yield
        finally:
            if handle is not None:
                private_files.close(handle)

    def _lock(self) -> int | None:
        import fcntl

        try:
            with private_files.open_folder(self._folder, create=True) as folder:
                flags = os.O_RDWR | os.O_CREAT
                handle = private_files.open_file(f"{self._name}.lock", folder, flags)
        except OSError:
            return None
        end = self._context.monotonic() + LOCK_WAIT
        while self._context.monotonic() < end:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                self._context.sleep(LOCK_LOOK)
            except OSError:
                break
            else:
                return handle
        private_files.close(handle)
        return None


def open_cache(cache_key: tuple[str, ...], context: Context) -> TokenCache | None:
    """Return where this account's token is kept; None where nothing can be."""
    if context.paths.cache_folder is None or os.name != "posix":
        context.debug("tokens: not kept, there is no folder for them.")
        return None
    return TokenCache(context.paths.cache_folder / "tokens", cache_key, context)


def _sweep(folder: int, now: float) -> None:
    """Remove what a killed process left half-written, and tokens long dead."""
    for name in os.listdir(folder):
        unfinished = name.startswith(private_files.TEMPORARY_PREFIX)
        limit = ORPHAN if unfinished else STALE
        if unfinished or name.endswith(".json"):
            with suppress(OSError):
                if now - os.stat(name, dir_fd=folder, follow_symlinks=False).st_mtime > limit:
                    os.unlink(name, dir_fd=folder)


def _encoded(held: AccessInfo, now: float) -> bytes:
    members = asdict(held)
    members["expires_at"] = held.expires_at.isoformat() if held.expires_at else None
    members["catalog"] = [entry for entry in held.catalog if entry.get("type") in KINDS]
    return json.dumps({"written": now, "pass": members}).encode()


def _decoded(content: bytes) -> tuple[float, AccessInfo]:
    """Read a kept pass; raises ValueError and its kin for anything that is none."""
    found = json.loads(content)
    members: dict[str, Any] = found["pass"]
    expires_at = members.pop("expires_at")
    catalog = tuple(members.pop("catalog"))
    token, life = members["token"], members["life"]
    texts = [members[name] for name in ("project_id", "project_name", "user")]
    proper = isinstance(token, str) and token.isascii() and token.isprintable() and token
    if not proper or not isinstance(life, float) or not all(isinstance(e, dict) for e in catalog):
        raise ValueError("no pass")
    if not all(text is None or isinstance(text, str) for text in texts):
        raise ValueError("no pass")
    expires = datetime.fromisoformat(expires_at) if expires_at else None
    return float(found["written"]), AccessInfo(**members, expires_at=expires, catalog=catalog)
