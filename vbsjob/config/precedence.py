"""Combines the sources of settings into one value per setting.

Order: option, VBSJOB_*, OS_*, cloud in config.toml, [defaults], cloud in clouds.yaml, S3_* keys.
Credentials travel as sets: a password goes only with the user of the same source. A cloud that is
named in words (--cloud, VBSJOB_CLOUD) comes before the environment: variables of another cloud
must not send its secrets elsewhere, nor be sent to it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from vbsjob.config import clouds_yaml
from vbsjob.config.schema import (
    SETTINGS,
    SETTINGS_BY_NAME,
    TOKEN_TYPES,
    UNSUPPORTED_AUTH_TYPES,
)
from vbsjob.config.sources import KEYS
from vbsjob.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from vbsjob.config.clouds_yaml import Layer
    from vbsjob.config.sources import SettingValue, Source

ADDRESSES = ("auth_url", "endpoint")
TRUST = ("cacert", "verify", "insecure")
PLACEHOLDERS = ("{region_name}", "{region_id}", "%(region_name)s")
DOMAINS = tuple(
    f"{whose}domain_{member}"
    for whose in ("user_", "project_", "", "default_")
    for member in ("id", "name")
)


class Set(NamedTuple):
    """Settings that belong together. `ids` name the owner of the others.

    A strict set comes from one source. In another set a source without ids may fill gaps.
    """

    names: tuple[str, ...]
    ids: tuple[str, ...]
    strict: bool = False


USER = Set(("username", "user_id", "password", "passcode"), ("username", "user_id"))
APPLICATION_CREDENTIAL = Set(
    tuple(f"application_credential_{member}" for member in ("id", "name", "secret")),
    ("application_credential_id", "application_credential_name"),
)
ACCESS_KEY = Set(KEYS, ("access_key", "secret_key"), strict=True)
TOKEN = Set(("token",), ("token",))
OPENID = Set(("identity_provider", "protocol", "access_token"), ("identity_provider", "protocol"))
AGENCY_NAMES = ("agency_name", "agency_domain_id", "agency_domain_name", "delegated_project")
AGENCY = Set(AGENCY_NAMES, AGENCY_NAMES, strict=True)
PROJECT_NAMES = ("project", "project_id", "project_name")
PROJECT = Set(PROJECT_NAMES, PROJECT_NAMES, strict=True)
CERTIFICATE = Set(("cert", "key"), ("cert", "key"), strict=True)


CREDENTIALS = (USER, APPLICATION_CREDENTIAL, ACCESS_KEY, TOKEN, OPENID)
"""The sets with secrets: a secret that is in none could be sent to another cloud."""
SETS = (*CREDENTIALS, AGENCY, PROJECT, CERTIFICATE)
BOUND = frozenset(
    (
        *(name for group in SETS for name in group.names),
        *(*ADDRESSES, *TRUST, *DOMAINS, "auth_type", "auth_methods"),
    )
)
"""Settings that belong to one cloud: identity, address, project, secrets, trust."""
CHOSEN_IN_CLOUD = frozenset(("region", "interface"))
REGION = re.compile(r"([a-z]{2}(?:-[a-z]{2,}){1,2}[0-9]*(?:-[0-9]{1,3})?)(?:_.*)?")
"""Project name that begins with a region: eu-de, eu-de_team, eu-west-1_team, ap-southeast-1."""


class Sources(NamedTuple):
    """All sources, the strongest first; `config` and `yaml` are the cloud in each file."""

    options: Source
    own: Source
    os: Source
    config: Source
    defaults: Source
    yaml: Source
    key_families: tuple[Source, ...] = ()


def combine(sources: Sources, *, named: bool) -> tuple[Source, list[SettingValue]]:
    """Return one value per setting, and the values that were ignored for another cloud or user."""
    cloud = sources.yaml | sources.config
    if not named or not cloud:
        return _combined(_plain_order(sources))
    if _brings_token(sources.os | sources.own, cloud):
        cloud = _without(cloud, {"auth_type", *(n for group in CREDENTIALS for n in group.names)})
    dropped = _dropped(sources, cloud)
    region_dropped = dropped >= BOUND
    own = _without(sources.own, dropped)
    os = _without(sources.os, dropped | (CHOSEN_IN_CLOUD if region_dropped else set()))
    defaults = _without(sources.defaults, dropped)
    families = tuple(_without(family, dropped) for family in sources.key_families)
    values, ignored = _combined(
        [sources.options, cloud, own, os, defaults, *families],
        [sources.options, own, cloud, os, defaults],
    )
    for source in (sources.own, sources.os, sources.defaults):
        for name, value in source.items():
            if name not in BOUND | CHOSEN_IN_CLOUD or value in ignored:
                continue
            winner = values.get(name)
            from_cloud = any(winner is other for other in cloud.values())
            if winner is None or (from_cloud and winner.value != value.value):
                ignored.append(value)
    return values, ignored


def _brings_token(environment: Source, cloud: Source) -> bool:
    """Whether the environment has a token in place of a method that vbsjob does not support."""
    own, of_cloud = environment.get("auth_type"), cloud.get("auth_type")
    return (
        of_cloud is not None
        and of_cloud.value in UNSUPPORTED_AUTH_TYPES
        and own is not None
        and own.value in TOKEN_TYPES
        and "token" in environment
        and ("auth_url" not in environment or is_same_address(cloud, environment))
    )


def _plain_order(sources: Sources) -> list[Source]:
    """Return the sources. The project of a key family is for its access key only."""
    order = [*sources[:6]]
    owned = any(_has(group.names, source) for group in CREDENTIALS for source in order)
    families = [_without(family, PROJECT_NAMES if owned else ()) for family in sources.key_families]
    return [*order, *families]


def _combined(
    bound: list[Source], other: list[Source] | None = None
) -> tuple[Source, list[SettingValue]]:
    """Take each setting from its first source, and each set as its rule says."""
    values: Source = {}
    in_sets = {name for group in SETS for name in group.names}
    for setting in SETTINGS:
        order = bound if setting.name in BOUND or other is None else other
        value = first(setting.name, order)
        if value is not None and setting.name not in in_sets:
            values[setting.name] = value
    ignored: list[SettingValue] = []
    for group in SETS:
        members, left_out = _one_set(group, bound)
        values |= members
        if group in CREDENTIALS:
            ignored += left_out
    return values, ignored


def first(name: str, sources: Iterable[Source]) -> SettingValue | None:
    """Return the value of the first source that has one."""
    return next((source[name] for source in sources if name in source), None)


def _one_set(group: Set, sources: list[Source]) -> tuple[Source, list[SettingValue]]:
    """Return the members of a set, and the secrets that belong to another user or key."""
    owner = next((source for source in sources if _has(group.ids, source)), None)
    if owner is None and group.strict:
        return {}, []
    members: Source = {}
    left_out: list[SettingValue] = []
    for source in sources:
        mine = {name: source[name] for name in group.names if name in source}
        if source is owner or (not group.strict and _fits(group, source, owner)):
            members = mine | members
        else:
            left_out += [
                value
                for name, value in mine.items()
                if SETTINGS_BY_NAME[name].secret and name not in group.ids and name not in members
            ]
    return members, left_out


def _fits(group: Set, source: Source, owner: Source | None) -> bool:
    """Whether the values of a source may go with the user, or key, of the owner."""
    ids = {name: source[name].value for name in group.ids if name in source}
    if owner is None or not ids:
        return True
    owner_ids = {name: owner[name].value for name in group.ids if name in owner}
    shared = ids.keys() & owner_ids.keys()
    return bool(shared) and all(ids[name] == owner_ids[name] for name in shared)


def _has(names: Collection[str], source: Source) -> bool:
    return any(name in source for name in names)


def _without(source: Source, names: Collection[str]) -> Source:
    return {name: value for name, value in source.items() if name not in names}


def _dropped(sources: Sources, cloud: Source) -> set[str]:
    """Return the settings that the environment and [defaults] may not give to a named cloud."""
    dropped: set[str] = set()
    environment = sources.os | sources.own
    if _has(ADDRESSES, cloud):
        dropped |= {*ADDRESSES}
        if "auth_url" in environment and not is_same_address(cloud, environment):
            return set(BOUND)
    if (
        "endpoint" in environment
        and "auth_url" not in environment
        and ("endpoint" not in cloud or cloud["endpoint"].value != environment["endpoint"].value)
    ):
        # Without an auth_url these are for the service at that endpoint.
        dropped |= {*TOKEN.names, *ACCESS_KEY.names}
    if any(_has(group.names, cloud) for group in CREDENTIALS):
        dropped |= {"auth_type", "auth_methods", *AGENCY.names}
        for group in CREDENTIALS:
            if group.strict or not _has(group.names, cloud):
                dropped |= {*group.names}
    if _has(PROJECT.names, cloud) or _has(APPLICATION_CREDENTIAL.names, cloud):
        dropped |= {*PROJECT.names}
    user = cloud if _has(USER.ids, cloud) else None
    if _has(DOMAINS, cloud) or not _fits(USER, environment, user):
        dropped |= {*DOMAINS}
    if _has(("verify", "insecure"), cloud):
        dropped |= {"verify", "insecure"}
    return dropped


def is_same_address(cloud: Source, environment: Source) -> bool:
    """Whether the auth_url of other values is the cloud's own, for any region."""
    if "auth_url" not in cloud or not isinstance(cloud["auth_url"].value, str):
        return False
    pattern = re.escape(_bare(cloud["auth_url"].value))
    for placeholder in PLACEHOLDERS:
        pattern = pattern.replace(re.escape(placeholder), "[0-9A-Za-z_-]+")
    return bool(re.fullmatch(pattern, _bare(str(environment["auth_url"].value))))


def _bare(address: str) -> str:
    return address.rstrip("/").removesuffix("/v3")


def region_in(project_name: str) -> str | None:
    """Return the region that a project name begins with; None if it does not."""
    match = REGION.fullmatch(project_name.lower())
    return match[1] if match else None


def choose_region(
    values: Source, of_cloud: Source, layers: list[Layer]
) -> tuple[SettingValue | None, SettingValue | None]:
    """Return the region to use, if neither an option nor the cloud sets one; and what is ignored.

    OS_REGION_NAME and [defaults] choose among the regions of the cloud, else the project name
    does. A region that the cloud does not list is ignored: it belongs to another cloud. Raises
    UsageError if the cloud lists several regions and nothing chooses one: the wrong one would
    answer "no such job".
    """
    region = values.get("region")
    project = values.get("delegated_project") or values.get("project_name")
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
            f"{origin} lists several regions: {clouds_yaml.listed_regions(choices)}.",
            hint="Choose one: --region.",
        )
    return None, region
