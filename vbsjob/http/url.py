"""Addresses (URLs) of services: checks them, and builds the address of the job API.

An address is checked before anything is sent there: https except for loopback, no user info, no
link-local host, nothing that two programs could read as different hosts (F61, S11).
"""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import SplitResult, urlsplit, urlunsplit

from vbsjob.errors import UsageError
from vbsjob.text import printable

NAME = re.compile(r"[0-9A-Za-z_-]{1,64}")
"""Job id, project id or region: it becomes a segment of a path or a label of a host."""

HOST = re.compile(r"(?!-)[0-9a-z_-]{1,63}(\.(?!-)[0-9a-z_-]{1,63})*\.?")
NETLOC = re.compile(r"(\[[0-9A-Fa-f]*:[0-9A-Fa-f:.]*\]|[^\[\]:%]+)(:[0-9]{1,5})?")
"""A host and its port, without anything that some programs would skip."""
VERSION = re.compile(r"v[0-9]+(\.[0-9]+)?")
PROJECT_SEGMENTS = re.compile(r"(?:/(?:AUTH_)?[%$]\((?:project|tenant)_id\)s)+/?$")


def checked(address: str, origin: str, *, insecure_http: bool = False) -> str:
    """Return the address without a trailing slash. Raises UsageError that names `origin`."""
    try:
        parts = _split(address)
    except ValueError as error:
        raise UsageError(
            f"{origin}: {_shown(address)!r} is not a valid address: {error}.",
            hint="Write https://HOST or https://HOST:PORT/PATH.",
        ) from None
    if parts.scheme == "http" and not insecure_http and not is_loopback(parts.hostname or ""):
        raise UsageError(
            f"{origin}: {_shown(address)!r} would send your password or token unencrypted.",
            hint="Use https, or --insecure-http if you trust that network.",
        )
    return urlunsplit(parts).rstrip("/")


def _shown(address: str) -> str:
    """Return a wrong address for a message, without what can be a secret.

    That is all of one with a user, else what is behind the path, and parameters or an escaped
    character in it. A placeholder such as `%(project_id)s` is shown.
    """
    visible = "" if "@" in address else re.split(r"[?#;&=]|%(?!\()", address, maxsplit=1)[0]
    return printable(visible)[:200] + ("" if visible == address else "(hidden)")


def _split(address: str) -> SplitResult:
    if not address.isascii() or not address.isprintable() or set(address) & set(' \\"<>^`{|}'):
        raise ValueError("it has a character that is not allowed")
    try:
        parts = urlsplit(address)
    except ValueError:  # its own text names Python's terms
        raise ValueError("the part in [...] is not an IPv6 address") from None
    if parts.scheme not in {"http", "https"}:
        raise ValueError("it must start with https://")
    if "@" in parts.netloc or {"?", "#"} & set(address):
        raise ValueError("it must not have a user, a query or a fragment")
    if {".", ".."} & set(parts.path.split("/")) or "%" in parts.path:
        raise ValueError("its path has '%', '.' or '..'")
    if not NETLOC.fullmatch(parts.netloc):
        raise ValueError("it must have a host, and after it only a port")
    try:
        port = parts.port
    except ValueError:
        port = 0
    if port == 0:
        raise ValueError("its port is not a number from 1 to 65535")
    _check_host(parts.hostname or "")
    return parts


def _check_host(host: str) -> None:
    address = ip_address(host)
    if address is not None:
        if address.is_link_local or address.is_multicast or address.is_unspecified:
            raise ValueError("a service cannot have that host")
        return
    if len(host) > 253 or not HOST.fullmatch(host):
        raise ValueError("its host is not a name or an IP address")
    if re.fullmatch(r"[0-9]+|0x[0-9a-f]*", host.rstrip(".").rpartition(".")[2]):
        raise ValueError("its host is a number, but not a valid IP address")
    if "xn--" in host:
        try:
            host.encode("ascii").decode("idna")
        except UnicodeError:
            raise ValueError("its host is not a valid international name") from None


def ip_address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """Return the IP address that a host is, the IPv4 address of a mapped one; None for a name."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def is_loopback(host: str) -> bool:
    """Whether the host is certainly this machine."""
    address = ip_address(host)
    return host == "localhost" if address is None else address.is_loopback


def origin_of(address: str) -> str:
    """Return `https://host:port` of an address for a message; "" if it has none."""
    try:
        parts = urlsplit(address)
        netloc = parts.netloc.rpartition("@")[2]
    except ValueError:
        return ""
    return printable(f"{parts.scheme}://{netloc}") if parts.scheme and netloc else ""


def project_in(address: str) -> str | None:
    """Return the project id behind the version of an address, if any."""
    segments = _segments(address)
    versions = [i for i, segment in enumerate(segments) if VERSION.fullmatch(segment)]
    return segments[versions[-1] + 1] if versions and len(segments) > versions[-1] + 1 else None


def without_project_placeholder(address: str) -> str:
    """Return an override without `%(project_id)s` at its end: `jobs` adds the id of the project.

    Spellings: `%(project_id)s`, `%(tenant_id)s`, `$(project_id)s`, `$(tenant_id)s`, with `AUTH_`.
    """
    return PROJECT_SEGMENTS.sub("", address)


def jobs_address(address: str, project_id: str) -> str:
    """Return the base address of `jobs/ID`: version v1 and the project id.

    The version *segment* of the path is replaced; a host or an id may contain "v2" too.
    """
    parts = urlsplit(address)
    segments = [s for s in _segments(address) if s not in {project_id, f"AUTH_{project_id}"}]
    versions = [i for i, segment in enumerate(segments) if VERSION.fullmatch(segment)]
    prefix = segments[: versions[-1]] if versions else segments
    path = "/".join(("", *prefix, "v1", project_id))
    return urlunsplit((parts.scheme, parts.netloc, path, "", ""))


def _segments(address: str) -> list[str]:
    return [segment for segment in urlsplit(address).path.split("/") if segment]
