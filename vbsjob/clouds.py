"""Reads config.toml and clouds.yaml: which clouds they define; decides nothing between them.

Files come from outside: their size, nesting and aliases are bounded, and a message names the
file and line, never the content.
"""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vbsjob.outcome import Usage
from vbsjob.text import plain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vbsjob.world import World

SIZE_LIMIT = 64 << 10
ALIAS_LIMIT = 64
DEPTH_LIMIT = 16
NAMES = ("clouds.yaml", "clouds.yml", "clouds.json")
VENDORS: dict[str, dict[str, Any]] = {
    "otc": {"auth": {"auth_url": "https://iam.{region_name}.otc.t-systems.com/v3"}},
    "otc-swiss": {
        "auth": {"auth_url": "https://iam-pub.eu-ch2.sc.otc.t-systems.com/v3"},
        "region_name": "eu-ch2",
    },
}
"""What the profiles of clouds.yaml stand for."""


@dataclass(frozen=True, slots=True)
class File:
    """The clouds that one file defines; `here` if it lies in the working directory."""

    path: Path
    clouds: dict[str, dict[str, Any]] = field(default_factory=dict, repr=False)
    defaults: dict[str, Any] = field(default_factory=dict, repr=False)
    here: bool = False


def config(world: World) -> File | None:
    """Read config.toml: [defaults] and [clouds.NAME]; None where there is none."""
    path = world.config_file
    content = None if path is None else _content(path)
    if path is None or content is None:
        return None
    document = _toml(path, content)
    for name in document:
        if name not in {"defaults", "clouds"}:
            raise Usage(f"{path}: has no section [{plain(name)}].", hint="Use [defaults].")
    defaults = _mapping(path, "defaults", document.get("defaults"))
    return _warned(File(path, _clouds(path, document), defaults), world)


def clouds_yaml(world: World) -> File | None:
    """Read the first clouds.yaml there is, with its secure.yaml merged over it."""
    path = _clouds_path(world)
    if path is None:
        return None
    clouds = _clouds(path, _yaml(path))
    secure = path.with_name(path.name.replace("clouds", "secure", 1))
    if secure != path and secure.is_file():
        clouds = _merged(clouds, _clouds(secure, _yaml(secure)))
    return _warned(File(path, clouds, here=not path.is_absolute()), world)


def _clouds_path(world: World) -> Path | None:
    named = world.env.get("OS_CLIENT_CONFIG_FILE")
    if named:
        if not Path(named).is_file():
            raise Usage(f"OS_CLIENT_CONFIG_FILE: there is no file {plain(named)}.")
        return Path(named).absolute()
    places = (folder / name for folder in world.config_folders for name in NAMES)
    return next((place for place in places if place.is_file()), None)


def _content(path: Path) -> str | None:
    try:
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise Usage(f"{path}: cannot be read: {error.strerror}.") from None
    with os.fdopen(handle, "rb") as stream:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise Usage(f"{path}: is no regular file.")
        content = stream.read(SIZE_LIMIT + 1)
    if len(content) > SIZE_LIMIT:
        raise Usage(f"{path}: is larger than {SIZE_LIMIT >> 10} KiB.")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Usage(f"{path}: is not UTF-8 text.") from None


def _toml(path: Path, content: str) -> dict[str, Any]:
    import tomllib

    try:
        return tomllib.loads(content)
    except tomllib.TOMLDecodeError as error:
        where = str(error).rpartition(" (at ")[2].rstrip(")")
        raise Usage(f"{path}: is no TOML at {where}.") from None
    except (RecursionError, ValueError):
        raise Usage(f"{path}: cannot be understood as TOML.") from None


def _yaml(path: Path) -> dict[str, Any]:
    import yaml

    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        content = _content(path) or ""
        _bounded(path, yaml.parse(content, Loader=loader), yaml)
        document = yaml.load(content, Loader=loader)  # noqa: S506 - the safe loader, in C
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise Usage(f"{path}: line {line}: is no YAML.") from None
    except (yaml.YAMLError, ValueError, RecursionError, TypeError):
        raise Usage(f"{path}: cannot be understood as YAML.") from None
    return _mapping(path, "the file", document)


def _bounded(path: Path, events: Iterator[Any], yaml: Any) -> None:
    """Refuse alias bombs and deep nesting before anything is built of them."""
    aliases = depth = 0
    for event in events:
        aliases += isinstance(event, yaml.AliasEvent)
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if aliases > ALIAS_LIMIT or depth > DEPTH_LIMIT:
            line = event.start_mark.line + 1
            raise Usage(f"{path}: line {line}: too many aliases, or nested too deeply.")


def _clouds(path: Path, document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    clouds = _mapping(path, "clouds", document.get("clouds"))
    named = ((str(name), _mapping(path, f"clouds.{name}", raw)) for name, raw in clouds.items())
    return {name: _with_profile(path, name, cloud) for name, cloud in named}


def _mapping(path: Path, name: str, found: Any) -> dict[str, Any]:
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise Usage(f"{path}: {plain(name)} has to be a mapping of keys to values.")
    return found


def _with_profile(path: Path, name: str, cloud: dict[str, Any]) -> dict[str, Any]:
    profile = cloud.get("profile") or cloud.get("cloud")
    if profile is None:
        return cloud
    if profile not in VENDORS:
        known = ", ".join(VENDORS)
        raise Usage(f"{path}: clouds.{plain(name)}.profile is not among {known}.")
    return _merged(VENDORS[profile], cloud)


def _merged(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    """Return both mappings as one, `above` winning member by member."""
    both = dict(below)
    for name, value in above.items():
        old = both.get(name)
        both[name] = (
            _merged(old, value) if isinstance(old, dict) and isinstance(value, dict) else value
        )
    return both


def _warned(file: File, world: World) -> File:
    """Warn once if others can read a file that holds secrets."""
    holds = any(
        word in str(cloud.get("auth", "")) for cloud in file.clouds.values() for word in SECRETS
    )
    if holds and os.name == "posix" and file.path.stat().st_mode & 0o077:
        world.note(f"others can read the secrets in {file.path}; chmod 600 {file.path}")
    return file


SECRETS = ("'password'", "'token'", "'application_credential_secret'", "'sk'")
