"""A sentence for each setting, a next step in each fault, and what tests/wording.py finds."""

from __future__ import annotations

import ast
import re

from tests.support.program import ROOT
from tests.wording import phrases_in, unclear_names
from vbsjob.config.schema import OTHER_VARIABLES, SETTINGS


def test_every_setting_and_variable_has_one_sentence() -> None:
    sentences = {setting.name: setting.help for setting in SETTINGS} | OTHER_VARIABLES
    for name, sentence in sentences.items():
        assert re.fullmatch(r"['A-Z][^.]*(\.[^ .][^.]*)*\.", sentence), f"{name}: {sentence}"


def test_the_list_finds_the_phrases_of_the_past() -> None:
    past = (
        "'x' is no job id", "writes a line a change into a log", "leave it away",
        "whoever read the output has gone", "heeded beside the settings", "secrets show",
    )  # fmt: skip
    assert [text for text in past if not phrases_in(text)] == []
    assert phrases_in("There is no help for 'x'. The file is no longer read.") == []


def test_unclear_identifiers_are_detected_in_each_position() -> None:
    source = "def told(said, *, ours=1):\n  self.heard = f'{one}'\n  f(place=FOUND)\nleft = answers"
    names = [name for _, name in unclear_names(source)]
    assert sorted(names) == ["FOUND", "heard", "one", "ours", "place", "said", "told"]


FAULTS = {
    "UnavailableError", "PermanentConnectionError", "InvalidBodyError",
    "ApiError", "UnexpectedResponseError", "JobNotFoundError", "InternalError",
}  # fmt: skip
"""Errors that always name a next step where they are raised. The sign-in adds the hint of an
AuthError; the last attempt adds the one of a service that is busy."""


def test_each_fault_of_network_and_service_has_a_hint() -> None:
    missing = []
    for path in sorted(ROOT.joinpath("vbsjob").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in FAULTS:
                hints = [word.value for word in node.keywords if word.arg == "hint"]
                if not hints or (isinstance(hints[0], ast.Constant) and not hints[0].value):
                    missing.append(f"{path.relative_to(ROOT)}:{node.lineno}")
    assert missing == []
