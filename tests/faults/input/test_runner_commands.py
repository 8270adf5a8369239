"""CI runners run commands that they find in a log: no text from outside may be one (S08)."""

from __future__ import annotations

import json
import random
import re
from itertools import product
from typing import TYPE_CHECKING

import pytest
import yaml

from tests.support.hostile_text import random_hostile_text
from tests.support.text_outputs import SURFACES, TEXTS, job, report_files, response, run_and_capture
from vbsjob.output import formats

if TYPE_CHECKING:
    from collections.abc import Sequence

GITHUB_V2 = re.compile(r"^\s*::(?P<name>[A-Za-z_-]+)(?:\s[^\n]*?)?::")
GITHUB_V1 = re.compile(r"##\[(?P<name>[^\]]*)")
AZURE = re.compile(r"##vso\[(?P<name>[^\]]*)")
COMMANDS = (
    "##[error]boom", "x ##[set-output name=a;]b", "##vso[task.setvariable variable=a]b",
    "::error::boom", "  ::set-output name=backup_id::evil", "::add-mask::SUCCESS",
    "a ::stop-commands::b", "::warning file=a.py,line=1::x", "###[error]x", "##[[error]x",
    "##vso[task.complete result=Failed;]", "\n::error::x", "x\r::error::y", "::error ::x",
    "::error file=a:b,line=1::x", "::stop-commands a:b:c::x", "a ::notice  title=C:\\x::x",
)  # fmt: skip
ALLOWED_COMMANDS = {"error", "warning"}
"""Commands that --github writes on purpose, at the start of a line."""


def commands(output: str) -> list[str]:
    """Return the commands that a runner would find in what a process writes."""
    # A terminal's escapes stay in a log; the runner looks at what is between them.
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", output)
    lines = re.split(r"[\r\n\v\f\x1c-\x1e\x85\u2028\u2029]", text)
    names = [m["name"] for line in lines if (m := GITHUB_V2.match(line))]
    return names + [m["name"] for rule in (GITHUB_V1, AZURE) for m in rule.finditer(text)]


def texts(draw: random.Random) -> Sequence[str]:
    """Return texts that are commands, alone or among other hostile pieces."""
    return [
        draw.choice(("", random_hostile_text(draw), " " * draw.randrange(90)))
        + draw.choice(COMMANDS)
        + draw.choice(("", random_hostile_text(draw)))
        for _ in range(TEXTS)
    ]


def test_the_parser_finds_each_of_the_commands() -> None:
    for command in COMMANDS:
        assert commands(command.removeprefix("a ")), command


@pytest.mark.parametrize("name", SURFACES)
def test_s08_no_output_contains_a_command(name: str) -> None:
    for seed in range(2):
        output = SURFACES[name](texts(random.Random(seed)))
        names = [command for command in commands(output) if command not in ALLOWED_COMMANDS]
        assert names == [], (name, seed, names)


@pytest.mark.parametrize("name", formats.NAMES)
def test_s08_no_format_contains_a_command_on_stdout_or_stderr(name: str) -> None:
    for seed, command in product(range(2), ("get", "tree", "watch")):
        document = job(texts(random.Random(seed)), "FAIL")
        out, err = run_and_capture(command, "j", "-o", name, response=response(document))
        assert commands(out + "\n" + err) == [], (command, seed)


@pytest.mark.parametrize("name", ["json", "yaml"])
def test_a_document_with_commands_is_the_same_document(name: str) -> None:
    document = job(texts(random.Random(7)), "SUCCESS")
    out, _ = run_and_capture("get", "j", "-o", name, response=response(document))
    read = json.loads(out) if name == "json" else yaml.safe_load(out)
    assert {key: read[key] for key in document} == document


def test_reports_contain_only_the_annotations_of_ours() -> None:
    for seed in range(3):
        stderr, *files = report_files(texts(random.Random(seed)))
        assert set(commands(stderr)) <= ALLOWED_COMMANDS
        assert [line for line in stderr.splitlines() if line.startswith("::")]
        assert all(commands(content) == [] for content in files)
