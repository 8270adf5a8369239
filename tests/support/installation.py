"""The wheel of this checkout, built and installed in a virtual environment of its own."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
from typing import TYPE_CHECKING

from tests.support.program import ROOT
from vbsjob import __version__

if TYPE_CHECKING:
    from pathlib import Path

PIP_OPTIONS = (
    "--no-deps", "--no-index", "--disable-pip-version-check", "--root-user-action=ignore",
)  # fmt: skip


def install_wheel(folder: Path) -> Path:
    """Build the wheel and install it below `folder`; return the environment.

    The packages that the wheel depends on are those of the environment that runs the tests.
    """
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    assert wheel.name.startswith(f"vbsjob-{__version__}-")
    new = folder / "new"
    make_environment(new)
    pip = [sys.executable, "-m", "pip", "-q", "--python", str(new / "bin/python"), "install"]
    subprocess.run([*pip, *PIP_OPTIONS, str(wheel)], check=True, capture_output=True)
    (packages,) = new.glob("lib/python*/site-packages")
    (packages / "lent.pth").write_text(sysconfig.get_path("purelib"))
    return new


def make_environment(new: Path) -> None:
    """Make an empty virtual environment, without pip."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(new)], check=True)


def copying_installer(installed: Path, script: Path) -> Path:
    """Write a script that copies what is installed into the environment whose bin/ is its argument.

    pip takes two seconds to do the same.
    """
    script.write_text(
        f'#!/bin/sh\nset -e\nbin=$(cd "$1" && pwd)\n'
        f'for packages in "$bin"/../lib/python*/site-packages; do\n'
        f'    cp -R {installed}/lib/python*/site-packages/. "$packages"\ndone\n'
        f'sed "s|{installed}/bin|$bin|" {installed}/bin/vbsjob > "$bin/vbsjob"\n'
        f'chmod +x "$bin/vbsjob"\n'
    )
    script.chmod(0o755)
    return script
