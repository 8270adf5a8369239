"""Where a service is: checks and shapes addresses by their parts; never replaces text in them.

An address is checked before anything is sent there: https but for loopback, no user info, no
link-local host, nothing that two readers could take for different hosts.
"""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urlsplit, urlunsplit

from vbsjob.errors import ApiError, AuthError, UsageError
from vbsjob.text import printable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

NAME = re.compile(r"[0-9A-Za-z_-]{1,64}")
"""What a job id or project id may look like: it becomes a segment of a path."""

HOST = re.compile(r"(?!-)[0-9a-z_-]{1,63}(\.(?!-)[0-9a-z_-]{1,63})*\.?")
PLACE = re.compile(r"(\[[0-9A-Fa-f]*:[0-9A-Fa-f:.]*\]|[^\[\]:%]+)(:[0-9]{1,5})?")
"""A host and its port, with nothing around them that some readers would pass over."""
VERSION = re.compile(r"v[0-9]+(\.[0-9]+)?")
OTC = ".otc.t-systems.com"
TEMPLATE = re.compile(r"[%$]\((?:project|tenant)_id\)s")


def checked(address: str, origin: str, *, insecure_http: bool = False) -> str:
    """Return the address without a trailing slash; raises Usage naming `origin`."""
    try:
        parts = _split(address)
    except ValueError as error:
        raise UsageError(f"{origin}: {_shown(address)!r} is no service address: {error}.") from None
    if parts.scheme == "http" and not insecure_http and not is_loopback(parts.hostname or ""):
        raise UsageError(
            f"{origin}: {_shown(address)!r} would carry secrets over plain http.",
            hint="Use https, or --insecure-http if that network is yours.",
        )
    return urlunsplit(parts).rstrip("/")


def _shown(address: str) -> str:
    """Return a wrong address for a message, without the password it may hold."""
    before, at, rest = address.rpartition("@")
    scheme = before.partition("//")[0] + "//(hidden)" if "//" in before else "(hidden)"
    return printable(f"{scheme}@{rest}" if at else address)[:200]


def _split(address: str) -> SplitResult:
    if not address.isascii() or not address.isprintable() or set(address) & set(' \\"<>^`{|}'):
        raise ValueError("it holds characters that no address has")
    parts = urlsplit(address)
    if parts.scheme not in {"http", "https"}:
        raise ValueError("it has to start with https://")
    if "@" in parts.netloc:
        raise ValueError("it must not hold a user or a password")
    if parts.query or parts.fragment or address.endswith(("?", "#")):
        raise ValueError("it must not have a query or a fragment")
    if {".", ".."} & set(parts.path.split("/")) or "%" in parts.path:
        raise ValueError("its path is not plain")
    if not PLACE.fullmatch(parts.netloc):
        raise ValueError("it names no host, or not the host alone and its port")
    if parts.port == 0:
        raise ValueError("its port is not usable")
    _check_host(parts.hostname or "")
    return parts


def _check_host(host: str) -> None:
    number = _ip(host)
    if number is not None:
        if number.is_link_local or number.is_multicast or number.is_unspecified:
            raise ValueError("that host is no service's")
        return
    if len(host) > 253 or not HOST.fullmatch(host):
        raise ValueError("its host is not a name or an IP address")
    if re.fullmatch(r"[0-9]+|0x[0-9a-f]*", host.rstrip(".").rpartition(".")[2]):
        raise ValueError("its host is a number that is no IP address")
    if "xn--" in host:
        _check_international(host)


def _check_international(host: str) -> None:
    try:
        host.encode("ascii").decode("idna")
    except UnicodeError:
        raise ValueError("its host is no international name") from None


def _ip(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        number = ipaddress.ip_address(host)
    except ValueError:
        return None
    mapped = number.ipv4_mapped if isinstance(number, ipaddress.IPv6Address) else None
    return mapped or number


def is_loopback(host: str) -> bool:
    """Whether the host is this machine beyond doubt."""
    number = _ip(host)
    return host == "localhost" if number is None else number.is_loopback


def origin_of(address: str) -> str:
    """Return `https://host:port` of an address, or an empty text; for messages."""
    try:
        parts = urlsplit(address)
        netloc = parts.netloc.rpartition("@")[2]
    except ValueError:
        return ""
    return printable(f"{parts.scheme}://{netloc}") if parts.scheme and netloc else ""


def project_in(address: str) -> str | None:
    """Return the project id that an address carries behind its version, if any."""
    segments = _segments(address)
    places = [i for i, segment in enumerate(segments) if VERSION.fullmatch(segment)]
    return segments[places[-1] + 1] if places and len(segments) > places[-1] + 1 else None


def jobs(address: str, project_id: str) -> str:
    """Return the address below which `jobs/ID` is asked: version v1, and the project's id.

    The version *segment* is replaced, wherever it stands; a host or an id may contain "v2".
    """
    parts = urlsplit(address)
    segments = [s for s in _segments(address) if s not in {project_id, f"AUTH_{project_id}"}]
    places = [i for i, segment in enumerate(segments) if VERSION.fullmatch(segment)]
    prefix = segments[: places[-1]] if places else segments
    path = "/".join(("", *prefix, "v1", project_id))
    return urlunsplit((parts.scheme, parts.netloc, path, "", ""))


def _segments(address: str) -> list[str]:
    return [segment for segment in urlsplit(address).path.split("/") if segment]


def from_catalog(
    catalog: Sequence[Mapping[str, Any]],
    *,
    region: str | None,
    interface: str,
    project_id: str,
    auth_url: str,
) -> str:
    """Find the backup service in an identity service's catalog.

    Type `vbs`, then `vbsv2`, then a volume service whose host label `evs` becomes `vbs`, then
    the address every region of OTC has; raises Refused that names what the catalog does have.
    """
    for kind in ("vbs", "vbsv2", "volumev2", "volumev3", "volume"):
        for url in _urls(catalog, kind, region, interface):
            found = url if kind.startswith("vbs") else _sibling(url)
            if found:
                return TEMPLATE.sub(project_id, found)
    if region and NAME.fullmatch(region) and (urlsplit(auth_url).hostname or "").endswith(OTC):
        return f"https://vbs.{region}{OTC}"
    kinds = sorted({printable(str(entry.get("type"))) for entry in catalog})
    raise ApiError(
        f"the catalog has no backup service for region {printable(region or 'any')}"
        f" (interface {interface}; it lists {', '.join(kinds)[:200] or 'nothing'}).",
        hint="Set --region, or --endpoint.",
    )


def _urls(
    catalog: Sequence[Mapping[str, Any]], kind: str, region: str | None, interface: str
) -> list[str]:
    return [
        point["url"]
        for entry in catalog
        if entry.get("type") == kind
        for point in _points(entry)
        if point.get("interface") == interface
        and (region is None or point.get("region_id", point.get("region")) in (region, "*"))
        and isinstance(point.get("url"), str)
    ]


def _points(entry: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return an entry's endpoints, as far as they have the shape of such."""
    told = entry.get("endpoints")
    return [point for point in told if isinstance(point, dict)] if isinstance(told, list) else []


def _sibling(url: str) -> str:
    scheme, separator, rest = url.partition("://")
    label, dot, domain = rest.partition(".")
    return f"{scheme}{separator}vbs{dot}{domain}" if label == "evs" else ""


def trusted(address: str, auth_url: str, *, insecure_http: bool) -> str:
    """Return a catalog's address once it may be sent a token; raises NotSignedIn otherwise.

    It has to be in the identity service's own domain: a catalog is told by the network.
    """
    origin = "the catalog"
    try:
        address = checked(address, origin, insecure_http=insecure_http)
    except UsageError as problem:
        raise AuthError(problem.message, hint="Set --endpoint to the right address.") from None
    theirs, ours = urlsplit(address).hostname or "", urlsplit(auth_url).hostname or ""
    if theirs == ours or (is_loopback(theirs) and is_loopback(ours)):
        return address
    if _ip(theirs) or _ip(ours) or _domain(theirs) != _domain(ours):
        raise AuthError(
            f"{origin} of {ours} names a service in another domain, {theirs}.",
            hint="If that is right, set --endpoint to it.",
        )
    return address


def _domain(host: str) -> list[str]:
    labels = host.rstrip(".").split(".")
    country = len(labels) > 2 and len(labels[-1]) == 2 and len(labels[-2]) <= 3
    return labels[-3:] if country else labels[-2:]
