"""What a test run must leave as it was: devices, the home directory and the checkout."""

from __future__ import annotations

import os
import stat
from pathlib import Path

OF_TOOLS = {"__pycache__", "build", "dist", "mutants", "wheels"}
"""Folders of the checkout that tools write, as .gitignore lists them; so are those with a dot."""


MADE_BY_THE_VENDOR = ".huaweicloud"
"""A folder that the vendor's client makes in the home directory when it is imported."""


def snapshot(checkout: Path, home: Path, devices: Path = Path("/dev")) -> set[str]:
    """Return all paths of a checkout, the upper ones of a home directory, and the kind of devices.

    Contents are not compared: people edit while tests run.
    """
    return {*_checkout(checkout), *_home(home), *_devices(devices)}


def _checkout(folder: Path) -> set[str]:
    paths = set()
    for parent, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if not _of_a_tool(name)]
        names = [*folders, *(name for name in files if not _of_a_tool(name))]
        paths |= {os.path.join(parent, name) for name in names}  # noqa: PTH118 # thousands
    return paths


def _of_a_tool(name: str) -> bool:
    return name in OF_TOOLS or name.startswith(".") or name.endswith(".egg-info")


def _home(folder: Path) -> set[str]:
    """Return the names in a home directory and in the folders where programs keep their files."""
    folders = (folder / name for name in (".", ".cache", ".config", ".local/share", ".local/state"))
    paths = (path for parent in folders if parent.is_dir() for path in parent.iterdir())
    return {str(path) for path in paths if path.name != MADE_BY_THE_VENDOR}


def _devices(folder: Path) -> set[str]:
    return {
        f"{path} ({stat.filemode(path.lstat().st_mode)[0]})"
        for path in folder.iterdir()
        if path.is_symlink() or path.exists()
    }
