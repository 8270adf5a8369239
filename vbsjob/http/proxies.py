"""Chooses the proxy for an address from HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY.

A variable in lower case has priority over the same in upper case. Loopback addresses never use a
proxy. Hand-written, because httpx fails on NO_PROXY with IPv6 addresses or networks (F32).
"""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote, urlsplit

from vbsjob.errors import UsageError
from vbsjob.http.url import ip_address, is_loopback
from vbsjob.text import hide_values

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

DEFAULT_PORTS = {"http": 80, "https": 443}


@hide_values
class Proxy(NamedTuple):
    """Address of a proxy, and the user and password for it."""

    url: str
    user: tuple[str, str] | None = None


def proxy_for(url: str, env: Mapping[str, str]) -> Proxy | None:
    """Return the proxy for an address, None for a direct connection. Raises UsageError."""
    parts = urlsplit(url)
    host = (parts.hostname or "").rstrip(".")
    _, no_proxy = next(_variables(env, "no_proxy"), ("", ""))
    entries = no_proxy.lower().replace(",", " ").split()
    if is_loopback(host) or any(_matches(entry, host) for entry in entries):
        return None
    variable = next(_variables(env, f"{parts.scheme}_proxy", "all_proxy"), None)
    return None if variable is None else _parse(*variable)


def secrets(env: Mapping[str, str]) -> Iterator[str]:
    """Yield the passwords in the variables, also those of proxies that are not used."""
    for _, value in _variables(env, "https_proxy", "http_proxy", "all_proxy"):
        userinfo, at, _ = value.rpartition("@")
        password = userinfo.rpartition("//")[2].partition(":")[2]
        if at and password:
            yield from {password, unquote(password)}


def _variables(env: Mapping[str, str], *names: str) -> Iterator[tuple[str, str]]:
    """Yield name and value of the variables that are set, each in lower and in upper case."""
    for name in names:
        for spelled in (name, name.upper()):
            if value := env.get(spelled, "").strip():
                yield spelled, value


def _parse(variable: str, value: str) -> Proxy:
    address = value if "://" in value else f"http://{value}"
    try:
        parts = urlsplit(address)
        host, port = parts.hostname, parts.port
    except ValueError:
        host = port = None
    allowed = value.isascii() and value.isprintable() and " " not in value
    if not host or not allowed or parts.path not in {"", "/"} or port == 0:
        raise UsageError(
            f"{variable}: not a valid address of a proxy.", hint="Write http://HOST:PORT."
        )
    if parts.scheme not in DEFAULT_PORTS:
        raise UsageError(
            f"{variable}: only http and https proxies are supported.",
            hint=f"Set {variable} to an http proxy, or the host in NO_PROXY.",
        )
    authority = f"[{host}]" if ":" in host else host
    url = f"{parts.scheme}://{authority}:{port or DEFAULT_PORTS[parts.scheme]}"
    user = (unquote(parts.username), unquote(parts.password or "")) if parts.username else None
    return Proxy(url, user)


def _matches(entry: str, host: str) -> bool:
    """Whether an entry of NO_PROXY is about a host: its name, domain, address or network, or `*`.

    HOST:PORT is about none, as in curl.
    """
    address = ip_address(host)
    if entry == "*" or address is None:
        domain = entry.removeprefix("*").strip(".")  # *.example.com means .example.com
        return entry == "*" or (bool(domain) and f".{host}".endswith(f".{domain}"))
    try:
        return address in ipaddress.ip_network(
            entry.replace("[", "").replace("]", ""), strict=False
        )
    except ValueError:
        return False
