"""The command `sandbox`: serve the built-in jobs on this machine."""

from __future__ import annotations

import typer

from vbsjob.cli import options
from vbsjob.config.schema import SETTINGS_BY_NAME
from vbsjob.errors import UsageError
from vbsjob.exit_codes import ExitCode
from vbsjob.sandbox.scenarios import SCENARIOS

HELP = (
    "Serve a made-up backup service on this machine until Ctrl-C.\n\n"
    "A job begins when first asked about; NAME-LABEL is another one of its kind, NAME-ended one"
    " that is over.\n\n\b\n"
    "vbsjob sandbox --port 8990\n"
    "vbsjob sandbox --fault 502=0.1\n\n"
    "Jobs:\n\n\b\n" + "\n".join(f"{name:<10} {recipe.text}" for name, recipe in SCENARIOS.items())
)


def serve_sandbox(
    ctx: typer.Context,
    port: options.Port = 0,
    fault: options.Faults = None,
    token_life: options.TokenLife = None,
) -> ExitCode:
    """Print what a client needs, then serve until a signal ends the process."""
    import shlex

    from vbsjob.sandbox.server import Sandbox, faults

    context = ctx.obj
    lasting = {} if token_life is None else {"token_life": _life(token_life)}
    sandbox = Sandbox(context, port=port, faults=faults(fault or []), **lasting)
    for name, value in sandbox.settings.items():
        context.stdout.write(f"export {SETTINGS_BY_NAME[name].variable}={shlex.quote(value)}\n")
    context.stdout.flush()
    context.note("serving; paste these lines where vbsjob is to ask. Ctrl-C ends it.")
    sandbox.serve()
    return ExitCode.OK


def _life(token_life: str) -> float:
    from vbsjob.config.values import duration

    try:
        life = duration(token_life)
    except ValueError as error:
        raise UsageError(f"--token-life {error}.") from None
    if not life:
        raise UsageError("--token-life 0s is no life.", hint="Give at least 1s.")
    return life
