"""Tables of every error that the tests provoke; `python -m tests.rows` writes them to ERRORS.md.

Read them as a user would: each message says what happened and where, each hint what to do next.
Errors are collected from tests that run vbsjob in the process of pytest.
"""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.support.printed_errors import key_of
from vbsjob.exit_codes import ExitCode

if TYPE_CHECKING:
    from collections.abc import Iterable

TABLE = Path(__file__).resolve().parent / "ERRORS.md"
HEAD = """# Errors that the tests provoke

Written by `python -m tests.rows`; do not edit. One row per kind of error: errors that differ only
in names and numbers are one row, with an example. "Tests" is the number of tests that provoke it.
"""
PROPERTY = "printed_error"
LONGEST = 240
"""Characters of a message or hint that are shown."""
REPLACED = (
    (re.compile(r"(?:\.\./)*/?[^\s:'(]*pytest-of-[^/\s]+/(?:[^/\s:']+/){1,3}"), "/directory/"),
    (re.compile(r"/directory/(?:\d+|work)/"), "/directory/"),
    (re.compile(r": \{'Content-Type'.*"), ": (text of the service)."),
    (re.compile(r"canary[-\w]*"), "(secret)"),
    (re.compile(r"(?<=127\.0\.0\.1:)\d+"), "PORT"),
)
"""Parts of an example that would differ in the next run."""


def write(reports: Iterable[Path]) -> None:
    """Write the table of the errors in some JUnit reports."""
    TABLE.write_text(HEAD + tables(read(reports)), "utf-8")


def read(reports: Iterable[Path]) -> dict[tuple[str, ...], list[dict[str, Any]]]:
    """Return the errors by kind, one per test that provoked it."""
    kinds: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for report in reports:
        for item in ET.parse(report).iter("property"):
            if item.get("name") == PROPERTY:
                document = json.loads(item.get("value", ""))
                kinds.setdefault(key_of(document), []).append(document)
    return kinds


def tables(kinds: dict[tuple[str, ...], list[dict[str, Any]]]) -> str:
    """Return one table per exit code, its rows sorted by message."""
    rows: dict[int, list[str]] = {}
    for key, items in kinds.items():
        message, hint = min(map(_cells, items), key=lambda cells: (len("".join(cells)), cells))
        if message.strip("<>") == "(secret)":  # a test of masking raised it
            continue
        rows.setdefault(int(key[0]), []).append(f"| {message} | {hint} | {len(items)} |")
    return "".join(
        f"\n## Exit code {code}: {ExitCode(code).label}\n\n"  # type: ignore[call-arg] # a lookup
        + "\n".join(["| message | hint | tests |", "|---|---|---|", *sorted(rows[code])])
        + "\n"
        for code in sorted(rows)
    )


def _cells(item: dict[str, Any]) -> tuple[str, str]:
    return _cell(str(item["message"])), _cell(str(item["hint"] or ""))


def _cell(text: str) -> str:
    for pattern, replacement in REPLACED:
        text = pattern.sub(replacement, text)
    words = " ".join(text.replace("|", "\\|").replace("`", "'").split())
    return words if len(words) <= LONGEST else f"{words[:LONGEST]}…"
