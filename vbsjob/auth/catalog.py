"""The service catalog of a sign-in: the address of the backup service, and whether to trust it."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from vbsjob.errors import ApiError, AuthError, UsageError
from vbsjob.http.url import NAME, checked, ip_address, is_loopback
from vbsjob.text import printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import Any

    from publicsuffixlist import PublicSuffixList

KINDS = ("vbs", "vbsv2", "volumev2", "volumev3", "volume")
"""Types of a catalog entry that lead to the backup service, the best first."""
OTC = ".otc.t-systems.com"
PROJECT_PLACEHOLDER = re.compile(r"[%$]\((?:project|tenant)_id\)s")


def regions(catalog: Sequence[Mapping[str, Any]], interface: str) -> list[str]:
    """Return the regions in which a catalog lists the backup service, sorted."""
    names = (_region(point) for kind in KINDS for point in _points(catalog, kind, interface))
    return sorted({name for name in names if isinstance(name, str)} - {"*"})


def find(
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
    names = regions(catalog, interface)
    if names:
        listed = f"it is in {printable(', '.join(names))[:200]}"
    raise ApiError(
        f"the catalog does not list a backup service in region {printable(region or 'any')}"
        f" (interface {interface}; {listed}).",
        hint=f"Set {'' if names or interface == 'public' else 'OS_INTERFACE=public, '}--region or"
        " --endpoint.",
    )


def _urls(
    catalog: Sequence[Mapping[str, Any]], kind: str, region: str | None, interface: str
) -> list[str]:
    return [
        point["url"]
        for point in _points(catalog, kind, interface)
        if region is None or _region(point) in (region, "*")
    ]


def _points(
    catalog: Sequence[Mapping[str, Any]], kind: str, interface: str
) -> Iterator[dict[str, Any]]:
    """Yield the endpoints of one type of entry that have this interface and an address."""
    for entry in catalog:
        if entry.get("type") == kind:
            for point in _endpoints(entry):
                if point.get("interface") == interface and isinstance(point.get("url"), str):
                    yield point


def _region(point: Mapping[str, Any]) -> Any:
    """Return the region of an endpoint, as the catalog wrote it."""
    return point.get("region_id", point.get("region"))


def _endpoints(entry: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the endpoints of a catalog entry; items of another shape are skipped."""
    listed = entry.get("endpoints")
    if not isinstance(listed, list):
        return []
    return [endpoint for endpoint in listed if isinstance(endpoint, dict)]


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
    if ip_address(host) or ip_address(other):
        return False
    if host.endswith(OTC) and other.endswith(OTC):
        return True  # the answer of the list too, without the 35 ms that it takes to load
    suffixes = _public_suffix_list()
    owner = suffixes.privatesuffix(host)  # cloud.co.uk; None for a public suffix
    return owner is not None and owner == suffixes.privatesuffix(other)


@cache
def _public_suffix_list() -> PublicSuffixList:
    from publicsuffixlist import PublicSuffixList

    return PublicSuffixList()
