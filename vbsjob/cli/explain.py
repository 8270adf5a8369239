"""The command `explain`: what an error code means, offline."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from vbsjob.cli import options
from vbsjob.errors import UsageError
from vbsjob.exit_codes import ExitCode
from vbsjob.text import printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import TextIO


def explain(
    ctx: typer.Context,
    code: options.ErrorCode = None,
    output: options.Output = None,
    field: options.Fields = None,
) -> ExitCode:
    """Say what an error code means and what to do, offline.

    \b
    vbsjob explain VolumeBackup.0202
    vbsjob explain | grep -i quota
    vbsjob explain VolumeBackup.0202 -f action
    vbsjob explain -o json
    """
    from vbsjob.config.loader import preference

    context = ctx.obj
    chosen = preference("output", ctx.params, context) or ("value" if field else "table")
    _write(code, chosen, field or [], context.stdout)
    return ExitCode.OK


def _write(code: str | None, format_: str, fields: Sequence[str], out: TextIO) -> None:
    """Write what a code means, or all codes; raises Usage for one that is not known."""
    from vbsjob.jobs import error_codes
    from vbsjob.output import formats

    found = error_codes.documents(code)
    if code is not None and not found:
        raise _unknown(code, error_codes.near(code))
    if format_ == "table":
        out.writelines(_meanings(found, fields))
    elif format_ == "name":
        formats.write("value", found, ["code"], out)
    else:
        formats.write(format_, found, fields or error_codes.FIELDS, out)


def _meanings(found: Sequence[dict[str, Any]], fields: Sequence[str]) -> Iterator[str]:
    """Yield what codes mean: one code as a block, several a line each."""
    if fields:
        yield from (f"{item.get(name, '')}\n" for item in found for name in fields)
    elif len(found) == 1:
        yield (
            "{code}\n  during      {during}\n  meaning     {meaning}\n  what to do  {action}\n"
        ).format_map(found[0])
    else:
        width = max(len(item["code"]) for item in found)
        yield from (f"{item['code']:<{width}}  {item['meaning']}\n" for item in found)


def _unknown(code: str, near: Sequence[str]) -> UsageError:
    """Return the problem that a code is not known, with those probably meant."""
    guess = f"Did you mean {' or '.join(near)}? " if near else ""
    return UsageError(
        f"No meaning is known for {printable(code)[:80]!r}.",
        hint=f"{guess}'vbsjob explain' lists every known code.",
    )
