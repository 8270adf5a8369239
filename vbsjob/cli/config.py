"""The command group `config`: show all settings, or test sign-in and connection."""

from __future__ import annotations

import typer

from vbsjob.cli import options
from vbsjob.cli.run import JobCommand
from vbsjob.errors import UsageError
from vbsjob.exit_codes import ExitCode

HELP = (
    "Show every setting and its origin, or check that they work.\n\n\b\n"
    "vbsjob config show\nvbsjob config check --cloud production"
)


def config_show(
    ctx: typer.Context,
    output: options.Output = None,
    cloud: options.Cloud = None,
    region: options.Region = None,
    project: options.Project = None,
    endpoint: options.Endpoint = None,
) -> ExitCode:
    """Show every setting, where it is from, and the files that were read; asks nobody.

    \b
    vbsjob config show --cloud production
    """
    from vbsjob.cli import config_report

    command = _command(ctx)
    with command.service_settings() as settings:
        found = config_report.show(settings, command.context)
        config_report.write(found, command.context, machine=settings["output"] == "json")
        if not settings["auth_url"] and not settings["endpoint"]:
            command.context.note(f"no cloud is set. {config_report.FIRST_STEPS}")
    return ExitCode.OK


def config_check(
    ctx: typer.Context,
    output: options.Output = None,
    verbose: options.Verbose = None,
    cloud: options.Cloud = None,
    region: options.Region = None,
    project: options.Project = None,
    endpoint: options.Endpoint = None,
    insecure_http: options.InsecureHttp = None,
) -> ExitCode:
    """Sign in, ask the service, and tell what came of it: exit 0 if all is well.

    \b
    vbsjob config check --cloud production
    """
    from vbsjob.cli import config_report

    command = _command(ctx)
    with command.service_settings() as settings:
        found = config_report.check(settings, command.context)
        config_report.write(found, command.context, machine=settings["output"] == "json")
    return ExitCode.OK


def _command(ctx: typer.Context) -> JobCommand:
    """Return the errand of a command that answers in lines or in JSON alone."""
    command = JobCommand(ctx.params, ctx.obj)
    output = command.settings["output"]
    if command.settings.origin("output") == "--output" and output not in {"table", "json"}:
        raise UsageError("config answers as -o table or -o json.")
    return command
