"""Collects the values of all settings, one source at a time; `precedence` combines the sources.

A source maps names of settings to values: options, VBSJOB_* variables, OS_* variables, [defaults]
of config.toml, the layers of a cloud.
"""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any, NamedTuple

from vbsjob.config.schema import SETTINGS, SETTINGS_BY_NAME
from vbsjob.errors import UsageError
from vbsjob.text import hide_values, printable, suggestion

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from vbsjob.config.clouds_yaml import CloudsFile, Layer
    from vbsjob.context import Context

KEY_FAMILIES = ("S3_", "HUAWEICLOUD_SDK_", "HW_")
"""Prefixes of variables that hold an access key for other programs too."""
KEYS = ("access_key", "secret_key", "security_token")


@hide_values
class SettingValue(NamedTuple):
    """A value and its origin, such as `--region`, `OS_REGION_NAME` or a key of a file."""

    value: Any
    origin: str
    file: Path | None = None
    derived: bool = False
    """Whether it was concluded from another setting, such as the region from a project name."""

    @property
    def in_working_directory(self) -> bool:
        """Whether a file in the working directory sets it: it may have come with a download."""
        return self.file is not None and not self.file.is_absolute()


Source = dict[str, SettingValue]


def from_options(options: Mapping[str, Any]) -> Source:
    """Return the settings that options set."""
    return {
        name: SettingValue(options[name], setting.flag)
        for name, setting in SETTINGS_BY_NAME.items()
        if options.get(name) is not None
    }


def from_variables(prefix: str, context: Context) -> Source:
    """Return the settings that variables with a prefix set, such as VBSJOB_ or OS_."""
    named = (
        (setting.name, variable)
        for setting in SETTINGS
        for variable in reversed((setting.variable, *setting.os))  # the first one is the strongest
        if variable.startswith(prefix) and context.env.get(variable)
    )
    return {name: SettingValue(context.env[variable], variable) for name, variable in named}


def key_families(context: Context) -> list[Source]:
    """Return the access keys of S3_* and of HUAWEICLOUD_SDK_*, each as a separate source.

    A key without its secret key comes last.
    """
    families = (from_variables(prefix, context) for prefix in KEY_FAMILIES)
    return sorted(families, key=lambda family: not {*KEYS[:2]} <= family.keys())


def from_defaults(config: CloudsFile | None) -> Source:
    """Return [defaults] of config.toml. Raises UsageError for a key that is not known."""
    if config is None:
        return {}
    preferences = [setting.name for setting in SETTINGS if setting.preference]
    for name in config.defaults:
        if name not in preferences:
            raise UsageError(
                f"{config.path}: [defaults] key {printable(name)[:80]!r} is not known.",
                hint=suggestion(name, preferences),
            )
    return {
        name: SettingValue(raw, f"{config.path} [defaults] {name}", config.path)
        for name, raw in config.defaults.items()
    }


def from_layers(layers: list[Layer]) -> Source:
    """Return the settings of a cloud; keys of other services are ignored."""
    source: Source = {}
    for setting in SETTINGS:
        for dotted, layer in product(setting.cloud, layers):
            raw = layer.get(dotted)
            if raw in (None, "") or setting.name in source:
                continue
            # `verify: /path/to/ca.pem` means cacert, as in openstacksdk and requests.
            is_path = setting.name == "verify" and isinstance(raw, str) and "/" in raw
            name = "cacert" if is_path else setting.name
            origin = f"{layer.origin}.{dotted}"
            source.setdefault(name, SettingValue(raw, origin, layer.path))
    return source


def secrets(*all_sources: Source) -> Iterator[str]:
    """Yield the secrets of sources, for the mask of everything that is printed."""
    for source in all_sources:
        for name, value in source.items():
            if SETTINGS_BY_NAME[name].secret and isinstance(value.value, str | int | float):
                yield str(value.value)
