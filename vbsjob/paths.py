"""Folders and files of the user: configuration, cache and history."""

from __future__ import annotations

import os
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable


class Paths(NamedTuple):
    """Folders and files that belong to the user; None without a home folder."""

    config_folders: tuple[Path, ...] = ()
    """Where clouds.yaml is searched, the working directory first."""
    config_file: Path | None = None
    cache_folder: Path | None = None
    state_folder: Path | None = None


class PlatformPaths:
    """The real Paths, each computed at first use: platformdirs costs 5 ms to import."""

    @cached_property
    def config_folders(self) -> tuple[Path, ...]:
        """Where clouds.yaml is searched: the same places as openstacksdk."""
        import platformdirs

        site = Path(platformdirs.site_config_dir("openstack", appauthor=False))
        home = Path(os.environ["HOME"], ".config/openstack") if os.environ.get("HOME") else None
        user = _user_folder(platformdirs.user_config_dir, "openstack")
        folders = (Path(), user, home, site, Path("/etc/openstack"))
        return tuple(dict.fromkeys(folder for folder in folders if folder is not None))

    @cached_property
    def config_file(self) -> Path | None:
        """Path of config.toml."""
        import platformdirs

        folder = _user_folder(platformdirs.user_config_dir, "vbsjob")
        return None if folder is None else folder / "config.toml"

    @cached_property
    def cache_folder(self) -> Path | None:
        """Folder of cached tokens."""
        import platformdirs

        return _user_folder(platformdirs.user_cache_dir, "vbsjob")

    @cached_property
    def state_folder(self) -> Path | None:
        """Folder of the history."""
        import platformdirs

        return _user_folder(platformdirs.user_state_dir, "vbsjob")


def _user_folder(find: Callable[..., str], name: str) -> Path | None:
    try:
        folder = Path(find(name, appauthor=False))
    except RuntimeError:
        return None
    return folder if folder.is_absolute() else None
