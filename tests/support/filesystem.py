"""Full, small and read-only file systems."""

from __future__ import annotations

import os
import subprocess
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

FULL = Path("/dev/full")
needs_full = pytest.mark.skipif(not FULL.exists(), reason="there is no /dev/full here")


def _may_mount() -> bool:
    """Whether this process may mount in its own namespace, which usually needs root."""
    command = ["unshare", "--mount", "mount", "-t", "tmpfs", "none", "/mnt"]
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except OSError:
        return False


needs_mount = pytest.mark.skipif(not _may_mount(), reason="mounting needs root and unshare")


def within_mount(folder: Path, options: str) -> tuple[str, ...]:
    """Return a command prefix that mounts a tmpfs over a folder for the command."""
    script = f'mount -t tmpfs -o {options} none "{folder}" && exec "$@"'
    return ("unshare", "--mount", "bash", "-c", script, "bash")


def within_etc(folder: Path) -> tuple[str, ...]:
    """Return a command prefix that mounts a folder's files over those of /etc for the command."""
    script = (
        f'for file in "{folder}"/*; do mount --bind "$file" "/etc/${{file##*/}}" || exit 99; done\n'
        'exec "$@"'
    )
    return ("unshare", "--mount", "bash", "-c", script, "bash")


is_root = os.geteuid() == 0


@contextmanager
def unprivileged() -> Iterator[None]:
    """Become user nobody for a while, so that file permissions apply to root too."""
    before = os.geteuid()
    os.seteuid(before or 65534)
    try:
        yield
    finally:
        os.seteuid(before)
