"""TLS: certificate authorities and the client certificate, from settings and environment.

Authorities: the setting cacert, else SSL_CERT_FILE and SSL_CERT_DIR, else those of the system. An
error names the file and the setting.
"""

from __future__ import annotations

import os
import ssl
from typing import TYPE_CHECKING

from vbsjob.errors import UsageError, shortage
from vbsjob.text import printable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vbsjob.config.loader import Settings


ConfiguredPath = tuple[str, str]
"""A path, and the name of the setting or variable that contains it."""


def ssl_context(settings: Settings, env: Mapping[str, str]) -> ssl.SSLContext:
    """Return the context for all connections, the same for every version of Python.

    ssl.create_default_context also reads SSLKEYLOGFILE (keys of every connection, with which anyone
    can read a recording of the traffic), and from Python 3.13 on it refuses authorities without
    some extensions (VERIFY_X509_STRICT), which many companies have; curl and Go accept them. Raises
    UsageError.
    """
    cacert, cert, key = (_path(settings, name) for name in ("cacert", "cert", "key"))
    if key is not None and cert is None:
        raise settings.missing("cert", "a key belongs to a certificate")
    variables = ((env.get(name, ""), name) for name in ("SSL_CERT_FILE", "SSL_CERT_DIR"))
    ssl_context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    ssl_context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    _load_authorities(ssl_context, [cacert] if cacert else [path for path in variables if path[0]])
    if cert is not None:
        _load_client_certificate(ssl_context, cert, key)
    if not is_checked(settings):
        ssl_context.check_hostname = False
        ssl_context.verify_mode = ssl.CERT_NONE
    return ssl_context


def is_checked(settings: Settings) -> bool:
    """Whether certificates are verified: always, unless a setting says otherwise."""
    return bool(settings["verify"]) and not settings["insecure"]


def _path(settings: Settings, name: str) -> ConfiguredPath | None:
    value = settings[name]
    return (os.path.expanduser(value), settings.origin(name)) if value else None


def _load_authorities(ssl_context: ssl.SSLContext, paths: list[ConfiguredPath]) -> None:
    for path, origin in paths:
        # OpenSSL reads a list of folders, and says nothing about those that are missing.
        folders = path.split(os.pathsep) if origin == "SSL_CERT_DIR" else ()
        is_folder = any(map(os.path.isdir, folders))
        try:
            ssl_context.load_verify_locations(**{"capath" if is_folder else "cafile": path})
        except (OSError, ValueError) as error:
            reason = None if isinstance(error, ssl.SSLError) else getattr(error, "strerror", None)
            raise shortage(error) or UsageError(
                f"{origin}: {printable(path)} cannot be read:"
                f" {reason or 'it contains no certificate'}.",
                hint="Name a readable file with CA certificates in PEM format.",
            ) from None
    if not paths:
        ssl_context.load_default_certs()
        if not ssl_context.cert_store_stats()["x509_ca"]:
            import certifi

            ssl_context.load_verify_locations(certifi.where())


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
        names = f"{cert[1]} and {key[1]}" if key else cert[1]
        raise shortage(error) or UsageError(
            f"{names}: not a certificate with its key, or the key is encrypted.",
            hint="Use PEM files, with the key that belongs to the certificate, unencrypted.",
        ) from None
