"""Each command as a recipe; decides nothing itself.

Imports typer and nothing else of third parties at the top: each command imports what it uses.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from vbsjob import __version__, flags
from vbsjob.outcome import Code, Usage, worst

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from vbsjob.record import Answer
    from vbsjob.settings import Settings
    from vbsjob.world import World

EXIT_CODES = "Exit codes:\n\n\b\n" + "\n".join(
    f"{int(code):>3}  {code.word:<12} {code.meaning}" for code in Code
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
    """Ask a cloud's Volume Backup Service about its jobs; the exit code tells the truth."""
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
    from vbsjob import asked, report

    world: World = ctx.obj
    settings = _settings(ctx, world)
    ids = asked.ids(jobs, world.stdin)
    with _service(settings, world) as reached:
        answers = _answers(ids, reached, world)
    report.present(answers, settings, field or [], world)
    return _code(answers, judged=settings["exit_status"])


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


@app.command("sandbox")
def serve_sandbox(
    ctx: typer.Context,
    port: Annotated[int, typer.Option(min=0, max=65535, help="The port; 0 is any free one.")] = 0,
) -> Code:
    """Serve a made-up backup service on this machine until Ctrl-C.

    \b
    Jobs: backup (20 s, SUCCESS), restore (nested, 40 s, SUCCESS), fail-deep (12 s, FAIL),
    endless (RUNNING for ever), thousand (1000 sub-jobs, 30 s, SUCCESS). A job begins when
    first asked about; NAME-LABEL is another one of its kind, NAME-ended one that is over.
    """
    from vbsjob.keys import NOUNS
    from vbsjob.sandbox import Sandbox

    world: World = ctx.obj
    sandbox = Sandbox(world, port=port)
    for noun, value in sandbox.settings.items():
        world.stdout.write(f"export {NOUNS[noun].variable}={value}\n")
    world.stdout.flush()
    sandbox.serve()
    return Code.OK
