"""The command group `config`: show all settings, or test sign-in and connection."""

from __future__ import annotations

import typer

from vbsjob.cli import options
from vbsjob.cli.command import JobCommand
from vbsjob.errors import UsageError
from vbsjob.exit_codes import ExitCode

HELP = (
    "Show all settings, or test sign-in and connection.\n\n\b\n"
    "vbsjob config show\nvbsjob config check --cloud production"
)


def config_show(
    ctx: typer.Context,
    output: options.Output = None,
    cloud: options.Cloud = None,
    region: options.Region = None,
    project: options.Project = None,
    service: options.Service = None,
    endpoint: options.Endpoint = None,
    everything: options.AllSettings = False,
) -> ExitCode:
    """Show what is set and where it comes from, and which files are read; offline.

    \b
    vbsjob config show
    vbsjob config show --cloud production -o json
    """
    from vbsjob.auth.loading import FIRST_STEPS, WAYS_TO_SIGN_IN
    from vbsjob.cli import config_report

    command = _command(ctx)
    with command.service_settings() as settings:
        machine = settings["output"] == "json"
        config_report.show(settings, command.context, machine=machine, everything=everything)
        if not settings["auth_url"] and not settings["endpoint"]:
            command.context.note("no cloud is set.", WAYS_TO_SIGN_IN, FIRST_STEPS)
    return ExitCode.OK


def config_check(
    ctx: typer.Context,
    output: options.Output = None,
    verbose: options.Verbose = None,
    cloud: options.Cloud = None,
    region: options.Region = None,
    project: options.Project = None,
    service: options.Service = None,
    endpoint: options.Endpoint = None,
    insecure_http: options.InsecureHttp = None,
) -> ExitCode:
    """Sign in, send a query, and show the results; exit code 0 if all of it works.

    \b
    vbsjob config check --cloud production
    """
    from vbsjob.cli import config_report

    command = _command(ctx)
    with command.service_settings() as settings:
        config_report.check(settings, command.context, machine=settings["output"] == "json")
    return ExitCode.OK


def _command(ctx: typer.Context) -> JobCommand:
    """Return the settings of a command that prints lines or JSON only. Raises UsageError."""
    command = JobCommand(ctx.params, ctx.obj)
    output = command.settings["output"]
    if command.settings.origin("output") == "--output" and output not in {"table", "json"}:
        raise UsageError(
            f"config cannot print the format {output}.", hint="Use -o table or -o json."
        )
    return command
