"""The command `sandbox`: serve simulated jobs on this machine."""

from __future__ import annotations

import re

import typer

from vbsjob.cli import options
from vbsjob.errors import UsageError
from vbsjob.exit_codes import ExitCode
from vbsjob.sandbox.scenarios import SCENARIOS
from vbsjob.text import printable

HELP = (
    "Serve a simulated cloud on this machine until Ctrl-C.\n\n"
    "It has an identity service, and a backup service with jobs. vbsjob, curl, openstack and the"
    " vendor's SDK use it like the real cloud.\n\n"
    "The command prints the variables that clients need, for each sign-in method. A job begins at"
    " its first query. NAME-LABEL is another job of the same kind, NAME-ended is a job that has"
    " already ended.\n\n\b\n"
    "vbsjob sandbox --port 8990\n"
    "vbsjob sandbox --fault 502=0.1\n\n"
    "Test your own script in CI; behind a proxy, add 127.0.0.1 to NO_PROXY:\n\n\b\n"
    "rm -f sandbox.env\n"
    "vbsjob sandbox > sandbox.env & sandbox=$!\n"
    "until [ -s sandbox.env ]; do sleep 0.1; done\n"
    ". ./sandbox.env\n"
    "./my-script.sh backup-1     # must end with 0\n"
    "./my-script.sh fail-deep-1  # must report a failed job\n"
    "kill $sandbox\n\n"
    "Jobs:\n\n\b\n"
    + "\n".join(f"{name:<10} {scenario.summary}" for name, scenario in SCENARIOS.items())
)


def serve_sandbox(
    ctx: typer.Context,
    port: options.Port = "0",
    fault: options.Faults = None,
    token_life: options.TokenLife = None,
) -> ExitCode:
    """Print the variables that clients need, then serve until a signal ends the process."""
    from vbsjob.sandbox import faults
    from vbsjob.sandbox.examples import shell_lines
    from vbsjob.sandbox.server import TOKEN_LIFETIME, Sandbox

    context = ctx.obj
    lifetime = TOKEN_LIFETIME if token_life is None else _lifetime(token_life)
    shares = faults.parse(fault or [])
    sandbox = Sandbox(context, port=_port(port), faults=shares, token_lifetime=lifetime)
    # One write: a script that waits until the file is not empty reads it completely.
    lines = "\n".join(shell_lines(sandbox.address, sandbox.issue_token()))
    context.stdout.write(f"{lines}\n")
    context.stdout.flush()
    context.note(f"the sandbox serves {sandbox.address}. Ctrl-C ends it.")
    sandbox.serve()
    return ExitCode.OK


def _port(argument: str) -> int:
    """Return the value of --port. Raises UsageError."""
    if not re.fullmatch("[0-9]{1,5}", argument) or int(argument) > 65535:
        raise UsageError(
            f"--port: {printable(argument)[:200]!r} is not a number from 0 to 65535.",
            hint="Write a free port, or omit it.",
        )
    return int(argument)


def _lifetime(argument: str) -> float:
    """Return the value of --token-life in seconds. Raises UsageError."""
    from vbsjob.config.values import duration, invalid

    try:
        lifetime = duration(argument)
    except ValueError as error:
        raise invalid(f"--token-life: {printable(argument)[:200]!r}", error) from None
    if not lifetime:
        raise UsageError("--token-life: the time must not be 0.", hint="Use at least 1s.")
    return lifetime
