"""Errors, warnings and notes: what people see on a terminal and in a pipe, and programs as JSON."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from tests.support.cloud import USER, Cloud, json_response
from tests.support.terminal_stream import TerminalStream
from vbsjob.__main__ import run

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from vbsjob.http.messages import Request, Response

UUID = "ba5401a2-7cd2-4c01-8c0d-c936ab412d6d"
HEX = "4010b39b5281d3590152874bfa3b1604"


class Ended(NamedTuple):
    """Exit code and standard error of a run."""

    code: int
    err: str


def unknown_job(request: Request) -> Response | None:
    error = {"code": "common.0011", "message": "the job does not exist"}
    jobs = "/jobs/" in request.url
    return json_response(404, {"error": error}, **{"x-request-id": "req-1"}) if jobs else None


def busy(request: Request) -> Response | None:
    return json_response(503, {"error_msg": "busy"}) if "/jobs/" in request.url else None


def output_of(
    *argv: str, terminal: bool = False, env: Mapping[str, str] = USER, before: Any = unknown_job
) -> Ended:
    context = Cloud(before=before).context(env, terminal_size=lambda _: (80, 24))
    stderr = TerminalStream() if terminal else io.StringIO()
    object.__setattr__(context, "stderr", stderr)
    return Ended(run(argv, context), stderr.getvalue())


def test_on_a_terminal_an_error_has_a_line_a_table_of_facts_and_a_hint() -> None:
    ended = output_of("get", "nf1", terminal=True)
    assert ended == (5, (
        "\x1b[1;31merror:\x1b[0m job nf1 was not found.\n"
        "  service  the job does not exist (HTTP 404, common.0011, request id req-1)\n"
        "  asked    project eu-de_team, region eu-de\n"
        "\x1b[36mhint:\x1b[0m Check the id, --project and --region."
        " The service deletes records of old\n      jobs.\n"
    ))  # fmt: skip


def test_in_a_pipe_each_line_of_an_error_names_the_program_and_has_no_colour() -> None:
    ended = output_of("get", "nf1")
    assert ended == (5, (
        "vbsjob: error: job nf1 was not found.\n"
        "vbsjob:   service  the job does not exist (HTTP 404, common.0011, request id req-1)\n"
        "vbsjob:   asked    project eu-de_team, region eu-de\n"
        "vbsjob: hint: Check the id, --project and --region."
        " The service deletes records of old jobs.\n"
    ))  # fmt: skip


def test_colours_of_errors_follow_the_option_and_the_variable() -> None:
    for argv, env in ((("--color", "always"), {}), ((), {"FORCE_COLOR": "1"})):
        assert "\x1b[1;31merror:" in output_of("get", "nf1", *argv, env=USER | env).err


@pytest.mark.parametrize("quiet", [(), ("-q",)])
def test_a_json_error_names_the_job(quiet: tuple[str, ...]) -> None:
    code, err = output_of("get", "nf1", UUID, "-o", "json", *quiet)
    first, second = map(json.loads, err.splitlines())
    assert code == 5
    assert first == {"schema_version": 1, "error": {
        "name": "not_found", "exit_code": 5, "job_id": "nf1", "http_status": 404,
        "message": "job nf1 was not found. The service says: the job does not exist.",
        "hint": "Check the id, --project and --region. The service deletes records of old jobs.",
        "code": "common.0011", "request_id": "req-1",
    }}  # fmt: skip
    assert second["error"]["job_id"] == UUID
    assert "id of a backup or a disk" in second["error"]["hint"]


def test_with_several_jobs_an_error_names_its_jobs_and_is_printed_once() -> None:
    for ids, names in (("ab", "jobs a, b"), ("abcde", "jobs a, b, c and 2 more")):
        lines = output_of("get", *ids, "--retry-for", "0", before=busy).err.splitlines()
        (line,) = [line for line in lines if "error: " in line]
        assert line.startswith(f"vbsjob: error: {names}: https://vbs.cloud.test cannot answer now.")


def test_without_credentials_the_ways_to_sign_in_are_a_list() -> None:
    code, err = output_of("get", "j", env={}, terminal=True)
    lines = err.splitlines()
    assert code == 4
    assert lines[0] == "\x1b[1;31merror:\x1b[0m no credentials are set."
    assert [line.split()[0] for line in lines[1:5]] == ["cloud", "user", "OS_PROJECT_NAME", "token"]
    assert "--cloud sandbox" in " ".join(err.split())


SUGGESTIONS = {
    HEX: f"Did you mean 'vbsjob get {HEX}' or 'vbsjob watch {HEX}'?",
    UUID: f"'vbsjob watch {UUID}'",
    "@last": "'vbsjob watch @last'",
    "jobs": "'vbsjob list' lists recent jobs.",
    "cancel": "The service cannot stop a job",
    "delete": "The service cannot delete a job",
    "logs": "'vbsjob get JOB_ID --details'",
    "wach": "Did you mean 'watch'?",
    "nonsense": "See vbsjob --help.",
    "--cloud x get j": "Write options after the command",
    "get --nothing-like-it": "See vbsjob get --help.",
    "get": "'@last' for the most recent job",
    "get j --outptu json": "Did you mean --output",
    "help exit-code": "Did you mean exit-codes?",
    "help gte": "Did you mean get?",
    "explain 0202": "Did you mean VolumeBackup.0202",
    "explain VolumBackup.0202": "Did you mean VolumeBackup.0202",
    "explain VBS.0202": "Did you mean VolumeBackup.0202",
    "explain 7": "'vbsjob help exit-codes' explains exit codes",
    "config show -o csv": "invalid value for '--output'",
    "completion": "missing argument 'SHELL'. Choose from: bash, zsh, fish.\n",
    "schema": "Choose from: document, sub-job, row,",
}


def test_a_line_that_is_no_complete_command_gets_a_suggestion() -> None:
    for line, suggestion in SUGGESTIONS.items():
        code, err = output_of(*line.split())
        assert code == 2
        assert suggestion in err
        assert "\t" not in err


def test_a_wrong_format_is_an_error_for_people_on_a_terminal_and_for_programs_in_a_pipe() -> None:
    code, err = output_of("get", "j", "-o", "jsn")
    assert (code, json.loads(err)["error"]["name"]) == (2, "usage")
    code, err = output_of("get", "j", "-o", "jsn", terminal=True)
    assert code == 2
    assert err.startswith("\x1b[1;31merror:\x1b[0m invalid value for '--output'")


def test_the_command_to_continue_stands_at_exit_code_7_with_the_options_that_matter(
    tmp_path: Path,
) -> None:
    for options, more in (
        (
            ("--fail-fast", "--junit", f"{tmp_path}/j.xml", "--region", "eu-de"),
            ("--heartbeat", "9s"),
        ),
        (("--any", "--insecure-http", "-q"), ()),
    ):
        code, err = output_of("watch", "a", "b", *options, *more, "--retry-for", "1s", before=busy)
        assert code == 7
        (line,) = [line for line in err.splitlines() if "To continue" in line]
        words = line.partition("To continue: vbsjob watch a b ")[2].split()
        assert sorted(words) == sorted(option for option in options if option != "-q")


def test_a_note_begins_with_its_name() -> None:
    env = USER | {"VBSJOB_TIMEOT": "1h"}
    lines = output_of("get", "j", env=env, terminal=True).err.splitlines()
    assert lines[0].startswith("note: VBSJOB_TIMEOT is not a setting")
    lines = output_of("get", "j", env=env).err.splitlines()
    assert lines[0].startswith("vbsjob: note: VBSJOB_TIMEOT is not a setting")
