"""The commands that ask about no job: config, sandbox, explain, help; recipes like those of cli."""

from __future__ import annotations

import typer

from vbsjob.cli import guide, options
from vbsjob.cli.run import Errand
from vbsjob.config.schema import NOUNS
from vbsjob.outcome import Code, Usage
from vbsjob.sandbox.scenarios import RECIPES

EXIT_CODES = "Exit codes:\n\n\b\n" + "\n".join(guide.exit_codes())
OFFLINE_CODES = "Exit codes:\n\n\b\n" + "\n".join(
    guide.exit_codes(Code.OK, Code.USAGE, Code.INTERNAL)
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
) -> Code:
    """Show every setting, where it is from, and the files that were read; asks nobody.

    \b
    vbsjob config show --cloud production
    """
    from vbsjob.cli import config_report

    errand = _plain(ctx)
    with errand.service() as reached:
        found = config_report.show(reached, errand.world)
        config_report.write(found, errand.world, machine=reached["output"] == "json")
        if not reached["auth_url"] and not reached["endpoint"]:
            errand.world.note(f"no cloud is set. {config_report.FIRST_STEPS}")
    return Code.OK


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
) -> Code:
    """Sign in, ask the service, and tell what came of it: exit 0 if all is well.

    \b
    vbsjob config check --cloud production
    """
    from vbsjob.cli import config_report

    errand = _plain(ctx)
    with errand.service() as reached:
        found = config_report.check(reached, errand.world)
        config_report.write(found, errand.world, machine=reached["output"] == "json")
    return Code.OK


def _plain(ctx: typer.Context) -> Errand:
    """Return the errand of a command that answers in lines or in JSON alone."""
    errand = Errand(ctx.params, ctx.obj)
    output = errand.settings["output"]
    if errand.settings.origin("output") == "--output" and output not in {"table", "json"}:
        raise Usage("config answers as -o table or -o json.")
    return errand


SANDBOX = (
    "Serve a made-up backup service on this machine until Ctrl-C.\n\n"
    "A job begins when first asked about; NAME-LABEL is another one of its kind, NAME-ended one"
    " that is over.\n\n\b\n"
    "vbsjob sandbox --port 8990\n"
    "vbsjob sandbox --fault 502=0.1\n\n"
    "Jobs:\n\n\b\n" + "\n".join(f"{name:<10} {recipe.text}" for name, recipe in RECIPES.items())
)


@app.command("sandbox", help=SANDBOX, epilog=OFFLINE_CODES)
def serve_sandbox(
    ctx: typer.Context,
    port: options.Port = 0,
    fault: options.Faults = None,
    token_life: options.TokenLife = None,
) -> Code:
    """Print what a client needs, then serve until a signal ends the process."""
    import shlex

    from vbsjob.sandbox.server import Sandbox, faults

    world = ctx.obj
    lasting = {} if token_life is None else {"token_life": _life(token_life)}
    sandbox = Sandbox(world, port=port, faults=faults(fault or []), **lasting)
    for noun, value in sandbox.settings.items():
        world.stdout.write(f"export {NOUNS[noun].variable}={shlex.quote(value)}\n")
    world.stdout.flush()
    world.note("serving; paste these lines where vbsjob is to ask. Ctrl-C ends it.")
    sandbox.serve()
    return Code.OK


def _life(token_life: str) -> float:
    from vbsjob.config.schema import duration

    try:
        life = duration(token_life)
    except ValueError as error:
        raise Usage(f"--token-life {error}.") from None
    if not life:
        raise Usage("--token-life 0s is no life.", hint="Give at least 1s.")
    return life


@app.command(epilog=OFFLINE_CODES)
def explain(
    ctx: typer.Context,
    code: options.ErrorCode = None,
    output: options.Output = None,
    field: options.Fields = None,
) -> Code:
    """Say what an error code means and what to do, offline.

    \b
    vbsjob explain VolumeBackup.0202
    vbsjob explain | grep -i quota
    vbsjob explain VolumeBackup.0202 -f action
    vbsjob explain -o json
    """
    from vbsjob.config.loader import preferred

    world = ctx.obj
    chosen = preferred("output", ctx.params, world) or ("value" if field else "table")
    guide.explain(code, chosen, field or [], world.stdout)
    return Code.OK


@app.command("help", epilog=f"Topics: any command, {', '.join(guide.TOPICS)}.")
def show_help(ctx: typer.Context, topic: options.Topic = None) -> Code:
    """Show help for a command or a topic.

    \b
    vbsjob help exit-codes
    vbsjob help environment
    vbsjob help get
    """
    world = ctx.obj
    top = ctx.parent or ctx
    commands = getattr(top.command, "commands", {})
    if topic is None:
        world.stdout.write(top.get_help() + "\n")
    elif topic in commands:
        world.stdout.write(typer.Context(commands[topic], top, topic).get_help() + "\n")
    else:
        world.stdout.writelines(f"{line}\n" for line in guide.topic(topic, commands))
    return Code.OK
