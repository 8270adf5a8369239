"""Valid and invalid certificates for the scripted server, and the file of their authority."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from typing import TYPE_CHECKING

import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

if TYPE_CHECKING:
    from pathlib import Path

LONG_AGO = datetime(2001, 1, 1, tzinfo=UTC)
HOST = "127.0.0.1"


class Authority:
    """A certificate authority; `file` is a value for OS_CACERT."""

    def __init__(self, folder: Path) -> None:
        self._own = trustme.CA()
        self._foreign = trustme.CA()
        self.file = folder / "authority.pem"
        self._own.cert_pem.write_to_path(str(self.file))

    def good(self, host: str = HOST) -> ssl.SSLContext:
        """Return a server context with a certificate that is valid for a host."""
        return _serving(self._own.issue_cert(host))

    def asking(self) -> ssl.SSLContext:
        """Return a server context that requires a client certificate of this authority."""
        context = self.good()
        self._own.configure_trust(context)
        context.verify_mode = ssl.CERT_REQUIRED
        return context

    def client(self, folder: Path) -> tuple[Path, Path]:
        """Write a client's certificate and key; return both paths."""
        issued = self._own.issue_cert("operator@cloud.test")
        cert, key = folder / "client.pem", folder / "client.key"
        issued.cert_chain_pems[0].write_to_path(str(cert))
        issued.private_key_pem.write_to_path(str(key))
        return cert, key

    def bad(self, kind: str) -> ssl.SSLContext:
        """Return a server context with an invalid certificate of one of KINDS."""
        if kind == "expired":
            return _serving(self._own.issue_cert(HOST, not_after=LONG_AGO))
        if kind == "not yet valid":
            later = datetime.now(UTC) + timedelta(days=365)
            return _serving(
                self._own.issue_cert(HOST, not_before=later, not_after=later + timedelta(days=1))
            )
        if kind == "wrong host":
            return _serving(self._own.issue_cert("vbs.example"))
        if kind == "wrong address":
            return _serving(self._own.issue_cert("127.0.0.2"))
        return _serving(self._foreign.issue_cert(HOST))


class AuthorityWithoutExtensions:
    """An authority without keyUsage; `server` has a certificate without authorityKeyIdentifier.

    Many companies have such an authority. OpenSSL refuses it with VERIFY_X509_STRICT only.
    """

    def __init__(self, folder: Path) -> None:
        self.file = folder / "authority-without-extensions.pem"
        names = [
            x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
            for name in ("company authority", HOST)
        ]
        keys = [ec.generate_private_key(ec.SECP256R1()) for _ in names]
        extensions = (
            x509.BasicConstraints(ca=True, path_length=None),
            x509.SubjectAlternativeName([x509.IPAddress(ip_address(HOST))]),
        )
        now = datetime.now(UTC)
        certificates = [
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(names[0])
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=1))
            .add_extension(extension, critical=isinstance(extension, x509.BasicConstraints))
            .sign(keys[0], hashes.SHA256())
            .public_bytes(serialization.Encoding.PEM)
            for name, key, extension in zip(names, keys, extensions, strict=True)
        ]
        self.file.write_bytes(certificates[0])
        private = keys[1].private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        chain = folder / "server-without-extensions.pem"
        chain.write_bytes(private + certificates[1])
        self.server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.server.load_cert_chain(chain)


KINDS = ("expired", "not yet valid", "wrong host", "wrong address", "unknown authority")


def _serving(certificate: trustme.LeafCert) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    return context
