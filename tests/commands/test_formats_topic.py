"""`vbsjob help formats` and vbsjob-formats(5): a text file whose names and examples are checked."""

from __future__ import annotations

import re

from tests.commands.test_failure_everywhere import COPY
from tests.support import schemas as checked
from tests.support.program import run_in_memory
from tests.support.watch_service import job
from vbsjob.cli.topics import TOPICS
from vbsjob.http.messages import Response
from vbsjob.jobs.failure import FAILURE_MEMBERS
from vbsjob.jobs.fields import OUR_MEMBERS
from vbsjob.output import formats, schemas
from vbsjob.output.variables import DOTENV_BYTES, DOTENV_VARIABLES

EXAMPLE = job(
    "restore-7", "FAIL", job_type="bksRestoreBackup", begin_time="2026-05-01T10:00:00.000Z",
    end_time="2026-05-01T10:00:12.000Z", error_code=None, fail_reason="sub job fail",
    entities={
        "backup_id": "6805e4ec",
        "sub_jobs": [COPY | {"fail_reason": "volume is in error state"}],
    },
)  # fmt: skip
INDENT = " " * 8
TEXT = "".join(f"{line}\n" for line in TOPICS["formats"]())


def section(heading: str) -> str:
    """Return the words of a section; the next one begins with a capital letter."""
    parts = re.split(r"^(?=[A-Z])", TEXT, flags=re.MULTILINE)
    (body,) = [part for part in parts if part.startswith(f"{heading}\n")]
    return " ".join(body.split())


def test_the_topic_is_printed() -> None:
    ended = run_in_memory("help", "formats", send=lambda _: Response(500))
    assert (ended.code, ended.out, ended.err) == (0, TEXT, "")


def test_every_format_is_described() -> None:
    words = section("FORMATS")
    for output in formats.BY_NAME.values():
        assert f" {output.name} {output.summary}" in words


def test_the_program_prints_the_examples() -> None:
    examples = TEXT.partition("EXAMPLES\n\n")[2].partition("\n\nSHAPE")[0].split("\n\n")
    assert len(examples) == 3
    for example in examples:
        command, *printed = (line.removeprefix(INDENT) for line in example.splitlines())
        argv = command.removeprefix("$ vbsjob ").split()
        ended = run_in_memory(*argv, send=lambda _: EXAMPLE)
        assert ended.out.splitlines() == printed
        checked.check(ended.out, "")


def described(name: str) -> dict[str, str]:
    """Return the members of a schema that the text describes, with their descriptions."""
    members = schemas.members("failure" if name == "FAILURE" else "document")
    return {
        member: schema["description"]
        for member, schema in members.items()
        if name == "FAILURE" or member in OUR_MEMBERS
    }


def test_the_members_have_the_descriptions_of_the_schema() -> None:
    for heading in ("DOCUMENTS", "FAILURE"):
        text = section(heading)
        members = described(heading)
        assert set(members) == set(OUR_MEMBERS if heading == "DOCUMENTS" else FAILURE_MEMBERS)
        assert [name for name, words in members.items() if f"{name} {words}" not in text] == []


def test_the_lists_are_those_of_the_code() -> None:
    for heading, last in (
        ("ROWS", formats.JOBS.columns[-1]),
        ("VARIABLES", "VBSJOB_ELAPSED_S"),
    ):
        assert section(heading).endswith(f", {last}")
    event = schemas.load("event")
    for kind in event["oneOf"]:
        schema = event["$defs"][kind["$ref"].rpartition("/")[2]]
        name = schema["properties"]["event"]["const"]
        assert f"{name} {', '.join(schema['required'][1:])}" in section("EVENTS")
    assert f"vbsjob schema {'|'.join(schemas.NAMES)}." in section("VERSIONS")
    assert f"{DOTENV_VARIABLES} variables and less than {DOTENV_BYTES} bytes" in section(
        "VARIABLES"
    )


def test_no_line_of_its_prose_is_longer_than_79_columns() -> None:
    assert max(map(len, TEXT.partition("SHAPE\n")[2].splitlines())) <= 79
