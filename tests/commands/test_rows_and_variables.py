"""csv, tsv, env and dotenv: read back by the programs that they are for."""

from __future__ import annotations

import csv
import io
import json
import re
import subprocess
from itertools import product
from typing import TYPE_CHECKING, Any

from tests.support.gitlab import expanded, read_as_gitlab
from tests.support.program import run_in_memory
from tests.support.server import job
from vbsjob.config.schema import SETTINGS
from vbsjob.http.messages import Response
from vbsjob.output import formats, tree_documents
from vbsjob.text import printable

if TYPE_CHECKING:
    from collections.abc import Callable

    from vbsjob.http.messages import Request

HOSTILE = ["it's $(touch x) `y`", "a\tb\nc", "=1+1", "\\", "~", "*", "\x1b[31m", "-", "", " x ",
           'say "a", b', "a,b", '"', "a\rb"]  # fmt: skip


def document(reason: str = "", **entities: Any) -> dict[str, Any]:
    members = {"job_id": "j", "status": "FAIL", "verdict": "job_failed", "exit_code": 1}
    return members | {"fail_reason": reason, "entities": entities, "failure": None}


def written(name: str, *documents: dict[str, Any], single: bool = True) -> str:
    out = io.StringIO()
    format_ = formats.BY_NAME[name]
    assert format_.write
    format_.write(documents, format_.selection(formats.JOBS, (), single=single), out)
    return out.getvalue()


def test_dotenv_keeps_values_and_gitlab_expands_none_of_them() -> None:
    texts = [*HOSTILE, "95 % of $HOME, ${HOME}, %PATH%", "a=b", "#x"]
    for text in texts:
        values = read_as_gitlab(written("dotenv", document(text, note=text, size=50)))
        assert (values["VBSJOB_STATUS"], values["VBSJOB_ENTITIES_SIZE"]) == ("FAIL", "50")
        assert all(expanded(value) == value for value in values.values())
    assert values["VBSJOB_ENTITIES_NOTE"] == "#x"
    percent = read_as_gitlab(written("dotenv", document(texts[-3])))["VBSJOB_FAIL_REASON"]
    assert percent == "95 % of <U+0024>HOME, <U+0024>{HOME}, <U+0025>PATH%"


def test_dotenv_has_the_most_important_variables_of_every_job() -> None:
    many = [document("x" * 5000, **{f"e{n}": "y" * 5000 for n in range(30)}) for _ in range(6)]
    assert set(read_as_gitlab(written("dotenv", *many, single=False))) >= {
        f"VBSJOB_{number}_{name}" for number in range(1, 7) for name in ("JOB_ID", "STATUS")
    }
    assert len(read_as_gitlab(written("dotenv", many[0]))["VBSJOB_ENTITIES_E0"]) == 400


def test_entities_that_are_texts_numbers_or_booleans_become_variables() -> None:
    for name in ("env", "dotenv"):
        job_document = document(size=50, ratio=0.5, full=True, none=None, list=[1], id="v")
        lines = written(name, job_document).splitlines()
        prefix = "VBSJOB_ENTITIES_"
        variables = [line.removeprefix(prefix) for line in lines if line.startswith(prefix)]
        assert variables == ["SIZE=50", "RATIO=0.5", "FULL=true", "ID=v"]


SAME = {"a-b": "1", "a_b": "2", "A.B": "3"}
"""Entities that become the same variable."""


def service(status: str, **entities: Any) -> Callable[[Request], Response]:
    answer = job(status, entities=entities)
    return lambda _: Response(
        200, {"Content-Type": "application/json"}, json.dumps(answer).encode()
    )


def test_entities_with_the_same_variable_are_an_error_and_none_is_written() -> None:
    for name, (status, code) in product(("env", "dotenv"), (("SUCCESS", 6), ("FAIL", 1))):
        for argv in (("get", "j", "--exit-status"), ("watch", "j")):
            ended = run_in_memory(*argv, "-o", name, send=service(status, **SAME, size=50))
            assert ended.code == code, ended.err
            assert "ENTITIES_A_B" not in ended.out
            assert "VBSJOB_ENTITIES_SIZE=50\n" in ended.out
            assert f"VBSJOB_STATUS={status}\n" in ended.out
            (line,) = [line for line in ended.err.splitlines() if "would both become" in line]
            error = json.loads(line)["error"]
            assert error["exit_code"] == 6
            assert error["message"] == (
                "'entities.a-b' and 'entities.a_b' would both become VBSJOB_ENTITIES_A_B."
            )


def test_one_of_these_entities_can_be_selected_but_not_both() -> None:
    for name in ("env", "dotenv"):
        argv = ("get", "j", "-o", name, "-f", "entities.a-b")
        ended = run_in_memory(*argv, send=service("RUNNING", **SAME))
        assert (ended.code, ended.out) == (0, "VBSJOB_ENTITIES_A_B=1\n")
        again = run_in_memory(*argv, "-f", "entities.a-b", send=service("RUNNING", **SAME))
        assert again.out == ended.out
        both = run_in_memory(*argv, "-f", "entities.a_b", send=service("RUNNING", **SAME))
        assert (both.code, both.out) == (2, "")
        assert "would both become" in both.err


def test_no_name_of_an_answer_or_field_is_a_variable_of_shell_or_ci() -> None:
    names = ("PATH", "path", "LD_PRELOAD", "CI_JOB_TOKEN", "x;PATH", "\nPATH", "=PATH", "")
    for name in ("env", "dotenv"):
        lines = written(name, document(**dict.fromkeys(names, "x")) | {"PATH": "x"}).splitlines()
        assert all(re.match(r"VBSJOB_[A-Z0-9_]+=", line) for line in lines)
        for field in names:
            argv = ("get", "j", "-o", name, "-f", field)
            ended = run_in_memory(*argv, send=service("RUNNING"))
            assert all(line.startswith("VBSJOB_") for line in ended.out.splitlines()), ended


def test_a_field_does_not_become_a_setting_of_the_next_command() -> None:
    for name, field in product(
        ("env", "dotenv"), ("timeout", "Timeout", "endpoint", "insecure-http")
    ):
        argv = ("get", "-o", name, "-f", field)
        ended = run_in_memory(*argv, "j", send=service("RUNNING"))
        assert (ended.code, ended.out) == (2, "")
        assert "a setting of vbsjob" in ended.err
        assert run_in_memory(*argv, "j", "k", send=service("RUNNING")).code in {3, 7}


def test_no_variable_that_is_written_without_field_is_a_setting() -> None:
    settings = {setting.variable for setting in SETTINGS}
    assert not settings & {f"VBSJOB_{name.upper()}" for name in formats.JOBS.variables}
    assert tree_documents.ROWS.many  # its variables have a number, as those of list


def test_variables_of_an_earlier_command_are_not_noted_as_unknown_settings() -> None:
    """GitLab gives the variables of a dotenv report to later jobs."""
    lines = written("env", document(size=1)) + written("env", document(size=1), single=False)
    env = dict(line.split("=", 1) for line in lines.splitlines()) | {"VBSJOB_SUB_JOBS_0_ID": "x"}
    argv = ("get", "j", "-o", "table")
    env |= {"OS_ACCESS_KEY": "a", "OS_SECRET_KEY": "b", "OS_PROJECT_ID": "p"}
    env |= {"VBSJOB_ENDPOINT": "https://vbs.test"}
    assert run_in_memory(*argv, send=service("RUNNING"), env=env).err == ""
    noted = run_in_memory(*argv, send=service("RUNNING"), env=env | {"VBSJOB_EXITSTATUS": "x"})
    assert noted.err.count("is not a setting") == 1


def test_env_is_evaluated_to_the_same_values_in_three_shells() -> None:
    for shell in ("bash", "dash", "zsh"):
        entities = {f"e{number}": value for number, value in enumerate(HOSTILE)}
        script = written("env", document(**entities)) + "".join(
            f'printf "%s\\n" "$VBSJOB_ENTITIES_E{number}"\n' for number in range(len(HOSTILE))
        )
        ended = subprocess.run(
            [shell, "-u", "-c", script], capture_output=True, text=True, check=True
        )
        assert ended.stdout.split("\n")[:-1] == [printable(value) for value in HOSTILE]
        assert ended.stderr == ""


def test_tsv_is_read_by_a_loop_of_the_shell_also_with_empty_and_hostile_values() -> None:
    rows = [
        document(reason) | {"end_time": "", "job_id": f"j{n}"} for n, reason in enumerate(HOSTILE)
    ]
    columns = list(formats.JOBS.columns)
    names = " ".join(columns)
    script = (
        f"while IFS=$'\\t' read -r {names}; do printf '%s|%s\\n' \"$job_id\" \"$fail_reason\"; done"
    )
    ended = subprocess.run(
        ["bash", "-c", script],
        input=written("tsv", *rows),
        capture_output=True,
        text=True,
        check=True,
    )
    assert {line.count("\t") for line in written("tsv", *rows).splitlines()} == {len(columns) - 1}
    assert ended.stdout.split("\n")[:-1] == [
        f"j{number}|{printable(reason) or '-'}" for number, reason in enumerate(HOSTILE)
    ]


def test_csv_is_read_back_by_a_program() -> None:
    text = written("csv", *(document(reason) for reason in HOSTILE))
    rows = csv.DictReader(io.StringIO(text, newline=""))
    assert [row["fail_reason"] for row in rows] == [printable(reason) for reason in HOSTILE]


def test_csv_keeps_what_a_spreadsheet_takes_as_a_formula() -> None:
    for value in ("=1+1", "+1", "-1", "@SUM(A1)"):
        (read,) = csv.DictReader(io.StringIO(written("csv", document(value))))
        assert read["fail_reason"] == value
