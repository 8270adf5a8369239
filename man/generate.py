"""Writes man/man1 and man/man5 in man(7), without macros that mandoc and groff format differently.

Run `python man/generate.py` in a checkout, after a change of a command, option, setting or exit
code. The pages depend only on the source: they are committed, and a test compares them.
"""

from __future__ import annotations

import re
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from vbsjob import RELEASED, __version__
from vbsjob.cli import app
from vbsjob.cli.topics import TOPICS
from vbsjob.config.schema import OTHER_VARIABLES, SETTINGS, SETTINGS_BY_NAME

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from vbsjob.config.schema import Setting
    from vbsjob.exit_codes import ExitCode

FOLDER = Path(__file__).parent


class Command(NamedTuple):
    """A command, or a group of commands if it has `subcommands`."""

    path: tuple[str, ...]
    """Its words: ("vbsjob", "config", "show")."""
    summary: str
    text: tuple[str, ...]
    """Further paragraphs of its help; one that begins with a newline keeps its lines."""
    examples: tuple[str, ...]
    parameters: tuple[Any, ...]
    """Typer's arguments, then its options."""
    subcommands: tuple[Command, ...]

    @property
    def page(self) -> str:
        """The name of its man page: `vbsjob-config-show`."""
        return "-".join(self.path)

    @property
    def exit_codes(self) -> list[ExitCode]:
        """Exit codes that it can end with."""
        return app.exit_codes(" ".join(self.path[1:]))

    def walk(self) -> Iterator[Command]:
        """Yield this command and all subcommands, parents first."""
        yield self
        for command in self.subcommands:
            yield from command.walk()


def command_tree() -> Command:
    """Return the whole command tree."""
    return _command(app.root_command().make_context("vbsjob", [], resilient_parsing=True))


def _command(ctx: Any, path: tuple[str, ...] = ("vbsjob",)) -> Command:
    """Read one Typer command. Its help is a summary, a block of examples, and further text."""
    summary, *paragraphs = re.split(r"\n\s*\n", ctx.command.help.strip())
    blocks = [part.removeprefix("\b\n") for part in paragraphs if part.startswith("\b")]
    examples = next((block for block in blocks if "vbsjob " in block), "")
    further = [part for part in paragraphs if part.removeprefix("\b\n") != examples]
    subcommands = getattr(ctx.command, "commands", {}).items()
    return Command(
        path,
        " ".join(summary.split()),
        tuple(part[1:] if part.startswith("\b") else " ".join(part.split()) for part in further),
        tuple(examples.splitlines()),
        tuple(sorted(ctx.command.get_params(ctx), key=_is_option)),
        tuple(
            _command(command.make_context(name, [], ctx, resilient_parsing=True), (*path, name))
            for name, command in subcommands
        ),
    )


def _is_option(parameter: Any) -> bool:
    return bool(parameter.param_type_name == "option")


def flags(parameter: Any) -> list[str]:
    """Return how an option is typed, short form first; an empty list for an argument."""
    names = [*parameter.opts, *parameter.secondary_opts] if _is_option(parameter) else []
    return sorted(names, key=lambda name: name.startswith("--"))


def metavar(parameter: Any) -> str:
    """Return the placeholder of a value in a synopsis; empty for a switch."""
    if getattr(parameter, "is_flag", False):
        return ""
    name: str = parameter.metavar or parameter.type.name.upper()
    return name.strip("[].,").replace("_", "-")


DESCRIPTIONS = {
    "vbsjob": """\
vbsjob queries the job API of the Volume Backup Service: GET /v1/PROJECT_ID/jobs/JOB_ID. It
changes nothing: it cannot start, stop or delete a job.

stdout contains the answer only. Progress, notes and errors go to stderr. With a format for
programs an error is a JSON object on stderr.""",
    "vbsjob-get": """\
Each job is queried once, and the query is repeated if it fails: at most 4 attempts in 60 seconds,
or until the time of --retry-for. The answers have the order of the arguments; a repeated id is
queried once.

The exit code is 0 if the query was answered, for every status of the job. With --exit-status
the status decides the exit code.""",
    "vbsjob-tree": """\
The service can split a job into sub-jobs, and these again into sub-jobs. tree shows every level.
On a terminal, equal sub-jobs are one row with counts, unless --all is given. The rows of
sub-jobs show the error code and the reason if the service gives them. If a sub-job below a row
failed too, the row shows its reason only together with an error code.""",
    "vbsjob-watch": """\
The first query is sent at once. While a job is waiting to start it is queried every 5 seconds,
then every 2 to 15 seconds, with a random part and less often while nothing changes. If the
history has three earlier jobs of the same type, the job is queried more rarely (up to 150
seconds) while its end is unlikely, and more often near the expected end. All jobs of one process
share 20 requests per second. A Retry-After header is obeyed.

A failed query does not end the watch. It ends with exit code 7 if the service does not answer
for 15 minutes, or for the time of --retry-for. An expired token is renewed. A new id
that is not found yet is queried for 30 seconds, or for the time of --wait-for-job.

A watch has no time limit unless --timeout is given. Ctrl-C, SIGTERM, SIGHUP and SIGQUIT end the
watch and not the job; the command that continues the watch is printed. Every end writes the
reports of --github and --junit.

On a terminal the progress is drawn in place. Otherwise one line is printed per change, and a line
at least once per --heartbeat. With -o jsonl there is no progress on stderr, and stdout contains one
event per line: start, change, waiting, outage, recovered, heartbeat, and at the end always
verdict.""",
    "vbsjob-list": """\
Each job that get, watch or tree has queried is stored on this machine, with its last known status
and the cause of a failure. A status with a question mark may have changed since: use --refresh.
Jobs of the sandbox are not stored. VBSJOB_HISTORY=off, 'history = false' in config.toml or
--no-cache switch the history off.""",
    "vbsjob-completion": """\
The script completes commands, options, their values, cloud names, and job ids of the history. It
sends no request.""",
    "vbsjob-explain": """\
The table of error codes is part of the program; no request is sent.""",
    "vbsjob-config-show": """\
The first table has name, value and origin of each setting that is set; with --all of every setting,
and '-' is a setting without a value. The value of a secret is never printed. The second table shows
where each file is, or would be, and whether it exists. -o json always prints everything.""",
    "vbsjob-config-check": """\
The command signs in without the stored token and queries a job id that does not exist. The last
line names project and region if the service answers as it should. Otherwise an error is printed,
and the exit code is that of the error.""",
}

CONFIG_FILE = """\
The file has two kinds of sections. [defaults] contains preferences. [clouds.NAME] describes one
cloud, with the keys of clouds.yaml; it is selected with --cloud NAME.

A file that contains secrets should be readable by its owner only (chmod 600).

An option has precedence over VBSJOB_* variables, these over OS_* variables, then come
[clouds.NAME] and [defaults], then clouds.yaml, then the default.

A cloud that is named with --cloud or VBSJOB_CLOUD has precedence over variables: it uses its own
identity, address, project and secrets. Variables are used only for settings that it does not
have, and a note names those that are ignored. A password goes only with the user of the same
source, a secret key and a session token only with their access key.

Durations are written as 90, 90s, 15m, 1h30m or 7d, switches as true or false."""
CONFIG_EXAMPLE = """\
[defaults]
cloud = "prod"
retry_for = "2m"

[clouds.prod]
region_name = "eu-de"

[clouds.prod.auth]
auth_url = "https://iam.eu-de.otc.t-systems.com/v3"
username = "operator"
password = "..."
user_domain_name = "OTC-EU-DE-00000000001000000001"
project_name = "eu-de"
"""
FILES = (
    ("~/.config/vbsjob/config.toml", "Preferences and clouds; see vbsjob(5)."),
    (
        "./clouds.yaml",
        "Clouds, as other OpenStack clients read them; only if the file belongs to you or to root.",
    ),
    ("~/.config/openstack/clouds.yaml", "Clouds, if there is no ./clouds.yaml."),
    ("/etc/openstack/clouds.yaml", "Clouds, if neither of the files above exists."),
    ("secure.yaml", "Secrets, in the same directory as clouds.yaml; its values have precedence."),
    ("~/.cache/vbsjob/", "Tokens, readable by their owner only; not used with --no-cache."),
    (
        "~/.local/state/vbsjob/",
        "History of jobs; not used with --no-cache or VBSJOB_HISTORY=off.",
    ),
)

ESCAPES = str.maketrans(
    {"\\": r"\e", "-": r"\-", "'": r"\(aq", "`": r"\(ga", "^": r"\(ha", "~": r"\(ti", '"': r"\(dq"}
)
CONFIG_PAGE = "vbsjob.5"
FORMATS_PAGE = "vbsjob-formats"
LAYOUT = (".nr HY 0", ".nh", ".ad l")
"""No justification, and no hyphenation, also after .EE: a broken name cannot be copied."""
TITLES = {1: "User Commands", 5: "File Formats"}
"""Title of each section of the manual."""


def pages(top: Command) -> dict[str, str]:
    """Return the text of every page by its path below man/."""
    commands = {f"man1/{command.page}.1": _command_page(command, top) for command in top.walk()}
    return commands | {
        f"man5/{CONFIG_PAGE}": _config_page(top),
        f"man5/{FORMATS_PAGE}.5": _formats_page(top),
    }


def _command_page(command: Command, top: Command) -> str:
    return _page(
        command.page,
        1,
        _section("NAME", _filled(f"{command.page} - {_lower(command.summary)}")),
        _section("SYNOPSIS", _synopsis(command)),
        _section("DESCRIPTION", _description(command)),
        _section("OPTIONS", _tagged((_tag(p), p.help) for p in command.parameters)),
        _section("EXIT STATUS", _tagged(_exit_codes(command))),
        _section("ENVIRONMENT", _environment(command)),
        _section("FILES", _tagged((_bold(path), text) for path, text in FILES)),
        _section("EXAMPLES", _literal(command.examples)),
        _section("SEE ALSO", _see_also(top, command.page)),
    )


def _config_page(top: Command) -> str:
    preferences = [setting for setting in SETTINGS if setting.preference]
    clouds = ((", ".join(map(_bold, s.cloud)), s.sentence) for s in SETTINGS if s.cloud)
    return _page(
        "vbsjob",
        5,
        _section("NAME", _filled("vbsjob - configuration file of vbsjob(1)")),
        _section("SYNOPSIS", [_bold("~/.config/vbsjob/config.toml")]),
        _section("DESCRIPTION", _paragraphs(CONFIG_FILE.split("\n\n"))),
        _section("KEYS OF [defaults]", _tagged((_bold(s.name), s.sentence) for s in preferences)),
        _section("KEYS OF [clouds.NAME]", _tagged(clouds)),
        _section("FILES", _tagged((_bold(path), text) for path, text in FILES)),
        _section("EXAMPLES", _literal(CONFIG_EXAMPLE.splitlines())),
        _section("SEE ALSO", _see_also(top, CONFIG_PAGE)),
    )


def _formats_page(top: Command) -> str:
    parts = re.split(r"^(?=[A-Z])", "\n".join(TOPICS["formats"]()), flags=re.MULTILINE)
    sections = [part.split("\n\n", 1) for part in parts if part]
    described = (_section(heading, _paragraphs(_topic_texts(body))) for heading, body in sections)
    return _page(
        FORMATS_PAGE,
        5,
        _section("NAME", _filled("vbsjob-formats - output formats of vbsjob(1)")),
        *described,
        _section("SEE ALSO", _see_also(top, FORMATS_PAGE)),
    )


def _topic_texts(body: str) -> Iterator[str]:
    """Yield the paragraphs of a topic; one that is indented twice keeps its lines."""
    for paragraph in body.rstrip().split("\n\n"):
        text = textwrap.dedent(paragraph)
        yield f"\n{text}" if paragraph.startswith(" " * 8) else " ".join(text.split())


def _page(name: str, number: int, *sections: Iterable[str]) -> str:
    title = (
        f'.TH {_text(name.upper())} {number} {RELEASED} "vbsjob {__version__}" "{TITLES[number]}"'
    )
    lines = [r".\" Written by python man/generate.py; do not edit.", title, *LAYOUT]
    return "\n".join([*lines, *(line for section in sections for line in section)]) + "\n"


def _section(name: str, body: Iterable[str]) -> list[str]:
    lines = list(body)
    return [f".SH {_text(name)}", *lines] if lines else []


def _text(words: str) -> str:
    """Return words so that the formatter shows exactly these characters."""
    escaped = words.translate(ESCAPES)
    return rf"\&{escaped}" if escaped.startswith(".") else escaped


def _filled(words: str) -> list[str]:
    """Return a paragraph in short lines; mandoc warns about lines above 80 bytes."""
    lines = textwrap.wrap(words, 60, break_long_words=False, break_on_hyphens=False)
    return [_text(line) for line in lines]


def _paragraphs(texts: Iterable[str]) -> Iterator[str]:
    for number, text in enumerate(texts):
        if number:
            yield ".PP"
        yield from _literal(text[1:].splitlines()) if text.startswith("\n") else _filled(text)


def _bold(words: str) -> str:
    return rf"\fB{_text(words)}\fR"


def _lower(summary: str) -> str:
    """Return a summary for the section NAME: no capital letter, no full stop."""
    return (summary[0].lower() + summary[1:]).partition(";")[0].rstrip(".")


def _synopsis(command: Command) -> list[str]:
    lines = [_bold(" ".join(command.path)), "[" + r"\fIOPTIONS\fR" + "]"]
    if command.subcommands:
        lines.append(r"\fICOMMAND\fR")
    for argument in command.parameters:
        if not _is_option(argument):
            dots = r"\~.\|.\|." if argument.nargs == -1 else ""
            word = rf"\fI{_text(metavar(argument))}\fR{dots}"
            lines.append(word if argument.required else f"[{word}]")
    return lines


def _description(command: Command) -> Iterator[str]:
    further = filter(None, DESCRIPTIONS.get(command.page, "").split("\n\n"))
    yield from _paragraphs((command.summary, *command.text, *further))
    if command.subcommands:
        yield ".PP"
        yield "The commands:"
        yield from _tagged((_bold(below.path[-1]), below.summary) for below in command.subcommands)


def _literal(lines: Iterable[str]) -> list[str]:
    escaped = [_text(line) for line in lines]
    return [".EX", *escaped, ".EE"] if escaped else []


def _tagged(rows: Iterable[tuple[str, str]]) -> Iterator[str]:
    for tag, words in rows:
        yield ".TP"
        yield tag
        yield from _filled(words)


def _tag(parameter: Any) -> str:
    name = metavar(parameter)
    words = ", ".join(map(_bold, flags(parameter)))
    return " ".join(filter(None, (words, name and rf"\fI{_text(name)}\fR")))


def _exit_codes(command: Command) -> Iterator[tuple[str, str]]:
    for code in command.exit_codes:
        yield _bold(str(int(code))), f"{code.label}: {code.meaning}."
    yield _bold("128 + N"), "Signal N ended the process."


def _environment(command: Command) -> Iterator[str]:
    """Yield the variables of the options of a command; all that vbsjob reads in vbsjob(1)."""
    if command.page == "vbsjob":
        yield from _tagged(map(_variable, SETTINGS))
        yield from _tagged((_bold(name), sentence) for name, sentence in OTHER_VARIABLES.items())
        return
    used = [SETTINGS_BY_NAME.get(parameter.name) for parameter in command.parameters]
    rows = [_variable(setting) for setting in used if setting]
    yield from [*_tagged(rows), ".PP"] if rows else []
    yield from _filled("vbsjob(1) lists all variables that vbsjob reads.")


def _variable(setting: Setting) -> tuple[str, str]:
    also = f" Also read: {', '.join(setting.os)}." if setting.os else ""
    secret = " (secret)" if setting.secret else ""
    return _bold(setting.variable), f"{setting.sentence}{secret}{also}"


def _see_also(top: Command, page: str) -> list[str]:
    names = [(command.page, 1) for command in top.walk() if command.page != page]
    names += [("vbsjob", 5)] if page != CONFIG_PAGE else []
    names += [(FORMATS_PAGE, 5)] if page != FORMATS_PAGE else []
    lines = [rf".BR \%{_text(name)} ({number})" for name, number in names]
    return [*(f"{line}," for line in lines[:-1]), lines[-1]]


def main() -> None:
    """Write every page, and remove the pages of former commands."""
    texts = pages(command_tree())
    for path in FOLDER.glob("man?/*"):
        path.unlink()
    for name, text in texts.items():
        (FOLDER / name).write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
