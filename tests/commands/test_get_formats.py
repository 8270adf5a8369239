"""Every format of `get`: its shape, its fields, what quiet and verbose say."""

from __future__ import annotations

import json
from itertools import product
from typing import Any

import yaml

from tests.support.program import environment, run_in_memory
from vbsjob.http.messages import Request, Response

JOB: dict[str, Any] = {
    "job_id": "j",
    "job_type": "bksCreateBackup",
    "status": "FAIL",
    "begin_time": "2026-01-01T12:00:00Z",
    "end_time": "2026-01-01T12:01:30Z",
    "error_code": "VolumeBackup.0202",
    "fail_reason": "it's $(touch x) `y`",
    "entities": {"backup_id": "b 1", "sub_jobs": [{"job_id": "d", "status": "SUCCESS"}]},
}


def get(*argv: str, document: Any = JOB, stdin: str = "") -> tuple[int, str, str]:
    return run_command("get", *argv, document=document, stdin=stdin)


def run_command(*argv: str, document: Any = JOB, stdin: str = "") -> tuple[int, str, str]:
    body = json.dumps(document).encode()

    def send(request: Any) -> Response:
        job_id = request.url.rpartition("/")[2]
        return Response(200, {}, body.replace(b'"j"', json.dumps(job_id).encode()))

    ended = run_in_memory(*argv, send=send, stdin=stdin)
    return ended.code, ended.out, ended.err


SHAPES: list[tuple[list[str], str, type]] = [
    (["j"], "", dict),
    (["j", "j"], "", list),
    (["-"], "j", list),
    (["-"], '{"job_id": "j"}', list),
    (["j", "-"], "j", list),
    (["j", "-f", "status"], "", dict),
    (["-", "-f", "status"], "j", list),
]


def test_the_shape_depends_on_the_arguments_and_not_on_what_was_read() -> None:
    wrong = []
    for (argv, stdin, usual), command, output in product(
        SHAPES, ("get", "tree", "watch"), ("json", "yaml")
    ):
        # With fields, tree has one row per job and sub-job.
        shape = list if command == "tree" and "-f" in argv else usual
        for document in (JOB, {"job_id": "j", "status": "SUCCESS"}):
            answer = run_command(command, *argv, "-o", output, stdin=stdin, document=document)
            read = json.loads if output == "json" else yaml.safe_load
            if type(read(answer[1])) is not shape:
                wrong.append((command, argv, stdin, output, answer[1]))
    assert wrong == []


def test_variables_of_several_jobs_are_numbered_also_if_one_id_was_read() -> None:
    assert "VBSJOB_1_STATUS=FAIL\n" in get("-", "-o", "env", stdin="j")[1]
    assert "VBSJOB_STATUS=FAIL\n" in get("j", "-o", "env")[1]
    assert "VBSJOB_2_JOB_ID=k\n" in get("j", "k", "-o", "dotenv")[1]
    rows = run_command("tree", "j", "-o", "env")[1]
    assert "VBSJOB_1_JOB_ID=j\n" in rows
    assert "VBSJOB_2_JOB_ID=d\n" in rows
    alone = {"job_id": "j", "status": "SUCCESS"}
    assert "VBSJOB_1_JOB_ID=j\n" in run_command("tree", "j", "-o", "env", document=alone)[1]


def test_jsonl_name_value_and_fields_are_lines() -> None:
    _, out, _ = get("j", "k", "-o", "jsonl")
    assert [json.loads(line)["job_id"] for line in out.splitlines()] == ["j", "k"]
    for argv, printed in (
        (("j", "k", "-o", "name"), "j\nk\n"),
        (("j", "-o", "value"), "FAIL\n"),
        (("j", "-f", "status", "-f", "job_id"), "FAIL\nj\n"),
        (("j", "-f", "entities.backup_id"), "b 1\n"),
        (("j", "-f", "sub_jobs.0.status"), "SUCCESS\n"),
        (("j", "-f", "exit_code", "-f", "elapsed_s"), "1\n90.0\n"),
    ):
        assert get(*argv)[1] == printed


def test_a_field_that_no_answer_has_ends_with_3_and_names_the_nearest() -> None:
    for field, nearest in (
        ("statsu", "Did you mean status?"),
        ("entities.backup_idd", "Did you mean entities.backup_id"),
        ("backup_id", "Did you mean entities.backup_id"),
        ("failure.code", "Did you mean failure.error_code"),
        ("sub_jobs.0.statu", "Did you mean sub_jobs.0.status"),
        ("sub_jobs.9.status", "Did you mean status"),
        ("zzz", "Fields: schema_version, job_id,"),
    ):
        code, out, err = get("j", "-f", field)
        assert (code, out) == (3, "\n")
        assert f"no answer has the field '{field}'" in err
        assert nearest in err


def test_a_missing_field_replaces_exit_code_0_only_also_with_quiet() -> None:
    assert get("j", "-q", "-f", "nothing")[:2] == (3, "")
    assert get("j", "--exit-status", "-f", "nothing")[0] == 1
    assert get("j", "-f", "nothing", "-f", "status")[0] == 3
    running = JOB | {"status": "RUNNING"}
    assert get("j", "--exit-status", "-f", "nothing", document=running)[0] == 8


def test_a_field_that_one_of_several_answers_has_is_not_missing() -> None:
    replies = {"j": JOB, "k": JOB | {"job_id": "k", "entities": {}}}

    def send(request: Any) -> Response:
        return Response(200, {}, json.dumps(replies[request.url[-1]]).encode())

    ended = run_in_memory("get", "j", "k", "-f", "entities.backup_id", send=send)
    assert (ended.code, ended.out) == (0, "b 1\n\n")


def test_a_member_that_the_service_omits_until_it_has_a_value_is_empty_and_not_missing() -> None:
    for field in (
        "error_code",
        "end_time",
        "sub_jobs",
        "failure",
        "failure.meaning",
        "failure_code",
    ):
        document = {"job_id": "j", "status": "RUNNING"}
        assert get("j", "-f", field, document=document) == (0, "\n", "")


def test_a_missing_field_is_a_json_error_with_a_format_for_programs() -> None:
    _, out, err = get("j", "-f", "nothing", "-o", "json")
    assert json.loads(out) == {"schema_version": 1, "nothing": None}
    error = json.loads(err)["error"]
    assert (error["name"], error["exit_code"]) == ("field_missing", 3)


WRONG = {
    ("--nosuch",): 2, ("../x",): 2, ("--retry-for", "soon"): 2, ("--cloud", "nosuch"): 2, (): 4,
}  # fmt: skip
"""Arguments beside the id of a job that may not be queried, and the exit code."""


def test_quiet_prints_errors_of_every_kind_and_no_result() -> None:
    assert get("j", "-q", "--exit-status") == (1, "", "")
    for output, argv in product(((), ("-o", "json"), ("-o", "nothing")), WRONG):
        ended = run_in_memory("get", "j", "-q", *argv, *output, send=refused)
        code = 2 if "nothing" in output else WRONG[argv]
        assert (ended.code, ended.out) == (code, "")
        if output:
            assert json.loads(ended.err)["error"]["exit_code"] == code
        else:
            assert ended.err.startswith("vbsjob: error: ")


def refused(_: Request) -> Response:
    return Response(403, {}, b"{}")


def test_answered_and_failed_queries_are_distinguished() -> None:
    replies = {"j": Response(200, {}, json.dumps(JOB).encode()), "k": Response(403, {}, b"{}")}
    ended = run_in_memory(
        "get", "j", "k", "-o", "json", send=lambda request: replies[request.url[-1]]
    )
    assert ended.code == 4
    assert [item["exit_code"] for item in json.loads(ended.out)] == [1, 4]
    assert json.loads(ended.err)["error"]["name"] == "auth"


def test_our_members_win_and_those_of_the_service_are_in_others() -> None:
    reserved_members = {
        "verdict": "x",
        "failure": 1,
        "others": [2],
        "exit_code": None,
        "schema_version": "9",
    }
    members = {"message": None, "odd": [1.5, True]}
    document = json.loads(get("j", "-o", "json", document=JOB | members | reserved_members)[1])
    assert document.items() >= members.items()
    assert document["others"] == reserved_members
    assert (document["schema_version"], document["verdict"]) == (1, "job_failed")
    assert document["failure"]["error_code"] == "VolumeBackup.0202"
    assert "others" not in json.loads(get("j", "-o", "json")[1])


def test_f74_an_unknown_format_is_refused_and_all_formats_are_named() -> None:
    for command, by_option in product((["get", "j"], ["watch", "j"], ["explain"]), (True, False)):
        argv, more = (("-o", "xml"), {}) if by_option else ((), {"VBSJOB_OUTPUT": "xml"})
        env = environment("https://vbs.test", **more)
        ended = run_in_memory(*command, *argv, send=lambda _: Response(200), env=env)
        assert (ended.code, ended.out) == (2, "")
        assert all(name in ended.err for name in ("xml", "tsv", "dotenv"))
        origin = "--output" if by_option else "VBSJOB_OUTPUT"
        assert origin in ended.err or command == ["explain"]


def test_watch_refuses_fields_where_it_writes_events() -> None:
    ended = run_in_memory("watch", "j", "-o", "jsonl", "-f", "status", send=lambda _: Response(200))
    assert ended.code == 2
    assert "--field" in json.loads(ended.err)["error"]["message"]


def test_without_any_answer_no_variable_and_no_row_is_printed() -> None:
    fields = ((), ("-f", "status"), ("-f", "entities.backup_id"))
    for argv, output in product(fields, ("env", "dotenv", "value", "csv", "tsv", "table")):
        ended = run_in_memory("get", "j", "-o", output, *argv, send=refused)
        assert (ended.code, ended.out) == (4, "")


def test_env_of_an_answer_without_the_field_assigns_the_empty_text() -> None:
    code, out, _ = get(
        "j", "-o", "env", "-f", "error_code", document={"job_id": "j", "status": "INIT"}
    )
    assert (code, out) == (0, "VBSJOB_ERROR_CODE=\n")


JSON_OUTPUTS = (
    "get j -o json", "get j -o jsonl", "tree j -o json", "tree j -o jsonl", "watch j -o json",
    "watch j -o jsonl", "watch j --progress json -o name", "get j k -o jsonl",
)  # fmt: skip


def test_f55_s09_every_json_output_is_ascii() -> None:
    members = {"status": "FAIL", "job_type": "恢复备份", "fail_reason": "ошибка \u2028 😀"}
    for line in JSON_OUTPUTS:
        code, out, err = run_command(*line.split(), document={"job_id": "j"} | members)
        output = err if "name" in line else out
        assert code in {0, 1}
        assert output.isascii()
        assert "\\u6062\\u590d" in output, line
