"""Loads all settings from options, the environment and files; never uses the network."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from vbsjob.config import checks, clouds_yaml, precedence, sources
from vbsjob.config.precedence import (
    ADDRESSES,
    PLACEHOLDERS,
    PROJECT_NAMES,
    TRUST,
    Sources,
    first,
)
from vbsjob.config.schema import SETTINGS_BY_NAME
from vbsjob.config.sources import SettingValue
from vbsjob.config.values import invalid, is_content, path
from vbsjob.errors import UsageError
from vbsjob.http import url
from vbsjob.text import printable, suggestion

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from vbsjob.config.clouds_yaml import Clouds, Layer
    from vbsjob.config.sources import Source
    from vbsjob.context import Context

PROJECT_ID = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True, eq=False)
class Settings:
    """The values that some source sets, by name of the setting."""

    values: Mapping[str, SettingValue]
    sandbox: bool = False
    files: tuple[Path, ...] = ()
    """All files that were read, the strongest first."""
    cloud_named: bool = False
    """Whether the user named the cloud with --cloud or VBSJOB_CLOUD."""

    def __getitem__(self, name: str) -> Any:
        """Return the value of a setting; its default if nothing sets it."""
        setting_value = self.values.get(name)
        return SETTINGS_BY_NAME[name].default if setting_value is None else setting_value.value

    def origin(self, name: str) -> str:
        """Return where the value comes from."""
        setting_value = self.values.get(name)
        return "default" if setting_value is None else setting_value.origin

    def missing(self, name: str, why: str) -> UsageError:
        """Return the error for a missing setting; the hint names every way to set it."""
        setting = SETTINGS_BY_NAME[name]
        keys = (f"{key} in clouds.yaml" for key in setting.cloud[:1])
        ways = [*setting.os[:1], setting.variable, *keys]
        return UsageError(f"{name} is not set: {why}.", hint=f"Set {' or '.join(ways)}.")

    def cache_scope(self) -> tuple[str, ...]:
        """Return what a cached token is bound to beyond the user: the service, the TLS settings.

        An address from a file in the working directory counts too: a token of one folder must
        not be sent to the address that a file in another folder names.
        """
        addresses = [self.values[name] for name in ADDRESSES if name in self.values]
        local = [value for value in addresses if value.in_working_directory]
        texts = (str(text) for value in local for text in (value.file, value.value))
        return (*(str(self[name]) for name in ("service", "cert", *TRUST)), *texts)

    def with_service(self, origin: str, **values: str) -> Settings:
        """Return settings for another service: only the preferences are kept."""
        unchanged = {
            name: value for name, value in self.values.items() if not SETTINGS_BY_NAME[name].cloud
        }
        service = {name: SettingValue(value, origin) for name, value in values.items()}
        return replace(self, values=unchanged | service)


def load(options: Mapping[str, Any], context: Context) -> Settings:
    """Load all settings. Raises UsageError that names the source of a wrong value."""
    direct = (
        sources.from_options(options),
        sources.from_variables("VBSJOB_", context),
        sources.from_variables("OS_", context),
    )
    context.secrets.add(*sources.secrets(*direct))  # before anything is printed
    checks.refuse_contents(context)
    clouds = clouds_yaml.Clouds(context)
    defaults = sources.from_defaults(clouds.config)
    cloud = first("cloud", [*direct, defaults])
    has_address = any(first(name, direct) for name in ADDRESSES)
    name = _cloud_name(cloud, clouds, has_address=has_address)
    families = tuple(sources.key_families(context))
    empty = Sources(*direct, config={}, defaults=defaults, yaml={}, key_families=families)
    # OS_REGION_NAME may be left over from another cloud: it does not choose in a named cloud.
    choosing = direct[:2] if checks.is_named(cloud) else (*direct, defaults)
    region = first("region", choosing)
    region = None if region is None else _parsed("region", region)
    loaded = _Loaded(name, cloud, clouds, empty, region)
    if region is None:
        region, ignored = precedence.choose_region(loaded.values, loaded.cloud, loaded.layers)
        if region is not None:  # the values of this region count too
            loaded = _Loaded(name, cloud, clouds, empty, region)
            loaded.values["region"] = region
        elif ignored is not None:
            del loaded.values["region"]
        loaded.ignored += [] if ignored is None else [ignored]
    # Also those of sources that are ignored.
    context.secrets.add(*sources.secrets(loaded.sources.config, loaded.sources.yaml, *families))
    if checks.wants_sandbox(cloud) and not loaded.layers:
        values = {name: _parsed(name, value) for name, value in loaded.values.items()}
        return Settings(values, sandbox=True)
    checks.report_files(clouds.files, context)
    clouds.report_changed_by_working_directory(name)
    checks.report_ignored(cloud, loaded.ignored, context)
    if not checks.is_named(cloud):
        checks.report_agency(loaded.values, context)
    checks.report_misspelt_variables(context)
    checks.report_unexpanded(loaded.values, context)
    values = {name: _parsed(name, value) for name, value in loaded.values.items()}
    service, endpoint = values.get("service"), values.get("endpoint")
    is_of_vbs = endpoint and endpoint.origin.lower().endswith("_endpoint_override")
    if is_of_vbs and service and service.value != "vbs":
        del values["endpoint"]
    region = values.get("region")
    addresses = (name for name in ADDRESSES if name in values)
    values |= {name: _filled(values[name], region, loaded.layers) for name in addresses}
    checks.refuse_other_address(cloud, values, loaded.cloud)
    checks.refuse_mixture(values)
    files = tuple(file.path for file in clouds.files)
    return Settings(_addressed(values), files=files, cloud_named=checks.is_named(cloud))


class _Loaded:
    """The sources with the layers of one region, and what they combine to."""

    def __init__(
        self,
        name: str | None,
        cloud: SettingValue | None,
        clouds: Clouds,
        without_cloud: Sources,
        region: SettingValue | None,
    ) -> None:
        chosen = None if region is None else str(region.value)
        config, yaml = ([], []) if name is None else clouds.layers(name, chosen)
        self.layers = [*config, *yaml]
        self.sources = without_cloud._replace(
            config=sources.from_layers(config), yaml=sources.from_layers(yaml)
        )
        self.cloud = self.sources.yaml | self.sources.config
        values, self.ignored = precedence.combine(self.sources, named=checks.is_named(cloud))
        self.values = _with_project(values)


def preference(name: str, options: Mapping[str, Any], context: Context) -> Any:
    """Return one preference, for a command that needs no cloud. Raises UsageError as `load`."""
    value = first(
        name,
        [
            sources.from_options(options),
            sources.from_variables("VBSJOB_", context),
            sources.from_defaults(clouds_yaml.read_config(context)),
        ],
    )
    return SETTINGS_BY_NAME[name].default if value is None else _parsed(name, value).value


def _cloud_name(cloud: SettingValue | None, clouds: Clouds, *, has_address: bool) -> str | None:
    """Return the name of the cloud to use; None if no file defines it.

    The only cloud of clouds.yaml needs no name, unless an address is set already.
    """
    if cloud is None and has_address:
        return None
    clouds.read()
    if cloud is None:
        return clouds.listed[0] if len(clouds.listed) == len(clouds.names) == 1 else None
    name = _parsed("cloud", cloud).value
    if name in clouds.names:
        return str(name)
    if name == "envvars" or checks.wants_sandbox(cloud):  # openstacksdk: the OS_* variables
        return None
    none = "There is no clouds.yaml and no config.toml; 'vbsjob config show' shows their paths."
    hint = suggestion(name, clouds.names) if clouds.names else none
    raise UsageError(
        f"{cloud.origin}: no file defines a cloud {printable(name)[:80]!r}.", hint=hint
    )


def _with_project(values: Source) -> Source:
    """Replace `project` by project_id or project_name: 32 hexadecimal digits are an id."""
    project = values.get("project")
    if project is None:
        return values
    is_id = isinstance(project.value, str) and PROJECT_ID.fullmatch(project.value)
    values = {name: value for name, value in values.items() if name not in PROJECT_NAMES}
    return {**values, "project_id" if is_id else "project_name": project}


def _parsed(name: str, setting_value: SettingValue) -> SettingValue:
    setting, raw = SETTINGS_BY_NAME[name], setting_value.value
    try:
        if isinstance(raw, str) and setting.parse is not path:  # a file may have any name
            raw.encode()
        if setting.secret and isinstance(raw, int | float):
            raise ValueError("is a number; write it in quotes")  # noqa: TRY301 - one handler
        return setting_value._replace(value=setting.parse(raw))
    except ValueError as error:
        if isinstance(error, UnicodeEncodeError):  # lone surrogates, from bytes that are not UTF-8
            error = ValueError("is not valid UTF-8; write it in UTF-8")
        written = "the value"
        hidden = setting.secret or setting.parse is path or is_content(str(raw).strip())
        if isinstance(raw, str | int | float) and not hidden:
            written = repr(printable(str(raw)[:80]))
        raise invalid(f"{setting_value.origin}: {written}", error) from None


def _filled(
    address: SettingValue, region: SettingValue | None, layers: list[Layer]
) -> SettingValue:
    """Replace the placeholder of the region in an address."""
    text = str(address.value)
    if not any(placeholder in text for placeholder in PLACEHOLDERS):
        return address
    if region is None:
        choices, *_ = clouds_yaml.region_choices(layers)
        listed = f" It is one of {clouds_yaml.listed_regions(choices)}." if choices else ""
        raise UsageError(f"{address.origin} needs a region.", hint=f"Set --region.{listed}")
    for placeholder in PLACEHOLDERS:
        text = text.replace(placeholder, str(region.value))
    return address._replace(value=text)


def _addressed(values: Source) -> Source:
    """Check the addresses, and that the project and the endpoint agree."""
    insecure_http = bool(values["insecure_http"].value) if "insecure_http" in values else False
    for name in reversed(ADDRESSES):
        address = values.get(name)
        if address is not None:
            text = url.without_project_placeholder(str(address.value))
            checked = url.checked(text, address.origin, insecure_http=insecure_http)
            values[name] = address._replace(value=checked)
    endpoint, project = values.get("endpoint"), values.get("project_id")
    in_endpoint = None if endpoint is None else url.project_in(endpoint.value)
    if endpoint is None or in_endpoint is None:
        return values
    if project is not None and project.value != in_endpoint:
        raise UsageError(
            f"{endpoint.origin} is for project {printable(in_endpoint)},"
            f" but {project.origin} is {project.value}.",
            hint="Use the same project in both, or omit one.",
        )
    if project is None and "project_name" not in values:
        values["project_id"] = _parsed("project_id", SettingValue(in_endpoint, endpoint.origin))
    return values
