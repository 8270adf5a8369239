"""Errors that the tests provoke: `python -m tests.errors REPORT...` prints each kind with its hint.

Read them as a user would: each message says what happened and where, each hint what to do next.
Errors are recorded by tests that run vbsjob in the process of pytest, and kept in JUnit files.
"""

from __future__ import annotations

import json
import re
import sys
import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from vbsjob.errors import VbsjobError

PROPERTY = "printed_error"
VARIABLE = re.compile(
    r"'[^']*'|\"[^\"]*\"|\b\w+://[^\s,;)]+|(?<![\w.])[./]*/[^\s:,;)]+|\([^)]*\)"
    r"|\b[\w.-]*\d[\w.-]*|\b[A-Z0-9]+_[A-Z_]+\b|(?<![\w-])--[\w-]+"
)
"""Quoted words, addresses, paths, numbers, names of settings: errors of a kind differ here."""

_documents: dict[tuple[str, ...], dict[str, Any]] = {}


def record(error: VbsjobError) -> None:
    """Remember one error of each kind."""
    document = error.document()
    _documents.setdefault(kind(document), document)


def take() -> list[dict[str, Any]]:
    """Return the errors since the last call."""
    documents = list(_documents.values())
    _documents.clear()
    return documents


def kind(document: dict[str, Any]) -> tuple[str, ...]:
    """Return the exit code and the sentences, without what differs between errors of a kind."""
    texts = (str(document["exit_code"]), str(document["message"]), str(document["hint"] or ""))
    return tuple(VARIABLE.sub("...", text) for text in texts[1:]) + texts[:1]


def lines(documents: Iterable[dict[str, Any]]) -> list[str]:
    """Return one line per kind, sorted by exit code and message."""
    kinds = {kind(document): document for document in documents}
    return sorted(f"{d['exit_code']:>3}  {d['message']}  {d['hint'] or ''}" for d in kinds.values())


def main() -> None:
    """Print the errors in some JUnit files."""
    properties = (item for name in sys.argv[1:] for item in ET.parse(name).iter("property"))
    values = [item.get("value", "") for item in properties if item.get("name") == PROPERTY]
    sys.stdout.write("\n".join([*lines(map(json.loads, values)), ""]))


if __name__ == "__main__":
    main()
