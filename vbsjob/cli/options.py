"""Every flag with its help, written once; commands list them, man pages and completions follow."""

from __future__ import annotations

from typing import Annotated

import typer

from vbsjob.config import schema

Jobs = Annotated[
    list[str],
    typer.Argument(
        metavar="JOB...",
        help="Job ids; '-' reads ids or creation answers from stdin, @last and @2 the history.",
    ),
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
    schema.Format | None,
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
Color = Annotated[schema.Color | None, typer.Option(help="Colour; NO_COLOR is respected.")]
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
    typer.Option(
        metavar="TIME", help="How long to go on trying without an answer; 60s, in watch 15m."
    ),
]
Cache = Annotated[
    bool | None,
    typer.Option("--cache/--no-cache", help="Keep the token for the next run, or leave no trace."),
]
InsecureHttp = Annotated[
    bool | None,
    typer.Option("--insecure-http", help="Allow plain http beyond this machine: secrets show."),
]
Port = Annotated[int, typer.Option(min=0, max=65535, help="The port; 0 is any free one.")]
Faults = Annotated[
    list[str] | None,
    typer.Option(
        "--fault",
        metavar="KIND=SHARE",
        help="Spoil a share (0 to 1) of the answers about jobs: 429, 500, 502, 503, 504, cut,"
        " empty, garbage or slow; may be repeated.",
    ),
]
TokenLife = Annotated[
    str | None, typer.Option(metavar="TIME", help="How long a token is valid; 24h.")
]
ErrorCode = Annotated[
    str | None,
    typer.Argument(metavar="[CODE]", help="An error_code, in any case; without one, all of them."),
]
Topic = Annotated[
    str | None,
    typer.Argument(metavar="[TOPIC]", help="A command, 'exit-codes' or 'environment'."),
]
Timeout = Annotated[
    str | None,
    typer.Option(metavar="TIME", help="End the whole watch after this time with 124; no limit."),
]
Interval = Annotated[
    str | None,
    typer.Option(metavar="TIME", help="Ask this often; by default 2s to 15s, by the job's age."),
]
WaitForJob = Annotated[
    str | None,
    typer.Option(metavar="TIME", help="How long a new id may be unknown to the service; 30s."),
]
FailFast = Annotated[
    bool | None,
    typer.Option("--fail-fast", help="End with 1 as soon as a job or a sub-job is FAIL."),
]
Any = Annotated[
    bool | None, typer.Option("--any", help="End with the first job that ends, by its verdict.")
]
Progress = Annotated[
    schema.Progress | None,
    typer.Option(help="What stderr shows meanwhile; by default a picture on a terminal."),
]
Heartbeat = Annotated[
    str | None,
    typer.Option(metavar="TIME", help="Longest silence of plain progress; 60s."),
]
Bell = Annotated[bool | None, typer.Option("--bell", help="Ring the terminal's bell at the end.")]
Github = Annotated[
    bool | None,
    typer.Option("--github", help="Tell GitHub Actions: annotations, step summary, outputs."),
]
Junit = Annotated[
    str | None,
    typer.Option(metavar="FILE", help="Write a JUnit report with a test case a sub-job."),
]
Watch = Annotated[
    bool,
    typer.Option("--watch", help="Go on until the jobs have ended, as the command watch does."),
]
Depth = Annotated[
    str | None, typer.Option(metavar="N", help="Show so many levels of sub-jobs, count the rest.")
]
Only = Annotated[
    str | None,
    typer.Option(
        metavar="STATUS,...",
        help="Only sub-jobs that are failed, running, waiting, done or other, and those above.",
    ),
]
Sort = Annotated[
    schema.Sort | None, typer.Option(help="Order of sub-jobs: the service's ('api') or another.")
]
Ascii = Annotated[bool | None, typer.Option("--ascii", help="Draw with plain letters and lines.")]
