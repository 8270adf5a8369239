"""Sends one request and returns one reply, within bounds of time and size; never tries twice.

The only file that speaks httpx. A total time limit covers connecting, TLS, headers and body;
redirects are not followed; nothing is decompressed; the environment is not read.
"""

from __future__ import annotations

import errno
import socket
import ssl
import threading
from contextlib import closing
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from vbsjob import __version__
from vbsjob.config import endpoints
from vbsjob.errors import BodyTooLargeError, PermanentConnectionError, UnavailableError, VbsjobError
from vbsjob.http import proxies
from vbsjob.http.deadline import Deadline, DeadlineBackend
from vbsjob.http.library import httpx
from vbsjob.http.messages import Request, Response
from vbsjob.http.tls import TlsConfig

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from vbsjob.http.proxies import Proxy
    from vbsjob.redact import Secrets

ATTEMPT = 20.0
"""Seconds for one exchange in all."""
CONNECT, READ, WRITE = 5.0, 10.0, 5.0
HEADERS = {
    "User-Agent": f"vbsjob/{__version__}",
    "Accept": "application/json",
    "Accept-Encoding": "identity",
    "Cache-Control": "no-cache",
}
CONNECTIONS = 32
PROXY_SIGN_IN = 407


class Transport:
    """A pool of connections. `secrets` are replaced in whatever comes back."""

    def __init__(
        self,
        *,
        secrets: Secrets,
        clock: Callable[[], float],
        body_limit: int,
        trust: TlsConfig | None = None,
        env: Mapping[str, str] | None = None,
        attempt: float = ATTEMPT,
    ) -> None:
        self._secrets = secrets
        self._clock = clock
        self._body_limit = body_limit
        self._trust = trust or TlsConfig()
        self._env = env or {}
        self._attempt = attempt
        self._deadline = Deadline(clock)
        self._pools: dict[tuple[bool, Proxy | None], httpx.HTTPTransport] = {}
        self._ways: dict[str, tuple[bool, Proxy | None]] = {}
        self._used: set[str] = set()
        self._lock = threading.Lock()

    def send(self, request: Request) -> Response:
        """Exchange one request for its reply; raises Unavailable and its kin, or Usage."""
        self._deadline.end = self._clock() + self._attempt
        place = endpoints.origin_of(request.url)
        try:
            response = self._exchange(request, self._pool(request.url, place))
            if response.status == PROXY_SIGN_IN and self._proxy(place):
                raise httpx.ProxyError(str(response.status))
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            problem = _problem(error, place, self._proxy(place))
            # Only what asks may be sent again at once: a sign-in might count as two.
            used = request.method == "GET" and place in self._used
            problem = problem.replace(stale=used and _went_stale(error))
            self._used.discard(place)
            raise problem from None
        self._used.add(place)
        return response

    def _exchange(self, request: Request, pool: httpx.HTTPTransport) -> Response:
        url = _as_read(request.url)
        timeout = httpx.Timeout(connect=CONNECT, read=READ, write=WRITE, pool=self._attempt)
        asked = httpx.Request(
            request.method,
            url,
            headers=HEADERS | dict(request.headers),
            content=request.body or None,
            extensions={"timeout": timeout.as_dict()},
        )
        # Not through a client of httpx: it reads redirects, if only to fail on a bad one, and
        # keeps cookies.
        with closing(pool.handle_request(asked)) as response:
            body = self._read(response, error=response.status_code != 200)
            headers = {
                name.lower(): self._secrets.masked_value(value)
                for name, value in _text(response.headers)
            }
            if "x-subject-token" in response.headers:
                headers["x-subject-token"] = response.headers["x-subject-token"]
            return Response(response.status_code, headers, body)

    def _read(self, response: httpx.Response, *, error: bool) -> bytes:
        if response.headers.get("content-encoding", "identity").lower() != "identity":
            raise httpx.DecodingError("the answer is compressed")
        parts, size = [], 0
        for part in response.iter_raw():
            size += len(part)
            if size > self._body_limit:
                raise _Oversize(self._body_limit)
            parts.append(part)
        return self._secrets.masked_body(b"".join(parts), error=error)

    def _pool(self, url: str, place: str) -> httpx.HTTPTransport:
        with self._lock:
            if place not in self._ways:
                self._ways[place] = (url.startswith("https:"), proxies.proxy_for(url, self._env))
            way = self._ways[place]
            if way not in self._pools:
                self._pools[way] = self._connected(*way)
            return self._pools[way]

    def _proxy(self, place: str) -> str:
        """Return the address of the proxy on the way to a place; empty where there is none."""
        _, proxy = self._ways.get(place, (False, None))
        return proxy.url if proxy else ""

    def _connected(self, secure: bool, proxy: Proxy | None) -> httpx.HTTPTransport:  # noqa: FBT001 - a way's parts
        encrypted = secure or (proxy is not None and proxy.url.startswith("https:"))
        ssl_context = (
            self._trust.ssl_context() if encrypted else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        )
        transport = httpx.HTTPTransport(
            verify=ssl_context,
            trust_env=False,
            # Which connection is too old to be used again is decided below, by a better clock.
            limits=httpx.Limits(max_connections=CONNECTIONS, keepalive_expiry=None),
            proxy=None
            if proxy is None
            else httpx.Proxy(
                proxy.url,
                auth=proxy.user,
                ssl_context=ssl_context if proxy.url.startswith("https:") else None,
            ),
        )
        # httpx limits each read, not an exchange, and offers no place for a limit of one's own;
        # below it, httpcore takes a network backend.
        pool: Any = transport._pool  # noqa: SLF001
        pool._network_backend = DeadlineBackend(pool._network_backend, self._deadline)  # noqa: SLF001
        return transport

    def close(self) -> None:
        """Close every connection."""
        for pool in self._pools.values():
            pool.close()


class _Oversize(httpx.HTTPError):
    def __init__(self, limit: int) -> None:
        super().__init__("too large")
        self.limit = limit


def _as_read(url: str) -> httpx.URL:
    """Return an address as httpx reads it; raises InvalidURL if httpx reads another one or none."""
    parsed = httpx.URL(url)
    try:
        host = parsed.host
    except UnicodeError:  # httpx has other rules for international names
        raise httpx.InvalidURL("the host is not a valid international name") from None
    if not host or parsed.raw_path != _target(url):
        raise httpx.InvalidURL("httpx would request another address")
    return parsed


def _target(url: str) -> bytes:
    """Return path and query as they stand in the address: what is signed is what is sent."""
    parts = urlsplit(url)
    return f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}".encode()


def _text(headers: httpx.Headers) -> list[tuple[str, str]]:
    return list(headers.items())


def _went_stale(error: Exception) -> bool:
    return isinstance(error, httpx.ReadError | httpx.WriteError | httpx.RemoteProtocolError)


def _causes(error: BaseException | None) -> Iterable[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _problem(error: Exception, place: str, proxy: str) -> VbsjobError:
    """Name a failed exchange; httpx's own texts can hold header values, so none is shown."""
    if isinstance(error, httpx.ProxyError):
        return _proxy_problem(error, place, proxy)
    place += f" (through the proxy {proxy})" if proxy else ""
    if isinstance(error, _Oversize):
        return BodyTooLargeError(
            f"{place} sent more than {error.limit >> 20} MiB.",
            hint="VBSJOB_BODY_LIMIT raises the limit (MiB).",
        )
    for cause in _causes(error):
        if isinstance(cause, ssl.SSLError):
            return _tls_problem(cause, place)
        if isinstance(cause, socket.gaierror):
            return UnavailableError(
                f"cannot resolve the host of {place}.",
                hint="Check the host name, DNS and the proxy.",
            )
    return _unreached(error, place)


def _tls_problem(cause: ssl.SSLError, place: str) -> VbsjobError:
    """Return the error of a failed TLS handshake: only a closed connection can be retried."""
    if isinstance(cause, ssl.SSLCertVerificationError):
        return PermanentConnectionError(
            f"The certificate of {place} is not valid: {cause.verify_message}.",
            hint="Set OS_CACERT if the cloud has a private certificate authority.",
        )
    if isinstance(cause, ssl.SSLEOFError):  # as a balancer that is just being restarted does
        return UnavailableError(
            f"{place} closed the connection during the TLS handshake.",
            hint="Check the port and the proxy.",
        )
    return PermanentConnectionError(
        f"The TLS handshake with {place} failed ({cause.reason}).",
        hint="Check the endpoint's scheme and port.",
    )


def _unreached(error: Exception, place: str) -> VbsjobError:
    if isinstance(error, httpx.TimeoutException):
        return UnavailableError(
            f"{place} did not answer in time.", hint="Check the network and the proxy."
        )
    if isinstance(error, httpx.DecodingError):
        return UnavailableError(
            f"{place} sent a compressed answer, which is not accepted.",
            hint="A proxy may compress it; add the host to NO_PROXY.",
        )
    if isinstance(error, httpx.RemoteProtocolError):
        return UnavailableError(
            f"{place} closed the connection during its answer, or does not use HTTP.",
            hint="Check the scheme, the port and the proxy.",
        )
    if isinstance(error, httpx.LocalProtocolError | httpx.InvalidURL | httpx.UnsupportedProtocol):
        return PermanentConnectionError(
            f"A request to {place} is not valid HTTP.",
            hint="Check the address with 'vbsjob config show'.",
        )
    number = next((c.errno for c in _causes(error) if isinstance(c, OSError) and c.errno), None)
    reason = {
        errno.ECONNREFUSED: "connection refused",
        errno.ECONNRESET: "connection reset",
        errno.EHOSTUNREACH: "no route to the host",
        errno.ENETUNREACH: "the network is down",
        errno.EMFILE: "too many open files",
    }.get(number or 0, "the connection failed")
    hint = "Check the address, the port, the network and the proxy."
    if number == errno.EMFILE:
        hint = "Raise the limit with 'ulimit -n', or watch fewer jobs."
    return UnavailableError(f"cannot reach {place}: {reason}.", hint=hint)


def _proxy_problem(error: Exception, place: str, proxy: str) -> VbsjobError:
    """Return the error of a request that the proxy refused."""
    status = str(error)[:3]
    if status == "407":
        return PermanentConnectionError(
            f"the proxy {proxy} on the way to {place} requires a user and password.",
            hint="HTTPS_PROXY may hold it: http://USER:PASSWORD@HOST:PORT.",
        )
    status_text = f" ({status})" if status.isdecimal() else ""
    return UnavailableError(
        f"the proxy {proxy} on the way to {place} did not let this through{status_text}.",
        hint="Check the proxy, or add the host to NO_PROXY.",
    )
