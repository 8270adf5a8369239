"""The command `sandbox`: serve simulated jobs on this machine."""

from __future__ import annotations

import typer

from vbsjob.cli import options
from vbsjob.config.precedence import BOUND, CHOSEN_IN_CLOUD
from vbsjob.config.schema import SETTINGS_BY_NAME
from vbsjob.exit_codes import ExitCode
from vbsjob.sandbox import account
from vbsjob.sandbox.scenarios import SCENARIOS


@options.takes("service")
def sandbox(  # noqa: D103 - set below: it lists the jobs
    ctx: typer.Context,
    port: options.Port = 0,
    fault: options.Faults = None,
    token_life: options.TokenLife = None,
    env: options.Env = None,
    method: options.Method = "password",
    **_: object,
) -> ExitCode:
    context, service = ctx.obj, ctx.params["service"]
    if env is not None:
        address = f"http://127.0.0.1:{env}"
        context.stdout.write(_variables(address, method, service))
        return ExitCode.OK
    from vbsjob.config import values
    from vbsjob.sandbox import jobs
    from vbsjob.sandbox.server import TOKEN_LIFETIME, Sandbox

    lifetime = TOKEN_LIFETIME
    if token_life is not None:
        lifetime = values.of_option("--token-life", values.interval, token_life)
    shares = jobs.parse_faults(fault or [])
    server = Sandbox(context, port=port, faults=shares, token_lifetime=lifetime)
    # One write: a script that waits until the file is not empty reads it completely.
    context.stdout.write(_start_text(server.address, service))
    context.stdout.flush()
    server.serve()
    return ExitCode.OK


sandbox.__doc__ = (
    "Serve a simulated cloud on this machine until Ctrl-C.\n\n"
    "It answers sign-ins and queries of jobs. vbsjob, curl, openstack and the vendor's SDK use it"
    " like the real cloud.\n\n"
    "'vbsjob sandbox --env PORT' prints the variables that clients need. A job begins at its first"
    " query. NAME-LABEL is another job of the same kind, NAME-ended is a job that has already"
    " ended.\n\n\b\n"
    "vbsjob sandbox --port 8990\n"
    "vbsjob sandbox --fault 502=0.1\n\n"
    "Test your own script in CI; behind a proxy, add 127.0.0.1 to NO_PROXY:\n\n\b\n"
    "rm -f sandbox.txt\n"
    "vbsjob sandbox --port 8990 > sandbox.txt & sandbox=$!\n"
    "until [ -s sandbox.txt ]; do sleep 0.1; done\n"
    'eval "$(vbsjob sandbox --env 8990)"\n'
    "./my-script.sh backup-1     # must end with 0\n"
    "./my-script.sh fail-deep-1  # must report a failed job\n"
    "kill $sandbox\n\n"
    "Jobs:\n\n\b\n"
    + "\n".join(f"{name:<10} {scenario.summary}" for name, scenario in SCENARIOS.items())
)


def _start_text(address: str, service: str | None) -> str:
    """Return what the sandbox prints at its start: how to use it from another terminal."""
    command = f"vbsjob sandbox --env {address.rpartition(':')[2]}"
    command += f" --service {service}" if service else ""
    return (
        f"Sandbox on {address}. Ctrl-C stops it. In another terminal:\n"
        f'    eval "$({command})"\n'
        f"    vbsjob watch restore    (jobs: {' '.join(SCENARIOS)})\n"
        "Other sign-in methods:\n"
        f"    {command} --method {'|'.join(list(account.METHODS)[1:])}\n"
    )


def _variables(address: str, method: str, service: str | None) -> str:
    """Return shell lines that set the variables of a sign-in method, and remove all others."""
    from shlex import quote

    variables = {
        SETTINGS_BY_NAME[name].os[0]: value
        for name, value in account.settings(address, method).items()
    }
    variables |= {"VBSJOB_SERVICE": service} if service else {}
    of_cloud = (SETTINGS_BY_NAME[name] for name in (*BOUND, *CHOSEN_IN_CLOUD, "cloud", "service"))
    names = {name for setting in of_cloud for name in (setting.variable, *setting.os)}
    unset = {name for name in names if name.startswith(("OS_", "VBSJOB_"))} - variables.keys()
    lines = [f"export {name}={quote(value)}" for name, value in variables.items()]
    return "\n".join([f"unset {' '.join(sorted(unset))}", *lines, ""])
