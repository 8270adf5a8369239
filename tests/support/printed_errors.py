"""Errors that the program printed during a test in this process; `tests.errors` tabulates them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vbsjob.errors import VbsjobError

VARIABLE = (
    (re.compile(r"(?<=\bclouds\.).*(?= must be | is not )", re.DOTALL), "..."),
    (re.compile(r"(?<= bytes of ).*(?= instead of )", re.DOTALL), "TYPE"),
    (re.compile(r"(?<=Its last status was ).*(?=, \d+ s ago)", re.DOTALL), "STATUS"),
    (
        re.compile(
            r" after \d+ attempts in \d+ s| Its last status was STATUS.*| The service never.*"
        ),
        "",
    ),
    (re.compile(r"'.*'|\".*\"", re.DOTALL), "'...'"),
    (re.compile(r"(?<=See )vbsjob [a-z ]*(?=--help)"), "COMMAND "),
    (re.compile(r"(?<=Did you mean )[^?]*(?=\?)|(?<=Fields: ).*|(?<=domain, ).*"), "..."),
    (re.compile(r"(?<=To continue: )vbsjob .*"), "COMMAND"),
    (re.compile(r"(?<=a bug in vbsjob: )\w+ at [\w.:]+"), "PLACE"),
    (re.compile(r"(?<![\w-])--?[^\s,.:;=]+"), "SETTING"),
    (
        re.compile(r"\b(?:OS|VBSJOB|SSL|S3|HUAWEICLOUD)_[A-Z_]+\b|\b\w+_(?:PROXY|proxy)\b"),
        "SETTING",
    ),
    (re.compile(r"\b(about job|jobs?|about) (?!id\b|of\b|has\b)[^\s:;,.]+"), r"\1 JOB"),
    (re.compile(r" The state of the job is unknown.*"), ""),
    (re.compile(r"\b(JOB|now|credentials|this|API|query|request|off): (?!its ).*"), r"\1."),
    (re.compile(r"(?i)\b(?:https?|wss?)://[^\s,;)]+"), "URL"),
    (re.compile(r"\([^)]*\)"), "(...)"),
    (re.compile(r"(?:\.\./)+[^\s:,;)]+|(?<![\w.])/[^\s:,;)]+"), "PATH"),
    (re.compile(r"(?:PATH: )?\bclouds\.[\w.]+"), "SETTING"),
    (re.compile(r"(?:PATH )?\[defaults\] \w+"), "SETTING"),
    (re.compile(r"\b(?=[\w.-]*\d)[\w-]+(?:\.[\w-]+)*\b"), "N"),
    (re.compile(r"(?:\bN\b[ ,]*)+"), "N "),
)
"""Parts of a sentence that differ between two errors of the same kind."""

_documents: dict[tuple[str, ...], dict[str, Any]] = {}


def shape(text: str) -> str:
    """Return a sentence with names, numbers and quoted words replaced."""
    for pattern, placeholder in VARIABLE:
        text = pattern.sub(placeholder, text)
    return text.strip()


def record(error: VbsjobError) -> None:
    """Remember one error of each kind, the shortest one."""
    document = error.document()
    key = key_of(document)
    if key not in _documents or _length(document) < _length(_documents[key]):
        _documents[key] = document


def key_of(document: dict[str, Any]) -> tuple[str, ...]:
    """Return what errors of one kind have in common."""
    message, hint = str(document["message"]), str(document["hint"] or "")
    return (str(document["exit_code"]), shape(message), shape(hint))


def take() -> list[dict[str, Any]]:
    """Return the errors since the last call."""
    documents = list(_documents.values())
    _documents.clear()
    return documents


def _length(document: dict[str, Any]) -> int:
    return len(str(document["message"])) + len(str(document["hint"] or ""))
