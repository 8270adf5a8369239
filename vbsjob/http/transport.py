"""HTTP transport: sends one request and returns one response, limited in time and size.

The only module that imports httpx, so that its successor is one change. It uses httpx's transport
and not httpx.Client, which stores cookies and fails on a malformed redirect. Never retries, follows
no redirect, decompresses nothing. Masks secrets in every response.
"""

from __future__ import annotations

import socket
import ssl
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from vbsjob import __version__
from vbsjob.errors import UnavailableError
from vbsjob.http import errors, proxies, url
from vbsjob.http.messages import Request, Response
from vbsjob.limits import THREADS

# The command line of httpx: it would load click and rich if a click is installed.
sys.modules["httpx._main"] = None  # type: ignore[assignment]

import httpx  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from vbsjob.http.proxies import Proxy
    from vbsjob.redact import Secrets

CONNECT, READ, WRITE, TOTAL = 3.0, 10.0, 5.0, 20.0
"""Seconds for one step of an exchange, and for all with name resolution and TLS (F02, F03, F04)."""
KEPT_FOR = 0.5
"""Seconds after which a connection without use is not used again: its certificate can be invalid
now (F30), and the peer can have sent bytes that belong to no request."""
MAX_THREADS = 4 * THREADS
"""Threads of exchanges: one that waits for a name keeps its thread after the limit."""
MAX_IDLE = 4
"""Connections that are kept for the next exchange."""
HEADERS = {
    "User-Agent": f"vbsjob/{__version__}",
    "Accept": "application/json",
    "Accept-Encoding": "identity",
    "Cache-Control": "no-cache",
}
TOKEN_HEADER = "x-subject-token"  # noqa: S105 - the name of a header
"""The header with the token that a sign-in returns; it is not masked."""
FAILURES: dict[type[BaseException], errors.Meaning] = {
    httpx.TimeoutException: errors.TIMEOUT,
    TimeoutError: errors.TIMEOUT,
    httpx.RemoteProtocolError: errors.WRONG_PROTOCOL,
    httpx.LocalProtocolError: errors.WRONG_REQUEST,
    httpx.InvalidURL: errors.WRONG_REQUEST,
    UnicodeError: errors.WRONG_REQUEST,
    httpx.NetworkError: errors.NO_CONNECTION,
    OSError: errors.NO_CONNECTION,
}
"""What each exception of an exchange means; the first class that fits decides."""
STALE = (httpx.ReadError, httpx.WriteError, httpx.RemoteProtocolError)
"""Exceptions of a request on a kept connection that the peer has closed."""


class Transport:
    """Sends requests, each in a thread that `attempt` seconds limit. Threads may share it.

    `secrets` are masked in the headers and bodies of responses. `body_limit` is in bytes. `trust`
    returns the TLS context, when it is needed first.
    """

    def __init__(
        self,
        *,
        secrets: Secrets,
        body_limit: int,
        trust: Callable[[], ssl.SSLContext],
        env: Mapping[str, str] | None = None,
        attempt: float = TOTAL,
    ) -> None:
        self._secrets = secrets
        self._body_limit = body_limit
        self._trust = trust
        self._env = env or {}
        self._attempt = attempt
        self._ssl_context: ssl.SSLContext | None = None
        self._idle: list[Connection] = []
        """The last used at the end."""
        self._lock = threading.Lock()
        self._executor = ThreadPoolExecutor(MAX_THREADS)

    def send(self, request: Request) -> Response:
        """Send a request and return its response. Raises UnavailableError and UsageError."""
        origin = url.origin_of(request.url)
        proxy = proxies.proxy_for(request.url, self._env)
        try:
            response = self._exchange(_http_request(request), origin, proxy)
        except httpx.ProxyError as error:  # its text begins with the status of the refused tunnel
            raise errors.proxy_refused(str(error)[:3], origin, proxy) from None
        except tuple(FAILURES) as error:
            meaning = next(FAILURES[kind] for kind in FAILURES if isinstance(error, kind))
            raise errors.from_exception(meaning, error, origin, proxy) from None
        if proxy and response.status == 407:
            raise errors.proxy_refused("407", origin, proxy)
        return self._masked(response)

    def _exchange(self, request: httpx.Request, origin: str, proxy: Proxy | None) -> Response:
        """Exchange in another thread, so that nothing takes longer than the limit (F04, F09)."""
        connection = self._take(origin, proxy)
        exchange = self._executor.submit(connection.exchange, request, self._body_limit)
        try:
            response = exchange.result(timeout=self._attempt)
        except BaseException:  # of the exchange, the limit, or a signal
            connection.end()
            raise
        self._keep(connection)
        return response

    def _take(self, origin: str, proxy: Proxy | None) -> Connection:
        """Return an idle connection to an origin, else a new one. Raises OSError and UsageError."""
        with self._lock:
            for connection in reversed(self._idle):
                if connection.origin == origin:
                    self._idle.remove(connection)
                    return connection
            via = None
            if proxy:
                trust = self._trust_of(proxy.url) if proxy.url.startswith("https:") else None
                via = httpx.Proxy(proxy.url, auth=proxy.user, ssl_context=trust)
            return Connection(origin, self._trust_of(origin), via)

    def _keep(self, connection: Connection) -> None:
        with self._lock:
            self._idle.append(connection)
            surplus = self._idle.pop(0) if len(self._idle) > MAX_IDLE else None
        if surplus:
            surplus.close()

    def _trust_of(self, address: str) -> ssl.SSLContext:
        """Return the TLS context for an address; for plain http one that reads no authorities."""
        if not address.startswith("https:"):
            return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        if self._ssl_context is None:
            self._ssl_context = self._trust()
        return self._ssl_context

    def _masked(self, response: Response) -> Response:
        """Return a response without secrets, except the token that a sign-in returns."""
        headers = {
            name: value if name == TOKEN_HEADER else self._secrets.masked_value(value)
            for name, value in response.headers.items()
        }
        body = self._secrets.masked_body(response.body, error=response.status != 200)
        return Response(response.status, headers, body)

    def close(self) -> None:
        """Close every connection that is not in use."""
        self._executor.shutdown(wait=False)
        with self._lock:
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()


class Connection:
    """A connection that one exchange at a time uses; opened when needed, and again when closed."""

    def __init__(self, origin: str, ssl_context: ssl.SSLContext, proxy: httpx.Proxy | None) -> None:
        self.origin = origin
        limits = httpx.Limits(max_connections=1, keepalive_expiry=KEPT_FOR)
        self._transport = httpx.HTTPTransport(
            verify=ssl_context, trust_env=False, limits=limits, proxy=proxy
        )
        self._socket: socket.socket | None = None
        self._opened = self._ended = False

    def exchange(self, request: httpx.Request, body_limit: int) -> Response:
        """Send a request and return its whole response.

        If the peer has closed a kept connection, a GET is sent again, once and on a new connection
        (F08); a second sign-in could count as a wrong password.
        """
        request.extensions["trace"] = self._trace
        self._opened = False
        try:
            try:
                response = self._exchange_once(request, body_limit)
            except STALE:
                if self._opened or self._ended or request.method != "GET":
                    raise
                response = self._exchange_once(request, body_limit)
        except BaseException:
            self.close()
            raise
        if self._ended:
            self.close()
        return response

    def _exchange_once(self, request: httpx.Request, body_limit: int) -> Response:
        with closing(self._transport.handle_request(request)) as response:
            headers = {name.lower(): value for name, value in response.headers.items()}
            body = _read(response, body_limit, self.origin)
            return Response(response.status_code, headers, body)

    def _trace(self, event: str, info: Mapping[str, Any]) -> None:
        """Follow the socket, which is another one after the TLS handshake."""
        if event.endswith((".connect_tcp.complete", ".start_tls.complete")):
            self._opened = True
            self._socket = info["return_value"].get_extra_info("socket")
            if self._ended:
                self._shut_down()

    def end(self) -> None:
        """End the exchange in flight: every read and write of its thread fails at once."""
        self._ended = True
        self._shut_down()

    def _shut_down(self) -> None:
        """Shut the socket down below TLS.

        The method of SSLSocket would drop the TLS layer first: what is written then is clear text.
        """
        if self._socket is not None:
            with suppress(OSError):
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)

    def close(self) -> None:
        """Close the connection; no exchange may be in flight."""
        self._transport.close()


def _http_request(request: Request) -> httpx.Request:
    """Return a request as httpx has it. Raises InvalidURL where httpx would send another.

    Raises UnicodeError for an international name that is not valid by the rules of httpx.
    """
    parsed, parts = httpx.URL(request.url), urlsplit(request.url)
    target = f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}"
    if not parsed.host or parsed.raw_path != target.encode():  # what is signed is what is sent
        raise httpx.InvalidURL("httpx would request another path")
    timeout = httpx.Timeout(connect=CONNECT, read=READ, write=WRITE, pool=CONNECT)
    return httpx.Request(
        request.method,
        parsed,
        headers=HEADERS | dict(request.headers),
        content=request.body or None,
        extensions={"timeout": timeout.as_dict()},
    )


def _read(response: httpx.Response, limit: int, origin: str) -> bytes:
    """Return the body. Raises UnavailableError: it is compressed, or larger than `limit` bytes."""
    if response.headers.get("content-encoding", "identity").lower() != "identity":
        raise UnavailableError(
            f"{origin} sent a compressed answer, which is not accepted.",
            hint="Add the host to NO_PROXY: a proxy may compress the answer.",
        )
    parts, size = [], 0
    for part in response.iter_raw():
        size += len(part)
        if size > limit:
            raise UnavailableError(
                f"{origin} sent more than {limit >> 20} MiB.",
                hint="Set VBSJOB_BODY_LIMIT to a larger number of MiB.",
                max_attempts=2,
            )
        parts.append(part)
    return b"".join(parts)
