"""Names the reason why an HTTP exchange failed. Imports no HTTP library.

The texts of the libraries can contain header values, so none of them is shown.
"""

from __future__ import annotations

import errno
import socket
import ssl
from enum import Enum, auto
from typing import TYPE_CHECKING

from vbsjob.errors import BodyTooLargeError, PermanentConnectionError, UnavailableError, VbsjobError

if TYPE_CHECKING:
    from collections.abc import Iterator


class Failure(Enum):
    """Where an exchange failed; the transport derives it from the exception of its library."""

    PROXY = auto()
    """The proxy refused the request."""
    TIMEOUT = auto()
    PROTOCOL = auto()
    """The peer closed the connection early, or does not speak HTTP."""
    ADDRESS = auto()
    """The request cannot be sent in this form."""
    NETWORK = auto()


class CompressedBodyError(Exception):
    """The body is compressed although the request does not allow that."""


class OversizedBodyError(Exception):
    """The body is larger than `limit` bytes."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"more than {limit} bytes")
        self.limit = limit


class ExchangeError(Exception):
    """An exchange failed; the cause is the exception of the library.

    `stale`: a connection that the peer has closed meanwhile would fail like this. `status`: the
    HTTP status of a proxy that refused, as text.
    """

    def __init__(self, failure: Failure, *, stale: bool = False, status: str = "") -> None:
        super().__init__(failure.name)
        self.failure = failure
        self.stale = stale
        self.status = status


REASONS = {
    errno.ECONNREFUSED: "connection refused",
    errno.ECONNRESET: "connection reset",
    errno.EHOSTUNREACH: "no route to the host",
    errno.ENETUNREACH: "the network is down",
    errno.EMFILE: "too many open files",
    errno.ENFILE: "too many open files",
}


def to_error(error: ExchangeError, origin: str, proxy: str) -> VbsjobError:
    """Return the error for a failed exchange with `origin`, sent through `proxy` if not empty."""
    if error.failure is Failure.PROXY:
        return _proxy_error(error.status or str(error.__cause__)[:3], origin, proxy)
    peer = f"{origin} (through the proxy {proxy})" if proxy else origin
    for cause in _chain(error):
        if isinstance(cause, OversizedBodyError):
            return BodyTooLargeError(
                f"{peer} sent more than {cause.limit >> 20} MiB.",
                hint="VBSJOB_BODY_LIMIT sets the limit (MiB).",
            )
        if isinstance(cause, CompressedBodyError):
            return UnavailableError(f"{peer} sent a compressed answer, which is not accepted.")
        if isinstance(cause, ssl.SSLError):
            return _tls_error(cause, peer)
        if isinstance(cause, socket.gaierror):
            return UnavailableError(f"cannot resolve the host of {peer}.")
    return _connection_error(error, peer)


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an exception and its causes."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _tls_error(cause: ssl.SSLError, peer: str) -> VbsjobError:
    """Return the error of a TLS handshake. Only a closed connection is worth a retry."""
    if isinstance(cause, ssl.SSLCertVerificationError):
        return PermanentConnectionError(
            f"the certificate of {peer} is not valid: {cause.verify_message}.",
            hint="Set OS_CACERT if the cloud has its own certificate authority.",
        )
    if isinstance(cause, ssl.SSLEOFError):  # a load balancer that restarts does this
        return UnavailableError(f"{peer} closed the connection during the TLS handshake.")
    return PermanentConnectionError(
        f"the TLS handshake with {peer} failed ({cause.reason}).",
        hint="Check the endpoint's scheme and port.",
    )


def _connection_error(error: ExchangeError, peer: str) -> VbsjobError:
    if error.failure is Failure.TIMEOUT:
        return UnavailableError(f"{peer} did not answer in time.")
    if error.failure is Failure.PROTOCOL:
        return UnavailableError(f"{peer} closed the connection early, or does not speak HTTP.")
    if error.failure is Failure.ADDRESS:
        return PermanentConnectionError(f"a request to {peer} cannot be sent in this form.")
    numbers = (cause.errno for cause in _chain(error) if isinstance(cause, OSError))
    number = next((number for number in numbers if number), 0)
    return UnavailableError(f"cannot reach {peer}: {REASONS.get(number, 'the connection failed')}.")


def _proxy_error(status: str, origin: str, proxy: str) -> VbsjobError:
    if status == "407":
        return PermanentConnectionError(
            f"the proxy {proxy} in front of {origin} requires a user and password.",
            hint="Set HTTPS_PROXY to http://USER:PASSWORD@HOST:PORT.",
        )
    reason = f" (HTTP {status})" if status.isdecimal() else ""
    return UnavailableError(f"the proxy {proxy} did not connect to {origin}{reason}.")
