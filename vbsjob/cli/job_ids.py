"""Which jobs a command is asked about: ids as arguments, or from standard input behind `-`."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from vbsjob.config import endpoints
from vbsjob.errors import UsageError
from vbsjob.text import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from typing import TextIO

INPUT_LIMIT = 4 << 20
REMEMBERED = re.compile(r"@(?:last|([1-9][0-9]{0,3}))")


def ids(
    arguments: Iterable[str],
    stdin: TextIO | None,
    newest: Callable[[], Sequence[str]] = lambda: (),
) -> list[str]:
    """Return the ids asked for, each once, in the order first asked; raises Usage.

    `newest` tells the ids of the history for `@last` and `@2`; it is called only for those.
    """
    found: dict[str, None] = {}
    for argument in arguments:
        word = _remembered(argument, newest()) if argument.startswith("@") else argument
        told = _piped(stdin) if word == "-" else [(word, "")]
        for job_id, where in told:
            found[_checked(job_id, where)] = None
    if not found:
        raise UsageError("standard input holds no job id.", hint="Give one id a line, or JSON.")
    return list(found)


def _remembered(argument: str, newest: Sequence[str]) -> str:
    match = REMEMBERED.fullmatch(argument)
    if match is None:
        raise UsageError(
            f"{printable(argument)[:80]!r} is no job id.", hint="Of the history: @last, @2, @3 ..."
        )
    place = int(match[1] or 1)
    if place > len(newest):
        raise UsageError(
            f"{argument}: the history has {len(newest)} jobs of this cloud.",
            hint="Give an id, or the --cloud it is of; the sandbox's jobs are not remembered.",
        )
    return newest[place - 1]


def _checked(job_id: str, where: str) -> str:
    if not endpoints.NAME.fullmatch(job_id):
        raise UsageError(
            f"{where}{printable(job_id)[:80]!r} is no job id.",
            hint="An id is 1 to 64 letters, digits, '_' and '-'.",
        )
    return job_id


def _piped(stdin: TextIO | None) -> Iterator[tuple[str, str]]:
    """Read ids one a line, or creation answers: one JSON document, or one a line."""
    content = "" if stdin is None else stdin.read(INPUT_LIMIT + 1)
    if len(content) > INPUT_LIMIT:
        raise UsageError(f"standard input is larger than {INPUT_LIMIT >> 20} MiB.")
    content = content.removeprefix("\ufeff")
    whole = _document(content)
    if whole is not None:
        yield from _told(whole, "standard input: ")
        return
    for number, line in enumerate(content.splitlines(), start=1):
        where = f"standard input, line {number}: "
        if line.lstrip().startswith(("{", "[", '"')):
            yield from _told(_document(line), where)
        elif line.strip():
            yield line.strip(), where


def _document(content: str) -> Any:
    if not content.lstrip().startswith(("{", "[", '"')):
        return None
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return None


def _told(found: Any, where: str) -> Iterator[tuple[str, str]]:
    for item in found if isinstance(found, list) else [found]:
        job_id = item.get("job_id") if isinstance(item, dict) else item
        if not isinstance(job_id, str):
            raise UsageError(
                f"{where}no job_id in it.", hint='Expected an id, or {"job_id": "..."}.'
            )
        yield job_id, where
