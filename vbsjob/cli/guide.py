"""What the program tells about itself, as lines of text; made from its tables, asks nobody."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vbsjob.outcome import SEVERITY, ExitCode, UsageError
from vbsjob.text import suggestion, printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from typing import TextIO


def exit_codes(*chosen: ExitCode) -> list[str]:
    """Return the table of exit codes, all or the chosen ones, a line each."""
    return [f"{int(code):>3}  {code.word:<12} {code.meaning}" for code in chosen or ExitCode]


def topic(name: str, commands: Iterable[str]) -> list[str]:
    """Return the lines of a topic; raises Usage that names the nearest one."""
    if name not in TOPICS:
        hint = suggestion(name, [*commands, *TOPICS])
        raise UsageError(f"There is no help on {printable(name)[:80]!r}.", hint=hint)
    return TOPICS[name]()


def _on_exit_codes() -> list[str]:
    order = [int(code) for code in SEVERITY]
    return [
        "How a run of vbsjob ends. 1 means that the service said FAIL, and nothing else.",
        "",
        *exit_codes(),
        "",
        f"Several jobs: the first of {', '.join(map(str, order))}.",
        "Machine formats carry each job's own code as exit_code.",
    ]


def _on_environment() -> list[str]:
    from vbsjob.config.schema import OTHER_VARIABLES, SETTINGS

    rows = [(key.variable, ", ".join(key.os), key.secret) for key in SETTINGS]
    told = [f"  {own:<36}{theirs}{'  (secret)' if secret else ''}" for own, theirs, secret in rows]
    return [
        "Every setting can come from the environment. Order: option, VBSJOB_*, OS_*, config.toml,",
        "clouds.yaml, default. A secret is never an option.",
        "",
        *(line.rstrip() for line in told),
        "",
        "Heeded beside the settings:",
        *(f"  {name:<36}{why}" for name, why in OTHER_VARIABLES.items()),
    ]


TOPICS = {"exit-codes": _on_exit_codes, "environment": _on_environment}


def explain(code: str | None, format_: str, fields: Sequence[str], out: TextIO) -> None:
    """Write what a code means, or all codes; raises Usage for one that is not known."""
    from vbsjob.jobs import error_codes
    from vbsjob.output import formats

    found = error_codes.documents(code)
    if code is not None and not found:
        raise _unknown(code, error_codes.near(code))
    if format_ == "table":
        out.writelines(_meanings(found, fields))
    elif format_ == "name":
        formats.write("value", found, ["code"], out)
    else:
        formats.write(format_, found, fields or error_codes.FIELDS, out)


def _meanings(found: Sequence[dict[str, Any]], fields: Sequence[str]) -> Iterator[str]:
    """Yield what codes mean: one code as a block, several a line each."""
    if fields:
        yield from (f"{item.get(name, '')}\n" for item in found for name in fields)
    elif len(found) == 1:
        yield (
            "{code}\n  during      {during}\n  meaning     {meaning}\n  what to do  {action}\n"
        ).format_map(found[0])
    else:
        width = max(len(item["code"]) for item in found)
        yield from (f"{item['code']:<{width}}  {item['meaning']}\n" for item in found)


def _unknown(code: str, near: Sequence[str]) -> UsageError:
    """Return the problem that a code is not known, with those probably meant."""
    guess = f"Did you mean {' or '.join(near)}? " if near else ""
    return UsageError(
        f"No meaning is known for {printable(code)[:80]!r}.",
        hint=f"{guess}'vbsjob explain' lists every known code.",
    )
