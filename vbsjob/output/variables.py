"""Documents as variables: for shells (env) and for GitLab's dotenv reports (dotenv)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from vbsjob.config.schema import SETTINGS
from vbsjob.errors import ApiError, UsageError
from vbsjob.jobs import fields as job_fields
from vbsjob.text import printable

if TYPE_CHECKING:
    from collections.abc import Iterable
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


def check_fields(fields: Iterable[str], *, single: bool) -> None:
    """Check the fields of --field before a query. Raises UsageError.

    With one job a field such as `timeout` would become VBSJOB_TIMEOUT, a setting of vbsjob, and
    change what the next command does.
    """
    hint = "Use -o value or -o json."
    variables, conflict = _variables(PREFIX, dict.fromkeys(fields))
    if conflict is not None:
        raise UsageError(f"--field: {conflict.message}", hint=hint)
    settings = {setting.variable for setting in SETTINGS}
    for variable, field in variables.items() if single else ():
        if variable in settings:
            raise UsageError(
                f"--field {printable(field)}: it would become {variable}, a setting of vbsjob.",
                hint=hint,
            )


def write_env(documents: Documents, selection: Selection, out: TextIO) -> ApiError | None:
    """Write one assignment per line, quoted for POSIX shells; return the error of `_variables`.

    Variables are VBSJOB_NAME for a single job, else VBSJOB_1_NAME, VBSJOB_2_NAME and so on.
    """
    documents_variables, conflict = _assignments(documents, selection)
    for assignments in documents_variables:
        out.writelines(f"{name}={_quoted(value)}\n" for name, value in assignments)
    return conflict


def write_dotenv(documents: Documents, selection: Selection, out: TextIO) -> ApiError | None:
    """Write one unquoted assignment per line, at most 20 and less than 5 KiB in all.

    If there are more, the first names of the selection are written, each of every job. Returns
    the error of `_variables`.
    """
    documents_variables, conflict = _assignments(documents, selection)
    lines = (
        (rank, number, f"{name}={_dotenv_value(value)}\n")
        for number, assignments in enumerate(documents_variables)
        for rank, (name, value) in enumerate(assignments)
    )
    size = 0
    written = []
    for rank, number, line in sorted(lines)[:DOTENV_VARIABLES]:
        size += len(line.encode(errors="replace"))
        if size >= DOTENV_BYTES:
            break
        written.append((number, rank, line))
    out.writelines(line for _, _, line in sorted(written))
    return conflict


def _assignments(
    documents: Documents, selection: Selection
) -> tuple[list[list[tuple[str, str]]], ApiError | None]:
    """Return the (variable, value) pairs of each document, and the first conflict."""
    names = dict.fromkeys(selection.fields)
    assignments, conflicts = [], []
    for number, document in enumerate(documents, start=1):
        values = dict(job_fields.select(document, names))
        prefix = PREFIX if selection.single else f"{PREFIX}_{number}"
        variables, conflict = _variables(prefix, values)
        pairs = [(name, job_fields.one_line(values[field])) for name, field in variables.items()]
        assignments.append(pairs)
        conflicts += [conflict] if conflict else []
    return assignments, conflicts[0] if conflicts else None


def _variables(prefix: str, fields: Iterable[str]) -> tuple[dict[str, str], ApiError | None]:
    """Return the field of each variable, without variables of several fields such as a-b and a_b.

    The error names the first of these.
    """
    by_variable: dict[str, list[str]] = {}
    for field in fields:
        name = re.sub(r"[^A-Z0-9]", "_", field.upper())
        by_variable.setdefault(f"{prefix}_{name}", []).append(field)
    variables = {name: fields[0] for name, fields in by_variable.items() if len(fields) == 1}
    for variable, same in by_variable.items():
        if len(same) > 1:
            names = " and ".join(repr(printable(field)[:80]) for field in same[:2])
            message = f"{names} would both become {variable[:80]}."
            hint = "Neither is written. Use -o json, or select one of them with --field."
            return variables, ApiError(message, hint=hint)
    return variables, None


def _quoted(value: str) -> str:
    """Return a value quoted for bash, dash and zsh; zsh expands `=name`, which shlex leaves."""
    return value if _UNQUOTED.fullmatch(value) else "'" + value.replace("'", "'\"'\"'") + "'"


def _dotenv_value(value: str) -> str:
    """Return a value that GitLab's reader returns unchanged: no expansion, no outer spaces."""
    text = _EXPANDED.sub(lambda sign: f"<U+{ord(sign[0]):04X}>", value).strip()
    content = text.encode(errors="replace")
    if len(content) <= DOTENV_VALUE_BYTES:
        return text
    return content[: DOTENV_VALUE_BYTES - 3].decode(errors="ignore").rstrip() + "..."
