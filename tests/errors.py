"""Table of every error that the tests provoke; `python -m tests.rows` writes it to ERRORS.md.

Read it as a user would: each message says what happened and where, each hint what to do next.
"""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.support.printed_errors import key_of

if TYPE_CHECKING:
    from collections.abc import Iterable

TABLE = Path(__file__).resolve().parent / "ERRORS.md"
HEAD = """# Errors that the tests provoke

Made by `python -m tests.rows`; do not edit. One row per kind of error: errors that differ only in
names and numbers are one row, with an example. "Tests" counts the tests that provoke it.

"""
PROPERTY = "printed_error"


def write(reports: Iterable[Path]) -> None:
    """Write the table of the errors in some JUnit reports."""
    TABLE.write_text(HEAD + table(read(reports)) + "\n", "utf-8")


def read(reports: Iterable[Path]) -> dict[tuple[str, ...], list[dict[str, Any]]]:
    """Return the errors by kind, one per test that provoked it."""
    kinds: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for report in reports:
        for item in ET.parse(report).iter("property"):
            if item.get("name") == PROPERTY:
                document = json.loads(item.get("value", ""))
                kinds.setdefault(key_of(document), []).append(document)
    return kinds


def table(kinds: dict[tuple[str, ...], list[dict[str, Any]]]) -> str:
    """Return the rows, by exit code and message."""
    lines = ["| code | message | hint | tests |", "|---|---|---|---|"]
    for key in sorted(kinds, key=lambda key: (int(key[0]), key[1:])):
        example = min(kinds[key], key=lambda item: len(str(item["message"])))
        cells = (_cell(example["message"]), _cell(example["hint"] or ""))
        lines.append(f"| {key[0]} | {cells[0]} | {cells[1]} | {len(kinds[key])} |")
    return "\n".join(lines)


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").replace("`", "'").split())
