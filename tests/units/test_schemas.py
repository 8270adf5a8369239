"""The JSON Schemas: valid, complete, and as strict as what is promised."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.support import schemas as checked
from tests.support.program import run_in_memory
from tests.support.watch_service import WatchService, in_turn, job
from vbsjob.http.messages import Response
from vbsjob.jobs.failure import FAILURE_MEMBERS
from vbsjob.jobs.fields import OUR_MEMBERS
from vbsjob.output import schemas

if TYPE_CHECKING:
    from collections.abc import Callable

SUB_JOB = {"job_id": "s", "status": "FAIL", "error_code": "VolumeBackup.0202"}
FAILED = {"job_id": "j", "status": "FAIL", "sub_jobs": [SUB_JOB]}
NOT_FOUND = Response(404, {}, json.dumps({"error": {"code": "common.0011"}}).encode())


def printed(*argv: str, document: dict[str, Any] = FAILED, status: int = 200) -> Any:
    body = json.dumps(document).encode()
    ended = run_in_memory(*argv, send=lambda _: Response(status, {}, body))
    return [json.loads(line) for line in (ended.out or ended.err).splitlines()]


def test_each_schema_is_valid_and_printed_by_the_command() -> None:
    for name in schemas.NAMES:
        schema = schemas.load(name)
        checked.validator(name)
        ended = run_in_memory("schema", name, send=lambda _: Response(500))
        assert (ended.code, json.loads(ended.out)) == (0, schema)
        assert schema["$id"] == f"urn:vbsjob:schema:1:{name}"


def test_the_document_schema_describes_every_member_of_ours() -> None:
    assert schemas.members("document").keys() >= OUR_MEMBERS
    assert schemas.load("document")["$defs"]["failure"]["required"] == list(FAILURE_MEMBERS)


def test_output_is_recognised_as_what_it_is() -> None:
    for argv, kinds in (
        (("get", "j", "-o", "jsonl"), [["document"]]),
        (("tree", "j", "-o", "jsonl"), [["document", "row"], ["row"]]),
        (("get", "j", "-o", "jsonl", "-f", "status"), [["fields"]]),
        (("explain", "VolumeBackup.0202", "-o", "jsonl"), [["explain"]]),
        (("config", "show", "-o", "json"), [["config"]]),
    ):
        assert [checked.names(item) for item in printed(*argv)] == kinds
    for status in (403, 404, 503):
        (error,) = printed("get", "j", "-o", "json", document={"message": "x"}, status=status)
        assert checked.names(error) == ["error"]


def test_a_whole_watch_has_every_kind_of_event_and_each_is_checked() -> None:
    answers = (
        NOT_FOUND, job("j", "RUNNING"), Response(503), Response(503), Response(503),
        job("j", "RUNNING"), job("j", "FAIL", sub_jobs=[SUB_JOB]),
    )  # fmt: skip
    watched = WatchService(in_turn(*answers)).watch("j", "-o", "jsonl", "--heartbeat", "1s")
    kinds = {event["event"] for event in watched.events}
    schema = schemas.load("event")
    named = [schema["$defs"][kind["$ref"].rpartition("/")[2]] for kind in schema["oneOf"]]
    assert kinds == {kind["properties"]["event"]["const"] for kind in named}
    assert all(checked.names(event) == ["event"] for event in watched.events)


def without(name: str) -> Callable[[dict[str, Any]], object]:
    return lambda item: item.pop(name)


def test_a_document_that_breaks_the_promise_is_refused() -> None:
    for change in (
        without("failure"),
        lambda item: item.update(schema_version=2),
        lambda item: item.update(exit_code="1"),
        lambda item: item.update(others={}),
        lambda item: item["failure"].pop("meaning"),
        lambda item: item["failure"].update(others=None),
    ):
        (document,) = printed("get", "j", "-o", "jsonl")
        checked.check(json.dumps(document), "")
        change(document)
        with pytest.raises(AssertionError, match="document: "):
            checked.check(json.dumps(document), "")


def test_an_event_and_an_error_that_break_the_promise_are_refused() -> None:
    events = WatchService(in_turn(job("j", "SUCCESS"))).watch("j", "-o", "jsonl").events
    for event in events:
        for name in event.keys() - {"event", "schema_version"}:
            short = {key: value for key, value in event.items() if key != name}
            with pytest.raises(AssertionError, match="event: "):
                checked.check(json.dumps(short), "")
    with pytest.raises(AssertionError, match="error: "):
        checked.check("", json.dumps({"schema_version": 1, "error": {"name": "usage"}}))


def test_the_validator_of_the_suite_is_installed() -> None:
    assert checked.INSTALLED
