"""A command as a manual page, in man(7): plain enough for mandoc and groff to agree on."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from vbsjob import RELEASED, __version__
from vbsjob.config.schema import SETTINGS, SETTINGS_BY_NAME

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from vbsjob.generate.command_tree import Command, Parameter

SIGNS = str.maketrans(
    {
        "\\": r"\e",
        "-": r"\-",
        "'": r"\(aq",
        "`": r"\(ga",
        "^": r"\(ha",
        "~": r"\(ti",
        '"': r"\(dq",
    }
)
FILES = (
    ("~/.config/vbsjob/config.toml", "Preferences in [defaults], and clouds in [clouds.NAME]."),
    ("./clouds.yaml", "The clouds, as other clients know them; the first file found counts."),
    ("~/.config/openstack/clouds.yaml", "The same."),
    ("/etc/openstack/clouds.yaml", "The same."),
    ("secure.yaml", "Beside clouds.yaml: merged over it."),
    ("~/.cache/vbsjob/", "Kept tokens, readable by their owner alone; none with --no-cache."),
    (
        "~/.local/state/vbsjob/",
        "The history of job ids; none with --no-cache or VBSJOB_HISTORY=off.",
    ),
)


def page(command: Command, top: Command) -> str:
    """Return a command's manual page."""
    title = command.page.upper()
    lines = [
        r".\" Written by python -m vbsjob.generate; do not edit.",
        f'.TH {_text(title)} 1 {RELEASED} "vbsjob {__version__}" "User Commands"',
        *_section("NAME", _filled(f"{command.page} - {_phrase(command.summary)}")),
        *_section("SYNOPSIS", _synopsis(command)),
        *_section("DESCRIPTION", _description(command)),
        *_section("OPTIONS", _tagged(_options(command))),
        *_section("EXIT STATUS", _tagged(_codes(command))),
        *_section("ENVIRONMENT", _environment(command, command is top)),
        *_section("FILES", _tagged((_bold(path), text) for path, text in FILES)),
        *_section("EXAMPLES", _literal(command.examples)),
        *_section("SEE ALSO", [_also(command, top)]),
    ]
    return "\n".join(lines) + "\n"


def _section(name: str, body: Iterable[str]) -> list[str]:
    lines = list(body)
    return [f".SH {name}", *lines] if lines else []


def _text(words: str) -> str:
    """Return words as the formatter shows them, character by character."""
    escaped = words.translate(SIGNS)
    return rf"\&{escaped}" if escaped.startswith(".") else escaped


def _filled(words: str) -> list[str]:
    """Return a paragraph's lines, short enough for an editor and for mandoc's taste."""
    lines = textwrap.wrap(words, 60, break_long_words=False, break_on_hyphens=False)
    return [_text(line) for line in lines]


def _bold(words: str) -> str:
    return rf"\fB{_text(words)}\fR"


def _phrase(summary: str) -> str:
    return (summary[0].lower() + summary[1:]).partition(";")[0].rstrip(".")


def _synopsis(command: Command) -> list[str]:
    lines = [_bold(command.name), "[" + r"\fIOPTIONS\fR" + "]"]
    if command.subcommands:
        lines.append(r"\fICOMMAND\fR")
    for argument in command.arguments:
        word = rf"\fI{_text(argument.metavar)}\fR" + (r"\~.\|.\|." if argument.repeated else "")
        lines.append(word if argument.required else f"[{word}]")
    return lines


def _description(command: Command) -> Iterator[str]:
    yield from _filled(command.summary)
    for paragraph in command.text:
        yield ".PP"
        kept = paragraph.startswith("\n")
        yield from _literal(paragraph[1:].splitlines()) if kept else _filled(paragraph)
    if command.subcommands:
        yield ".PP"
        yield "The commands:"
        yield from _tagged((_bold(below.path[-1]), below.summary) for below in command.subcommands)


def _literal(lines: Iterable[str]) -> list[str]:
    kept = [_text(line) for line in lines]
    return [".EX", *kept, ".EE"] if kept else []


def _tagged(rows: Iterable[tuple[str, str]]) -> Iterator[str]:
    for tag, words in rows:
        yield ".TP"
        yield tag
        yield from _filled(words)


def _options(command: Command) -> Iterator[tuple[str, str]]:
    for found in (*command.arguments, *command.options):
        yield _tag(found), found.help


def _tag(found: Parameter) -> str:
    value = rf"\fI{_text(found.metavar)}\fR" if found.metavar else ""
    if not found.flags:
        return value
    return ", ".join(map(_bold, found.flags)) + (f" {value}" if value else "")


def _codes(command: Command) -> Iterator[tuple[str, str]]:
    yield from (
        (_bold(str(int(code))), f"{code.label}: {code.meaning}.") for code in command.exit_codes
    )
    yield _bold("128 + N"), "signal N ended the process."


def _environment(command: Command, top: bool) -> Iterator[str]:  # noqa: FBT001 - the page's kind
    if top:
        yield from _filled(
            "Each setting's own variable, then those of other clients that tell it too. Order:"
            " option, VBSJOB_*, OS_*, config.toml, clouds.yaml, default."
        )
        yield from _tagged(
            (_bold(key.variable), f"Also {', '.join(key.os)}." if key.os else "A preference.")
            for key in SETTINGS
        )
        return
    settings = [option for option in command.options if option.name in SETTINGS_BY_NAME]
    yield from _tagged((_bold(SETTINGS_BY_NAME[o.name].variable), _as_option(o)) for o in settings)
    yield from _tagged([(_bold("NO_COLOR"), "No colour, unless --color says otherwise.")])


def _as_option(option: Parameter) -> str:
    return f"As {option.flags[-1] if len(option.flags) < 3 else option.flags[1]}."


def _also(command: Command, top: Command) -> str:
    others = [other.page for other in top.walk() if other is not command]
    return " ,\n".join(f".BR {_text(page)} (1)" for page in others).replace(") ,", "),")
