"""Documents as variables: for shells (env) and for GitLab's dotenv reports (dotenv)."""

from __future__ import annotations

import heapq
import re
from typing import TYPE_CHECKING, Any

from vbsjob.config.schema import SETTINGS
from vbsjob.errors import ApiError, UsageError
from vbsjob.jobs import fields as job_fields
from vbsjob.text import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import TextIO

    from vbsjob.jobs.fields import Selection

    Documents = Iterable[dict[str, Any]]

PREFIX = "VBSJOB"
"""Every variable begins with it: no name of an answer can be PATH, IFS or LD_PRELOAD."""
DOTENV_VARIABLES = 20
"""GitLab's default limit; a report with more variables is refused."""
DOTENV_BYTES = 5 * 1024
"""GitLab's limit for the file, which must be smaller."""
DOTENV_VALUE_BYTES = 400
"""A longer value is cut, so that it does not take the place of all others."""
_UNQUOTED = re.compile(r"[A-Za-z0-9_.,:/@%+-]*")
_EXPANDED = re.compile(r"\$|%(?=%|[A-Za-z_][A-Za-z0-9_]*%)")
"""What GitLab expands in a value: $NAME, ${NAME} and %NAME%."""


class SameVariableError(ApiError):
    """Fields of an answer become the same variable; none of them has been written."""


def check_fields(fields: Iterable[str], *, single: bool) -> None:
    """Check the fields of --field before a query. Raises UsageError.

    With one job a field such as `timeout` would become VBSJOB_TIMEOUT, a setting of vbsjob, and
    change what the next command does.
    """
    hint = "Use -o value or -o json."
    variables, conflict = _variables(PREFIX, dict.fromkeys(fields).items())
    if conflict is not None:
        raise UsageError(f"--field: {conflict.message}", hint=hint)
    settings = {setting.variable for setting in SETTINGS}
    for variable, (field, _) in variables.items() if single else ():
        if variable in settings:
            raise UsageError(
                f"--field {printable(field)}: it would become {variable}, a setting of vbsjob.",
                hint=hint,
            )


def write_env(documents: Documents, selection: Selection, out: TextIO) -> None:
    """Write one assignment per line, quoted for POSIX shells. Raises SameVariableError at the end.

    Variables are VBSJOB_NAME for a single job, else VBSJOB_1_NAME, VBSJOB_2_NAME and so on.
    """
    conflicts: list[SameVariableError] = []
    for assignments in _assignments(documents, selection, conflicts):
        out.writelines(f"{name}={_quoted(value)}\n" for name, value in assignments)
    _raise_first(conflicts)


def write_dotenv(documents: Documents, selection: Selection, out: TextIO) -> None:
    """Write one unquoted assignment per line, at most 20 and less than 5 KiB in all.

    If there are more, the first names of the selection are written, each of every job.
    Raises SameVariableError at the end.
    """
    conflicts: list[SameVariableError] = []
    lines = (
        (rank, number, f"{name}={_dotenv_value(value)}\n")
        for number, assignments in enumerate(_assignments(documents, selection, conflicts))
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
    _raise_first(conflicts)


def _raise_first(conflicts: list[SameVariableError]) -> None:
    if conflicts:
        raise conflicts[0]


def _assignments(
    documents: Documents, selection: Selection, conflicts: list[SameVariableError]
) -> Iterator[Iterator[tuple[str, str]]]:
    """Yield the (variable, value) pairs of each document; append to `conflicts`."""
    names = selection.fields or selection.kind.variables
    for number, document in enumerate(documents, start=1):
        prefix = PREFIX if selection.single else f"{PREFIX}_{number}"
        variables, conflict = _variables(prefix, job_fields.select(document, dict.fromkeys(names)))
        if conflict is not None:
            conflicts.append(conflict)
        yield ((variable, job_fields.one_line(value)) for variable, (_, value) in variables.items())


def _variables(
    prefix: str, fields: Iterable[tuple[str, Any]]
) -> tuple[dict[str, tuple[str, Any]], SameVariableError | None]:
    """Return (field, value) by variable, without variables of several fields such as a-b and a_b.

    The error names the first of these.
    """
    variables: dict[str, tuple[str, Any]] = {}
    several: dict[str, str] = {}
    for field, value in fields:
        variable = f"{prefix}_{_variable(field)}"
        if variable in variables:
            several.setdefault(variable, field)
        else:
            variables[variable] = field, value
    if not several:
        return variables, None
    variable, second = next(iter(several.items()))
    names = " and ".join(repr(printable(name)[:80]) for name in (variables[variable][0], second))
    hint = "Neither is written. Use -o json, or select one of them with --field."
    conflict = SameVariableError(f"{names} would both become {variable[:80]}.", hint=hint)
    return {name: item for name, item in variables.items() if name not in several}, conflict


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
