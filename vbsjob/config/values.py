"""Values of settings: parse what a user writes, and write a value as a user would.

Each parse function returns the value or raises ValueError with a predicate and, behind a semicolon,
the next step, such as "is not a valid duration; write 90 or 15m". `invalid` makes the error of it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from vbsjob.errors import UsageError
from vbsjob.http import url
from vbsjob.text import printable

if TYPE_CHECKING:
    from collections.abc import Callable

NOT_A_TEXT = "is not a text; write one value, in quotes"
DURATION = re.compile(
    r"(?=[0-9])(?:([0-9]{1,5})d)?(?:([0-9]{1,6})h)?(?:([0-9]{1,6})m)?(?:([0-9]{1,9})s?)?"
)
BOOLEANS = {
    **dict.fromkeys(("true", "yes", "on", "1"), True),
    **dict.fromkeys(("false", "no", "off", "0"), False),
}


def invalid(what: str, error: ValueError) -> UsageError:
    """Return the error for `what`, a setting and its wrong value, that a parse function refused."""
    reason, _, step = str(error).partition("; ")
    return UsageError(f"{what} {reason}.", hint=f"{step[:1].upper()}{step[1:]}." if step else "")


def of_option(option: str, parse: Callable[[str], float], text: str) -> float:
    """Return the seconds of an option that is not a setting. Raises UsageError."""
    try:
        return parse(text)
    except ValueError as error:
        raise invalid(f"{option}: {printable(text)[:200]!r}", error) from None


def text(raw: Any) -> str:
    """Return a string; a number from TOML becomes one."""
    if isinstance(raw, bool):
        raise ValueError(NOT_A_TEXT)  # noqa: TRY004 - the value is wrong, not the program
    return _scalar(raw)


def _scalar(raw: Any) -> str:
    """Return the text of a scalar. A list or a mapping is not written out: it may be huge."""
    if not isinstance(raw, str | int | float):
        raise ValueError(NOT_A_TEXT)  # noqa: TRY004 - as above
    return str(raw)


def is_content(text: str) -> bool:
    """Whether a text is the content of a file, such as a private key, and not a path."""
    return "\n" in text or "\r" in text or "-----BEGIN" in text


def path(raw: Any) -> str:
    """Return the path of a file. Its content in place of the path is refused."""
    if is_content(text(raw)):
        raise ValueError("is the content of a file; save it, and set the path of that file")
    return text(raw)


def identity_name(raw: Any) -> str:
    """Return a name or id of a user, domain or project.

    Secret stores, `docker --env-file` and files with CRLF add invisible characters and quotes; a
    sign-in with a wrong name counts as a failed attempt.
    """
    value = text(raw)
    if not value.isprintable() or value != value.strip():
        raise ValueError("has a line end, a space at an end or an invisible character; remove it")
    if len(value) > 1 and value[0] == value[-1] and value[0] in "'\"":
        raise ValueError("has quotes at both ends; remove them")
    return value


def words(raw: Any) -> tuple[str, ...]:
    """Return the words of a list, or of a text with commas."""
    elements = raw if isinstance(raw, list) else text(raw).split(",")
    return tuple(text(element).strip() for element in elements)


def name(raw: Any) -> str:
    """Return a name that is safe in a URL path."""
    if not url.NAME.fullmatch(text(raw)):
        raise ValueError("is not 1 to 64 letters, digits, '_' and '-'; correct or omit it")
    return str(raw)


def region(raw: Any) -> str:
    """Return the name of a region: it can become a part of the host name of an address."""
    if not re.fullmatch(r"[0-9A-Za-z_-](?:[0-9A-Za-z_. -]{0,62}[0-9A-Za-z_-])?", text(raw)):
        raise ValueError(
            "is not 1 to 64 letters, digits, '_', '-', '.' and spaces; correct or omit it"
        )
    return str(raw)


def interface(raw: Any) -> str:
    """Return public, internal or admin; `publicURL` means public, as in keystoneauth."""
    return OneOf(("public", "internal", "admin"))(text(raw).removesuffix("URL"))


def boolean(raw: Any) -> bool:
    """Return True or False for true, yes, on, 1, false, no, off or 0, in any case."""
    value = BOOLEANS.get(_scalar(raw).lower())
    if value is None:
        raise ValueError("is not a valid switch; write yes or no")
    return value


def duration(raw: Any) -> float:
    """Return seconds from 90, 90s, 15m, 1h30m or 7d."""
    match = DURATION.fullmatch(_scalar(raw))
    if match is None:
        raise ValueError("is not a valid duration; write 90, 90s, 15m, 1h30m or 7d")
    days, hours, minutes, seconds = (int(digits or 0) for digits in match.groups())
    return float(days * 86400 + hours * 3600 + minutes * 60 + seconds)


def timeout(raw: Any) -> float:
    """Return seconds above 0: 0 could mean "at once" as well as "without a limit"."""
    seconds = duration(raw)
    if seconds == 0:
        raise ValueError("is not a valid time limit; omit it to wait without a limit")
    return seconds


def interval(raw: Any) -> float:
    """Return seconds, at least 1."""
    seconds = duration(raw)
    if seconds < 1:
        raise ValueError("is less than one second; write 1s or more")
    return seconds


def mebibytes(raw: Any) -> int:
    """Return bytes from a number of MiB."""
    if not re.fullmatch(r"[1-9][0-9]{0,3}", _scalar(raw)):
        raise ValueError("is not a whole number of MiB from 1 to 9999; write a number such as 4")
    return int(raw) << 20


class OneOf(NamedTuple):
    """Accepts exactly these words."""

    words: tuple[str, ...]

    def __call__(self, raw: Any) -> str:
        """Return the word."""
        if not isinstance(raw, str) or raw not in self.words:
            raise ValueError(f"is not one of {', '.join(self.words)}; write one of them")
        return str(raw)


def depth(raw: Any) -> int:
    """Return a number of levels from 0 to 9999."""
    if isinstance(raw, bool) or not re.fullmatch(r"[0-9]{1,4}", _scalar(raw)):
        raise ValueError("is not a number of levels from 0 to 9999; write a number such as 2")
    return int(raw)


STATUSES = {
    "failed": "FAIL",
    "running": "RUNNING",
    "waiting": "INIT",
    "done": "SUCCESS",
    "other": "other",
}
"""Words of --only and the status that each selects; a status itself is accepted too."""


def statuses(raw: Any) -> tuple[str, ...]:
    """Return the statuses of a comma-separated list."""
    chosen = [word.strip() for word in _scalar(raw).split(",")]
    if not set(chosen) <= {*STATUSES, *STATUSES.values()}:
        raise ValueError(
            f"is not a comma-separated list of {', '.join(STATUSES)}; write one or several of them"
        )
    return tuple(STATUSES.get(word, word) for word in chosen)


def written(parse: Callable[[Any], Any], value: Any) -> str:
    """Return a parsed value as a user writes it: `30s`, `4 MiB`, `yes`, `failed,running`."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if parse is mebibytes:
        return f"{value >> 20} MiB"
    if isinstance(value, tuple):
        names = {status: word for word, status in STATUSES.items()}
        return ",".join(names.get(str(word), str(word)) for word in value)
    if parse in {duration, timeout, interval}:
        units = ((value // 3600, "h"), (value // 60 % 60, "m"), (value % 60, "s"))
        return "".join(f"{int(number)}{unit}" for number, unit in units if number) or "0s"
    return str(value)
