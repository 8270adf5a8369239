"""The commands that ask about no job: config, sandbox, explain, help; recipes like those of cli."""

from __future__ import annotations

import typer

from vbsjob.cli import guide, options
from vbsjob.cli.run import JobCommand
from vbsjob.config.schema import SETTINGS_BY_NAME
from vbsjob.outcome import ExitCode, UsageError
from vbsjob.sandbox.scenarios import SCENARIOS

EXIT_CODES = "Exit codes:\n\n\b\n" + "\n".join(guide.exit_codes())
OFFLINE_CODES = "Exit codes:\n\n\b\n" + "\n".join(
    guide.exit_codes(ExitCode.OK, ExitCode.USAGE, ExitCode.INTERNAL)
)

app = typer.Typer()
"""Holds the commands until cli takes them over."""


CONFIG = (
    "Show every setting and its origin, or check that they work.\n\n\b\n"
    "vbsjob config show\nvbsjob config check --cloud production"
)
config_app = typer.Typer(rich_markup_mode=None)
app.add_typer(config_app, name="config", help=CONFIG, epilog=EXIT_CODES)


@config_app.command("show", epilog=EXIT_CODES)
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

    command = _plain(ctx)
    with command.service() as reached:
        found = config_report.show(reached, command.context)
        config_report.write(found, command.context, machine=reached["output"] == "json")
        if not reached["auth_url"] and not reached["endpoint"]:
            command.context.note(f"no cloud is set. {config_report.FIRST_STEPS}")
    return ExitCode.OK


@config_app.command("check", epilog=EXIT_CODES)
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

    command = _plain(ctx)
    with command.service() as reached:
        found = config_report.check(reached, command.context)
        config_report.write(found, command.context, machine=reached["output"] == "json")
    return ExitCode.OK


def _plain(ctx: typer.Context) -> JobCommand:
    """Return the errand of a command that answers in lines or in JSON alone."""
    command = JobCommand(ctx.params, ctx.obj)
    output = command.settings["output"]
    if command.settings.origin("output") == "--output" and output not in {"table", "json"}:
        raise UsageError("config answers as -o table or -o json.")
    return command


SANDBOX = (
    "Serve a made-up backup service on this machine until Ctrl-C.\n\n"
    "A job begins when first asked about; NAME-LABEL is another one of its kind, NAME-ended one"
    " that is over.\n\n\b\n"
    "vbsjob sandbox --port 8990\n"
    "vbsjob sandbox --fault 502=0.1\n\n"
    "Jobs:\n\n\b\n" + "\n".join(f"{name:<10} {recipe.text}" for name, recipe in SCENARIOS.items())
)


@app.command("sandbox", help=SANDBOX, epilog=OFFLINE_CODES)
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
    for noun, value in sandbox.settings.items():
        context.stdout.write(f"export {SETTINGS_BY_NAME[noun].variable}={shlex.quote(value)}\n")
    context.stdout.flush()
    context.note("serving; paste these lines where vbsjob is to ask. Ctrl-C ends it.")
    sandbox.serve()
    return ExitCode.OK


def _life(token_life: str) -> float:
    from vbsjob.config.schema import duration

    try:
        life = duration(token_life)
    except ValueError as error:
        raise UsageError(f"--token-life {error}.") from None
    if not life:
        raise UsageError("--token-life 0s is no life.", hint="Give at least 1s.")
    return life


@app.command(epilog=OFFLINE_CODES)
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
    guide.explain(code, chosen, field or [], context.stdout)
    return ExitCode.OK


@app.command("help", epilog=f"Topics: any command, {', '.join(guide.TOPICS)}.")
def show_help(ctx: typer.Context, topic: options.Topic = None) -> ExitCode:
    """Show help for a command or a topic.

    \b
    vbsjob help exit-codes
    vbsjob help environment
    vbsjob help get
    """
    context = ctx.obj
    top = ctx.parent or ctx
    commands = getattr(top.command, "commands", {})
    if topic is None:
        context.stdout.write(top.get_help() + "\n")
    elif topic in commands:
        context.stdout.write(typer.Context(commands[topic], top, topic).get_help() + "\n")
    else:
        context.stdout.writelines(f"{line}\n" for line in guide.topic(topic, commands))
    return ExitCode.OK
