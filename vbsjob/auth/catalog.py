"""Address of the service: from the settings, or from the catalog that a sign-in gave.

An address of the catalog is used only if it belongs to the owner of the identity service.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from vbsjob.config.precedence import region_in
from vbsjob.errors import ApiError, AuthError, UsageError
from vbsjob.http.url import (
    NAME,
    checked,
    ip_address,
    is_loopback,
    jobs_address,
    without_project_placeholder,
)
from vbsjob.text import printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import Any

    from publicsuffixlist import PublicSuffixList

    from vbsjob.auth.keystone import AccessInfo
    from vbsjob.config.loader import Settings


class Service(NamedTuple):
    """A service with this job API. `types` of a catalog entry lead to it, the best first."""

    label: str
    types: tuple[str, ...]


SERVICES = {
    "vbs": Service("the backup service", ("vbs", "vbsv2", "volumev2", "volumev3", "volume")),
    "evs": Service("the disk service", ("evs", "volumev2", "volumev3", "volume")),
    "ecs": Service("the server service", ("ecs",)),
    "ims": Service("the image service", ("ims",)),
    "bms": Service("the bare metal service", ("bms",)),
    "sdrs": Service("the disaster recovery service", ("sdrs",)),
}
"""By name, which is also the first label of the host in OTC."""
SERVICE_TYPES = tuple(name for service in SERVICES.values() for name in service.types)
OTC = ".otc.t-systems.com"


def service_address(settings: Settings, access: AccessInfo) -> str:
    """Return the base address of jobs: the endpoint of the settings, else of the catalog."""
    _refuse_other_project(settings, access)
    project_id = access.project_id or settings["project_id"]
    if not project_id or not NAME.fullmatch(project_id):
        raise settings.missing("project_name", "jobs belong to a project")
    if settings["endpoint"]:
        return jobs_address(settings["endpoint"], project_id)
    address = find(
        access.catalog,
        settings["service"],
        region=_chosen_region(settings, access),
        interface=settings["interface"],
        auth_url=settings["auth_url"],
    )
    address = trusted(address, settings["auth_url"], insecure_http=settings["insecure_http"])
    return jobs_address(address, project_id)


def _refuse_other_project(settings: Settings, access: AccessInfo) -> None:
    """Refuse a project of the settings that the credentials are not for.

    An application credential, and some tokens, are bound to one project.
    """
    projects = {"project_id": access.project_id, "project_name": access.project_name}
    if settings["agency_name"]:
        projects = {"delegated_project": access.project_name}
    for name, actual in projects.items():
        wanted = settings[name]
        if wanted and actual and wanted.casefold() != actual.casefold():  # names have no case
            raise UsageError(
                f"{settings.origin(name)} is {printable(wanted)}, but the credentials"
                f" are for project {printable(actual)}.",
                hint=f"Omit {settings.origin(name)}, or use credentials of that project.",
            )


def _chosen_region(settings: Settings, access: AccessInfo) -> str | None:
    """Return the region of the service; None if the catalog has none.

    A region of the settings counts; then one that the name of the project begins with, if the
    catalog has it. Raises UsageError if the catalog has several and nothing chooses one: the
    service of the wrong region would answer "no such job" (5).
    """
    region = settings.values.get("region")
    if region is not None and not region.derived:
        return str(region.value)
    service = service_of(settings)
    listed = regions(access.catalog, settings["service"], settings["interface"])
    by_name = str(region.value) if region else region_in(access.project_name or "")
    if by_name is not None and (by_name in listed or not listed):
        return by_name
    if not listed:
        return None
    if len(listed) > 1:
        names = ", ".join(printable(name) for name in listed)
        raise UsageError(
            f"the catalog has {service.label} in several regions: {names}.",
            hint="Choose one: --region.",
        )
    # "my-project" in RegionOne says nothing about a region; "eu-de_team" in eu-nl does.
    return by_name if by_name and region_in(listed[0]) else listed[0]


def service_of(settings: Settings) -> Service:
    """Return the service that the settings name. Raises UsageError."""
    name = settings["service"]
    if name not in SERVICES:
        raise UsageError(
            f"{settings.origin('service')}: {name!r} is not one of {', '.join(SERVICES)}.",
            hint="Write one of them.",
        )
    return SERVICES[name]


def regions(catalog: Sequence[Mapping[str, Any]], service: str, interface: str) -> list[str]:
    """Return the regions in which a catalog has an address of a service, sorted."""
    names = (region for region, _ in _addresses(catalog, service, interface))
    return sorted({name for name in names if isinstance(name, str)} - {"*"})


def find(
    catalog: Sequence[Mapping[str, Any]],
    service: str,
    *,
    region: str | None,
    interface: str,
    auth_url: str,
) -> str:
    """Return the address of a service in the catalog of the identity service.

    Without one, the address that the service has in every region of OTC. Raises ApiError that
    names what the catalog lists.
    """

    def of(kind: str) -> str:
        pairs = _addresses(catalog, service, kind)
        return next((at for where, at in pairs if region is None or where in (region, "*")), "")

    if address := of(interface):
        return without_project_placeholder(address)
    if address := _otc_address(service, region, auth_url):
        return address
    types = sorted({printable(str(entry.get("type"))) for entry in catalog})
    listed, hint = f"it lists {', '.join(types)[:200] or 'nothing'}", ""
    if names := regions(catalog, service, interface):
        listed = f"it is in {printable(', '.join(names))[:200]}"
    elif kind := next(filter(of, ("public", "internal", "admin")), None):
        listed, hint = f"it has the interface {kind} there", f"OS_INTERFACE={kind}, "
    raise ApiError(
        f"the catalog does not list {SERVICES[service].label} in region"
        f" {printable(region or 'any')} (interface {interface}; {listed}).",
        hint=f"Set {hint}--region or --endpoint.",
    )


def _addresses(
    catalog: Sequence[Mapping[str, Any]], service: str, interface: str
) -> Iterator[tuple[Any, str]]:
    """Yield region and address of each endpoint of a service, the best first.

    The backup service is also found by a volume service: its host label `evs` becomes `vbs`.
    Endpoints of another shape are skipped.
    """
    for service_type in SERVICES[service].types:
        derived = service == "vbs" and service_type.startswith("volume")
        entries = [entry.get("endpoints") for entry in catalog if entry.get("type") == service_type]
        points = [point for listed in entries if isinstance(listed, list) for point in listed]
        for point in points:
            if not isinstance(point, dict) or point.get("interface") != interface:
                continue
            address = point.get("url")
            if isinstance(address, str) and derived:
                address = _from_volume_service(address)
            if isinstance(address, str) and address:
                yield point.get("region_id", point.get("region")), address


def _from_volume_service(url: str) -> str:
    scheme, separator, rest = url.partition("://")
    label, dot, domain = rest.partition(".")
    return f"{scheme}{separator}vbs{dot}{domain}" if label == "evs" else ""


def _otc_address(service: str, region: str | None, auth_url: str) -> str:
    """Return `https://SERVICE.REGION.DOMAIN`, with the domain of the identity service, or "".

    The Swiss cloud is `*.sc.otc.t-systems.com`: a token must not leave its cloud.
    """
    host = urlsplit(auth_url).hostname or ""
    labels = host.removesuffix(OTC).split(".")  # iam, eu-de - or iam-pub, eu-ch2, sc
    if not host.endswith(OTC) or len(labels) < 2 or not region or not NAME.fullmatch(region):
        return ""
    return f"https://{'.'.join((service, region, *labels[2:]))}{OTC}"


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
    """Whether one registered name is the end of both host names; no for IP addresses.

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
