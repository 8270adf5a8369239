"""Connection pool: exchanges one request for one response by httpx and httpcore.

The only module that imports httpx, httpcore and h11 (the parser of httpcore), so that their
successors are one change. It does not use httpx.Client, which stores cookies and fails on a
malformed redirect.
"""

from __future__ import annotations

from contextlib import closing, suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import h11
import httpcore
import httpx

from vbsjob.http import exchange_error
from vbsjob.http.deadline import Deadline, resolve
from vbsjob.http.exchange_error import ExchangeError, ExchangeFailure
from vbsjob.http.messages import Request, Response

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterable, Iterator

    from vbsjob.http.proxies import Proxy

CONNECT, READ, WRITE = 5.0, 10.0, 5.0
"""Seconds for one step of an exchange (F02, F03)."""
CONNECTIONS = 32
"""Connections of one pool. More than the threads that use it: they never wait for a connection."""
MAX_AGE = 300.0
"""Seconds after which a connection is not used again: its certificate can be invalid now (F30)."""
MAX_IDLE = 30.0
"""Seconds without use, suspend included, after which a connection is not used again."""
MAX_HEAD = 100 << 10
"""The longest header part of a response in bytes, as in httpcore."""
FAILURES: dict[type[Exception], ExchangeFailure] = {
    httpcore.ProxyError: ExchangeFailure.PROXY,
    httpcore.TimeoutException: ExchangeFailure.TIMEOUT,
    TimeoutError: ExchangeFailure.TIMEOUT,
    httpcore.RemoteProtocolError: ExchangeFailure.PROTOCOL,
    httpcore.LocalProtocolError: ExchangeFailure.ADDRESS,
    httpcore.UnsupportedProtocol: ExchangeFailure.ADDRESS,
    httpx.InvalidURL: ExchangeFailure.ADDRESS,
    httpcore.NetworkError: ExchangeFailure.NETWORK,
    OSError: ExchangeFailure.NETWORK,
    exchange_error.CompressedBodyError: ExchangeFailure.PROTOCOL,
    exchange_error.OversizedBodyError: ExchangeFailure.PROTOCOL,
}
"""The failure for each exception of an exchange; the first class that fits decides."""
STALE = (httpcore.ReadError, httpcore.WriteError, httpcore.RemoteProtocolError)
"""Exceptions of a request on a kept connection that the peer has closed."""


class Pool:
    """Connections of one kind: encrypted or not, with or without a proxy. Threads may share it."""

    def __init__(
        self, ssl_context: ssl.SSLContext | None, proxy: Proxy | None, deadline: Deadline
    ) -> None:
        self._deadline = deadline
        self._transport = PoolTransport(ssl_context, proxy, deadline)

    def exchange(self, request: Request, body_limit: int) -> Response:
        """Send a request and return its whole response. Raises ExchangeError."""
        try:
            wait = self._deadline.left(None)
            timeout = httpx.Timeout(connect=CONNECT, read=READ, write=WRITE, pool=wait)
            http_request = httpx.Request(
                request.method,
                _parse_url(request.url),
                headers=dict(request.headers),
                content=request.body or None,
                extensions={"timeout": timeout.as_dict()},
            )
            with closing(self._transport.handle_request(http_request)) as response:
                body = _read(response, body_limit)
                headers = {name.lower(): value for name, value in response.headers.items()}
                return Response(response.status_code, headers, body)
        except tuple(FAILURES) as error:
            failure = next(kind for cls, kind in FAILURES.items() if isinstance(error, cls))
            raise ExchangeError(failure, stale=isinstance(error, STALE)) from error

    def close(self) -> None:
        """Close every connection."""
        self._transport.close()


def _read(response: httpx.Response, limit: int) -> bytes:
    if response.headers.get("content-encoding", "identity").lower() != "identity":
        raise exchange_error.CompressedBodyError
    parts, size = [], 0
    for part in response.iter_raw():
        size += len(part)
        if size > limit:
            raise exchange_error.OversizedBodyError(limit)
        parts.append(part)
    return b"".join(parts)


class PoolTransport(httpx.BaseTransport):
    """httpx transport over a pool of httpcore. Raises the exceptions of httpcore."""

    def __init__(
        self, ssl_context: ssl.SSLContext | None, proxy: Proxy | None, deadline: Deadline
    ) -> None:
        # The age of a connection is measured by Stream: its clock includes suspend.
        options: dict[str, Any] = {
            "ssl_context": ssl_context,
            "max_connections": CONNECTIONS,
            "keepalive_expiry": None,
            "network_backend": DeadlineBackend(deadline),
        }
        self._pool: httpcore.ConnectionPool
        if proxy is None:
            self._pool = httpcore.ConnectionPool(**options)
        else:
            self._pool = httpcore.HTTPProxy(
                proxy.url,
                proxy_auth=proxy.user and (proxy.user[0].encode(), proxy.user[1].encode()),
                proxy_ssl_context=ssl_context if proxy.url.startswith("https:") else None,
                **options,
            )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request; the body of the response is read from its stream."""
        url = request.url
        response = self._pool.handle_request(
            httpcore.Request(
                request.method,
                httpcore.URL(
                    scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path
                ),
                headers=request.headers.raw,
                content=request.stream,
                extensions=request.extensions,
            )
        )
        return httpx.Response(response.status, headers=response.headers, stream=Body(response))

    def close(self) -> None:
        """Close every connection."""
        self._pool.close()


class Body(httpx.SyncByteStream):
    """Body of a response of httpcore, as httpx reads it."""

    def __init__(self, response: httpcore.Response) -> None:
        self._response = response

    def __iter__(self) -> Iterator[bytes]:
        """Yield the parts of the body."""
        return self._response.iter_stream()

    def close(self) -> None:
        """Return the connection to the pool, or close it if the body was not read to its end."""
        self._response.close()


class DeadlineBackend(httpcore.NetworkBackend):
    """Network whose every wait ends with the deadline of the exchange."""

    def __init__(self, deadline: Deadline) -> None:
        self._backend = httpcore.SyncBackend()
        self._deadline = deadline

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect to each address of the host in turn; each but the last gets half of the time."""
        options = (local_address, socket_options)
        try:
            addresses = resolve(host, port, self._deadline.left(timeout))
        except (OSError, UnicodeError) as error:
            raise httpcore.ConnectError(str(error)) from error
        for address in addresses[:-1]:
            with suppress(httpcore.ConnectError, httpcore.ConnectTimeout):
                return self._connect(address, port, self._deadline.left(timeout) / 2, *options)
        return self._connect(addresses[-1], port, self._deadline.left(timeout), *options)

    def _connect(self, address: str, port: int, *options: Any) -> httpcore.NetworkStream:
        return Stream(self._backend.connect_tcp(address, port, *options), self._deadline)


class Stream(httpcore.NetworkStream):
    """Connection that httpcore does not use again if it is old or has received too many bytes.

    httpcore keeps bytes after the end of a response, and reads them as the response to the next
    request. They belong to no request: they could be about another job and decide the exit code. So
    the stream follows each response to its end, with the parser that httpcore uses.
    """

    def __init__(self, stream: httpcore.NetworkStream, deadline: Deadline) -> None:
        self._stream = stream
        self._deadline = deadline
        self._opened = self._used = deadline.now()
        self._parser = h11.Connection(h11.CLIENT, MAX_HEAD)
        self._receiving = True

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Return the bytes that arrived; b"" at the end."""
        part = self._stream.read(max_bytes, self._deadline.left(timeout))
        self._used = self._deadline.now()
        self._receiving = True
        self._parse(part)
        return part

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send all bytes."""
        if self._receiving:  # these are the first bytes of a request
            self._receiving = False
            self._parser = h11.Connection(h11.CLIENT, MAX_HEAD)
            # Any method but HEAD and CONNECT: the response ends in the same way.
            self._parser.send(h11.Request(method="GET", target="/", headers=[("Host", "x")]))
            self._parser.send(h11.EndOfMessage())
        self._stream.write(buffer, self._deadline.left(timeout))

    def _parse(self, part: bytes) -> None:
        with suppress(h11.ProtocolError):  # httpcore raises the same error
            self._parser.receive_data(part)
            while self._parser.their_state in {h11.SEND_RESPONSE, h11.SEND_BODY}:
                if self._parser.next_event() is h11.NEED_DATA:
                    return

    def close(self) -> None:
        """Close the connection."""
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        """Return the encrypted connection."""
        left = self._deadline.left(timeout)
        return Stream(self._stream.start_tls(ssl_context, server_hostname, left), self._deadline)

    def get_extra_info(self, info: str) -> Any:
        """Return a fact about the connection.

        httpcore reads `is_readable` before it uses a connection again, and closes one that is.
        """
        if info == "is_readable":
            now = self._deadline.now()
            old = now - self._opened > MAX_AGE or now - self._used > MAX_IDLE
            if old or self._parser.trailing_data[0]:
                return True
        return self._stream.get_extra_info(info)


def _parse_url(url: str) -> httpx.URL:
    """Return an address as httpx reads it. Raises InvalidURL where httpx would send another."""
    parsed = httpx.URL(url)
    try:
        host = parsed.host
    except UnicodeError:  # httpx has its own rules for international names
        raise httpx.InvalidURL("the host is not a valid international name") from None
    if not host or parsed.raw_path != _target(url):
        raise httpx.InvalidURL("httpx would request another path")
    return parsed


def _target(url: str) -> bytes:
    """Return path and query exactly as written: what is signed is what is sent."""
    parts = urlsplit(url)
    return f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}".encode()
