"""`vbsjob help formats` and vbsjob-formats(5): complete, and made by the program."""

from __future__ import annotations

import json

import pytest

from tests.support import schemas as checked
from tests.support.program import ROOT, run_in_memory
from vbsjob.cli import formats_topic
from vbsjob.exit_codes import ExitCode
from vbsjob.http.messages import Response
from vbsjob.jobs.failure import FAILURE_MEMBERS
from vbsjob.jobs.result import OUR_MEMBERS
from vbsjob.output import formats, github

PAGE = ROOT.joinpath("man/man5/vbsjob-formats.5").read_text("utf-8").replace("\\-", "-")


def topic() -> str:
    ended = run_in_memory("help", "formats", send=lambda _: Response(500))
    assert (ended.code, ended.err) == (0, "")
    return ended.out


@pytest.mark.parametrize("name", formats.NAMES)
def test_every_format_is_described_with_an_example_that_the_program_prints(name: str) -> None:
    text = topic()
    assert f"\n    {name}: {formats.BY_NAME[name].summary}" in text
    assert f"\n{name}: " in PAGE
    if name == "table":
        return
    command, _, printed = text.partition(f"    $ vbsjob get restore-7 -o {name}")[2].partition("\n")
    example = "".join(f"{line[4:]}\n" for line in printed.split("\n\n")[0].splitlines())
    argv = ["get", "restore-7", "-o", name, *command.split()]
    body = json.dumps(formats_topic.EXAMPLE).encode()
    assert run_in_memory(*argv, send=lambda _: Response(200, {}, body)).out == example
    checked.check(example, "")


def test_it_names_all_members_columns_variables_outputs_events_and_codes() -> None:
    text = " ".join(topic().split())
    names = {*OUR_MEMBERS, *FAILURE_MEMBERS, *formats.JOBS.columns, *github.JOB_OUTPUTS}
    assert [name for name in names if name not in text] == []
    for kind in ("start", "change", "waiting", "outage", "recovered", "heartbeat", "verdict"):
        assert f" {kind} " in text
    assert all(str(int(code)) in text for code in ExitCode)


def test_no_line_of_its_prose_is_longer_than_79_columns() -> None:
    prose = topic().partition("SHAPE\n")[2]
    assert max(map(len, prose.splitlines())) <= 79
