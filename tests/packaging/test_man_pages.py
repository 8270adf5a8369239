"""Manual pages: made from the command tree, committed, current."""

from __future__ import annotations

import re
import shutil
import subprocess

import pytest

from man import generate
from tests.support.program import ROOT
from vbsjob.config.schema import OTHER_VARIABLES, SETTINGS

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


SECTIONS = [
    "NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "EXIT STATUS", "ENVIRONMENT", "FILES",
    "EXAMPLES", "SEE ALSO",
]  # fmt: skip


def test_the_page_of_each_command_has_every_section_exit_code_and_option() -> None:
    wrong = []
    for command in COMMANDS:
        page = PAGES[f"man1/{command.page}.1"]
        sections = [line[4:] for line in page.splitlines() if line.startswith(".SH ")]
        section = page.partition(".SH EXIT STATUS")[2].partition(".SH ")[0]
        codes = re.findall(r"^\\fB([0-9]+)\\fR$", section, re.MULTILINE)
        expected = [str(int(code)) for code in command.exit_codes]
        names = [name for option in command.parameters for name in generate.flags(option)]
        bold = page.replace(r"\-", "-")
        missing = [name for name in names if rf"\fB{name}\fR" not in bold]
        if sections != SECTIONS or codes != expected or "128 + N" not in section:
            wrong.append((command.page, sections, codes))
        if missing or "--help" not in names:
            wrong.append((command.page, names, missing))
    assert wrong == []


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


def output_of(*command: str) -> str:
    """Return what a tool writes about the pages; stderr too."""
    ran = subprocess.run(
        command, cwd=ROOT / "man", check=True, text=True, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )  # fmt: skip
    return ran.stdout


@needs("mandoc")
def test_mandoc_has_nothing_to_say() -> None:
    assert output_of("mandoc", "-T", "lint", *PAGES) == ""


@needs("groff")
def test_groff_shows_each_page_with_its_examples_as_they_are_typed_and_cuts_no_word() -> None:
    examples = {f"man1/{command.page}.1": command.examples for command in COMMANDS}
    assert all(examples.values())
    for name in PAGES:
        text = output_of("groff", "-ww", "-man", "-Tutf8", "-P-cbou", "-rLL=80n", name)
        shown = text.splitlines()
        warnings = [line for line in shown if line.startswith(("groff", "troff", "grotty"))]
        assert warnings + [line for line in shown if line.endswith("\N{HYPHEN}")] == [], name
        typed = {line.strip() for line in examples.get(name, [])}
        assert typed - {line.strip() for line in shown} == set(), name
