"""README agrees with the program: exit codes, commands, configuration; and it is short."""

from __future__ import annotations

import io
import re
import tomllib
from typing import TYPE_CHECKING

from tests.support.context import fake_context
from tests.support.program import ROOT
from vbsjob import __version__
from vbsjob.cli import app
from vbsjob.config import loader
from vbsjob.exit_codes import ExitCode

if TYPE_CHECKING:
    from pathlib import Path

README = (ROOT / "README.md").read_text("utf-8")


def test_its_table_of_exit_codes_has_every_code() -> None:
    codes = {int(code) for code in re.findall(r"^\| ([0-9]+) \|", README, re.MULTILINE)}
    assert codes >= {int(code) for code in ExitCode if code < 128}


def test_every_command_of_its_table_exists() -> None:
    names = set(re.findall(r"^\| `vbsjob ([a-z]+)", README, re.MULTILINE))
    assert {"get", "watch", "tree"} <= names <= set(app.root_command().commands)


def test_its_config_toml_sets_what_it_shows(tmp_path: Path) -> None:
    example = README.split("```toml\n")[1].split("```")[0]
    assert tomllib.loads(example)
    file = tmp_path / "config.toml"
    file.write_text(example)
    file.chmod(0o600)
    context = fake_context(io.StringIO(), io.StringIO(), io.StringIO(), {}, config_file=file)
    loaded = loader.load({}, context)
    assert (loaded["cloud"], loaded["region"], loaded["retry_for"]) == ("prod", "eu-de", 120.0)
    assert loaded["username"] == "operator"


def test_it_has_at_most_1100_words_of_prose() -> None:
    text = re.sub(r"^```\w+\n.*?^```$", "", README, flags=re.DOTALL | re.MULTILINE)
    assert len([word for word in text.split() if re.search(r"\w", word)]) <= 1100


def test_each_of_its_links_and_pictures_exists() -> None:
    paths = re.findall(r"\]\(([^)#:]+)\)", README)
    assert sum(path.endswith(".svg") for path in paths) >= 2
    assert [path for path in paths if not ROOT.joinpath(path).exists()] == []


def test_its_commands_for_set_up_are_one_line_each() -> None:
    lines = re.findall(r"^    (python3 -m venv \.venv && .*)$", README, re.MULTILINE)
    assert [line.split()[-1] for line in lines] == ["sandbox", "pytest"]


def test_every_version_in_it_is_the_version_of_the_program() -> None:
    assert set(re.findall(r"vbsjob(?:==|-)([0-9][0-9.]*[0-9])", README)) == {__version__}


def test_its_script_is_the_example() -> None:
    script = README.partition("## Scripts and CI")[2].split("```sh\n")[1].split("```")[0]
    assert script == ROOT.joinpath(".github/examples/watch.sh").read_text("utf-8")
