"""Whom a TLS connection trusts, and by which certificate it is known itself.

OS_CACERT or its like, then SSL_CERT_FILE and SSL_CERT_DIR, then the system's store. A file that
cannot be used is one line that names where it was set.
"""

from __future__ import annotations

import errno
import os
import ssl
import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from vbsjob.config import files
from vbsjob.errors import UsageError
from vbsjob.text import printable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vbsjob.config.loader import Settings


@dataclass(frozen=True, slots=True)
class TlsConfig:
    """Paths, each with where it was set."""

    cacert: tuple[str, str] | None = None
    cert: tuple[str, str] | None = None
    key: tuple[str, str] | None = None
    checked: bool = True
    env: Mapping[str, str] = field(default_factory=dict, repr=False)

    def ssl_context(self) -> ssl.SSLContext:
        """Return what httpx needs; raises Usage."""
        ssl_context = self._authorities()
        if self.cert is not None:
            _identify(ssl_context, self.cert, self.key)
        if not self.checked:
            ssl_context.check_hostname = False
            ssl_context.verify_mode = ssl.CERT_NONE
        return ssl_context

    def _authorities(self) -> ssl.SSLContext:
        named = self.cacert or _named("SSL_CERT_FILE", self.env)
        folder = None if self.cacert else _named("SSL_CERT_DIR", self.env)
        if folder is not None and not stat.S_ISDIR(_mode(folder)):
            raise UsageError(f"{folder[1]}: {printable(folder[0])} is no folder.")
        if named is None and folder is None:
            return _default()
        return _loaded(named, folder)


def of(settings: Settings, env: Mapping[str, str]) -> TlsConfig:
    """Read what the settings say."""
    cacert, cert, key = (_path(settings, name) for name in ("cacert", "cert", "key"))
    if key is not None and cert is None:
        raise settings.missing("cert", "a key belongs to a certificate")
    return TlsConfig(cacert, cert, key, checked(settings), env)


def checked(settings: Settings) -> bool:
    """Whether certificates are checked: unless somebody said in so many words not to."""
    return bool(settings["verify"]) and not settings["insecure"]


def _path(settings: Settings, name: str) -> tuple[str, str] | None:
    value = settings[name]
    return (os.path.expanduser(value), settings.origin(name)) if value else None  # noqa: PTH111 - Path raises without a home


def _named(variable: str, env: Mapping[str, str]) -> tuple[str, str] | None:
    return (env[variable], variable) if env.get(variable) else None


def _mode(named: tuple[str, str]) -> int:
    return files.mode(Path(named[0]), f"{named[1]}: {printable(named[0])}")


def _default() -> ssl.SSLContext:
    ssl_context = ssl.create_default_context()
    if not ssl_context.cert_store_stats()["x509_ca"]:
        import certifi

        ssl_context.load_verify_locations(certifi.where())
    return ssl_context


def _loaded(named: tuple[str, str] | None, folder: tuple[str, str] | None) -> ssl.SSLContext:
    path, origin = named or folder or ("", "")
    if named is not None and not stat.S_ISREG(_mode(named)):
        raise UsageError(f"{origin}: {printable(path)} is no file that can be read.")
    try:
        ssl_context = ssl.create_default_context(
            cafile=named and named[0], capath=folder and folder[0]
        )
        empty = named is not None and not ssl_context.cert_store_stats()["x509"]
    except (OSError, ValueError) as error:
        _only_about_the_file(error)
        why = getattr(error, "strerror", None) if not isinstance(error, ssl.SSLError) else None
        raise UsageError(f"{origin}: {printable(path)}: {why or 'holds no certificate'}.") from None
    if empty:
        raise UsageError(f"{origin}: {printable(path)}: holds no certificate.")
    return ssl_context


def _only_about_the_file(error: Exception) -> None:
    """Raise on what says nothing about a file: descriptors that ran out."""
    if getattr(error, "errno", None) in {errno.EMFILE, errno.ENFILE}:
        raise error


def _identify(
    ssl_context: ssl.SSLContext, cert: tuple[str, str], key: tuple[str, str] | None
) -> None:
    for named in filter(None, (cert, key)):
        if not stat.S_ISREG(_mode(named)):
            raise UsageError(f"{named[1]}: {printable(named[0])} is no file that can be read.")
    try:
        ssl_context.load_cert_chain(cert[0], key and key[0], password=lambda: "")
    except (OSError, ValueError) as error:
        _only_about_the_file(error)
        whose = f"{cert[1]}{f' and {key[1]}' if key else ''}"
        raise UsageError(
            f"{whose}: no certificate and its key, or the key is encrypted.",
        ) from None
