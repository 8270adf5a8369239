"""Names the reason why an HTTP exchange failed. Imports no HTTP library.

The texts of the libraries can contain header values, so none of them is shown.
"""

from __future__ import annotations

import errno
import socket
import ssl
from enum import Enum, auto
from typing import TYPE_CHECKING

from vbsjob.errors import (
    SHORTAGES,
    BodyTooLargeError,
    PermanentConnectionError,
    UnavailableError,
    VbsjobError,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vbsjob.http.proxies import Proxy


class ExchangeFailure(Enum):
    """Where an exchange failed; http.pool derives it from the exception of its library."""

    PROXY = auto()
    """The proxy refused the request."""
    TIMEOUT = auto()
    PROTOCOL = auto()
    """The peer closed the connection during its answer, or does not use HTTP."""
    ADDRESS = auto()
    """The address or a header of the request is not valid HTTP; nothing was sent."""
    NETWORK = auto()


class CompressedBodyError(Exception):
    """The body is compressed although the request does not allow that."""


class OversizedBodyError(Exception):
    """The body is larger than `limit` bytes."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"more than {limit} bytes")
        self.limit = limit


class ExchangeError(Exception):
    """An exchange failed; the cause is the exception of the library or the system.

    `stale`: the peer may have closed the connection before the request reached it. `status`: the
    HTTP status of a proxy that refused, as text.
    """

    def __init__(self, failure: ExchangeFailure, *, stale: bool = False, status: str = "") -> None:
        super().__init__(failure.name)
        self.failure = failure
        self.stale = stale
        self.status = status


REASONS = {
    errno.ECONNREFUSED: "connection refused",
    errno.ECONNRESET: "connection reset",
    errno.EHOSTUNREACH: "no route to the host",
    errno.ENETUNREACH: "the network is down",
}
"""Reasons that an error message names, by errno."""


def to_error(error: ExchangeError, origin: str, proxy: Proxy | None) -> VbsjobError:
    """Return the error for a failed exchange with `origin`, sent through `proxy` if not None."""
    if error.failure is ExchangeFailure.PROXY and proxy is not None:
        return _proxy_error(error.status or str(error.__cause__)[:3], origin, proxy.url)
    peer = f"{origin} (through the proxy {proxy.url})" if proxy else origin
    for cause in _chain(error):
        if isinstance(cause, OversizedBodyError):
            return BodyTooLargeError(
                f"{peer} sent more than {cause.limit >> 20} MiB.",
                hint="Set VBSJOB_BODY_LIMIT to a larger number of MiB.",
            )
        if isinstance(cause, CompressedBodyError):
            return UnavailableError(
                f"{peer} sent a compressed answer, which is not accepted.",
                hint="Add the host to NO_PROXY: a proxy may compress the answer.",
            )
        if isinstance(cause, ssl.SSLError):
            return _tls_error(cause, peer)
        if isinstance(cause, socket.gaierror):
            return UnavailableError(
                f"cannot resolve the host of {peer}.",
                hint="Check the host name, DNS and the proxy.",
            )
    return _connection_error(error, peer)


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an exception and its causes."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


_CLOCK = "Check the clock of this machine. If it is right, the service needs a new certificate."
_HOST = "Check the host of the address with 'vbsjob config show'."
CERTIFICATE_HINTS = {9: _CLOCK, 10: _CLOCK, 62: _HOST, 64: _HOST}
"""Hint for a verify_code of OpenSSL (x509_vfy.h): not yet valid, expired, other host, other IP."""


def _tls_error(cause: ssl.SSLError, peer: str) -> VbsjobError:
    """Return the error of a failed TLS handshake. Only a closed connection can be retried."""
    if isinstance(cause, ssl.SSLCertVerificationError):
        return PermanentConnectionError(
            f"the certificate of {peer} is not valid: {cause.verify_message.rstrip('.')}.",
            hint=CERTIFICATE_HINTS.get(
                cause.verify_code, "Set OS_CACERT if the cloud has a private certificate authority."
            ),
        )
    if isinstance(cause, ssl.SSLEOFError):  # a load balancer that restarts does this
        return UnavailableError(
            f"{peer} closed the connection during the TLS handshake.",
            hint="Check the port and the proxy.",
        )
    return PermanentConnectionError(
        f"the TLS handshake with {peer} failed ({cause.reason}).",
        hint="Check the endpoint's scheme and port.",
    )


def _connection_error(error: ExchangeError, peer: str) -> VbsjobError:
    if error.failure is ExchangeFailure.TIMEOUT:
        return UnavailableError(
            f"{peer} did not answer in time.", hint="Check the network and the proxy."
        )
    if error.failure is ExchangeFailure.PROTOCOL:
        return UnavailableError(
            f"{peer} closed the connection during its answer, or does not use HTTP.",
            hint="Check the scheme, the port and the proxy.",
        )
    if error.failure is ExchangeFailure.ADDRESS:
        return PermanentConnectionError(
            f"a request to {peer} is not valid HTTP.",
            hint="Check the address with 'vbsjob config show'.",
        )
    numbers = (cause.errno for cause in _chain(error) if isinstance(cause, OSError))
    number = next((number for number in numbers if number), 0)
    reason = REASONS.get(number, "the connection failed")
    hint = "Check the address, the port, the network and the proxy."
    reason, hint = SHORTAGES.get(number, (reason, hint))
    return UnavailableError(f"cannot reach {peer}: {reason}.", hint=hint)


def _proxy_error(status: str, origin: str, proxy: str) -> VbsjobError:
    """Return the error of a request that the proxy refused."""
    if status == "407":
        return PermanentConnectionError(
            f"the proxy {proxy} in front of {origin} requires a user and password.",
            hint="Set them in HTTPS_PROXY: http://USER:PASSWORD@HOST:PORT.",
        )
    reason = f" (HTTP {status})" if status.isdecimal() else ""
    return UnavailableError(
        f"the proxy {proxy} did not connect to {origin}{reason}.",
        hint="Check the proxy, or add the host to NO_PROXY.",
    )
