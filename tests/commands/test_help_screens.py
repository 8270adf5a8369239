"""Help screens: two goldens, and what every command's help has on each terminal and in a pipe.

`python -m tests.screens.help_screens` draws the goldens again after an intended change.
"""

from __future__ import annotations

import io
import re
from itertools import product
from typing import TYPE_CHECKING

import pytest
from rich.cells import cell_len

from tests.screens.help_screens import COMMANDS, FOLDER, file_of, golden
from tests.support.context import fake_context
from tests.support.program import clean_env, run_process
from tests.support.terminal_stream import TerminalStream
from vbsjob.__main__ import run
from vbsjob.cli import app
from vbsjob.exit_codes import ExitCode

if TYPE_CHECKING:
    from typing import TextIO

PATHS = ["", "config", *app.COMMANDS]


def help_text(path: str, stream: TextIO, width: int = 80) -> str:
    """Return what `--help` writes to this stream, without styles."""
    context = fake_context(
        io.StringIO(), stream, io.StringIO(), {}, terminal_size=lambda _: (width, 24)
    )
    assert run([*path.split(), "--help"], context) == 0
    assert isinstance(stream, io.StringIO)
    return re.sub(r"\x1b\[[0-9;]*m", "", stream.getvalue())


@pytest.mark.slow  # other versions of Typer and rich draw another picture
@pytest.mark.parametrize("command", COMMANDS)
def test_the_help_of_a_command_is_the_golden_one_at_each_width(command: str) -> None:
    assert golden(command) == file_of(command).read_text("utf-8")
    assert set(FOLDER.glob("*.txt")) == {file_of(command) for command in COMMANDS}


def test_the_help_fits_each_width_and_has_summary_options_and_exit_codes() -> None:
    for path, width in product(PATHS, (60, 69, 70, 80)):
        text = help_text(path, TerminalStream(), width)
        assert [line for line in text.splitlines() if cell_len(line) > width] == []
        words = " ".join(re.sub(r"[│╭╮╰╯─]", " ", text).split())
        assert f"Usage: {' '.join(['vbsjob', *path.split()])} [OPTIONS]" in words
        assert "--help" in words
        assert "Show the help of the command." in words
        assert "{" not in words
        codes = " ".join(str(int(code)) for code in app.exit_codes(path))
        end = "" if not path else "Topics: any command, " if path == "help" else codes
        assert end in words
        if width == 80:
            assert path == "" or 0 < text.find(f"vbsjob {path}", 20) < text.index("╭─")
            assert help_text(path, io.StringIO()) == text  # a pipe; help_text removes styles


def test_environment_and_columns_of_ci_services_do_not_change_the_help_in_a_pipe() -> None:
    ci = {"GITHUB_ACTIONS": "true", "FORCE_COLOR": "1", "PY_COLORS": "1"}
    plain = run_process("get", "--help", env=clean_env())
    assert run_process("get", "--help", env=clean_env(**ci)) == plain
    narrow = clean_env(COLUMNS="40", TERMINAL_WIDTH="40")
    assert run_process("get", "--help", env=narrow) == plain
    assert "\x1b" not in plain.out


def test_an_ascii_locale_gets_a_help_that_it_can_show() -> None:
    ended = run_process("get", "--help", env=clean_env(PYTHONIOENCODING="ascii"))
    assert ended.code == 0
    assert ended.out.isascii()
    assert "\\u" not in ended.out


def test_no_text_of_the_help_is_read_as_markup() -> None:
    commands = app.root_command().commands.values()
    texts = [text for command in commands for text in (command.help, command.epilog)]
    texts += [getattr(p, "help", "") for command in commands for p in command.params]
    assert [text for text in texts if text and re.search(r"\[[a-z/]", text)] == []


def test_every_exit_code_of_the_program_is_one_of_a_command() -> None:
    """A new code must be added to the commands that end with it."""
    codes = {code for chosen in app.COMMANDS.values() for code in chosen}
    assert codes == {code for code in ExitCode if code < 128} == set(app.exit_codes(""))
