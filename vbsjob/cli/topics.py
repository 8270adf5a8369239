"""Topics of `help`: exit codes, environment and formats."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from vbsjob.exit_codes import SEVERITY, ExitCode

if TYPE_CHECKING:
    from collections.abc import Sequence

WIDTH = 79
"""Columns of a topic, as the reference of formats."""
INDENT = " " * 4


def _wrapped(head: str, words: str) -> list[str]:
    """Return words at the right of a head, in lines of at most WIDTH columns."""
    lines = textwrap.wrap(words, WIDTH - len(head), break_on_hyphens=False)
    return [f"{' ' * len(head) if number else head}{line}" for number, line in enumerate(lines)]


def _exit_codes_topic() -> list[str]:
    rows = (_wrapped(f"{int(code):>3}  {code.label:<15}", code.meaning) for code in ExitCode)
    order = ", ".join(str(int(code)) for code in SEVERITY)
    return [
        "Exit codes of vbsjob. 1 means only that the service reports FAIL for a job.",
        "",
        *(line for row in rows for line in row),
        "",
        *_wrapped(
            "",
            "With several jobs the exit code is the first of these that applies to one of them:"
            f" a signal, {order}. In formats for programs each job has its own exit_code.",
        ),
        "",
        *_wrapped(
            "",
            "One exception: Python itself ends with 1 if it cannot start, or if it gets Ctrl-C in"
            " the first 0.1 s. Nothing was sent then, and stdout is empty.",
        ),
    ]


def _environment_topic() -> list[str]:
    from vbsjob.config.schema import OTHER_VARIABLES, SETTINGS

    lines = [
        *_wrapped(
            "",
            "Every setting has an environment variable. The first of these that sets it is used:"
            " option, VBSJOB_*, OS_*, config.toml, clouds.yaml, default. A secret has no option."
            " A cloud that is named with --cloud or VBSJOB_CLOUD has precedence over variables:"
            " they are used only for settings that the cloud does not have.",
        ),
        "",
    ]
    for setting in SETTINGS:
        names = ", ".join((setting.variable, *setting.os))
        sentence = f"{setting.sentence}{' (secret)' if setting.secret else ''}"
        lines += [*_wrapped("", names), *_wrapped(INDENT, sentence)]
    lines += ["", "Other variables:", ""]
    for name, sentence in OTHER_VARIABLES.items():
        lines += [name, *_wrapped(INDENT, sentence)]
    return lines


def _formats_topic() -> list[str]:
    """Return the text file; a line such as `@failure` becomes a list of names."""
    from importlib import resources

    text = resources.files(__package__).joinpath("formats.txt").read_text("utf-8")
    lines: list[str] = []
    for line in text.splitlines():
        lines += _listed(line[1:]) if line.startswith("@") else [line]
    return lines


def _listed(name: str) -> list[str]:
    """Return the lines of a list: names, or names with their meanings."""
    names = _names(name)
    if not isinstance(names, dict):
        return _wrapped(INDENT * 2, ", ".join(names))
    rows = (_wrapped(f"{INDENT * 2}{name:<14}  ", meaning) for name, meaning in names.items())
    return [line for row in rows for line in row]


def _names(name: str) -> Sequence[str] | dict[str, str]:
    """Return what a list contains: formats, fields of a document or of `failure`, and others."""
    from vbsjob.jobs.fields import OUR_MEMBERS
    from vbsjob.output import formats, schemas

    if name == "formats":
        return {output.name: output.summary for output in formats.BY_NAME.values()}
    if name == "columns":
        return formats.JOBS.columns
    if name == "variables":
        return [f"VBSJOB_{field.upper().replace('.', '_')}" for field in formats.JOBS.variables]
    fields = schemas.members(name)
    names = OUR_MEMBERS if name == "document" else fields
    return {field: fields[field]["description"] for field in fields if field in names}


TOPICS = {
    "exit-codes": _exit_codes_topic,
    "environment": _environment_topic,
    "formats": _formats_topic,
}
