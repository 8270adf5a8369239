"""README tells what is so: its codes, its commands, its configuration."""

from __future__ import annotations

import io
import re
import tomllib
from typing import TYPE_CHECKING

import pytest

from tests.support.context import fake_context
from tests.support.program import ROOT, clean_env, run_process
from vbsjob.config import loader
from vbsjob.exit_codes import ExitCode

if TYPE_CHECKING:
    from pathlib import Path

README = (ROOT / "README.md").read_text("utf-8")


def test_its_table_of_exit_codes_has_every_code() -> None:
    told = {int(code) for code in re.findall(r"^\| ([0-9]+) \|", README, re.MULTILINE)}
    assert told >= {int(code) for code in ExitCode if code < 128}


@pytest.mark.slow
def test_every_command_in_its_table_is_there() -> None:
    for name in re.findall(r"^\| `vbsjob ([a-z]+)", README, re.MULTILINE):
        assert run_process(name, "--help", env=clean_env()).code == 0, name


def test_its_config_toml_says_what_it_seems_to_say(tmp_path: Path) -> None:
    example = README.split("```toml\n")[1].split("```")[0]
    assert tomllib.loads(example)
    file = tmp_path / "config.toml"
    file.write_text(example)
    file.chmod(0o600)
    nobody = fake_context(io.StringIO(), io.StringIO(), io.StringIO(), {}, config_file=file)
    loaded = loader.load({}, nobody)
    assert (loaded["cloud"], loaded["region"], loaded["retry_for"]) == ("prod", "eu-de", 120.0)
    assert loaded["username"] == "operator"
