"""The command `schema`: print a JSON Schema."""

from __future__ import annotations

import json

import typer

from vbsjob.cli import options
from vbsjob.exit_codes import ExitCode


def schema(ctx: typer.Context, name: options.SchemaName) -> ExitCode:
    """Print the JSON Schema of what a command prints: document, event, error and others.

    \b
    vbsjob schema document
    vbsjob schema event > event.schema.json
    """
    from vbsjob.output import schemas

    ctx.obj.stdout.write(json.dumps(schemas.load(name), indent=2) + "\n")
    return ExitCode.OK
