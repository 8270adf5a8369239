"""Job ids on standard input and as arguments: every form that programs print, and wrong ones."""

from __future__ import annotations

import json

import pytest

from tests.support.context import standard_input
from vbsjob.cli import job_ids
from vbsjob.errors import UsageError

PRETTY = json.dumps({"job_id": "j"}, indent=4)
NESTED = {"body": {"jobs": [{"job_id": "j", "sub_jobs": [{"job_id": "x"}]}, {"job_id": "k"}]}}
ERROR: dict[str, dict[str, str]] = {"error": {"code": "VolumeBackup.0202", "message": "no disk"}}


def read(content: str | bytes) -> list[str]:
    return job_ids.ids(["-"], standard_input(content))


def refused(content: str | bytes) -> UsageError:
    with pytest.raises(UsageError) as raised:
        read(content)
    return raised.value


def test_ids_are_read_in_every_form_that_programs_print() -> None:
    forms: list[tuple[str | bytes, list[str]]] = [
        ("j\nk\n", ["j", "k"]),
        ("\n  j \r\n\r\nj\nk", ["j", "k"]),
        ("# two jobs\n\nj  # the first\n#k\nl\n", ["j", "l"]),
        ('{"job_id": "j"}\n{"job_id": "k"}\n', ["j", "k"]),
        ('{"job_id": "j"}{"job_id": "k"}', ["j", "k"]),  # curl: no line end after a body
        (PRETTY + PRETTY.replace('"j"', '"k"'), ["j", "k"]),
        ('[{"job_id":"a"},{"job_id":"b"}][{"job_id":"c"}]', ["a", "b", "c"]),  # gh api --paginate
        ('[{"job_id": "j"}, "k"]', ["j", "k"]),
        (json.dumps(NESTED), ["j", "k"]),
        ('{"backuptasks": [{"job_id": "task", "vbs_job_id": "j"}]}', ["j"]),
        ('{"job_id": "j", "error": {}}{"job_id": "k", "error": {"code": null}}', ["j", "k"]),
        ('{"job_id": "j", "status": "FAIL", "error_code": "VolumeBackup.0064"}', ["j"]),
        ('\ufeff{\n  "job_id": "j"\n}', ["j"]),
        (b'\xef\xbb\xbf"j"', ["j"]),
    ]
    assert [read(content) for content, _ in forms] == [ids for _, ids in forms]


def test_input_that_is_not_ids_is_refused_and_the_line_is_named() -> None:
    wrong: list[tuple[str | bytes, str]] = [
        ("", "does not contain a job id"),
        ("\n# only a comment\n", "does not contain a job id"),
        ("{}", "line 1: the JSON document does not contain a job_id"),
        ('{"job_id": "j"}\n{}', "line 2: the JSON document does not contain a job_id"),
        ('{"job_id": "j"} k', "line 1: this is not JSON"),
        ('{"job_id": "j", "job_id": "k"}', "line 1: this is not JSON: a duplicate field"),
        ('{"job_id": "j", "vbs_job_id": null}', "the vbs_job_id is null"),
        ('{"job_id": "j"}\n,\n{"job_id": "k"}', "line 2: this is not JSON"),
        ('{"job_id": 1}', "the job_id is 1, which is not a string"),
        ('{"job_id": null}', "the job_id is null"),
        ('[{"job_id": "j"}, null]', "does not contain a job_id"),
        ("j\n{", "line 2: '{' is not a valid job id"),
        ("a b", "line 1: 'a b' is not a valid job id"),
        ("[" * 100_000, "this is not JSON"),
        (b"j\n\x80", "is not UTF-8 text"),
        ("x" * (job_ids.INPUT_LIMIT + 1), "larger than 4 MiB"),
    ]
    messages = [(str(refused(content)), message) for content, message in wrong]
    assert [pair for pair in messages if pair[1] not in pair[0]] == []


def test_what_programs_print_for_a_missing_value_is_not_an_id() -> None:
    for word in ("null", "None", "undefined", "NULL"):
        for content in (word, f'"{word}"', f'{{"job_id": "{word}"}}', f"j\n{word}\n"):
            assert "found no value" in str(refused(content))
        with pytest.raises(UsageError, match="found no value"):
            job_ids.ids([word], None)


def test_an_error_answer_is_reported_with_its_message_and_the_meaning_of_its_code() -> None:
    error = refused(json.dumps(ERROR))
    assert "this is an error and not a job: no disk" in str(error)
    assert error.code == "VolumeBackup.0202"
    assert "The target disk is in an error state" in error.hint
    other = ERROR["error"] | {"job_id": "other"}
    for document in (
        {"error": other},
        {"job_id": "j", "error": other},
        {"job_id": "j", "error": "no disk"},
        {"jobs": [{"job_id": "j"}, {"error": other}]},
        [{"job_id": "j"}, {"body": {"error": other}}],
        {"job_id": "j", "error_code": "VolumeBackup.0202", "error_msg": "no disk"},
        {"job_id": "j", "errCode": "VolumeBackup.0202", "errMsg": "no disk"},
        {"itemNotFound": {"code": 404, "message": "no disk"}},
    ):
        assert "this is an error and not a job" in str(refused(json.dumps(document)))
        assert "this is an error" in str(refused(f'{{"job_id": "j"}}\n{json.dumps(document)}'))
    gateway = refused('{"error_msg": "no rights", "error_code": "APIGW.0301", "request_id": "r"}')
    assert "no rights" in str(gateway)
    assert gateway.code == "APIGW.0301"
