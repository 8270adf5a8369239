"""The way to a service: through which proxy, if any, by the variables that everyone uses.

HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY, in either case, the lower one first. This
machine itself is always reached directly. Speaks to nobody.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from vbsjob.config.endpoints import is_loopback
from vbsjob.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Proxy:
    """A proxy's address without its user, and the user and password it wants."""

    url: str
    user: tuple[str, str] | None = field(default=None, repr=False)


def proxy_for(url: str, env: Mapping[str, str]) -> Proxy | None:
    """Return the proxy for an address; raises Usage that names the variable of a bad one."""
    parts = urlsplit(url)
    host = (parts.hostname or "").rstrip(".")
    if is_loopback(host) or _excepted(host, parts.port or DEFAULT_PORTS[parts.scheme], env):
        return None
    found = _set(env, f"{parts.scheme}_proxy", "all_proxy")
    return None if found is None else _read(*found)


def secrets(env: Mapping[str, str]) -> Iterator[str]:
    """Yield the passwords that the variables hold, also of proxies that are not used."""
    for name in ("https_proxy", "http_proxy", "all_proxy"):
        for spelled in (name, name.upper()):
            userinfo, at, _ = env.get(spelled, "").rpartition("@")
            password = userinfo.rpartition("//")[2].partition(":")[2]
            if at and password:
                yield from {password, unquote(password)}


def _set(env: Mapping[str, str], *names: str) -> tuple[str, str] | None:
    for name in names:
        for spelled in (name, name.upper()):
            if env.get(spelled, "").strip():
                return spelled, env[spelled].strip()
    return None


def _read(variable: str, value: str) -> Proxy:
    address = value if "://" in value else f"http://{value}"
    try:
        parts = urlsplit(address)
        host, port = parts.hostname, parts.port
    except ValueError:
        host = port = None
    proper = value.isascii() and value.isprintable() and " " not in value
    if not host or not proper or parts.path not in {"", "/"} or port == 0:
        raise UsageError(f"{variable}: is no address of a proxy.", hint="Write http://HOST:PORT.")
    if parts.scheme not in DEFAULT_PORTS:
        raise UsageError(
            f"{variable}: only proxies that speak http or https are known here.",
            hint=f"Set {variable} to an http proxy, or the host in NO_PROXY.",
        )
    shown = f"[{host}]" if ":" in host else host
    url = f"{parts.scheme}://{shown}:{port or DEFAULT_PORTS[parts.scheme]}"
    user = (unquote(parts.username), unquote(parts.password or "")) if parts.username else None
    return Proxy(url, user)


def _excepted(host: str, port: int, env: Mapping[str, str]) -> bool:
    """Whether NO_PROXY names the host: by name, domain, address or network; `*` is all."""
    found = _set(env, "no_proxy")
    entries = found[1].replace(",", " ").split() if found else []
    return any(_names(entry, host.lower(), port) for entry in entries)


def _names(entry: str, host: str, port: int) -> bool:
    if entry == "*":
        return True
    name, at = _split(entry.lower())
    if at is not None and at != port:
        return False
    ours, network = _ip(host), _network(name)
    if ours is not None:
        return network is not None and ours in network
    domain = name.strip(".")
    return bool(domain) and (host == domain or host.endswith(f".{domain}"))


def _split(entry: str) -> tuple[str, int | None]:
    """Take an entry's port off; what is no port belongs to the name."""
    if entry.startswith("["):
        name, _, rest = entry[1:].partition("]")
        if rest.startswith("/"):
            return name + rest, None
        entry_port = rest.removeprefix(":")
    else:
        name, _, entry_port = entry.partition(":")
        if ":" in entry_port:
            return entry, None
    proper = entry_port.isdecimal() and entry_port.isascii() and len(entry_port) < 6
    return name, int(entry_port) if proper else None


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
