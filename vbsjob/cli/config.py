"""The command group `config`: show all settings, or test sign-in and connection."""

from __future__ import annotations

import typer

from vbsjob.cli import options
from vbsjob.cli.command import JobCommand
from vbsjob.exit_codes import ExitCode

HELP = (
    "Show all settings, or test sign-in and connection.\n\n\b\n"
    "vbsjob config show\nvbsjob config check --cloud production"
)


@options.takes("output", options.SERVICE, "everything")
def config_show(
    ctx: typer.Context,
    *,
    output: options.ConfigOutput = None,
    everything: options.AllSettings = False,
    **_: object,
) -> ExitCode:
    """Show what is set and where it comes from, and which files are read; offline.

    \b
    vbsjob config show
    vbsjob config show --cloud production -o json
    """
    from vbsjob.auth.loading import FIRST_STEPS, WAYS_TO_SIGN_IN
    from vbsjob.cli import config_report

    command = JobCommand(ctx.params, ctx.obj)
    with command.service_settings() as settings:
        config_report.show(settings, command.context, everything=everything)
        if not settings["auth_url"] and not settings["endpoint"]:
            command.context.note("no cloud is set.", WAYS_TO_SIGN_IN, FIRST_STEPS)
    return ExitCode.OK


@options.takes("output verbose", options.SERVICE, "insecure_http")
def config_check(
    ctx: typer.Context, *, output: options.ConfigOutput = None, **_: object
) -> ExitCode:
    """Sign in, send a query, and show the results; exit code 0 if all of it works.

    \b
    vbsjob config check --cloud production
    """
    from vbsjob.cli import config_report

    command = JobCommand(ctx.params, ctx.obj)
    with command.service_settings() as settings:
        config_report.check(settings, command.context)
    return ExitCode.OK
