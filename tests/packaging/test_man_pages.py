"""Manual pages: made from the command tree, committed, current."""

from __future__ import annotations

import re
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from man import generate
from tests.support.program import ROOT
from vbsjob.config.schema import OTHER_VARIABLES, SETTINGS

if TYPE_CHECKING:
    from man.generate import Command

TOP = generate.command_tree()
PAGES = generate.pages(TOP)
COMMANDS = list(TOP.walk())


def needs(tool: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(shutil.which(tool) is None, reason=f"{tool} is not installed")


def test_what_is_committed_is_what_the_commands_say() -> None:
    folder = ROOT / "man"
    committed = {
        path.relative_to(folder).as_posix(): path.read_text("utf-8")
        for path in folder.glob("man?/*")
    }
    assert committed == PAGES, "run python man/generate.py"


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.page)
def test_the_page_of_a_command_has_every_section(command: Command) -> None:
    page = PAGES[f"man1/{command.page}.1"]
    sections = [line[4:] for line in page.splitlines() if line.startswith(".SH ")]
    assert sections == [
        "NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "EXIT STATUS", "ENVIRONMENT", "FILES",
        "EXAMPLES", "SEE ALSO",
    ]  # fmt: skip


def test_the_page_of_the_configuration_file_has_every_key_with_its_sentence() -> None:
    page = unescaped(PAGES["man5/vbsjob.5"])
    for setting in SETTINGS:
        keys = [setting.name] if setting.preference else setting.cloud[:1]
        assert [key for key in keys if f"\n{key}" not in page and f" {key}" not in page] == []
        assert setting.sentence in " ".join(page.split())


def test_the_main_page_has_every_variable_with_its_sentence() -> None:
    page = " ".join(unescaped(PAGES["man1/vbsjob.1"]).split())
    for setting in SETTINGS:
        assert f".TP {setting.variable} {setting.sentence}" in page
        assert [variable for variable in setting.os if variable not in page] == []
    for variable, sentence in OTHER_VARIABLES.items():
        assert f".TP {variable} {sentence}" in page


def unescaped(page: str) -> str:
    """Return the text of a page without escapes, as a reader sees its characters."""
    for escape, character in (
        (r"\fB", ""), (r"\fI", ""), (r"\fR", ""), (r"\-", "-"), (r"\(aq", "'"), (r"\(ti", "~"),
        (r"\(dq", '"'), (r"\(ga", "`"), (r"\&", ""),
    ):  # fmt: skip
        page = page.replace(escape, character)
    return page


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.page)
def test_a_page_explains_every_exit_code_that_its_command_can_end_with(command: Command) -> None:
    page = PAGES[f"man1/{command.page}.1"]
    section = page.partition(".SH EXIT STATUS")[2].partition(".SH ")[0]
    codes = re.findall(r"^\\fB([0-9]+)\\fR$", section, re.MULTILINE)
    assert codes == [str(int(code)) for code in command.exit_codes]
    assert "128 + N" in section


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.page)
def test_every_option_is_in_the_page(command: Command) -> None:
    page = PAGES[f"man1/{command.page}.1"].replace(r"\-", "-")
    names = [name for option in command.parameters for name in generate.flags(option)]
    assert "--help" in names
    assert [name for name in names if rf"\fB{name}\fR" not in page] == []


@needs("mandoc")
@pytest.mark.parametrize("name", PAGES)
def test_mandoc_has_nothing_to_say(name: str) -> None:
    ran = subprocess.run(
        ["mandoc", "-T", "lint", ROOT / "man" / name], capture_output=True, text=True, check=False
    )
    assert (ran.stdout, ran.stderr) == ("", "")


@needs("groff")
@pytest.mark.parametrize("name", PAGES)
def test_groff_has_nothing_to_say(name: str) -> None:
    command = ["groff", "-ww", "-man", "-Tutf8", "-z", str(ROOT / "man" / name)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")


@needs("groff")
@pytest.mark.parametrize("name", PAGES)
def test_no_line_of_a_page_ends_within_a_word(name: str) -> None:
    command = ["groff", "-man", "-Tutf8", "-rLL=80n", str(ROOT / "man" / name)]
    shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert [line for line in shown.splitlines() if line.endswith("\N{HYPHEN}")] == []


@needs("man")
@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.page)
def test_man_shows_the_page_with_its_examples_as_they_are_typed(command: Command) -> None:
    ran = subprocess.run(
        ["man", f"./man/man1/{command.page}.1"],
        capture_output=True, text=True, check=True, cwd=ROOT,
        env={"PATH": "/usr/bin:/bin", "MANWIDTH": "100", "LC_ALL": "C.UTF-8"},
    )  # fmt: skip
    shown = [line.strip() for line in ran.stdout.splitlines()]
    assert [example for example in command.examples if example.strip() not in shown] == []
    assert command.examples
