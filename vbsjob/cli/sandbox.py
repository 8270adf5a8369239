"""The command `sandbox`: serve simulated jobs on this machine."""

from __future__ import annotations

import typer

from vbsjob.cli import options
from vbsjob.config.schema import SETTINGS_BY_NAME
from vbsjob.errors import UsageError
from vbsjob.exit_codes import ExitCode
from vbsjob.sandbox.scenarios import SCENARIOS

HELP = (
    "Serve a simulated backup service on this machine until Ctrl-C.\n\n"
    "A job begins at its first query. NAME-LABEL is another job of the same kind, NAME-ended is a"
    " job that has already ended.\n\n\b\n"
    "vbsjob sandbox --port 8990\n"
    "vbsjob sandbox --fault 502=0.1\n\n"
    "Jobs:\n\n\b\n"
    + "\n".join(f"{name:<10} {scenario.summary}" for name, scenario in SCENARIOS.items())
)


def serve_sandbox(
    ctx: typer.Context,
    port: options.Port = 0,
    fault: options.Faults = None,
    token_life: options.TokenLife = None,
) -> ExitCode:
    """Print the settings that a client needs, then serve until a signal ends the process."""
    import shlex

    from vbsjob.sandbox import faults
    from vbsjob.sandbox.server import TOKEN_LIFETIME, Sandbox

    context = ctx.obj
    lifetime = TOKEN_LIFETIME if token_life is None else _lifetime(token_life)
    shares = faults.parse(fault or [])
    sandbox = Sandbox(context, port=port, faults=shares, token_life=lifetime)
    for name, value in sandbox.settings.items():
        context.stdout.write(f"export {SETTINGS_BY_NAME[name].variable}={shlex.quote(value)}\n")
    context.stdout.flush()
    context.note(
        "the sandbox is ready: run these lines in the shell of the client. Ctrl-C ends it."
    )
    sandbox.serve()
    return ExitCode.OK


def _lifetime(argument: str) -> float:
    """Return the value of --token-life in seconds. Raises UsageError."""
    from vbsjob.config.values import duration

    try:
        lifetime = duration(argument)
    except ValueError as error:
        raise UsageError(f"--token-life {error}.") from None
    if not lifetime:
        raise UsageError("--token-life must not be 0.", hint="Use at least 1s.")
    return lifetime
