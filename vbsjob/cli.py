"""Each command as a recipe; decides nothing itself.

Imports typer and nothing else of third parties at the top: each command imports what it uses.
"""

from __future__ import annotations

import copy
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vbsjob import __version__, flags, guide
from vbsjob.keys import NOUNS
from vbsjob.outcome import Code, Interrupted, TimedOut, Usage, worst
from vbsjob.recipes import RECIPES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from vbsjob.branches import Wish
    from vbsjob.poll import Rules
    from vbsjob.record import Answer
    from vbsjob.settings import Settings
    from vbsjob.watch import Watch
    from vbsjob.world import World

EXIT_CODES = "Exit codes:\n\n\b\n" + "\n".join(guide.exit_codes())
OFFLINE_CODES = "Exit codes:\n\n\b\n" + "\n".join(
    guide.exit_codes(Code.OK, Code.USAGE, Code.INTERNAL)
)

app = typer.Typer(
    name="vbsjob",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)


@app.callback(invoke_without_command=True)
def vbsjob(
    version: Annotated[bool, typer.Option("--version", help="Show the version.")] = False,
) -> None:
    """Ask a cloud's Volume Backup Service about its jobs; the exit code tells the truth.

    \b
    vbsjob watch restore --cloud sandbox           try it, without an account or network
    vbsjob get 4010b39b5281d3590152874bfa3b1604    ask once about a job
    vbsjob watch 4010b39b5281d3590152874bfa3b1604  follow it to its end
    vbsjob explain VolumeBackup.0202               what an error code means
    vbsjob help exit-codes                         what a script can rely on
    """
    if version:
        typer.echo(f"vbsjob {__version__}")


@app.command(epilog=EXIT_CODES)
def get(
    ctx: typer.Context,
    jobs: flags.Jobs,
    output: flags.Output = None,
    field: flags.Fields = None,
    exit_status: flags.ExitStatus = None,
    quiet: flags.Quiet = None,
    verbose: flags.Verbose = None,
    cloud: flags.Cloud = None,
    region: flags.Region = None,
    project: flags.Project = None,
    endpoint: flags.Endpoint = None,
    cache: flags.Cache = None,
    insecure_http: flags.InsecureHttp = None,
    retry_for: flags.RetryFor = None,
    color: flags.Color = None,
) -> Code:
    """Ask once about jobs and show what the service tells.

    \b
    vbsjob get 4010b39b5281d3590152874bfa3b1604
    vbsjob get ID -f entities.backup_id
    vbsjob get ID --exit-status -q && echo backed up
    create-backup | vbsjob get - -o json
    """
    from vbsjob import asked, history, report

    world: World = ctx.obj
    settings = _settings(ctx, world)
    ids = asked.ids(jobs, world.stdin, lambda: history.newest(settings, world))
    with _service(settings, world) as reached:
        answers = _answers(ids, reached, world)
    report.present(answers, settings, field or [], world)
    history.remember(answers, settings, world)
    return _code(answers, judged=settings["exit_status"])


@app.command(epilog=EXIT_CODES)
def tree(
    ctx: typer.Context,
    jobs: flags.Jobs,
    output: flags.Output = None,
    field: flags.Fields = None,
    exit_status: flags.ExitStatus = None,
    quiet: flags.Quiet = None,
    verbose: flags.Verbose = None,
    cloud: flags.Cloud = None,
    region: flags.Region = None,
    project: flags.Project = None,
    endpoint: flags.Endpoint = None,
    cache: flags.Cache = None,
    insecure_http: flags.InsecureHttp = None,
    retry_for: flags.RetryFor = None,
    color: flags.Color = None,
    depth: flags.Depth = None,
    only: flags.Only = None,
    sort: flags.Sort = None,
    ascii: flags.Ascii = None,
    watch: flags.Watch = False,
) -> Code:
    """Draw a job's nested sub-jobs.

    \b
    vbsjob tree 4010b39b5281d3590152874bfa3b1604
    vbsjob tree ID --only failed,running --sort duration
    vbsjob tree ID -o jsonl | jq -r 'select(.status == "FAIL") | .path'
    vbsjob tree ID --watch
    """
    from vbsjob import asked, history, report
    from vbsjob.branches import Wish

    world: World = ctx.obj
    settings = _settings(ctx, world)
    ids = asked.ids(jobs, world.stdin, lambda: history.newest(settings, world))
    if watch:
        followed = _followed(ctx, settings, ids, Wish.of(settings), events=False)
        report.tree(followed.answers(), settings, field or [], world)
        return _concluded(ctx, settings, followed)
    with _service(settings, world) as reached:
        answers = _answers(ids, reached, world)
    report.tree(answers, settings, field or [], world)
    history.remember(answers, settings, world)
    return _code(answers, judged=settings["exit_status"])


@app.command(epilog=EXIT_CODES)
def watch(
    ctx: typer.Context,
    jobs: flags.Jobs,
    output: flags.Output = None,
    field: flags.Fields = None,
    timeout: flags.Timeout = None,
    any: flags.Any = None,
    fail_fast: flags.FailFast = None,
    wait_for_job: flags.WaitForJob = None,
    interval: flags.Interval = None,
    progress: flags.Progress = None,
    heartbeat: flags.Heartbeat = None,
    bell: flags.Bell = None,
    github: flags.Github = None,
    junit: flags.Junit = None,
    quiet: flags.Quiet = None,
    verbose: flags.Verbose = None,
    cloud: flags.Cloud = None,
    region: flags.Region = None,
    project: flags.Project = None,
    endpoint: flags.Endpoint = None,
    insecure_http: flags.InsecureHttp = None,
    retry_for: flags.RetryFor = None,
    color: flags.Color = None,
) -> Code:
    """Follow jobs until every one has ended; the exit code is the verdict.

    \b
    vbsjob watch 4010b39b5281d3590152874bfa3b1604
    create-backup | vbsjob watch - --timeout 2h
    vbsjob watch ID ID ID --fail-fast -o jsonl
    """
    from vbsjob import asked, history, report
    from vbsjob.branches import WHOLE

    world: World = ctx.obj
    settings = _settings(ctx, world)
    ids = asked.ids(jobs, world.stdin, lambda: history.newest(settings, world))
    _prepared(settings)
    followed = _followed(ctx, settings, ids, WHOLE, events=settings["output"] == "jsonl")
    report.concluded(followed.answers(), settings, field or [], world)
    _published(followed.answers(), followed.poll.code(), settings, world)
    return _concluded(ctx, settings, followed)


def _followed(
    ctx: typer.Context, settings: Settings, ids: Sequence[str], wish: Wish, *, events: bool
) -> Watch:
    """Watch until the jobs have ended; raises Interrupted with the way to go on."""
    from vbsjob import history, screens
    from vbsjob.client import Client
    from vbsjob.poll import Poll
    from vbsjob.watch import Watch

    world: World = ctx.obj
    with _service(settings, world) as reached:
        client = Client(reached, world)
        client.prepare()
        shown = screens.choose(settings, world, wish, events=events)
        poll = Poll(ids, _rules(settings), world.monotonic(), world.random)
        followed = Watch(poll, client.ask, world, shown)
        try:
            followed.run()
        except Interrupted as interrupted:
            interrupted.hint = _resume(ctx, settings, ids)
            raise
        finally:
            history.remember(followed.answers(), settings, world)
    return followed


def _concluded(ctx: typer.Context, settings: Settings, followed: Watch) -> Code:
    """Return what the watch came to; raises TimedOut with the way to go on."""
    poll = followed.poll
    if settings["bell"]:
        ctx.obj.ring()
    if poll.code() is Code.TIMEOUT:
        raise TimedOut(poll.left(), hint=_resume(ctx, settings, poll.ids))
    return poll.code()


def _prepared(settings: Settings) -> None:
    """Refuse what could not be kept at the end, before the waiting begins."""
    if settings["junit"] is not None:
        from vbsjob import junit

        junit.check(settings["junit"])


def _published(answers: Sequence[Answer], code: Code, settings: Settings, world: World) -> None:
    """Tell those who asked for a report of their own how the watch ended."""
    if settings["github"]:
        from vbsjob import github

        github.report(answers, code, world)
    if settings["junit"] is not None:
        from vbsjob import junit

        junit.write(settings["junit"], answers, world)


def _rules(settings: Settings) -> Rules:
    from vbsjob.poll import Rules

    given = {name: settings[name] for name in Rules.__slots__ if settings[name] is not None}
    return Rules(**given)


PLACE = ("cloud", "region", "project", "endpoint")


def _resume(ctx: typer.Context, settings: Settings, ids: Sequence[str]) -> str:
    """Return the command that goes on where this one ended; the sandbox ended with it."""
    if settings.sandbox:
        return ""
    import shlex

    chosen = [(noun, ctx.params[noun]) for noun in PLACE if ctx.params.get(noun)]
    where = [word for noun, value in chosen for word in (NOUNS[noun].flag, value)]
    return f"Resume: {shlex.join(['vbsjob', 'watch', *ids, *where])}"


def _settings(ctx: typer.Context, world: World) -> Settings:
    from vbsjob import settings

    loaded = settings.load(ctx.params, world)
    world.manner.machine = loaded["output"] not in {None, "table"}
    world.manner.quiet = loaded["quiet"]
    world.manner.verbose = loaded["verbose"]
    if loaded["output"] == "name" and ctx.params.get("field"):
        raise Usage("-o name shows no fields.", hint="Use -o value with --field.")
    return loaded


@contextmanager
def _service(settings: Settings, world: World) -> Iterator[Settings]:
    """Yield settings that lead to a service: as they are, or to a sandbox started for this run."""
    if not settings.sandbox:
        yield settings
        return
    from vbsjob.sandbox import Sandbox

    world.note("this is the sandbox: its jobs are made up, and begin when first asked about.")
    with Sandbox(world) as sandbox:
        yield settings.moved("the sandbox", **sandbox.settings)


def _answers(ids: Sequence[str], settings: Settings, world: World) -> list[Answer]:
    from vbsjob.client import Client
    from vbsjob.record import Answer

    found = Client(settings, world).jobs(ids)
    return [Answer(job_id, told) for job_id, told in zip(ids, found, strict=True)]


def _code(answers: Sequence[Answer], *, judged: bool) -> Code:
    """Return the exit code: without --exit-status an answered question is 0, whatever the state."""
    return worst(answer.code if judged or answer.problem else Code.OK for answer in answers)


CONFIG = (
    "Show every setting and its origin, or check that they work.\n\n\b\n"
    "vbsjob config show\nvbsjob config check --cloud production"
)
config_app = typer.Typer(rich_markup_mode=None)
app.add_typer(config_app, name="config", help=CONFIG, epilog=EXIT_CODES)


@config_app.command("show", epilog=EXIT_CODES)
def config_show(
    ctx: typer.Context,
    output: flags.Output = None,
    cloud: flags.Cloud = None,
    region: flags.Region = None,
    project: flags.Project = None,
    endpoint: flags.Endpoint = None,
) -> Code:
    """Show every setting, where it is from, and the files that were read; asks nobody.

    \b
    vbsjob config show --cloud production
    """
    from vbsjob import config

    world: World = ctx.obj
    with _service(_told(ctx, world), world) as reached:
        config.write(config.show(reached), world, machine=reached["output"] == "json")
        if not reached["auth_url"] and not reached["endpoint"]:
            world.note(f"no cloud is set. {config.FIRST_STEPS}")
    return Code.OK


@config_app.command("check", epilog=EXIT_CODES)
def config_check(
    ctx: typer.Context,
    output: flags.Output = None,
    verbose: flags.Verbose = None,
    cloud: flags.Cloud = None,
    region: flags.Region = None,
    project: flags.Project = None,
    endpoint: flags.Endpoint = None,
    insecure_http: flags.InsecureHttp = None,
) -> Code:
    """Sign in, ask the service, and tell what came of it: exit 0 if all is well.

    \b
    vbsjob config check --cloud production
    """
    from vbsjob import config

    world: World = ctx.obj
    with _service(_told(ctx, world), world) as reached:
        config.write(config.check(reached, world), world, machine=reached["output"] == "json")
    return Code.OK


def _told(ctx: typer.Context, world: World) -> Settings:
    """Return the settings of a command that answers in lines or in JSON alone."""
    settings = _settings(ctx, world)
    if settings.origin("output") == "--output" and settings["output"] not in {"table", "json"}:
        raise Usage("config answers as -o table or -o json.")
    return settings


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
    port: flags.Port = 0,
    fault: flags.Faults = None,
    token_life: flags.TokenLife = None,
) -> Code:
    """Print what a client needs, then serve until a signal ends the process."""
    import shlex

    from vbsjob.sandbox import Sandbox, faults

    world: World = ctx.obj
    lasting = {} if token_life is None else {"token_life": _life(token_life)}
    sandbox = Sandbox(world, port=port, faults=faults(fault or []), **lasting)
    for noun, value in sandbox.settings.items():
        world.stdout.write(f"export {NOUNS[noun].variable}={shlex.quote(value)}\n")
    world.stdout.flush()
    world.note("serving; paste these lines where vbsjob is to ask. Ctrl-C ends it.")
    sandbox.serve()
    return Code.OK


def _life(token_life: str) -> float:
    from vbsjob.keys import duration

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
    code: flags.ErrorCode = None,
    output: flags.Output = None,
    field: flags.Fields = None,
) -> Code:
    """Say what an error code means and what to do, offline.

    \b
    vbsjob explain VolumeBackup.0202
    vbsjob explain | grep -i quota
    vbsjob explain VolumeBackup.0202 -f action
    vbsjob explain -o json
    """
    from vbsjob.settings import preferred

    world: World = ctx.obj
    chosen = preferred("output", ctx.params, world) or ("value" if field else "table")
    guide.explain(code, chosen, field or [], world.stdout)
    return Code.OK


@app.command("help", epilog=f"Topics: any command, {', '.join(guide.TOPICS)}.")
def show_help(ctx: typer.Context, topic: flags.Topic = None) -> Code:
    """Show help for a command or a topic.

    \b
    vbsjob help exit-codes
    vbsjob help environment
    vbsjob help get
    """
    world: World = ctx.obj
    top = ctx.parent or ctx
    commands = getattr(top.command, "commands", {})
    if topic is None:
        world.stdout.write(top.get_help() + "\n")
    elif topic in commands:
        world.stdout.write(typer.Context(commands[topic], top, topic).get_help() + "\n")
    else:
        world.stdout.writelines(f"{line}\n" for line in guide.topic(topic, commands))
    return Code.OK


def needed(argv: Sequence[str]) -> typer.Typer:
    """Return the commands, with options only where the words name one: others take time to make."""
    chosen = copy.copy(app)
    chosen.registered_commands = [
        one if _name(one) in argv else _bare(one) for one in app.registered_commands
    ]
    return chosen


def _name(one: Any) -> str:
    return str(one.name or one.callback.__name__)


def _bare(one: Any) -> Any:
    bare = copy.copy(one)
    bare.name, bare.help = _name(one), one.help or one.callback.__doc__
    bare.callback = lambda: None
    return bare
