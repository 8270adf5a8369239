"""Documents as variables: for shells (env) and for GitLab's dotenv reports (dotenv)."""

from __future__ import annotations

import heapq
import re
from typing import TYPE_CHECKING, Any

from vbsjob.jobs import fields as job_fields

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from typing import TextIO

    Documents = Iterable[dict[str, Any]]

EVERY_ENTITY = "entities.*"
"""A name that stands for all entities that a variable can hold."""
DOTENV_VARIABLES = 20
"""GitLab's default limit; a report with more variables is refused."""
DOTENV_BYTES = 5 * 1024
"""GitLab's limit for the file, which must be smaller."""
DOTENV_VALUE_BYTES = 400
"""A longer value is cut, so that it does not take the place of all others."""
_UNQUOTED = re.compile(r"[A-Za-z0-9_.,:/@%+-]*")
_EXPANDED = re.compile(r"\$|%(?=%|[A-Za-z_][A-Za-z0-9_]*%)")
"""What GitLab expands in a value: $NAME, ${NAME} and %NAME%."""


def write_env(documents: Documents, names: Sequence[str], out: TextIO, *, single: bool) -> None:
    """Write one assignment per line, quoted for POSIX shells.

    Variables are VBSJOB_NAME if `single`, else VBSJOB_1_NAME, VBSJOB_2_NAME and so on.
    """
    for assignments in _assignments(documents, names, single=single):
        out.writelines(f"{name}={_quoted(value)}\n" for name, value in assignments)


def write_dotenv(documents: Documents, names: Sequence[str], out: TextIO, *, single: bool) -> None:
    """Write one unquoted assignment per line, at most 20 and less than 5 KiB in all.

    If there are more, those named first in `names` are written, of every job before the next name.
    """
    lines = (
        (rank, number, f"{name}={_dotenv_value(value)}\n")
        for number, assignments in enumerate(_assignments(documents, names, single=single))
        for rank, (name, value) in enumerate(assignments)
    )
    size = 0
    written = []
    for rank, number, line in heapq.nsmallest(DOTENV_VARIABLES, lines):
        size += len(line.encode(errors="replace"))
        if size >= DOTENV_BYTES:
            break
        written.append((number, rank, line))
    out.writelines(line for _, _, line in sorted(written))


def _assignments(
    documents: Documents, names: Sequence[str], *, single: bool
) -> Iterator[Iterator[tuple[str, str]]]:
    """Yield the (variable, value) pairs of each document."""
    for number, document in enumerate(documents, start=1):
        yield _unique("VBSJOB" if single else f"VBSJOB_{number}", _values(document, names))


def _unique(prefix: str, values: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Yield variables; a name that occurs again, such as of a-b and a_b, gets `_2` and so on."""
    counts: dict[str, int] = {}
    for field, value in values:
        name = f"{prefix}_{_variable(field)}"
        while name in counts:
            counts[name] += 1
            name = f"{name}_{counts[name]}"
        counts[name] = 1
        yield name, value


def _values(document: dict[str, Any], names: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield (field, value as one line); EVERY_ENTITY stands for each text, number and boolean."""
    for name in names:
        if name != EVERY_ENTITY:
            yield name, job_fields.one_line(job_fields.get(document, name))
            continue
        entities = document.get("entities")
        for entity, value in entities.items() if isinstance(entities, dict) else ():
            if isinstance(value, str | int | float):
                yield f"entities.{entity}", job_fields.one_line(value)


def _quoted(value: str) -> str:
    """Return a value quoted for bash, dash and zsh; zsh expands `=name`, which shlex leaves."""
    return value if _UNQUOTED.fullmatch(value) else "'" + value.replace("'", "'\"'\"'") + "'"


def _variable(name: str) -> str:
    return re.sub(r"[^A-Z0-9]", "_", name.upper())


def _dotenv_value(value: str) -> str:
    """Return a value that GitLab's reader returns unchanged: no expansion, no outer spaces."""
    text = _EXPANDED.sub(lambda sign: f"<U+{ord(sign[0]):04X}>", value).strip()
    content = text.encode(errors="replace")
    if len(content) <= DOTENV_VALUE_BYTES:
        return text
    return content[: DOTENV_VALUE_BYTES - 3].decode(errors="ignore").rstrip() + "..."
