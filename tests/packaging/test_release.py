"""What a release would be made of (S19, F97): few, locked, wheels alone, the same each time."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tomllib
from typing import TYPE_CHECKING

import pytest
from packaging.requirements import Requirement

from tests.support.program import ROOT

if TYPE_CHECKING:
    from pathlib import Path

LOCK = ROOT / ".ci" / "lock.txt"
MOST = 17
"""What the five libraries that vbsjob is built on bring along; F97 hoped for 15."""
PARTS = ("vbsjob", "man", "pyproject.toml", "README.md", "LICENSE", ".gitignore")


def test_s19_a_wheel_built_elsewhere_later_and_under_another_umask_is_the_same(
    tmp_path: Path,
) -> None:
    digest = built(tmp_path / "one", 1_000_000_000, 0o644, TZ="UTC", PYTHONHASHSEED="1")
    other = tmp_path / "an" / "other"
    assert digest == built(other, 1_700_000_000, 0o600, TZ="Asia/Tokyo", PYTHONHASHSEED="2")


def built(folder: Path, at: int, mode: int, **more: str) -> str:
    """Build a wheel of a copy of the source, whose files have a time and mode; return its hash."""
    for part in PARTS:
        copied(ROOT / part, folder / part, at, mode)
    env = {k: v for k, v in os.environ.items() if k != "SOURCE_DATE_EPOCH"}
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder / "d")]
    subprocess.run(
        command, cwd=folder, env=env | more, check=True, capture_output=True,
        umask=0o666 - mode,
    )  # fmt: skip
    (wheel,) = (folder / "d").glob("*.whl")
    assert wheel.name.endswith("-py3-none-any.whl")
    return hashlib.sha256(wheel.read_bytes()).hexdigest()


def copied(source: Path, target: Path, at: int, mode: int) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        shutil.copy(source, target)
    for path in (target, *target.rglob("*")):
        if path.is_file():
            path.chmod(mode)
        os.utime(path, (at, at))


needs_lock = pytest.mark.skipif(not LOCK.exists(), reason="the lock is no part of this copy")


def locked() -> dict[str, str]:
    """Return every line of the lock that pins something, by name, with its marker and hashes."""
    entries = re.split(r"^(?=[a-z])", LOCK.read_text(), flags=re.MULTILINE)[1:]
    return {entry.partition("==")[0]: entry for entry in entries}


def pinned(entry: str) -> Requirement:
    return Requirement(entry.partition("\\")[0].strip())


@needs_lock
def test_s19_f97_every_distribution_is_locked_to_one_version_by_its_hashes() -> None:
    for name, entry in locked().items():
        assert re.fullmatch(r"==[\w.!+]+", str(pinned(entry).specifier)), name
        assert re.findall(r"--hash=sha256:[0-9a-f]{64}\b", entry), name


@needs_lock
def test_s19_f97_the_lock_agrees_with_what_is_depended_on() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    for wanted in map(Requirement, project["dependencies"]):
        (pin,) = pinned(locked()[wanted.name.lower()]).specifier
        assert wanted.specifier.contains(pin.version), f"stale: {LOCK} tells how it is made"


@needs_lock
def test_f97_no_more_than_seventeen_distributions_are_pulled_in() -> None:
    markers = {name: pinned(entry).marker for name, entry in locked().items()}
    environment = {"sys_platform": "linux", "python_full_version": "3.11.0"}
    used = {name for name, marker in markers.items() if not marker or marker.evaluate(environment)}
    assert len(used) <= MOST, sorted(used)
