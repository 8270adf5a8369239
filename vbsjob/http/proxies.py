"""Chooses the proxy for an address from HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY.

A variable in lower case has priority over the same in upper case. Loopback addresses never use a
proxy. Hand-written, because httpx fails on NO_PROXY with IPv6 addresses or networks (F32).
"""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote, urlsplit

from vbsjob.errors import UsageError
from vbsjob.http.url import is_loopback
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
    if is_loopback(host) or _is_excluded(host, str(parts.port or ""), env):
        return None
    variable = _first_set(env, f"{parts.scheme}_proxy", "all_proxy")
    return None if variable is None else _parse(*variable)


def secrets(env: Mapping[str, str]) -> Iterator[str]:
    """Yield the passwords in the variables, also those of proxies that are not used."""
    for name in ("https_proxy", "http_proxy", "all_proxy"):
        for spelled in (name, name.upper()):
            userinfo, at, _ = env.get(spelled, "").rpartition("@")
            password = userinfo.rpartition("//")[2].partition(":")[2]
            if at and password:
                yield from {password, unquote(password)}


def _first_set(env: Mapping[str, str], *names: str) -> tuple[str, str] | None:
    """Return name and value of the first variable that is set, in lower or upper case."""
    for name in names:
        for spelled in (name, name.upper()):
            if env.get(spelled, "").strip():
                return spelled, env[spelled].strip()
    return None


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


def _is_excluded(host: str, port: str, env: Mapping[str, str]) -> bool:
    """Whether NO_PROXY contains the host: as name, domain, address or network; `*` is all."""
    variable = _first_set(env, "no_proxy")
    entries = variable[1].replace(",", " ").split() if variable else []
    return any(_matches(entry, host.lower(), port) for entry in entries)


def _matches(entry: str, host: str, port: str) -> bool:
    """Whether an entry of NO_PROXY is about a host and the port that its address writes.

    An entry HOST:PORT is about addresses that write the same port, as in requests, which
    openstacksdk uses (requests.utils.should_bypass_proxies). curl compares the whole entry with
    the host (lib/noproxy.c), so that such an entry has no effect. Both ignore IP:PORT.
    """
    if entry == "*":
        return True
    name, entry_port = _split_port(entry.lower())
    address, network = _ip(host), _network(name)
    if address is not None:
        return network is not None and not entry_port and address in network
    domain = name.removeprefix("*").strip(".")  # *.example.com means .example.com
    is_below = bool(domain) and (host == domain or host.endswith(f".{domain}"))
    return is_below and entry_port in {"", port}


def _split_port(entry: str) -> tuple[str, str]:
    """Return an entry of NO_PROXY without its port, and the port; "" if it has none."""
    if entry.startswith("["):
        name, _, rest = entry[1:].partition("]")
        return (name + rest, "") if rest.startswith("/") else (name, rest.removeprefix(":"))
    name, _, entry_port = entry.partition(":")
    return (entry, "") if ":" in entry_port else (name, entry_port)


def _ip(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host.strip("[]").partition("%")[0])
    except ValueError:
        return None


def _network(name: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    try:
        return ipaddress.ip_network(name, strict=False)
    except ValueError:
        return None
