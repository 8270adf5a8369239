"""The command `explain`: what an error code means and what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from vbsjob.cli import options
from vbsjob.errors import UsageError
from vbsjob.exit_codes import ExitCode
from vbsjob.text import printable, wrap

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from vbsjob.context import Context
    from vbsjob.output.formats import Format


def explain(
    ctx: typer.Context,
    code: options.ErrorCode = None,
    output: options.Output = None,
    field: options.Fields = None,
) -> ExitCode:
    """Show what an error code means and what to do; offline.

    \b
    vbsjob explain VolumeBackup.0202
    vbsjob explain | grep -i quota
    vbsjob explain VolumeBackup.0202 -f action
    vbsjob explain -o json
    """
    from vbsjob.config.loader import preference
    from vbsjob.output import formats

    context = ctx.obj
    name = preference("output", ctx.params, context) or ("value" if field else "table")
    return _write(code, formats.by_name(name), field or [], context)


def _write(code: str | None, format_: Format, fields: Sequence[str], context: Context) -> ExitCode:
    """Write the meaning of a code, or of all codes. Raises UsageError for an unknown code."""
    from vbsjob.jobs import error_codes
    from vbsjob.jobs.fields import FieldCheck, Kind, Selection
    from vbsjob.jobs.result import SCHEMA_VERSION

    documents = error_codes.documents(code)
    if code is not None and not documents:
        raise _unknown(code, error_codes.near(code))
    documents = [{"schema_version": SCHEMA_VERSION} | document for document in documents]
    check = FieldCheck(fields)
    if format_.write is None:
        width = context.width(context.stdout)
        lines = _table(list(check.read(documents)), fields)
        context.stdout.writelines(
            f"{line if width is None else wrap(line, width, indent)}\n" for line, indent in lines
        )
    else:
        names = error_codes.FIELDS
        selection = Selection(Kind(names, names, names, "code"), fields, code is not None)
        format_.write(check.read(documents), selection, context.stdout)
    error = check.error()
    if error is None:
        return ExitCode.OK
    context.stdout.flush()
    context.print_error(error)
    return error.exit_code


def _table(documents: Sequence[dict[str, Any]], fields: Sequence[str]) -> Iterator[tuple[str, int]]:
    """Yield lines with the indent of their continuation.

    A block for one code, one line per code for several; only values if fields are selected.
    """
    if fields:
        yield from ((str(item.get(name, "")), 0) for item in documents for name in fields)
    elif len(documents) == 1:
        (item,) = documents
        yield item["code"], 0
        for label, name in (("during", "during"), ("meaning", "meaning"), ("what to do", "action")):
            yield f"  {label:<10}  {item[name]}", 14
    else:
        width = max(len(item["code"]) for item in documents)
        yield from (
            (f"{item['code']:<{width}}  {item['meaning']}", width + 2) for item in documents
        )


def _unknown(code: str, near: Sequence[str]) -> UsageError:
    """Return the error for an unknown code, with similar codes."""
    similar = f"Did you mean {' or '.join(near)}? " if near else ""
    hint = f"{similar}'vbsjob explain' lists all known codes."
    if len(code) <= 3 and code.isdecimal():
        hint = (
            "'vbsjob help exit-codes' explains exit codes, 'vbsjob explain' codes of the service."
        )
    return UsageError(f"the error code {printable(code)[:80]!r} is unknown.", hint=hint)
