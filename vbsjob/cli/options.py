"""Every option and argument, defined once; commands list them, man pages and completions follow.

An option that is a setting takes its help from config/schema.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from vbsjob.cli import candidates
from vbsjob.config import schema
from vbsjob.output import formats, schemas

OUTPUT, TREE, WATCHING, CONNECTION, CI = "Output", "Tree", "Watching", "Connection", "CI"
"""Groups of options in the help."""


def _option(
    group: str,
    *flags: str,
    help: str,
    metavar: str | None = None,
    complete: Any = None,
    min: int | None = None,
) -> Any:
    """Return an option; `complete` is the function of `candidates` for Tab completion."""
    return typer.Option(
        *flags,
        metavar=metavar,
        help=help,
        rich_help_panel=group,
        show_default=False,
        autocompletion=complete,
        min=min,
    )


def _setting(group: str, *flags: str, name: str = "", **more: Any) -> Any:
    """Return the option for a setting; its name is taken from the long flag."""
    setting = schema.SETTINGS_BY_NAME[name or flags[0].lstrip("-").replace("-", "_")]
    return _option(group, *flags, help=setting.sentence, **more)


Jobs = Annotated[
    list[str],
    typer.Argument(
        metavar="JOB...",
        help="Job ids. @last is the job that was queried last, @2 the one before, @running all that"
        " had not ended; '-' reads ids or JSON documents with job ids from standard input.",
        autocompletion=candidates.jobs,
        show_default=False,
    ),
]
Cloud = Annotated[
    str | None, _setting(CONNECTION, "--cloud", metavar="NAME", complete=candidates.clouds)
]
Region = Annotated[str | None, _setting(CONNECTION, "--region", metavar="NAME")]
Project = Annotated[str | None, _setting(CONNECTION, "--project", metavar="ID|NAME")]
Service = Annotated[
    str | None, _setting(CONNECTION, "--service", metavar="NAME", complete=candidates.services)
]
Endpoint = Annotated[str | None, _setting(CONNECTION, "--endpoint", metavar="URL")]
RetryFor = Annotated[str | None, _setting(CONNECTION, "--retry-for", metavar="TIME")]
Cache = Annotated[bool | None, _setting(CONNECTION, "--cache/--no-cache", name="cache")]
InsecureHttp = Annotated[bool | None, _setting(CONNECTION, "--insecure-http")]

if TYPE_CHECKING:
    Format = str
    Schema = str
else:
    Format, Schema = Literal[formats.NAMES], Literal[schemas.NAMES]
Output = Annotated[
    Format | None,
    _setting(OUTPUT, "--output", "-o", metavar="FORMAT", complete=candidates.formats),
]
ConfigOutput = Annotated[
    Literal["table", "json"] | None, _setting(OUTPUT, "--output", "-o", metavar="FORMAT")
]
Fields = Annotated[
    list[str] | None,
    _option(
        OUTPUT,
        "--field",
        "-f",
        metavar="FIELD",
        complete=candidates.fields,
        help="Print only this field, such as entities.backup_id; may be repeated.",
    ),
]
Details = Annotated[bool | None, _setting(OUTPUT, "--details")]
Utc = Annotated[bool | None, _setting(OUTPUT, "--utc")]
Color = Annotated[schema.Color | None, _setting(OUTPUT, "--color", metavar="WHEN")]
Verbose = Annotated[bool | None, _setting(OUTPUT, "--verbose", "-v")]
Quiet = Annotated[bool | None, _setting(OUTPUT, "--quiet", "-q")]
ExitStatus = Annotated[
    bool | None, _setting(OUTPUT, "--exit-status/--no-exit-status", name="exit_status")
]

Depth = Annotated[str | None, _setting(TREE, "--depth", metavar="N")]
Only = Annotated[
    str | None, _setting(TREE, "--only", metavar="STATUS,...", complete=candidates.statuses)
]
Sort = Annotated[schema.Sort | None, _setting(TREE, "--sort", metavar="ORDER")]
All = Annotated[bool | None, _setting(TREE, "--all")]
Ascii = Annotated[bool | None, _setting(TREE, "--ascii")]
Watch = Annotated[
    bool,
    _option(TREE, "--watch", help="Wait until the jobs have ended, as 'vbsjob watch'."),
]

Timeout = Annotated[str | None, _setting(WATCHING, "--timeout", metavar="TIME")]
Interval = Annotated[str | None, _setting(WATCHING, "--interval", metavar="TIME")]
WaitForJob = Annotated[str | None, _setting(WATCHING, "--wait-for-job", metavar="TIME")]
FailFast = Annotated[bool | None, _setting(WATCHING, "--fail-fast")]
Any_ = Annotated[bool | None, _setting(WATCHING, "--any")]
Progress = Annotated[schema.Progress | None, _setting(WATCHING, "--progress", metavar="HOW")]
Heartbeat = Annotated[str | None, _setting(WATCHING, "--heartbeat", metavar="TIME")]
Bell = Annotated[bool | None, _setting(WATCHING, "--bell")]
Notify = Annotated[bool | None, _setting(WATCHING, "--notify")]

Github = Annotated[bool | None, _setting(CI, "--github")]
Junit = Annotated[str | None, _setting(CI, "--junit", metavar="FILE", complete=candidates.files)]

Port = Annotated[
    int,
    typer.Option(
        metavar="PORT",
        min=0,
        max=65535,
        help="TCP port; 0 chooses a free one.",
        show_default=False,
    ),
]
Faults = Annotated[
    list[str] | None,
    typer.Option(
        "--fault",
        metavar="KIND=SHARE",
        help="Answer this share (0 to 1) of the job queries with a fault: 429, 500, 502, 503, 504,"
        " cut, empty, garbage or slow; may be repeated.",
    ),
]
TokenLife = Annotated[
    str | None, typer.Option(metavar="TIME", help="How long a token is valid; 24h by default.")
]
Env = Annotated[
    int | None,
    typer.Option(metavar="PORT", help="Print the variables for the sandbox on this port, and end."),
]
Method = Annotated[
    Literal["password", "token", "aksk", "application-credential"],
    typer.Option(metavar="METHOD", help="Sign-in method of --env.", show_default=False),
]
AllSettings = Annotated[
    bool, typer.Option("--all", help="Show also settings that have their default.")
]
ErrorCode = Annotated[
    str | None,
    typer.Argument(
        metavar="[CODE]",
        help="An error code, in upper or lower case; without it all codes are listed.",
        autocompletion=candidates.codes,
    ),
]
Failed = Annotated[bool, _option(OUTPUT, "--failed", help="List only jobs that failed.")]
Running = Annotated[
    bool,
    _option(
        OUTPUT, "--running", help="List only jobs that had not ended when they were last queried."
    ),
]
Limit = Annotated[
    int, _option(OUTPUT, "--limit", metavar="N", min=1, help="List at most N jobs; 20 by default.")
]
AllClouds = Annotated[
    bool, _option(OUTPUT, "--all", help="List the jobs of every cloud and service.")
]
SINCE = "List only jobs that began less than this time ago, such as 1d or 12h."
Since = Annotated[str | None, _option(OUTPUT, "--since", metavar="TIME", help=SINCE)]
REFRESH = "First query the jobs of this cloud that have not ended, and store their status."
Refresh = Annotated[bool, _option(CONNECTION, "--refresh", help=REFRESH)]
Shell = Annotated[
    Literal["bash", "zsh", "fish"],
    typer.Argument(metavar="SHELL", help="bash, zsh or fish.", show_default=False),
]
SchemaName = Annotated[
    Schema,
    typer.Argument(metavar="NAME", help="What the schema describes.", show_default=False),
]
Topic = Annotated[
    str | None,
    typer.Argument(
        metavar="[TOPIC]", help="A command or a topic.", autocompletion=candidates.topics
    ),
]
