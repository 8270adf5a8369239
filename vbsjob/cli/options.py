"""Every option and argument, defined once; commands name them, man pages and completions follow.

An option that is a setting takes its type and its help from config/schema.py.
"""

from __future__ import annotations

from inspect import Parameter, Signature, signature
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from vbsjob.cli import candidates
from vbsjob.config import values
from vbsjob.config.schema import SETTINGS_BY_NAME
from vbsjob.output import formats, schemas

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from vbsjob.exit_codes import ExitCode

    Command = Callable[..., ExitCode]

OUTPUT, TREE, WATCHING, CONNECTION, CI = "Output", "Tree", "Watching", "Connection", "CI"
"""Groups of options in the help."""
SERVICE = "cloud region project service endpoint"
QUERY = f"{SERVICE} cache insecure_http retry_for"


def takes(*names: str) -> Callable[[Command], Command]:
    """Return a decorator that gives a command the options of these names, in this order.

    `names` are words with spaces between them: names of SHARED, and of parameters of the command,
    which are its own options. The values of all options are in `ctx.params`.
    """

    def with_options(command: Command) -> Command:
        words = " ".join(names).split()
        own = signature(command, eval_str=True).parameters
        first = [name for name in own if name not in (*words, "_")]
        every = SHARED | dict(own)
        parameters = [every[name] for name in (*first, *words)]
        command.__signature__ = Signature(parameters)  # type: ignore[attr-defined]
        return command

    return with_options


def _option(group: str | None, *flags: str, complete: Any = None, **more: Any) -> Any:
    """Return an option; `complete` is the function of `candidates` for Tab completion."""
    return typer.Option(
        *flags, rich_help_panel=group, show_default=False, autocompletion=complete, **more
    )


def _argument(metavar: str, help: str, complete: Any = None) -> Any:
    return typer.Argument(metavar=metavar, help=help, show_default=False, autocompletion=complete)


def _shared(name: str, kind: Any, option: Any) -> Parameter:
    annotation = Annotated[kind | None, option]
    return Parameter(name, Parameter.KEYWORD_ONLY, default=None, annotation=annotation)


def _setting(
    group: str, name: str, *further: str, flag: str = "", words: Sequence[str] = (), **more: Any
) -> Parameter:
    """Return the option for a setting; `further` are more flags."""
    setting = SETTINGS_BY_NAME[name]
    words = words or getattr(setting.parse, "words", ())
    kind: Any = bool if setting.parse is values.boolean else Literal[*words] if words else str
    option = _option(group, flag or setting.flag, *further, help=setting.sentence, **more)
    return _shared(name, kind, option)


JOBS = (
    "Job ids. @last is the job that was queried last, @2 the one before, @running all that had not"
    " ended; '-' reads ids or JSON documents with job ids from standard input."
)
Jobs = Annotated[list[str], _argument("JOB...", JOBS, candidates.jobs)]
_FIELDS = _option(
    OUTPUT,
    *("--field", "-f"),
    help="Print only this field; may be repeated. See 'vbsjob help formats'.",
    metavar="FIELD",
    complete=candidates.fields,
)
SHARED = {
    option.name: option
    for option in (
        _setting(CONNECTION, "cloud", metavar="NAME", complete=candidates.clouds),
        _setting(CONNECTION, "region", metavar="NAME"),
        _setting(CONNECTION, "project", metavar="ID|NAME"),
        _setting(CONNECTION, "service", metavar="NAME", complete=candidates.services),
        _setting(CONNECTION, "endpoint", metavar="URL"),
        _setting(CONNECTION, "retry_for", metavar="TIME"),
        _setting(CONNECTION, "cache", flag="--cache/--no-cache"),
        _setting(CONNECTION, "insecure_http"),
        _setting(
            *(OUTPUT, "output", "-o"),
            words=formats.NAMES,
            metavar="FORMAT",
            complete=candidates.formats,
        ),
        _shared("field", list[str], _FIELDS),
        _setting(OUTPUT, "details"),
        _setting(OUTPUT, "utc"),
        _setting(OUTPUT, "color", metavar="WHEN"),
        _setting(OUTPUT, "verbose", "-v"),
        _setting(OUTPUT, "quiet", "-q"),
        _setting(OUTPUT, "exit_status", flag="--exit-status/--no-exit-status"),
        _setting(TREE, "depth", metavar="N"),
        _setting(TREE, "only", metavar="STATUS,...", complete=candidates.statuses),
        _setting(TREE, "sort", metavar="ORDER"),
        _setting(TREE, "all"),
        _setting(TREE, "ascii"),
        _setting(WATCHING, "timeout", metavar="TIME"),
        _setting(WATCHING, "interval", metavar="TIME"),
        _setting(WATCHING, "wait_for_job", metavar="TIME"),
        _setting(WATCHING, "fail_fast"),
        _setting(WATCHING, "any"),
        _setting(WATCHING, "progress", metavar="HOW"),
        _setting(WATCHING, "heartbeat", metavar="TIME"),
        _setting(WATCHING, "bell"),
        _setting(WATCHING, "notify"),
        _setting(CI, "github"),
        _setting(CI, "junit", metavar="FILE", complete=candidates.files),
    )
}
"""Options that several commands have, or that are settings."""

if TYPE_CHECKING:
    Schema = str
else:
    Schema = Literal[schemas.NAMES]
ConfigOutput = Annotated[
    Literal["table", "json"] | None,
    _option(OUTPUT, "--output", "-o", metavar="FORMAT", help=SETTINGS_BY_NAME["output"].sentence),
]
WATCH = "Wait until the jobs have ended, as 'vbsjob watch'."
Watch = Annotated[bool, _option(TREE, "--watch", help=WATCH)]
PORT = "TCP port; 0 chooses a free one."
Port = Annotated[int, _option(None, metavar="PORT", min=0, max=65535, help=PORT)]
FAULTS = (
    "Answer this share (0 to 1) of the job queries with a fault: 429, 500, 502, 503, 504, cut,"
    " empty, garbage or slow; may be repeated."
)
Faults = Annotated[list[str] | None, _option(None, "--fault", metavar="KIND=SHARE", help=FAULTS)]
LIFE = "How long a token is valid; 24h by default."
TokenLife = Annotated[str | None, _option(None, metavar="TIME", help=LIFE)]
ENV = "Print the variables for the sandbox on this port, and end."
Env = Annotated[int | None, _option(None, metavar="PORT", help=ENV)]
METHOD = "Sign-in method of --env."
Method = Annotated[
    Literal["password", "token", "aksk", "application-credential"],
    _option(None, metavar="METHOD", help=METHOD),
]
ALL_SETTINGS = "Show also settings that have their default."
AllSettings = Annotated[bool, _option(None, "--all", help=ALL_SETTINGS)]
CODE = "An error code, in upper or lower case; without it all codes are listed."
ErrorCode = Annotated[str | None, _argument("[CODE]", CODE, candidates.codes)]
Failed = Annotated[bool, _option(OUTPUT, "--failed", help="List only jobs that failed.")]
RUNNING = "List only jobs that had not ended when they were last queried."
Running = Annotated[bool, _option(OUTPUT, "--running", help=RUNNING)]
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
Shell = Annotated[Literal["bash", "zsh", "fish"], _argument("SHELL", "bash, zsh or fish.")]
SchemaName = Annotated[Schema, _argument("NAME", "What the schema describes.")]
Topic = Annotated[str | None, _argument("[TOPIC]", "A command or a topic.", candidates.topics)]
