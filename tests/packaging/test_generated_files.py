"""Manual pages and completion scripts: made from the command tree, committed, current."""

from __future__ import annotations

import re
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.support.program import ROOT
from vbsjob.generate import __main__ as generate

if TYPE_CHECKING:
    from vbsjob.generate.command_tree import Command

FILES = generate.files()
PAGES = sorted(name for name in FILES if name.startswith("man/"))
COMMANDS = list(generate.command_tree().walk())


def needs(tool: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(shutil.which(tool) is None, reason=f"{tool} is not installed")


@pytest.mark.parametrize("name", FILES)
def test_what_is_committed_is_what_the_commands_say(name: str) -> None:
    assert (ROOT / name).read_text("utf-8") == FILES[name], "run python -m vbsjob.generate"


def test_no_page_is_left_of_a_command_that_is_gone() -> None:
    assert sorted(f"man/{path.name}" for path in ROOT.glob("man/*.1")) == PAGES


@pytest.mark.parametrize("name", PAGES)
def test_a_page_has_every_section(name: str) -> None:
    page = FILES[name]
    sections = [line[4:] for line in page.splitlines() if line.startswith(".SH ")]
    assert sections == [
        "NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "EXIT STATUS", "ENVIRONMENT", "FILES",
        "EXAMPLES", "SEE ALSO",
    ]  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.page)
def test_a_page_explains_every_exit_code_that_its_command_can_end_with(command: Command) -> None:
    page = FILES[f"man/{command.page}.1"]
    section = page.partition(".SH EXIT STATUS")[2].partition(".SH ")[0]
    codes = re.findall(r"^\\fB([0-9]+)\\fR$", section, re.MULTILINE)
    assert codes == [str(int(code)) for code in command.exit_codes]
    assert "128 + N" in section


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.page)
def test_every_option_is_in_the_page_and_in_every_script(command: Command) -> None:
    page = FILES[f"man/{command.page}.1"].replace(r"\-", "-")
    for name in (name for option in command.options for name in option.flags):
        word = name.lstrip("-")
        assert rf"\fB{name}\fR" in page
        assert f" {name} " in FILES["completions/vbsjob.bash"].replace("\n", " ")
        assert re.search(rf"[)*]{name}[=+]?\[", FILES["completions/_vbsjob"])
        assert re.search(rf" -[ls] {word}[ \n]", FILES["completions/vbsjob.fish"])


@needs("mandoc")
@pytest.mark.parametrize("name", PAGES)
def test_mandoc_has_nothing_to_say(name: str) -> None:
    ran = subprocess.run(
        ["mandoc", "-T", "lint", ROOT / name], capture_output=True, text=True, check=False
    )
    assert (ran.stdout, ran.stderr) == ("", "")


@needs("groff")
@pytest.mark.parametrize("name", PAGES)
def test_groff_has_nothing_to_say(name: str) -> None:
    command = ["groff", "-ww", "-man", "-Tutf8", "-z", str(ROOT / name)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")


@needs("man")
@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.page)
def test_man_shows_the_page_with_its_examples_as_they_are_typed(command: Command) -> None:
    ran = subprocess.run(
        ["man", f"./man/{command.page}.1"], capture_output=True, text=True, check=True, cwd=ROOT,
        env={"PATH": "/usr/bin:/bin", "MANWIDTH": "100", "LC_ALL": "C.UTF-8"},
    )  # fmt: skip
    shown = [line.strip() for line in ran.stdout.splitlines()]
    assert [example for example in command.examples if example.strip() not in shown] == []
    assert command.examples
