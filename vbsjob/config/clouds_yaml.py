"""Reads the clouds that config.toml and clouds.yaml define; each cloud is a list of layers.

A cloud of clouds.yaml has these layers, the strongest first: values of its region, secure.yaml,
clouds.yaml, the profile from clouds-public.yaml or from PROFILES. Each layer names its file.
"""

from __future__ import annotations

import stat
from contextlib import suppress
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from vbsjob.config import files
from vbsjob.errors import UsageError
from vbsjob.text import hide_values, printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from vbsjob.context import Context

SUFFIXES = (".yaml", ".yml", ".json")
CLOUDS_FILE = ("clouds", "OS_CLIENT_CONFIG_FILE")
SECURE_FILE = ("secure", "OS_CLIENT_SECURE_FILE")
"""Name without a suffix, and the variable with another path."""
PROFILES: dict[str, dict[str, Any]] = {
    "otc": {
        "auth": {"auth_url": "https://iam.{region_name}.otc.t-systems.com/v3"},
        "regions": ["eu-de", "eu-nl"],
    },
    "otc-swiss": {
        "auth": {"auth_url": "https://iam-pub.eu-ch2.sc.otc.t-systems.com/v3"},
        "regions": ["eu-ch2"],
    },
}
"""Built-in values of the key `profile`, as openstacksdk and otcextensions have them."""
REGIONS_LISTED = 20
"""Regions that a message lists."""
NAME_LIMIT = 80
"""Characters of a name that a message shows: a file may have longer ones."""


@hide_values
class Layer(NamedTuple):
    """Some values of one cloud, all from one place."""

    values: dict[str, Any]
    origin: str
    path: Path | None = None
    profile: bool = False

    def get(self, dotted: str) -> Any:
        """Return the value of a key such as `auth.username`; None if it is missing."""
        section, _, key = dotted.rpartition(".")
        inner = self.values.get(section) if section else self.values
        return _with_underscores(inner).get(key) if isinstance(inner, dict) else None


@hide_values
class CloudsFile(NamedTuple):
    """The clouds of one file, and [defaults] of config.toml."""

    path: Path
    clouds: Mapping[str, dict[str, Any]] = MappingProxyType({})
    defaults: Mapping[str, Any] = MappingProxyType({})

    def sections(self) -> Iterator[dict[str, Any]]:
        """Yield every mapping that may hold a secret: each cloud and its `auth`."""
        for cloud in self.clouds.values():
            for section in (cloud, cloud.get("auth")):
                if isinstance(section, dict):
                    yield _with_underscores(section)

    @property
    def in_working_directory(self) -> bool:
        """Whether it was found in the working directory, not named by a variable."""
        return not self.path.is_absolute()

    def layers(self, name: str, section: str = "clouds", *, profile: bool = False) -> list[Layer]:
        """Return the layer of a cloud; an empty list if this file does not define it."""
        if name not in self.clouds:
            return []
        values = _with_underscores(self.clouds[name])
        files.mapping(self.path, f"{section}.{name}.auth", values.get("auth"))
        origin = f"{self.path}: {section}.{printable(name)[:NAME_LIMIT]}"
        return [Layer(values, origin, self.path, profile)]


class Clouds:
    """All files with clouds; each is read at most once."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self.config = read_config(context)
        self._yaml: dict[tuple[str, str], CloudsFile] = {}
        """clouds.yaml and secure.yaml, which is the stronger one."""
        self._public: CloudsFile | None = None
        self._unknown_profiles: set[str] = set()

    def read(self) -> None:
        """Read clouds.yaml and secure.yaml if they exist."""
        for names in (CLOUDS_FILE, SECURE_FILE):
            if file := self._read(*names):
                self._yaml[names] = file

    @property
    def files(self) -> tuple[CloudsFile, ...]:
        """All files that were read, the strongest first."""
        return tuple(filter(None, (self.config, *self._yaml.values(), self._public)))

    @property
    def listed(self) -> list[str]:
        """Names of the clouds of clouds.yaml and secure.yaml."""
        return list(dict.fromkeys(name for file in self._yaml.values() for name in file.clouds))

    @property
    def names(self) -> list[str]:
        """Names of all clouds."""
        return list(dict.fromkeys([*(self.config.clouds if self.config else {}), *self.listed]))

    def layers(self, name: str, region: str | None) -> tuple[list[Layer], list[Layer]]:
        """Return a cloud's layers in config.toml, and in clouds.yaml; the strongest first."""
        config = self.config.layers(name) if self.config else []
        yaml = [layer for file in reversed(self._yaml.values()) for layer in file.layers(name)]
        return self._layers(config, region), self._layers(yaml, region)

    def _layers(self, layers: list[Layer], region: str | None) -> list[Layer]:
        profile = next(
            (n for layer in layers if (n := layer.get("profile") or layer.get("cloud"))), None
        )
        layers = [*layers, *([] if profile is None else self._profile(profile))]
        return [*_region_layer(layers, region), *layers]

    def _profile(self, name: Any) -> list[Layer]:
        if not isinstance(name, str):
            raise UsageError(
                "clouds.yaml: a profile must be a name.",
                hint=f"Write the name of a profile, such as {next(iter(PROFILES))}.",
            )
        if self._public is None:
            self._public = self._read("clouds-public", "OS_CLIENT_VENDOR_FILE", "public-clouds")
        if self._public and name in self._public.clouds:
            return self._public.layers(name, "public-clouds", profile=True)
        if name in PROFILES:
            return [Layer(PROFILES[name], f"profile {name}", profile=True)]
        if name not in self._unknown_profiles:
            self._unknown_profiles.add(name)
            self._context.note(
                f"the profile {printable(name)[:NAME_LIMIT]!r} is not known and is ignored."
            )
        return []

    def report_changed_by_working_directory(self, name: str | None) -> None:
        """Warn if a file in the working directory changes a cloud of the user's own files."""
        read = reversed(self._yaml.values())
        local = [file for file in read if file.in_working_directory and name in file.clouds]
        if not local:
            return
        for file in self._own_files():
            if name in file.clouds and not file.path.samefile(local[0].path):
                self._context.warn(
                    f"{local[0].path} in the working directory changes the cloud"
                    f" {printable(str(name))[:NAME_LIMIT]!r} of {file.path}."
                )
                return

    def _own_files(self) -> Iterator[CloudsFile]:
        """Yield the files that would be read in another working directory, if they are valid."""
        read = [self.config]
        for names, file in self._yaml.items():
            with suppress(UsageError):
                local = file.in_working_directory
                read.append(self._read(*names, own=True) if local else file)
        yield from filter(None, read)

    def _read(
        self, stem: str, variable: str, section: str = "clouds", *, own: bool = False
    ) -> CloudsFile | None:
        path = _find(stem, variable, self._context, own=own)
        if path is None:
            return None
        document = files.clouds_document(path, pipe=bool(self._context.env.get(variable)))
        return _checked(path, section, document)


def read_config(context: Context) -> CloudsFile | None:
    """Read config.toml: [defaults] and [clouds.NAME]. Return None if it is missing."""
    path = context.paths.config_file
    if path is not None and files.is_hidden(path):
        context.warn(f"configuration files are not read: you may not enter {path.parent}.")
        return None
    document = None if path is None else files.toml(path)
    if path is None or document is None:
        return None
    for name in document:
        if name not in {"defaults", "clouds"}:
            raise UsageError(
                f"{path}: section [{printable(name)[:NAME_LIMIT]}] is not known.",
                hint="Use [defaults].",
            )
    defaults = files.mapping(path, "defaults", document.get("defaults"))
    return _checked(path, "clouds", document)._replace(defaults=defaults)


def _checked(path: Path, section: str, document: dict[str, Any]) -> CloudsFile:
    clouds = files.mapping(path, section, document.get(section))
    by_name = {name: files.mapping(path, f"{section}.{name}", raw) for name, raw in clouds.items()}
    return CloudsFile(path, by_name)


def _find(stem: str, variable: str, context: Context, *, own: bool) -> Path | None:
    """Return the path of a file; with `own` not of one in the working directory."""
    named = context.env.get(variable)
    if named:
        mode = files.mode(Path(named), f"{variable}: {printable(named)}")
        if not stat.S_ISREG(mode) and not stat.S_ISFIFO(mode):
            raise UsageError(
                f"{variable}: {printable(named)} does not exist, or is not a file.",
                hint=f"Correct the path, or unset {variable}.",
            )
        return Path(named).absolute()
    for folder in context.paths.config_folders:
        for suffix in SUFFIXES:
            path = folder / f"{stem}{suffix}"
            is_local = not path.is_absolute()
            if (own and is_local) or not stat.S_ISREG(files.mode(path)):
                continue
            if not is_local or not files.belongs_to_stranger(path):
                return path
            context.note(
                f"{path} in the working directory belongs to another user and is ignored."
                f" To use it, set {variable}."
            )
    return None


def _with_underscores(values: dict[Any, Any]) -> dict[str, Any]:
    return {str(key).replace("-", "_"): value for key, value in values.items()}


def _region_layer(layers: list[Layer], region: str | None) -> Iterator[Layer]:
    """Yield the values of one entry of `regions`: `region`, region_name, or the only one."""
    listing = next((layer for layer in layers if layer.get("regions")), None)
    single = next((layer for layer in layers if layer.get("region_name")), None)
    if listing is None or (single is not None and listing.profile and not single.profile):
        return
    regions = _regions(listing)
    name = region or (next(iter(regions)) if len(regions) == 1 else None)
    if name is None and single is not None and isinstance(single.get("region_name"), str):
        name = single.get("region_name")
    if name is None or (name not in regions and listing.profile):
        return
    if name not in regions:
        raise UsageError(
            f"{listing.origin}.regions does not list {printable(name)[:NAME_LIMIT]!r};"
            f" it lists {listed_regions(list(regions))}.",
            hint="Choose one of them with --region.",
        )
    values = {**regions[name], "region_name": name}
    yield Layer(values, f"{listing.origin}.regions", listing.path)


def region_choices(layers: list[Layer]) -> tuple[list[str], str, bool]:
    """Return the regions that a cloud lists, where, and whether a profile lists them."""
    for layer in layers:
        if layer.get("regions"):
            return list(_regions(layer)), f"{layer.origin}.regions", layer.profile
    return [], "", False


def listed_regions(names: list[str]) -> str:
    """Return region names for a message."""
    listed = ", ".join(printable(name[:64]) for name in names[:REGIONS_LISTED])
    return listed + (", ..." if len(names) > REGIONS_LISTED else "")


def _regions(layer: Layer) -> dict[str, dict[str, Any]]:
    """Return name and values of each entry of `regions`, which is a name or has a name."""
    raw = layer.get("regions")
    regions: dict[str, dict[str, Any]] = {}
    for entry in raw if isinstance(raw, list) else [None]:
        match {"name": entry} if isinstance(entry, str) else entry:
            case {"name": str(name), **more} if more.keys() <= {"values"}:
                values = more.get("values") or {}
            case _:
                values = None
        if not isinstance(values, dict):
            raise UsageError(
                f"{layer.origin}.regions is not a list of regions.",
                hint="Write [eu-de, eu-nl], or entries such as {name: eu-de, values: {...}}.",
            )
        regions[name] = _with_underscores(values)
    return regions
