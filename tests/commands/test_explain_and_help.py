"""`explain`, `help` and what is said of arguments that are none; all of it offline."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import typer.main

from tests.commands.test_get import vbsjob
from vbsjob.cli import app
from vbsjob.exit_codes import ExitCode
from vbsjob.jobs import error_codes

ROOT = Path(__file__).parents[2]
COMMANDS = sorted(typer.main.get_command(app.app).commands)  # type: ignore[attr-defined]


def test_explain_tells_meaning_and_action_whatever_the_case() -> None:
    code, out, err, asked = vbsjob("explain", "volumebackup.0202", env={})
    assert (code, err, asked) == (0, "", [])
    known = error_codes.everything()["VolumeBackup.0202"]
    assert out.splitlines()[0] == "VolumeBackup.0202"
    assert known.meaning in out
    assert known.action in out


def test_explain_alone_lists_every_code_once() -> None:
    _, out, _, _ = vbsjob("explain", env={})
    assert [line.split()[0] for line in out.splitlines()] == list(error_codes.everything())


def test_explain_in_json_is_one_document_or_an_array() -> None:
    one = json.loads(vbsjob("explain", "common.0011", "-o", "json", env={})[1])
    assert set(one) == {"schema_version", *error_codes.FIELDS}
    every = json.loads(vbsjob("explain", "-o", "json", env={})[1])
    assert [item["code"] for item in every] == list(error_codes.everything())
    assert one in every


def test_explain_gives_one_field_alone_and_names_alone() -> None:
    action = error_codes.everything()["common.0011"].action
    assert vbsjob("explain", "common.0011", "-f", "action", env={})[1] == f"{action}\n"
    assert vbsjob("explain", "common.0011", "-o", "name", env={})[1] == "common.0011\n"


@pytest.mark.parametrize("typed", ["0202", "VolumeBackup.202", "VolumBackup.0202", "VBS.0202"])
def test_a_code_that_is_nearly_one_is_refused_with_the_one_meant(typed: str) -> None:
    code, out, err, _ = vbsjob("explain", typed, env={})
    assert (code, out) == (ExitCode.USAGE, "")
    assert "Did you mean VolumeBackup.0202" in err


def test_a_code_of_another_service_is_refused_without_a_guess() -> None:
    code, _, err, _ = vbsjob("explain", "\x1b[31mXYZ", env={})
    assert code == ExitCode.USAGE
    assert "Did you mean" not in err
    assert "\x1b" not in err


def test_a_broken_cloud_does_not_keep_explain_from_answering() -> None:
    env = {"VBSJOB_CLOUD": "nowhere", "OS_CLIENT_CONFIG_FILE": "/nowhere/clouds.yaml"}
    assert vbsjob("explain", "common.0011", env=env)[0] == 0


def test_help_on_exit_codes_tells_every_code_and_every_signal() -> None:
    code, out, _, _ = vbsjob("help", "exit-codes", env={})
    assert code == 0
    told = [int(line.split()[0]) for line in out.splitlines() if line[:3].strip().isdigit()]
    assert set(told) >= {int(code) for code in ExitCode} | {129, 130, 141, 143}


def test_help_on_the_environment_tells_every_setting_and_no_value_of_it() -> None:
    from vbsjob.config.schema import SETTINGS
    from vbsjob.config.variables import OTHER_VARIABLES

    out = vbsjob("help", "environment", env={"VBSJOB_TOKEN": "canary"})[1]
    assert [
        name for name in (*(k.variable for k in SETTINGS), *OTHER_VARIABLES) if name not in out
    ] == []
    assert "canary" not in out


@pytest.mark.parametrize("command", COMMANDS)
def test_help_on_a_command_is_that_of_its_option_and_has_examples_first(command: str) -> None:
    code, out, _, _ = vbsjob("help", command, env={})
    run = subprocess.run(
        [sys.executable, "-m", "vbsjob", command, "--help"],
        cwd=ROOT, capture_output=True, text=True, check=True,
        env={"GITHUB_ACTIONS": "true", "FORCE_COLOR": "1", "PATH": ""},
    )  # fmt: skip
    assert (code, out.strip()) == (0, run.stdout.strip())
    assert "\x1b" not in run.stdout
    assert out.index(f"vbsjob {command}", 8) < out.index("Options:")


@pytest.mark.parametrize("command", [c for c in COMMANDS if c != "help"])
def test_the_help_of_a_command_ends_with_its_exit_codes(command: str) -> None:
    out = vbsjob("help", command, env={})[1]
    assert "Exit codes:" in out
    assert "0  ok" in out.partition("Exit codes:")[2]


@pytest.mark.parametrize(
    ("argv", "meant"),
    [
        (["gett", "j"], "Did you mean 'get'?"),
        (["get", "j", "--outptu", "json"], "Did you mean --output?"),
        (["help", "exit-code"], "Did you mean exit-codes?"),
        (["help", "gte"], "Did you mean get?"),
    ],
)
def test_a_word_that_is_nearly_one_of_ours_is_refused_with_the_one_meant(
    argv: list[str], meant: str
) -> None:
    code, out, err, asked = vbsjob(*argv)
    assert (code, out, asked) == (ExitCode.USAGE, "", [])
    assert meant in err


def test_what_was_wrong_names_the_help_of_its_own_command() -> None:
    assert "See vbsjob get --help." in vbsjob("get", "j", "--nothing-like-it")[2]
