"""Every flag with its help, and each command as a recipe; decides nothing itself.

Imports typer and nothing else of third parties at the top: each command imports what it uses.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from vbsjob import __version__, keys
from vbsjob.outcome import Code, Usage, worst

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from vbsjob.job import Job
    from vbsjob.record import Answer
    from vbsjob.settings import Settings
    from vbsjob.world import World

EXIT_CODES = "Exit codes:\n\n\b\n" + "\n".join(
    f"{int(code):>3}  {code.word:<12} {code.meaning}" for code in Code
)

app = typer.Typer(
    name="vbsjob",
    help="Ask a cloud's Volume Backup Service about its jobs; the exit code tells the truth.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)

Jobs = Annotated[
    list[str],
    typer.Argument(metavar="JOB...", help="Job ids; '-' reads ids or creation answers from stdin."),
]
Cloud = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="A cloud of clouds.yaml or config.toml, or 'sandbox'."),
]
Region = Annotated[str | None, typer.Option(metavar="NAME", help="The region, such as eu-de.")]
Project = Annotated[
    str | None, typer.Option(metavar="ID|NAME", help="The project, by id or by name.")
]
Endpoint = Annotated[
    str | None,
    typer.Option(metavar="URL", help="The service's address; any service with this job API."),
]
Output = Annotated[
    keys.Format | None,
    typer.Option("--output", "-o", help="What stdout carries; 'table' by default."),
]
Fields = Annotated[
    list[str] | None,
    typer.Option(
        "--field",
        "-f",
        metavar="PATH",
        help="Only this field, dotted: entities.backup_id; may be repeated.",
    ),
]
Color = Annotated[keys.Color | None, typer.Option(help="Colour; NO_COLOR is respected.")]
Verbose = Annotated[
    bool | None, typer.Option("--verbose", "-v", help="Show each request on stderr.")
]
Quiet = Annotated[bool | None, typer.Option("--quiet", "-q", help="Say nothing: exit code only.")]
ExitStatus = Annotated[
    bool | None,
    typer.Option(
        "--exit-status/--no-exit-status",
        help="Exit with the job's state: 0 SUCCESS, 1 FAIL, 8 not ended.",
    ),
]
RetryFor = Annotated[
    str | None,
    typer.Option(metavar="TIME", help="How long to go on trying without an answer; 60s."),
]
InsecureHttp = Annotated[
    bool | None,
    typer.Option("--insecure-http", help="Allow plain http beyond this machine: secrets show."),
]


@app.callback(invoke_without_command=True)
def vbsjob(
    version: Annotated[bool, typer.Option("--version", help="Show the version.")] = False,
) -> None:
    if version:
        typer.echo(f"vbsjob {__version__}")


@app.command(epilog=EXIT_CODES)
def get(
    ctx: typer.Context,
    jobs: Jobs,
    output: Output = None,
    field: Fields = None,
    exit_status: ExitStatus = None,
    quiet: Quiet = None,
    verbose: Verbose = None,
    cloud: Cloud = None,
    region: Region = None,
    project: Project = None,
    endpoint: Endpoint = None,
    insecure_http: InsecureHttp = None,
    retry_for: RetryFor = None,
    color: Color = None,
) -> Code:
    """Ask once about jobs and show what the service tells.

    \b
    vbsjob get 4010b39b5281d3590152874bfa3b1604
    vbsjob get ID -f entities.backup_id
    vbsjob get ID --exit-status -q && echo backed up
    create-backup | vbsjob get - -o json
    """
    from vbsjob import asked

    world: World = ctx.obj
    settings = _settings(ctx, world)
    ids = asked.ids(jobs, world.stdin)
    with _service(settings, world) as reached:
        answers = _answers(ids, reached, world)
    _present(answers, settings, field or [], world)
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


def _present(
    answers: Sequence[Answer], settings: Settings, fields: Sequence[str], world: World
) -> None:
    """Write the answer to stdout, and what kept answers away to stderr.

    Where no job was answered stdout stays empty.
    """
    if not settings["quiet"] and any(answer.job for answer in answers):
        name = settings["output"] or ("value" if fields else "table")
        if name == "table":
            _draw(answers, settings, fields, world)
        else:
            _write(answers, name, fields, world)
        world.stdout.flush()
    for answer in answers:
        if answer.problem:
            world.complain(answer.problem)


def _write(answers: Sequence[Answer], name: str, fields: Sequence[str], world: World) -> None:
    from vbsjob import formats, record

    now = world.now()
    records = [answer.record(now) for answer in answers]
    for field in fields:
        if all(record.field(item, field) is record.MISSING for item in records):
            world.note(f"no job has a field {field!r}.")
    formats.write(name, records, fields, world.stdout)


def _draw(
    answers: Sequence[Answer], settings: Settings, fields: Sequence[str], world: World
) -> None:
    from vbsjob import view
    from vbsjob.world import encodes

    console = world.console(world.stdout, settings["color"])
    marks = view.UNICODE if encodes(world.stdout, view.EVERY_SIGN) else view.ASCII
    now = world.now()
    shown = [
        view.fields(answer.record(now), fields)
        if fields
        else view.block(answer.job, now, marks, _next(answer.job, settings))
        for answer in answers
        if answer.job
    ]
    for number, picture in enumerate(shown):
        console.print(picture, end="" if number == len(shown) - 1 else "\n")


def _next(job: Job, settings: Settings) -> str:
    """Return the command to type next, for a job that failed or goes on."""
    if job.status == "SUCCESS":
        return ""
    where = " --cloud sandbox" if settings.sandbox else ""
    return f"vbsjob get {job.id}{where} -o json"


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
