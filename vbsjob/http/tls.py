"""TLS: certificate authorities and the client certificate, from settings and environment.

Authorities: the setting cacert, else SSL_CERT_FILE and SSL_CERT_DIR, else those of the system. An
error names the file and the setting.
"""

from __future__ import annotations

import os
import ssl
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from vbsjob.errors import UsageError, shortage
from vbsjob.text import hide_values, printable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vbsjob.config.loader import Settings


ConfiguredPath = tuple[str, str]
"""A path, and the name of the setting or variable that contains it."""


AUTHORITIES_HINT = "Name a readable file with CA certificates in PEM format."


@hide_values
class TlsConfig(NamedTuple):
    """Certificate authorities, client certificate and its key."""

    cacert: ConfiguredPath | None = None
    cert: ConfiguredPath | None = None
    key: ConfiguredPath | None = None
    checked: bool = True
    """Whether the certificate of the service is verified."""
    env: Mapping[str, str] = MappingProxyType({})

    def ssl_context(self) -> ssl.SSLContext:
        """Return the context for all connections. Raises UsageError."""
        ssl_context = self._context_with_authorities()
        if self.cert is not None:
            _load_client_certificate(ssl_context, self.cert, self.key)
        if not self.checked:
            ssl_context.check_hostname = False
            ssl_context.verify_mode = ssl.CERT_NONE
        return ssl_context

    def _context_with_authorities(self) -> ssl.SSLContext:
        file = self.cacert or _variable("SSL_CERT_FILE", self.env)
        folder = None if self.cacert else _variable("SSL_CERT_DIR", self.env)
        if folder is not None:
            folder = _existing_folders(folder)
        if file is None and folder is None:
            return _system_authorities()
        return _authorities_from(file, folder)


def of(settings: Settings, env: Mapping[str, str]) -> TlsConfig:
    """Return the configuration that the settings describe. Raises UsageError."""
    cacert, cert, key = (_path(settings, name) for name in ("cacert", "cert", "key"))
    if key is not None and cert is None:
        raise settings.missing("cert", "a key belongs to a certificate")
    return TlsConfig(cacert, cert, key, checked(settings), env)


def checked(settings: Settings) -> bool:
    """Whether certificates are verified: always, unless a setting says otherwise."""
    return bool(settings["verify"]) and not settings["insecure"]


def _path(settings: Settings, name: str) -> ConfiguredPath | None:
    value = settings[name]
    return (os.path.expanduser(value), settings.origin(name)) if value else None


def _variable(name: str, env: Mapping[str, str]) -> ConfiguredPath | None:
    return (env[name], name) if env.get(name) else None


def _existing_folders(folders: ConfiguredPath) -> ConfiguredPath:
    """Return the folders of a list such as SSL_CERT_DIR=/a:/b that exist (OpenSSL reads a list)."""
    value, origin = folders
    names = [name for name in value.split(os.pathsep) if name]
    existing = [name for name in names if os.path.isdir(name)]
    if not existing:
        raise UsageError(
            f"{origin}: {printable(value)} is not a directory.",
            hint=f"Correct the path, or unset {origin}.",
        )
    return os.pathsep.join(existing), origin


def _new_context(cafile: str | None = None, capath: str | None = None) -> ssl.SSLContext:
    """Return the same context for every version of Python, as curl and Go check certificates.

    ssl.create_default_context also reads SSLKEYLOGFILE (keys of every connection, with which anyone
    can read a recording of the traffic), and from Python 3.13 on it refuses authorities without
    some extensions (VERIFY_X509_STRICT), which many companies have.
    """
    ssl_context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    ssl_context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    if cafile or capath:
        ssl_context.load_verify_locations(cafile, capath)
    else:
        ssl_context.load_default_certs()
    return ssl_context


def _system_authorities() -> ssl.SSLContext:
    ssl_context = _new_context()
    if not ssl_context.cert_store_stats()["x509_ca"]:
        import certifi

        ssl_context.load_verify_locations(certifi.where())
    return ssl_context


def _authorities_from(file: ConfiguredPath | None, folder: ConfiguredPath | None) -> ssl.SSLContext:
    path, origin = file or folder or ("", "")
    if file is not None and not os.path.isfile(path):
        raise UsageError(
            f"{origin}: {printable(path)} does not exist, or is not a file.", hint=AUTHORITIES_HINT
        )
    try:
        ssl_context = _new_context(cafile=file and file[0], capath=folder and folder[0])
        empty = file is not None and not ssl_context.cert_store_stats()["x509"]
    except (OSError, ValueError) as error:
        _reraise_shortage(error)
        reason = None if isinstance(error, ssl.SSLError) else getattr(error, "strerror", None)
        raise UsageError(
            f"{origin}: {printable(path)} cannot be read:"
            f" {reason or 'it contains no certificate'}.",
            hint=AUTHORITIES_HINT,
        ) from None
    if empty:
        raise UsageError(
            f"{origin}: {printable(path)} contains no certificate.", hint=AUTHORITIES_HINT
        )
    return ssl_context


def _reraise_shortage(error: Exception) -> None:
    """Raise an error that is not about the file, such as that no file descriptor is left (F31)."""
    if shortage(error):
        raise error


def _load_client_certificate(
    ssl_context: ssl.SSLContext, cert: ConfiguredPath, key: ConfiguredPath | None
) -> None:
    for path in filter(None, (cert, key)):
        if not os.path.isfile(path[0]):
            raise UsageError(
                f"{path[1]}: {printable(path[0])} is not a regular file.",
                hint="Correct the path.",
            )
    try:
        ssl_context.load_cert_chain(cert[0], key and key[0], password=lambda: "")
    except (OSError, ValueError) as error:
        _reraise_shortage(error)
        names = f"{cert[1]} and {key[1]}" if key else cert[1]
        raise UsageError(
            f"{names}: not a certificate with its key, or the key is encrypted.",
            hint="Use PEM files, with the key that belongs to the certificate, unencrypted.",
        ) from None
