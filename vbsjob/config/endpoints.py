"""Addresses (URLs) of services: checks them, and builds them from their parsed parts.

An address is checked before anything is sent there: https except for loopback, no user info, no
link-local host, nothing that two programs could read as different hosts (F61, S11).
"""

from __future__ import annotations

import ipaddress
import re
from functools import cache
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urlsplit, urlunsplit

from vbsjob.errors import ApiError, AuthError, UsageError
from vbsjob.text import printable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from publicsuffixlist import PublicSuffixList

NAME = re.compile(r"[0-9A-Za-z_-]{1,64}")
"""Job id, project id or region: it becomes a segment of a path or a label of a host."""

HOST = re.compile(r"(?!-)[0-9a-z_-]{1,63}(\.(?!-)[0-9a-z_-]{1,63})*\.?")
NETLOC = re.compile(r"(\[[0-9A-Fa-f]*:[0-9A-Fa-f:.]*\]|[^\[\]:%]+)(:[0-9]{1,5})?")
"""A host and its port, without anything that some programs would skip."""
VERSION = re.compile(r"v[0-9]+(\.[0-9]+)?")
OTC = ".otc.t-systems.com"
PROJECT_PLACEHOLDER = re.compile(r"[%$]\((?:project|tenant)_id\)s")
PROJECT_SEGMENTS = re.compile(r"(?:/(?:AUTH_)?[%$]\((?:project|tenant)_id\)s)+/?$")
NAT64 = tuple(ipaddress.ip_network(net) for net in ("64:ff9b::/96", "64:ff9b:1::/48"))
"""Prefixes behind which a gateway reaches IPv4 addresses (RFC 6052, RFC 8215)."""
CLUSTER_DOMAINS = ("svc.cluster.local", "pod.cluster.local")
"""Kubernetes: below these, each name belongs to one namespace; not in the public suffix list."""


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
            f"{origin}: {_shown(address)!r} would send secrets over plain http.",
            hint="Use https, or --insecure-http if you trust that network.",
        )
    return urlunsplit(parts).rstrip("/")


def _shown(address: str) -> str:
    """Return a wrong address for a message, without user, password, query and fragment."""
    visible = re.split(r"[?#]", address, maxsplit=1)[0]
    query = "?(hidden)" if visible != address else ""
    before, at, rest = visible.rpartition("@")
    scheme = before.partition("//")[0] + "//(hidden)" if "//" in before else "(hidden)"
    return printable((f"{scheme}@{rest}" if at else visible) + query)[:200]


def _split(address: str) -> SplitResult:
    if not address.isascii() or not address.isprintable() or set(address) & set(' \\"<>^`{|}'):
        raise ValueError("it has a character that is not allowed")
    parts = urlsplit(address)
    if parts.scheme not in {"http", "https"}:
        raise ValueError("it must start with https://")
    if "@" in parts.netloc:
        raise ValueError("it must not contain a user or a password")
    if parts.query or parts.fragment or address.endswith(("?", "#")):
        raise ValueError("it must not have a query or a fragment")
    if {".", ".."} & set(parts.path.split("/")) or "%" in parts.path:
        raise ValueError("its path has '%', '.' or '..'")
    if not NETLOC.fullmatch(parts.netloc):
        raise ValueError("it must have a host, and after it only a port")
    if parts.port == 0:
        raise ValueError("port 0 cannot be used")
    _check_host(parts.hostname or "")
    return parts


def _check_host(host: str) -> None:
    number = _ip(host)
    if number is not None:
        if number.is_link_local or number.is_multicast or number.is_unspecified:
            raise ValueError("a service cannot have that host")
        return
    if len(host) > 253 or not HOST.fullmatch(host):
        raise ValueError("its host is not a name or an IP address")
    if re.fullmatch(r"[0-9]+|0x[0-9a-f]*", host.rstrip(".").rpartition(".")[2]):
        raise ValueError("its host is a number, but not a valid IP address")
    if "xn--" in host:
        _check_international(host)


def _check_international(host: str) -> None:
    try:
        host.encode("ascii").decode("idna")
    except UnicodeError:
        raise ValueError("its host is not a valid international name") from None


def _ip(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """Return an IP address; the IPv4 address that an IPv6 address carries, if any."""
    try:
        number = ipaddress.ip_address(host)
    except ValueError:
        return None
    return number if isinstance(number, ipaddress.IPv4Address) else _embedded(number) or number


def _embedded(number: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """Return the IPv4 address that is reached: mapped, compatible, NAT64, 6to4 or Teredo."""
    compatible = number.packed[:12] == bytes(12) and int(number) > 1
    if compatible or any(number in network for network in NAT64):
        return ipaddress.IPv4Address(number.packed[12:])
    return number.ipv4_mapped or number.sixtofour or (number.teredo or (None, None))[1]


def is_loopback(host: str) -> bool:
    """Whether the host is certainly this machine."""
    number = _ip(host)
    return host == "localhost" if number is None else number.is_loopback


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


def jobs(address: str, project_id: str) -> str:
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


KINDS = ("vbs", "vbsv2", "volumev2", "volumev3", "volume")
"""Types of a catalog entry that lead to the backup service, the best first."""


def catalog_regions(catalog: Sequence[Mapping[str, Any]], interface: str) -> list[str]:
    """Return the regions in which a catalog lists the backup service, sorted."""
    points = (
        point
        for entry in catalog
        if entry.get("type") in KINDS
        for point in _endpoints(entry)
        if point.get("interface") == interface and isinstance(point.get("url"), str)
    )
    regions = (point.get("region_id", point.get("region")) for point in points)
    return sorted({region for region in regions if isinstance(region, str)} - {"*"})


def from_catalog(
    catalog: Sequence[Mapping[str, Any]],
    *,
    region: str | None,
    interface: str,
    project_id: str,
    auth_url: str,
) -> str:
    """Return the address of the backup service in the catalog of the identity service.

    Type `vbs`, then `vbsv2`, then a volume service whose host label `evs` becomes `vbs`, then
    the address that the service has in every region of OTC. Raises ApiError that names what the
    catalog lists.
    """
    for kind in KINDS:
        for url in _urls(catalog, kind, region, interface):
            address = url if kind.startswith("vbs") else _from_volume_service(url)
            if address:
                return PROJECT_PLACEHOLDER.sub(project_id, address)
    address = _otc_address(region, auth_url)
    if address:
        return address
    kinds = sorted({printable(str(entry.get("type"))) for entry in catalog})
    listed = f"it lists {', '.join(kinds)[:200] or 'nothing'}"
    if regions := catalog_regions(catalog, interface):
        listed = f"it is in {printable(', '.join(regions))[:200]}"
    raise ApiError(
        f"the catalog does not list a backup service in region {printable(region or 'any')}"
        f" (interface {interface}; {listed}).",
        hint="Set --region or --endpoint.",
    )


def _urls(
    catalog: Sequence[Mapping[str, Any]], kind: str, region: str | None, interface: str
) -> list[str]:
    return [
        point["url"]
        for entry in catalog
        if entry.get("type") == kind
        for point in _endpoints(entry)
        if point.get("interface") == interface
        and (region is None or point.get("region_id", point.get("region")) in (region, "*"))
        and isinstance(point.get("url"), str)
    ]


def _endpoints(entry: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the endpoints of a catalog entry; items of another shape are skipped."""
    endpoints = entry.get("endpoints")
    if not isinstance(endpoints, list):
        return []
    return [endpoint for endpoint in endpoints if isinstance(endpoint, dict)]


def _from_volume_service(url: str) -> str:
    scheme, separator, rest = url.partition("://")
    label, dot, domain = rest.partition(".")
    return f"{scheme}{separator}vbs{dot}{domain}" if label == "evs" else ""


def _otc_address(region: str | None, auth_url: str) -> str:
    """Return `https://vbs.REGION.DOMAIN`, with the domain of the identity service; "" elsewhere.

    The Swiss cloud is `*.sc.otc.t-systems.com`: a token must not leave its cloud.
    """
    host = urlsplit(auth_url).hostname or ""
    labels = host.removesuffix(OTC).split(".")  # iam, eu-de - or iam-pub, eu-ch2, sc
    if not host.endswith(OTC) or len(labels) < 2 or not region or not NAME.fullmatch(region):
        return ""
    return f"https://{'.'.join(('vbs', region, *labels[2:]))}{OTC}"


def trusted(address: str, auth_url: str, *, insecure_http: bool) -> str:
    """Return an address of the catalog if a token may be sent there; else raises AuthError.

    It must have the owner of the identity service: the catalog comes over the network.
    """
    try:
        address = checked(address, "the catalog", insecure_http=insecure_http)
    except UsageError as error:
        raise AuthError(error.message, hint="Set --endpoint to the right address.") from None
    service, identity = urlsplit(address).hostname or "", urlsplit(auth_url).hostname or ""
    if service == identity or (is_loopback(service) and is_loopback(identity)):
        return address
    if not have_same_owner(service, identity):
        raise AuthError(
            f"the catalog of {identity} names a service in another domain, {service}.",
            hint="If that address is right, set --endpoint to it.",
        )
    return address


def have_same_owner(host: str, other: str) -> bool:
    """Whether two host names are below one name that somebody registered; no for IP addresses.

    By the public suffix list: gouv.fr, github.io and co.uk have many owners.
    """
    host, other = host.rstrip(".").lower(), other.rstrip(".").lower()
    if _ip(host) or _ip(other):
        return False
    if host.endswith(OTC) and other.endswith(OTC):
        return True  # the answer of the list too, without the 35 ms that it takes to load
    owner = _owner(host)
    return owner is not None and owner == _owner(other)


def _owner(host: str) -> str | None:
    """Return the registered name of a host, such as cloud.co.uk; None for a public suffix."""
    for domain in CLUSTER_DOMAINS:
        if host == domain or host.endswith(f".{domain}"):
            labels = host.removesuffix(domain).rstrip(".").split(".")
            return f"{labels[-1]}.{domain}" if len(labels) > 1 else None
    return _public_suffix_list().privatesuffix(host)


@cache
def _public_suffix_list() -> PublicSuffixList:
    from publicsuffixlist import PublicSuffixList

    return PublicSuffixList()
