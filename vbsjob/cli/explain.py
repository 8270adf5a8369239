"""The command `explain`: what an error code means and what to do."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

import typer

from vbsjob.cli import options
from vbsjob.cli.help import paged
from vbsjob.errors import UsageError
from vbsjob.exit_codes import ExitCode
from vbsjob.jobs import error_codes
from vbsjob.jobs.fields import SCHEMA_VERSION
from vbsjob.jobs.outcome import RunOutcome
from vbsjob.output import formats
from vbsjob.text import printable, wrap

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vbsjob.context import Context

LABELS = (("during", "during"), ("meaning", "meaning"), ("what to do", "action"))
"""Labels and members of the block for one code."""
KIND = formats.Kind(error_codes.FIELDS, error_codes.FIELDS, error_codes.FIELDS, ("code",))


@options.takes("output field")
def explain(ctx: typer.Context, code: options.ErrorCode = None, **_: object) -> ExitCode:
    """Show what an error code means and what to do; offline.

    \b
    vbsjob explain VolumeBackup.0202
    vbsjob explain | grep -i quota
    vbsjob explain VolumeBackup.0202 -f action
    vbsjob explain -o json
    """
    from vbsjob.cli import present
    from vbsjob.config.loader import Settings, preference

    context: Context = ctx.obj
    fields = ctx.params["field"] or []
    meanings = error_codes.everything().values() if code is None else [error_codes.meaning(code)]
    documents = [meaning._asdict() for meaning in meanings if meaning is not None]
    if not documents:
        raise _unknown(code or "")
    name = preference("output", ctx.params, context) or ("value" if fields else "table")
    format = formats.by_name(name)
    output = present.Output(Settings({}), context, format, fields, code is not None, options=())
    if output.for_people:
        with paged(context) if code is None else nullcontext(context) as screen:
            _write_table(documents, screen)
        return ExitCode.OK
    documents = [{"schema_version": SCHEMA_VERSION} | document for document in documents]
    errors = tuple(present.write(documents, output, KIND))
    context.stdout.flush()
    return present.end(RunOutcome((), context.steady_now(), errors=errors), output)


def _write_table(documents: Sequence[dict[str, Any]], context: Context) -> None:
    """Write a block for one code, one line per code for several."""
    if len(documents) == 1:
        (document,) = documents
        lines = [f"  {label:<10}  {document[name]}" for label, name in LABELS]
        lines, indent = [document["code"], *lines], 14
    else:
        width = max(len(document["code"]) for document in documents)
        lines = [f"{document['code']:<{width}}  {document['meaning']}" for document in documents]
        indent = width + 2
    columns = context.width(context.stdout)
    for line in lines:
        context.stdout.write((line if columns is None else wrap(line, columns, indent)) + "\n")


def _unknown(code: str) -> UsageError:
    """Return the error for an unknown code, with similar codes."""
    near = error_codes.near(code)
    similar = f"Did you mean {' or '.join(near)}? " if near else ""
    hint = (
        f"{similar}'vbsjob explain' lists all known codes of the service,"
        " 'vbsjob help exit-codes' explains exit codes."
    )
    return UsageError(f"the error code {printable(code)[:80]!r} is unknown.", hint=hint)
