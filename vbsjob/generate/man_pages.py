"""Manual pages in man(7), without macros that mandoc and groff format differently."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from vbsjob import RELEASED, __version__
from vbsjob.cli import formats_topic
from vbsjob.config.schema import OTHER_VARIABLES, SETTINGS, SETTINGS_BY_NAME
from vbsjob.generate import manual_texts

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from vbsjob.config.schema import Setting
    from vbsjob.generate.command_tree import Command, Parameter

ESCAPES = str.maketrans(
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
    further = manual_texts.DESCRIPTIONS.get(command.page, "")
    settings = (SETTINGS_BY_NAME.get(option.name) for option in command.options)
    used = [setting for setting in settings if setting]
    return _page(
        command.page,
        1,
        _section("NAME", _filled(f"{command.page} - {_lower(command.summary)}")),
        _section("SYNOPSIS", _synopsis(command)),
        _section("DESCRIPTION", _description(command, further)),
        _section("OPTIONS", _tagged(_options(command))),
        _section("EXIT STATUS", _tagged(_exit_codes(command))),
        _section("ENVIRONMENT", _environment() if command is top else _settings_of(used)),
        _section("FILES", _tagged((_bold(path), text) for path, text in manual_texts.FILES)),
        _section("EXAMPLES", _literal(command.examples)),
        _section("SEE ALSO", _see_also(top, command.page)),
    )


def _config_page(top: Command) -> str:
    preferences = [setting for setting in SETTINGS if setting.preference]
    clouds = [setting for setting in SETTINGS if setting.cloud]
    return _page(
        "vbsjob",
        5,
        _section("NAME", _filled("vbsjob - configuration file of vbsjob(1)")),
        _section("SYNOPSIS", [_bold("~/.config/vbsjob/config.toml")]),
        _section("DESCRIPTION", _paragraphs(manual_texts.CONFIG_FILE.split("\n\n"))),
        _section("KEYS OF [defaults]", _tagged((_bold(s.name), s.sentence) for s in preferences)),
        _section("KEYS OF [clouds.NAME]", _tagged(_cloud_keys(clouds))),
        _section("FILES", _tagged((_bold(path), text) for path, text in manual_texts.FILES)),
        _section("EXAMPLES", _literal(manual_texts.CONFIG_EXAMPLE.splitlines())),
        _section("SEE ALSO", _see_also(top, CONFIG_PAGE)),
    )


def _formats_page(top: Command) -> str:
    described = (
        _section(section.heading, _paragraphs(section.paragraphs))
        for section in formats_topic.sections()
    )
    return _page(
        FORMATS_PAGE,
        5,
        _section("NAME", _filled("vbsjob-formats - output formats of vbsjob(1)")),
        *described,
        _section("SEE ALSO", _see_also(top, FORMATS_PAGE)),
    )


def _page(name: str, number: int, *sections: Iterable[str]) -> str:
    title = (
        f'.TH {_text(name.upper())} {number} {RELEASED} "vbsjob {__version__}" "{TITLES[number]}"'
    )
    lines = [r".\" Written by python -m vbsjob.generate; do not edit.", title, *LAYOUT]
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
    lines = [_bold(command.name), "[" + r"\fIOPTIONS\fR" + "]"]
    if command.subcommands:
        lines.append(r"\fICOMMAND\fR")
    for argument in command.arguments:
        word = rf"\fI{_text(argument.metavar)}\fR" + (r"\~.\|.\|." if argument.repeated else "")
        lines.append(word if argument.required else f"[{word}]")
    return lines


def _description(command: Command, further: str) -> Iterator[str]:
    yield from _paragraphs((command.summary, *command.text, *filter(None, further.split("\n\n"))))
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


def _options(command: Command) -> Iterator[tuple[str, str]]:
    for parameter in (*command.arguments, *command.options):
        yield _tag(parameter), parameter.help


def _tag(parameter: Parameter) -> str:
    value = rf"\fI{_text(parameter.metavar)}\fR" if parameter.metavar else ""
    if not parameter.flags:
        return value
    return ", ".join(map(_bold, parameter.flags)) + (f" {value}" if value else "")


def _exit_codes(command: Command) -> Iterator[tuple[str, str]]:
    for code in command.exit_codes:
        yield _bold(str(int(code))), f"{code.label}: {code.meaning}."
    yield _bold("128 + N"), "Signal N ended the process."


def _environment() -> Iterator[str]:
    """Yield every variable that vbsjob reads."""
    yield from _tagged(map(_variable, SETTINGS))
    yield from _tagged((_bold(name), sentence) for name, sentence in OTHER_VARIABLES.items())


def _settings_of(used: Sequence[Setting]) -> Iterator[str]:
    """Yield the variables of the options of a command."""
    yield from _tagged(map(_variable, used))
    yield from [".PP"] if used else []
    yield from _filled("vbsjob(1) lists all variables that vbsjob reads.")


def _variable(setting: Setting) -> tuple[str, str]:
    also = f" Also read: {', '.join(setting.os)}." if setting.os else ""
    secret = " (secret)" if setting.secret else ""
    return _bold(setting.variable), f"{setting.sentence}{secret}{also}"


def _cloud_keys(settings: Iterable[Setting]) -> Iterator[tuple[str, str]]:
    for setting in settings:
        yield ", ".join(map(_bold, setting.cloud)), setting.sentence


def _see_also(top: Command, page: str) -> list[str]:
    names = [(command.page, 1) for command in top.walk() if command.page != page]
    names += [("vbsjob", 5)] if page != CONFIG_PAGE else []
    names += [(FORMATS_PAGE, 5)] if page != FORMATS_PAGE else []
    lines = [rf".BR \%{_text(name)} ({number})" for name, number in names]
    return [*(f"{line}," for line in lines[:-1]), lines[-1]]
