"""What the user chose, and where each choice comes from.

Order: option, VBSJOB_*, OS_*, config.toml, clouds.yaml, default; the first source that has a
value wins. Reads the environment and files, never the network.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from itertools import product
from typing import TYPE_CHECKING, Any

from vbsjob.config import clouds_yaml, endpoints, files
from vbsjob.config.schema import SETTINGS, SETTINGS_BY_NAME
from vbsjob.errors import UsageError
from vbsjob.text import printable, suggestion

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from vbsjob.context import Context

SANDBOX = "sandbox"
"""The cloud that lives inside the program, unless a file defines one of that name."""

REGION = re.compile(r"([a-z]{2}-[a-z]{2,}[0-9]*)(_.*)?")
PROJECT_ID = re.compile(r"[0-9a-f]{32}")

PLACES, TRUST = ("auth_url", "endpoint"), ("cacert", "verify", "insecure")
"""Settings that say where secrets go, and whom that has to be."""


@dataclass(frozen=True, slots=True)
class SettingValue:
    """A setting and its origin, such as `--region`, `OS_REGION_NAME` or a file's key."""

    value: Any = field(repr=False)
    origin: str
    file: Path | None = None
    here: bool = False
    """Whether it is from a file in the working directory, which a stranger may have put there."""


Source = dict[str, SettingValue]


@dataclass(frozen=True, slots=True)
class Settings:
    """All values that some source sets, by name."""

    values: Mapping[str, SettingValue]
    sandbox: bool = False
    files: tuple[Path, ...] = ()
    """Every file that was read, in the order of trust."""

    def __getitem__(self, name: str) -> Any:
        """Return the value of a setting, its default where nothing sets it."""
        found = self.values.get(name)
        return SETTINGS_BY_NAME[name].default if found is None else found.value

    def origin(self, name: str) -> str:
        """Say where the value is from."""
        found = self.values.get(name)
        return "default" if found is None else found.origin

    def missing(self, name: str, why: str) -> UsageError:
        """Return the problem that a setting is missing, with every way to set it."""
        key = SETTINGS_BY_NAME[name]
        ways = [
            *key.os[:1],
            key.variable,
            *(f"{cloud_key} in clouds.yaml" for cloud_key in key.cloud[:1]),
        ]
        return UsageError(f"{name} is not set: {why}.", hint=f"Set {' or '.join(ways)}.")

    def cache_scope(self) -> tuple[str, ...]:
        """Say what else a kept token is bound to: whom we trust, and what a stranger may name."""
        here = [v for name in PLACES if (v := self.values.get(name)) and v.here]
        named = (str(part) for value in here for part in (value.file, value.value))
        trust = (str(self[name]) for name in ("cert", *TRUST))
        return (*trust, *named)

    def moved(self, origin: str, **values: str) -> Settings:
        """Return settings for another place: only the preferences stay."""
        kept = {
            name: v for name, v in self.values.items() if not (set(SETTINGS_BY_NAME[name].cloud))
        }
        return replace(self, values=kept | {n: SettingValue(v, origin) for n, v in values.items()})


def load(options: Mapping[str, Any], context: Context) -> Settings:
    """Gather all settings; raises Usage that names the source of a value that is wrong."""
    direct = [_options(options), _own(context), _os(context)]
    known = clouds_yaml.Clouds(context)
    defaults = _defaults(known.config)
    name = _first("cloud", [*direct, defaults])
    asked = _first("region", [*direct, defaults])
    addressed = any(_first(name, direct) for name in ("endpoint", "auth_url"))
    word = _cloud(name, known, addressed=addressed)
    region = None if asked is None else str(asked.value)
    layers = ([], []) if word is None else (known.ours(word, region), known.theirs(word, region))
    ours, theirs = (_of(found) for found in layers)
    values = _gathered([*direct, ours, defaults, theirs])
    if _is_sandbox(name, ours, theirs):
        return Settings({n: _parsed(n, v) for n, v in values.items()}, sandbox=True)
    context.secrets.add(
        *(str(v.value) for name, v in values.items() if SETTINGS_BY_NAME[name].secret)
    )
    parsed = {name: _parsed(name, value) for name, value in values.items()}
    parsed = _filled_in(_region_told(parsed, [*layers[0], *layers[1]]))
    _refuse_other_cloud(name, parsed, [ours, theirs])
    _refuse_mixture(parsed)
    return replace(_addressed(parsed), files=known.files)


def preference(name: str, options: Mapping[str, Any], context: Context) -> Any:
    """Return one preference, of a command that needs no cloud; raises Usage as `load` does."""
    sources = [_options(options), _own(context), _defaults(clouds_yaml.config(context))]
    found = _first(name, sources)
    return SETTINGS_BY_NAME[name].default if found is None else _parsed(name, found).value


def _options(options: Mapping[str, Any]) -> Source:
    return {
        name: SettingValue(options[name], key.flag)
        for name, key in SETTINGS_BY_NAME.items()
        if options.get(name) is not None
    }


def _own(context: Context) -> Source:
    return _environment(context, ((setting.name, setting.variable) for setting in SETTINGS))


def _os(context: Context) -> Source:
    named = ((setting.name, v) for setting in SETTINGS for v in reversed(setting.os))
    return _environment(context, named)


def _environment(context: Context, named: Iterable[tuple[str, str]]) -> Source:
    env = context.env
    return {
        name: SettingValue(env[variable], variable) for name, variable in named if env.get(variable)
    }


def _defaults(config: clouds_yaml.File | None) -> Source:
    if config is None:
        return {}
    known = [key.name for key in SETTINGS if key.preference]
    for name in config.defaults:
        if name not in known:
            where = files.place(config.path, "defaults", name)
            raise UsageError(
                f"{where}: [defaults] has no key {printable(name)!r}.", hint=suggestion(name, known)
            )
    origin = f"{config.path} [defaults]"
    return {name: SettingValue(raw, origin, config.path) for name, raw in config.defaults.items()}


def _cloud(name: SettingValue | None, known: clouds_yaml.Clouds, *, addressed: bool) -> str | None:
    """Return the cloud that is meant; None for none.

    A cloud that is alone in clouds.yaml needs no name, unless an address is given already.
    """
    if name is None and addressed:
        return None
    known.read()
    if name is None:
        return known.listed[0] if len(known.listed) == len(known.names) == 1 else None
    word = str(name.value)
    if word not in known.names and not _asks_for_sandbox(name):
        none = "There is no clouds.yaml and no config.toml."
        hint = suggestion(word, known.names) if known.names else none
        raise UsageError(f"{name.origin}: no file defines a cloud {printable(word)!r}.", hint=hint)
    return word


def _asks_for_sandbox(name: SettingValue | None) -> bool:
    """Only in so many words: OS_CLOUD=sandbox may mean somebody's real cloud."""
    return name is not None and name.value == SANDBOX and name.origin in {"--cloud", "VBSJOB_CLOUD"}


def _is_sandbox(name: SettingValue | None, *defined: Source) -> bool:
    return _asks_for_sandbox(name) and not any(defined)


def _of(layers: list[clouds_yaml.Layer]) -> Source:
    """Return a cloud's values; keys of other services are passed over."""
    found: Source = {}
    for key in SETTINGS:
        for dotted, layer in product(key.cloud, layers):
            raw = layer.at(dotted)
            if raw not in (None, "") and key.name not in found:
                origin = f"{layer.origin}.{dotted}"
                found[key.name] = SettingValue(raw, origin, layer.path, layer.here)
    return found


def _first(name: str, sources: list[Source]) -> SettingValue | None:
    return next((source[name] for source in sources if name in source), None)


def _gathered(sources: list[Source]) -> Source:
    """Take each name from its first source; the project's id and name from the same one."""
    values = {name: found for name in SETTINGS_BY_NAME if (found := _first(name, sources))}
    project = ("project", "project_id", "project_name")
    told = next((source for source in sources if any(name in source for name in project)), {})
    for name in project:
        values.pop(name, None)
    values |= {name: told[name] for name in project if name in told}
    given = values.pop("project", None)
    if given is not None:
        is_id = PROJECT_ID.fullmatch(str(given.value))
        values = {name: v for name, v in values.items() if name not in project}
        values["project_id" if is_id else "project_name"] = given
    return values


def _parsed(name: str, found: SettingValue) -> SettingValue:
    key = SETTINGS_BY_NAME[name]
    try:
        return replace(found, value=key.parse(found.value))
    except ValueError as error:
        shown = "the value" if key.secret else repr(printable(str(found.value))[:80])
        raise UsageError(f"{found.origin}: {shown} {error}.") from None


def _region_told(values: Source, layers: list[clouds_yaml.Layer]) -> Source:
    """Read a missing region from a project name such as `eu-de_team`, else from the profile."""
    if "region" in values:
        return values
    name = values.get("project_name")
    match = REGION.fullmatch(str(name.value)) if name else None
    first = clouds_yaml.first_region(layers)
    if match and name:
        told = SettingValue(match[1], f"{name.origin} (project name)", name.file, name.here)
        return values | {"region": told}
    return values | {"region": SettingValue(*first)} if first else values


def _filled_in(values: Source) -> Source:
    """Fill the region into the addresses that leave room for it."""
    names = [name for name in PLACES if name in values]
    return values | {name: _filled(values[name], values.get("region")) for name in names}


def _filled(found: SettingValue, region: SettingValue | None) -> SettingValue:
    address = str(found.value)
    if "{region_name}" not in address and "%(region_name)s" not in address:
        return found
    if region is None:
        raise UsageError(f"{found.origin} needs a region.", hint="Set --region.")
    for room in ("{region_name}", "%(region_name)s"):
        address = address.replace(room, str(region.value))
    return replace(found, value=address)


def _addressed(values: Source) -> Settings:
    """Check the addresses, and that project and endpoint agree."""
    insecure = bool(values["insecure_http"].value) if "insecure_http" in values else False
    for name in reversed(PLACES):
        found = values.get(name)
        if found is not None:
            checked = endpoints.checked(found.value, found.origin, insecure_http=insecure)
            values[name] = replace(found, value=checked)
    endpoint, project = values.get("endpoint"), values.get("project_id")
    carried = endpoints.project_in(endpoint.value) if endpoint else None
    if endpoint and carried and project is None and "project_name" not in values:
        values["project_id"] = _parsed("project_id", SettingValue(carried, endpoint.origin))
    elif endpoint and carried and project and carried != project.value:
        raise UsageError(
            f"{endpoint.origin} is for project {printable(carried)},"
            f" but {project.origin} says {project.value}.",
            hint="Make them agree, or leave one away.",
        )
    return Settings(values)


def _refuse_other_cloud(name: SettingValue | None, values: Source, defined: list[Source]) -> None:
    """A cloud named for this call must not be asked elsewhere because of an old OS_AUTH_URL."""
    theirs, chosen = _first("auth_url", defined), values.get("auth_url")
    if name is None or theirs is None or chosen is None or not chosen.origin.startswith("OS_"):
        return
    same = str(_filled(theirs, values.get("region")).value) == str(chosen.value)
    if not same and name.origin != "OS_CLOUD":
        raise UsageError(
            f"{name.origin} chooses cloud {printable(str(name.value))!r}, whose auth_url"
            f" ({theirs.origin}) is not that of {chosen.origin}.",
            hint=f"Unset {chosen.origin}, or leave {name.origin} away.",
        )


def _refuse_mixture(values: Source) -> None:
    """No secret from elsewhere goes where, or to whom, a file in the working directory says."""
    secrets = [values[key.name] for key in SETTINGS if key.secret and key.name in values]
    for name in (*PLACES, *TRUST):
        place = values.get(name)
        if place is None or not place.here:
            continue
        whom = "the address that {} names" if name in PLACES else "whomever {} trusts"
        for secret in secrets:
            if secret.file != place.file:
                raise UsageError(
                    f"{secret.origin} would be sent to {whom.format(place.origin)}.",
                    hint="Name both in the same place, or leave that folder.",
                )
