"""Which clouds config.toml and clouds.yaml define, each as layers of values; decides nothing else.

A cloud of clouds.yaml is layered: its region's values, secure.yaml, clouds.yaml, the profile
from clouds-public.yaml or from here. Each layer knows its file.
"""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vbsjob.config import files
from vbsjob.errors import UsageError
from vbsjob.text import printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vbsjob.context import Context

SUFFIXES = (".yaml", ".yml", ".json")
VENDORS: dict[str, dict[str, Any]] = {
    "otc": {
        "auth": {"auth_url": "https://iam.{region_name}.otc.t-systems.com/v3"},
        "regions": ["eu-de", "eu-nl"],
    },
    "otc-swiss": {
        "auth": {"auth_url": "https://iam-pub.eu-ch2.sc.otc.t-systems.com/v3"},
        "regions": ["eu-ch2"],
    },
}
"""What the profiles of clouds.yaml stand for."""
SECRETS = frozenset(
    ("password", "passcode", "token", "application_credential_secret", "sk", "secret_key")
)


@dataclass(frozen=True, slots=True)
class Layer:
    """Some values of one cloud; `here` if their file lies in the working directory."""

    values: dict[str, Any] = field(repr=False)
    origin: str
    path: Path | None = None
    here: bool = False
    profile: bool = False

    def at(self, dotted: str) -> Any:
        """Return the value of a key such as `auth.username`; None where there is none."""
        section, _, key = dotted.rpartition(".")
        inner = self.values.get(section) if section else self.values
        return _plain_keys(inner).get(key) if isinstance(inner, dict) else None


@dataclass(frozen=True, slots=True)
class File:
    """The clouds that one file defines."""

    path: Path
    clouds: dict[str, dict[str, Any]] = field(default_factory=dict, repr=False)
    defaults: dict[str, Any] = field(default_factory=dict, repr=False)

    @property
    def here(self) -> bool:
        """Whether it lies in the working directory, and was found there rather than named."""
        return not self.path.is_absolute()

    def layers(self, name: str) -> list[Layer]:
        """Return the cloud's values here, if any."""
        if name not in self.clouds:
            return []
        origin = f"{self.path}: clouds.{printable(name)}"
        return [Layer(_plain_keys(self.clouds[name]), origin, self.path, self.here)]


class Clouds:
    """What all files say; each is read once."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self.config = config(context)
        self.ordinary: File | None = None
        self.secure: File | None = None
        self._public: File | None = None

    def read(self) -> None:
        """Read clouds.yaml and secure.yaml, as far as they exist."""
        self.ordinary = self._found("clouds", "OS_CLIENT_CONFIG_FILE")
        self.secure = self._found("secure", "OS_CLIENT_SECURE_FILE")

    @property
    def files(self) -> tuple[Path, ...]:
        """Every file that was read."""
        read = (self.config, self.ordinary, self.secure, self._public)
        return tuple(found.path for found in read if found)

    @property
    def listed(self) -> list[str]:
        """The clouds of clouds.yaml and secure.yaml."""
        read = (found.clouds for found in (self.ordinary, self.secure) if found)
        return list(dict.fromkeys(name for clouds in read for name in clouds))

    @property
    def names(self) -> list[str]:
        """All clouds there are."""
        return list(dict.fromkeys([*(self.config.clouds if self.config else {}), *self.listed]))

    def ours(self, name: str, region: str | None) -> list[Layer]:
        """Return a cloud's layers in config.toml, the strongest first."""
        return self._layers(self.config.layers(name) if self.config else [], region)

    def theirs(self, name: str, region: str | None) -> list[Layer]:
        """Return a cloud's layers in clouds.yaml and beside it, the strongest first."""
        read = (found for found in (self.secure, self.ordinary) if found)
        return self._layers([layer for found in read for layer in found.layers(name)], region)

    def _layers(self, found: list[Layer], region: str | None) -> list[Layer]:
        profile = next(
            (n for layer in found if (n := layer.at("profile") or layer.at("cloud"))), None
        )
        whole = [*found, *([] if profile is None else self._profile(str(profile)))]
        return [*_region(whole, region), *whole]

    def _profile(self, name: str) -> list[Layer]:
        if self._public is None:
            self._public = self._found("clouds-public", "OS_CLIENT_VENDOR_FILE", "public-clouds")
        public = self._public
        if public and name in public.clouds:
            origin = f"{public.path}: public-clouds.{printable(name)}"
            values = _plain_keys(public.clouds[name])
            return [Layer(values, origin, public.path, public.here, profile=True)]
        if name in VENDORS:
            return [Layer(VENDORS[name], f"profile {name}", profile=True)]
        self._context.note(f"the profile {printable(name)!r} is not known here and is passed over.")
        return []

    def _found(self, stem: str, variable: str, section: str = "clouds") -> File | None:
        path = _place(stem, variable, self._context)
        if path is None:
            return None
        clouds = files.mapping(path, section, files.yaml(path).get(section))
        named = {
            name: files.mapping(path, f"{section}.{name}", raw) for name, raw in clouds.items()
        }
        return _warned(File(path, named), self._context)


def config(context: Context) -> File | None:
    """Read config.toml: [defaults] and [clouds.NAME]; None where there is none."""
    path = context.paths.config_file
    document = None if path is None else files.toml(path)
    if path is None or document is None:
        return None
    for name in document:
        if name not in {"defaults", "clouds"}:
            where = files.place(path, name)
            raise UsageError(
                f"{where}: there is no section [{printable(name)}].", hint="Use [defaults]."
            )
    clouds = files.mapping(path, "clouds", document.get("clouds"))
    named = {name: files.mapping(path, f"clouds.{name}", raw) for name, raw in clouds.items()}
    defaults = files.mapping(path, "defaults", document.get("defaults"))
    return _warned(File(path, named, defaults), context)


def _place(stem: str, variable: str, context: Context) -> Path | None:
    named = context.env.get(variable)
    if named:
        if not stat.S_ISREG(files.mode(Path(named), f"{variable}: {printable(named)}")):
            raise UsageError(f"{variable}: {printable(named)} is no file that can be read.")
        return Path(named).absolute()
    places = (
        folder / f"{stem}{suffix}" for folder in context.paths.config_folders for suffix in SUFFIXES
    )
    return next((place for place in places if stat.S_ISREG(files.mode(place))), None)


def _plain_keys(values: dict[Any, Any]) -> dict[str, Any]:
    return {str(key).replace("-", "_"): value for key, value in values.items()}


def _region(layers: list[Layer], asked: str | None) -> Iterator[Layer]:
    """Tell the region asked for, else the first of the cloud's own, and what is special there."""
    listed = next((layer for layer in layers if layer.at("regions")), None)
    single = next((layer for layer in layers if layer.at("region_name")), None)
    if listed is None or (single is not None and listed.profile and not single.profile):
        return
    regions = dict(_entries(listed))
    if asked is None and listed.profile:
        return
    name = asked or next(iter(regions))
    if name not in regions:
        if listed.profile:
            return
        known = ", ".join(printable(region) for region in regions)
        raise UsageError(f"{listed.origin}.regions: has no {printable(name)!r}, only {known}.")
    values = {**regions[name], "region_name": name}
    yield Layer(values, f"{listed.origin}.regions", listed.path, listed.here)


def first_region(layers: list[Layer]) -> tuple[str, str] | None:
    """Return the region that a profile lists first, and where, for want of a better word."""
    for layer in layers:
        if layer.profile and layer.at("regions"):
            return _entries(layer)[0][0], f"{layer.origin} (its first region)"
    return None


def _entries(layer: Layer) -> list[tuple[str, dict[str, Any]]]:
    raw = layer.at("regions")
    if not isinstance(raw, list):
        raise UsageError(f"{layer.origin}.regions: is no list.")
    entries: list[tuple[str, dict[str, Any]]] = []
    for entry in raw:
        if isinstance(entry, str):
            entries.append((entry, {}))
        elif isinstance(entry, dict) and isinstance(entry.get("name"), str):
            entries.append((entry["name"], _plain_keys(entry.get("values") or {})))
        else:
            raise UsageError(f"{layer.origin}.regions: an entry is neither a name nor has one.")
    return entries


def _warned(found: File, context: Context) -> File:
    """Warn once if others can read a file that holds secrets."""
    sections = [
        section for cloud in found.clouds.values() for section in (cloud, cloud.get("auth"))
    ]
    holds = any(SECRETS & section.keys() for section in sections if isinstance(section, dict))
    if holds and os.name == "posix" and files.mode(found.path) & 0o077:
        context.note(f"others can read the secrets in {found.path}; chmod 600 {found.path}")
    return found
