"""The region: which one a project name begins with, and which one of a cloud's regions is used."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vbsjob.config import clouds_yaml
from vbsjob.errors import UsageError
from vbsjob.text import printable

if TYPE_CHECKING:
    from vbsjob.config.clouds_yaml import Layer
    from vbsjob.config.sources import SettingValue, Source

REGION = re.compile(r"([a-z]{2}(?:-[a-z]{2,}){1,2}[0-9]*(?:-[0-9]{1,3})?)(?:_.*)?")
"""Project name that begins with a region: eu-de, eu-de_team, eu-west-1_team, ap-southeast-1."""
SHOWN = 20
"""Regions that a message lists."""


def region_in(project_name: str) -> str | None:
    """Return the region that a project name begins with; None if it does not."""
    match = REGION.fullmatch(project_name)
    return match[1] if match else None


def choose(
    values: Source, of_cloud: Source, layers: list[Layer]
) -> tuple[SettingValue | None, SettingValue | None]:
    """Return the region to use, if neither an option nor the cloud sets one; and what is ignored.

    OS_REGION_NAME and [defaults] choose among the regions of the cloud, else the project name
    does. A region that the cloud does not list is ignored: it belongs to another cloud. Raises
    UsageError if the cloud lists several regions and nothing chooses one: the wrong one would
    answer "no such job".
    """
    region, project = values.get("region"), values.get("project_name")
    choices, origin, from_profile = clouds_yaml.region_choices(layers)
    if region is not None and (not choices or region is of_cloud.get("region")):
        return None, None
    if region is not None and region.value in choices:
        return region, None
    name = project.value if project and isinstance(project.value, str) else ""
    by_name = region_in(name)
    if project and by_name and (not choices or by_name in choices):
        origin = f"{project.origin} (project name)"
        return project._replace(value=by_name, origin=origin, derived=True), region
    if len(choices) > 1 and not from_profile:
        raise UsageError(
            f"{origin} lists several regions: {shown(choices)}.", hint="Choose one: --region."
        )
    return None, region


def shown(names: list[str]) -> str:
    """Return region names for a message."""
    listed = ", ".join(printable(name[:64]) for name in names[:SHOWN])
    return listed + (", ..." if len(names) > SHOWN else "")
