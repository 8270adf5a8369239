"""HTTP transport: sends one request and returns one response, limited in time and size.

Never retries, follows no redirect, decompresses nothing. Masks secrets in what comes back.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from vbsjob import __version__
from vbsjob.config import endpoints
from vbsjob.http import failures, proxies
from vbsjob.http.deadline import Deadline
from vbsjob.http.failures import ExchangeError, Failure
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


class Transport:
    """Connection pools, one for each way to a service. Threads may share it.

    `secrets` are masked in headers and bodies of responses. `attempt` is in seconds, `body_limit`
    in bytes.
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
        self._pools: dict[tuple[bool, Proxy | None], Pool] = {}
        self._used: set[str] = set()
        """Origins that answered the last request: their connection was kept."""
        self._lock = threading.Lock()

    def send(self, request: Request) -> Response:
        """Send a request and return its response. Raises UnavailableError and UsageError."""
        self._deadline.end = self._clock() + self._attempt
        origin = endpoints.origin_of(request.url)
        pool, proxy = self._pool(request.url, origin)
        headers = HEADERS | dict(request.headers)
        try:
            response = pool.exchange(
                Request(request.method, request.url, headers, request.body), self._body_limit
            )
        except ExchangeError as error:
            # Only a GET is sent again at once: a second sign-in could count as a wrong password.
            stale = error.stale and request.method == "GET" and origin in self._used
            self._used.discard(origin)
            raise failures.to_error(error, origin, proxy).replace(stale=stale) from None
        if response.status == 407 and proxy:
            raise failures.to_error(ExchangeError(Failure.PROXY, status="407"), origin, proxy)
        self._used.add(origin)
        return self._masked(response)

    def _masked(self, response: Response) -> Response:
        """Return a response without secrets; the token that a sign-in returns stays."""
        headers = {
            name: value if name == "x-subject-token" else self._secrets.masked(value)
            for name, value in response.headers.items()
        }
        return Response(response.status, headers, self._secrets.masked_body(response.body))

    def _pool(self, url: str, origin: str) -> tuple[Pool, str]:
        """Return the pool for an address, and the address of its proxy or an empty text."""
        with self._lock:
            if origin not in self._proxies:
                self._proxies[origin] = proxies.proxy_for(url, self._env)
            proxy = self._proxies[origin]
            key = (url.startswith("https:"), proxy)
            if key not in self._pools:
                encrypted = key[0] or (proxy is not None and proxy.url.startswith("https:"))
                context = self._trust.ssl_context() if encrypted else None
                self._pools[key] = Pool(context, proxy, self._deadline)
            return self._pools[key], proxy.url if proxy else ""

    def close(self) -> None:
        """Close every connection."""
        with self._lock:
            for pool in self._pools.values():
                pool.close()
            self._pools.clear()
