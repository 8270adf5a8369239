"""With every warning as an error no command prints one: each socket, file and pipe is closed."""

from __future__ import annotations

import pytest

from tests.support.program import clean_env, run_process

COMMANDS = (
    "get restore", "tree restore", "watch restore --timeout 1", "config check", "list",
)  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_prints_no_resource_warning(command: str) -> None:
    env = clean_env(PYTHONWARNINGS="error", PYTHONDEVMODE="1", VBSJOB_CLOUD="sandbox")
    ended = run_process(*command.split(), env=env)
    assert ended.code in {0, 124}, ended.err
    assert "Warning" not in ended.err
    assert "Traceback" not in ended.err
