"""HTTP transport: sends one request and returns one response, limited in time and size.

Never retries, follows no redirect, decompresses nothing. Masks secrets in every response.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from vbsjob import __version__
from vbsjob.config import endpoints
from vbsjob.http import exchange_error, proxies
from vbsjob.http.deadline import Deadline
from vbsjob.http.exchange_error import ExchangeError, ExchangeFailure
from vbsjob.http.messages import Request, Response
from vbsjob.http.pool import Pool
from vbsjob.http.tls import TlsConfig

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from vbsjob.http.proxies import Proxy
    from vbsjob.redact import Secrets

ATTEMPT = 20.0
"""Seconds for one exchange: name resolution, connecting, TLS, headers and body together."""
HEADERS = {
    "User-Agent": f"vbsjob/{__version__}",
    "Accept": "application/json",
    "Accept-Encoding": "identity",
    "Cache-Control": "no-cache",
}
TOKEN_HEADER = "x-subject-token"  # noqa: S105 - the name of a header
"""The header with the token that a sign-in returns; it is not masked."""


class Transport:
    """Connection pools: one for each proxy, and one without, each with and without TLS.

    Threads may share it. `secrets` are masked in the headers and bodies of responses. `attempt` is
    in seconds, `body_limit` in bytes.
    """

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
        self._proxies: dict[str, Proxy | None] = {}
        """By origin."""
        self._pools: dict[tuple[bool, Proxy | None], Pool] = {}
        """By whether the request is encrypted, and by proxy."""
        self._used: set[str] = set()
        """Origins that answered the last request: their connection was kept."""
        self._lock = threading.Lock()

    def send(self, request: Request) -> Response:
        """Send a request and return its response. Raises UnavailableError and UsageError."""
        self._deadline.end = self._clock() + self._attempt
        origin = endpoints.origin_of(request.url)
        proxy = self._proxy(request.url, origin)
        headers = HEADERS | dict(request.headers)
        try:
            response = self._pool(request.url, proxy).exchange(
                Request(request.method, request.url, headers, request.body), self._body_limit
            )
        except ExchangeError as error:
            # Only a GET is sent again at once: a second sign-in could count as a wrong password.
            stale = error.stale and request.method == "GET" and origin in self._used
            self._used.discard(origin)
            raise exchange_error.to_error(error, origin, proxy).replace(stale=stale) from None
        if response.status == 407 and proxy:
            raise exchange_error.to_error(
                ExchangeError(ExchangeFailure.PROXY, status="407"), origin, proxy
            )
        self._used.add(origin)
        return self._masked(response)

    def _masked(self, response: Response) -> Response:
        """Return a response without secrets, except the token that a sign-in returns."""
        headers = {
            name: value if name == TOKEN_HEADER else self._secrets.masked_value(value)
            for name, value in response.headers.items()
        }
        body = self._secrets.masked_body(response.body, error=response.status != 200)
        return Response(response.status, headers, body)

    def _proxy(self, url: str, origin: str) -> Proxy | None:
        """Return the proxy for an address; None for a direct connection. Raises UsageError."""
        with self._lock:
            if origin not in self._proxies:
                self._proxies[origin] = proxies.proxy_for(url, self._env)
            return self._proxies[origin]

    def _pool(self, url: str, proxy: Proxy | None) -> Pool:
        """Return the pool for an address. Raises ExchangeError and UsageError."""
        key = (url.startswith("https:"), proxy)
        with self._lock:
            if key not in self._pools:
                encrypted = key[0] or (proxy is not None and proxy.url.startswith("https:"))
                try:
                    ssl_context = self._trust.ssl_context() if encrypted else None
                except OSError as error:  # for example no file descriptor is left (F31)
                    raise ExchangeError(ExchangeFailure.NETWORK) from error
                self._pools[key] = Pool(ssl_context, proxy, self._deadline)
            return self._pools[key]

    def close(self) -> None:
        """Close every connection."""
        with self._lock:
            for pool in self._pools.values():
                pool.close()
            self._pools.clear()
