"""CONTRIBUTING.md names files that exist, and tests for every part of vbsjob."""

from __future__ import annotations

import re

from tests.support.program import ROOT

TEXT = (ROOT / ".github/CONTRIBUTING.md").read_text("utf-8")
TABLE = TEXT.partition("## Which tests belong to which module")[2].partition("\n## ")[0]


def test_every_file_with_tests_that_it_names_exists() -> None:
    folder = ""
    for path in re.findall(r"`(tests/[\w/*.]+|test_[\w*]+\.py)`", TABLE):
        folder = path.rpartition("/")[0] or folder
        name = path.rpartition("/")[2].replace("COMMAND", "").replace("**", "*")
        assert list((ROOT / folder).glob(name or "*")), f"{folder}/{name}"


def test_it_names_tests_for_every_package() -> None:
    packages = [
        path.name for path in (ROOT / "vbsjob").iterdir() if (path / "__init__.py").exists()
    ]
    assert [name for name in packages if f"`{name}/`" not in TABLE] == []


def test_every_module_that_it_names_exists() -> None:
    folders = "auth|cli|config|http|jobs|output|render|sandbox|terminal|watch"
    modules = re.findall(rf"`((?:{folders})/\w+)(?:\.py)?`", TEXT)
    assert len(modules) > 40
    assert [name for name in modules if not (ROOT / f"vbsjob/{name}.py").exists()] == []
