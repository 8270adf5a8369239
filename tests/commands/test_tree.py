"""`vbsjob tree`: every sub-job once in every format, in order, unwrapped, and readable back."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import yaml

from tests.support.context import fake_context
from vbsjob.__main__ import run
from vbsjob.http.messages import Response
from vbsjob.text import printable

if TYPE_CHECKING:
    from collections.abc import Iterator

ENV = {"OS_TOKEN": "a-token-of-tests", "OS_PROJECT_ID": "p", "VBSJOB_ENDPOINT": "https://vbs.test"}
NOW = datetime(2026, 1, 28, 16, 20, tzinfo=UTC)
Job = dict[str, Any]


def tree(job: Any, *argv: str, env: dict[str, str] = ENV) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    body = job if isinstance(job, bytes) else json.dumps(job).encode()
    context = fake_context(
        io.StringIO(), out, err, env, now=lambda: NOW, sleep=lambda _: None,
        send=lambda _: Response(200, {}, body),
    )  # fmt: skip
    return run(["tree", "top", *argv], context), out.getvalue(), err.getvalue()


def a_job(job_id: str, status: str | None = "SUCCESS", *below: Job, **members: Any) -> Job:
    job = {"job_id": job_id, "status": status, "job_type": "t", "entities": {}, **members}
    if below:
        job["entities"] = {"volume_id": "v", "sub_jobs": list(below)}
    return job


MIXED = a_job(
    "top",
    "FAIL",
    a_job("a", begin_time="2026-01-28T16:09:00Z", end_time="2026-01-28T16:09:05Z"),
    a_job(
        "b",
        "FAIL",
        a_job("b1", "FAIL", error_code="VolumeBackup.0202", fail_reason="no disk"),
        a_job("b2", begin_time="2026-01-28T16:02:00Z", end_time="2026-01-28T16:04:00Z"),
    ),
    a_job("c", "RUNNING", begin_time="2026-01-28T16:05:00Z"),
    a_job("d", "INIT"),
)


def ids(out: str) -> list[str]:
    return [json.loads(line)["job_id"] for line in out.splitlines()]


def test_depth_only_and_sort_choose_the_rows_in_every_format() -> None:
    for argv, expected in (
        ((), "top a b b1 b2 c d"),
        (("--depth", "1"), "top a b c d"),
        (("--depth", "0"), "top"),
        (("--only", "failed"), "top b b1"),
        (("--only", "running,waiting"), "top c d"),
        (("--only", "RUNNING"), "top c"),
        (("--only", "done"), "top a b b2"),
        (("--only", "other"), "top"),
        (("--sort", "status"), "top b b1 b2 c d a"),
        (("--sort", "begin"), "top c a b b2 b1 d"),
        (("--sort", "duration"), "top c a b b2 b1 d"),
        (("--sort", "api"), "top a b b1 b2 c d"),
    ):
        assert ids(tree(MIXED, "-o", "jsonl", *argv)[1]) == expected.split()
        assert tree(MIXED, "-o", "name", *argv)[1].split() == expected.split()
        assert list(nested_ids(json.loads(tree(MIXED, "-o", "json", *argv)[1]))) == expected.split()


def test_omitted_rows_are_counted_in_the_display() -> None:
    _, out, _ = tree(MIXED, "--only", "failed")
    assert "`- ... 3 more: 1 done, 1 running, 1 waiting\n" in out
    _, out, _ = tree(MIXED, "--depth", "1")
    assert "|  `- ... 2 more: 1 failed, 1 done\n" in out


def test_an_invalid_option_value_is_a_usage_error() -> None:
    for argv in (
        ("--depth", "-1"),
        ("--depth", "x"),
        ("--only", "red"),
        ("--only", ""),
        ("--sort", "size"),
    ):
        assert tree(MIXED, *argv)[:2] == (2, "")


def test_the_exit_code_follows_the_top_job_only_with_exit_status() -> None:
    assert tree(MIXED)[0] == 0
    assert tree(MIXED, "--exit-status")[0] == 1
    assert tree(a_job("top", "SUCCESS", a_job("x", "FAIL")), "--exit-status")[0] == 0
    assert tree(a_job("top", "RUNNING", a_job("x", "FAIL")), "--exit-status")[0] == 8


TWICE = a_job("<3> ", "PAUSED", a_job("<4>\n", None))
HOSTILE = a_job(
    "top",
    "RUNNING",
    {"id": "<1>/#%", "status": "FAIL", "job_type": "a/b", "sub_jobs": [a_job("<2>\x1b[31m")]},
    TWICE,
    sub_jobs=[a_job("<5>", "INIT", sub_jobs=[a_job("<6>é\u202e")]), TWICE],
)
"""Ids that are not printable, and sub-jobs in each place where the service may put them."""


def nested_ids(job: Job) -> Iterator[str]:
    """Yield ids parents first, the list in `entities` last, each once a parent."""
    yield job.get("job_id") or job["id"]
    entities = job.get("entities")
    inner = entities.get("sub_jobs", []) if isinstance(entities, dict) else []
    names = set()
    for sub in [*job.get("sub_jobs", []), *inner]:
        name = sub.get("job_id") or sub["id"]
        if name not in names:
            names.add(name)
            yield from nested_ids(sub)


def test_every_id_is_once_in_every_format_in_order_and_reads_back() -> None:
    job, expected = HOSTILE, list(nested_ids(HOSTILE))
    assert sorted(name[:3] for name in expected[1:]) == [f"<{n}>" for n in range(1, 7)]
    assert list(nested_ids(json.loads(tree(job, "-o", "json")[1]))) == expected
    assert list(nested_ids(yaml.safe_load(tree(job, "-o", "yaml")[1]))) == expected
    rows = [json.loads(line) for line in tree(job, "-o", "jsonl")[1].splitlines()]
    assert [row["job_id"] for row in rows] == expected
    shown = [printable(name) for name in expected]
    table = list(csv.DictReader(io.StringIO(tree(job, "-o", "csv")[1])))
    assert [row["job_id"] for row in table] == shown
    assert tree(job, "-o", "name")[1].split("\n")[:-1] == shown
    paths = tree(job, "-o", "value")[1].split("\n")[:-1]
    assert [decoded(path.rpartition("/")[2]) for path in paths] == shown
    screen_lines = tree(job)[1].partition("\n\n")[0].rstrip("\n").split("\n")
    assert len(screen_lines) == len(expected)
    for line, name in zip(screen_lines, shown, strict=True):
        assert f"  {name}".rstrip() in line  # blanks at the end of a line are not written
    for row in rows:
        above = [other for other in rows if other["path"] == row["path"].rpartition("/")[0]]
        assert row["parent_id"] == (above[0]["job_id"] if above else None)
        assert row["depth"] == row["path"].count("/")


def decoded(step: str) -> str:
    return step.replace("%23", "#").replace("%2F", "/").replace("%25", "%")


def test_json_has_the_members_of_every_level_and_ours_win_over_the_same_names() -> None:
    sub_job = {"id": "x", "depth": "deep", "verdict": 1, "n": [1, None], "sub_jobs": ""}
    document = json.loads(tree(a_job("top", "FAIL", sub_job), "-o", "json")[1])
    inner = document["entities"]["sub_jobs"][0]
    assert (inner["id"], inner["n"], inner["sub_jobs"]) == ("x", [1, None], "")
    assert (inner["depth"], inner["path"], inner["parent_id"]) == (1, "top/x", "top")
    assert inner["others"] == {"depth": "deep", "verdict": 1}
    row = json.loads(tree(a_job("top", "FAIL", sub_job), "-o", "jsonl")[1].splitlines()[1])
    assert (row["depth"], row["others"]) == (1, {"depth": "deep", "verdict": 1})


def test_json_keeps_what_is_not_an_object_among_the_sub_jobs() -> None:
    document = json.loads(
        tree(a_job("top", "FAIL") | {"sub_jobs": [5, {"id": "x"}, "y"]}, "-o", "json")[1]
    )
    assert [item["id"] if isinstance(item, dict) else item for item in document["sub_jobs"]] == [
        "x",
        5,
        "y",
    ]


def test_a_sub_job_without_an_id_has_its_number_in_the_path() -> None:
    job = a_job("top", "FAIL", a_job("x"), {"status": "FAIL"})
    assert tree(job, "-o", "value")[1].split() == ["top", "top/x", "top/#2"]
