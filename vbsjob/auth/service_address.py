"""Address of the backup service: from the settings, or from the catalog that a sign-in gave."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vbsjob.auth import catalog
from vbsjob.config.regions import region_in
from vbsjob.errors import UsageError
from vbsjob.http import url
from vbsjob.text import printable

if TYPE_CHECKING:
    from vbsjob.auth.keystone import AccessInfo
    from vbsjob.config.loader import Settings


def base(settings: Settings, access: AccessInfo) -> str:
    """Return the base address of jobs: the endpoint of the settings, else of the catalog."""
    _refuse_other_project(settings, access)
    project_id = settings["project_id"] or access.project_id
    if not project_id or not url.NAME.fullmatch(project_id):
        raise settings.missing("project_name", "jobs belong to a project")
    if settings["endpoint"]:
        return url.jobs(settings["endpoint"], project_id)
    address = catalog.find(
        access.catalog,
        region=_region(settings, access),
        interface=settings["interface"].removesuffix("URL"),
        project_id=project_id,
        auth_url=settings["auth_url"],
    )
    address = catalog.trusted(
        address, settings["auth_url"], insecure_http=settings["insecure_http"]
    )
    return url.jobs(address, project_id)


def _refuse_other_project(settings: Settings, access: AccessInfo) -> None:
    """Refuse a project of the settings that the credentials are not for.

    An application credential, and some tokens, are bound to one project.
    """
    for name, actual in (
        ("project_id", access.project_id),
        ("project_name", access.project_name),
    ):
        wanted = settings[name]
        if wanted and actual and wanted != actual:
            raise UsageError(
                f"{settings.origin(name)} is {printable(wanted)}, but the credentials"
                f" are for project {printable(actual)}.",
                hint=f"Omit {settings.origin(name)}, or use credentials of that project.",
            )


def _region(settings: Settings, access: AccessInfo) -> str | None:
    """Return the region of the service; None if the catalog has none.

    A region of the settings counts; then one that the name of the project begins with, if the
    catalog has it. Raises UsageError if the catalog has several and nothing chooses one: the
    service of the wrong region would answer "no such job" (5).
    """
    region = settings.values.get("region")
    if region is not None and not region.derived:
        return str(region.value)
    listed = catalog.regions(access.catalog, settings["interface"].removesuffix("URL"))
    by_name = str(region.value) if region else region_in(access.project_name or "")
    if by_name is not None and (by_name in listed or not listed):
        return by_name
    if not listed:
        return None
    if len(listed) > 1:
        names = ", ".join(printable(name) for name in listed)
        raise UsageError(
            f"the catalog has the backup service in several regions: {names}.",
            hint="Choose one: --region.",
        )
    # "my-project" in RegionOne says nothing about a region; "eu-de_team" in eu-nl does.
    return by_name if by_name and region_in(listed[0]) else listed[0]
