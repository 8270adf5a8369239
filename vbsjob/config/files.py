"""Reads one configuration file: TOML, YAML or JSON.

Size, nesting and aliases are limited, so that reading takes a short time for every content.
A message names the file and the line, never the content. All functions raise UsageError.
"""

from __future__ import annotations

import os
import re
import stat
import time
from typing import TYPE_CHECKING, Any

from vbsjob.errors import UsageError, VbsjobError, shortage
from vbsjob.text import printable

if TYPE_CHECKING:
    from pathlib import Path

SIZE_LIMIT = 1 << 20
"""Bytes. Generated clouds.yaml files hold dozens of clouds with tokens of 9 KB each."""
LINE_LIMIT = 1 << 10
"""Characters of a TOML line outside quotes. Long values, such as tokens, are in quotes."""
KEY_PARTS_LIMIT = 64
"""Dots of a TOML line outside quotes: tomllib needs quadratic time for a key of many parts."""
TOML_HINT = 'Write each setting as name = "value", in a section such as [defaults].'
PIPE_TIMEOUT = 10.0
"""Seconds until a FIFO must deliver: its writer may have died before it opened the FIFO."""
HEADER = re.compile(r"\s*\[++([^\]]*)\]")
KEY = re.compile(r"([^=#\[]+)=")


def mode(path: Path, name: str = "") -> int:
    """Return st_mode of a path; 0 if this user finds nothing there.

    A folder that this user may not enter, such as the working directory of another user, counts
    as empty. A message calls the path `name`.
    """
    try:
        return path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError, PermissionError, ValueError):
        return 0
    except OSError as error:
        raise _unreadable(name or path, error) from None


def _unreadable(name: object, error: OSError) -> VbsjobError:
    """Return the error of a file; a shortage says nothing about the file (F31)."""
    return shortage(error) or UsageError(
        f"{name} cannot be read: {error.strerror}.", hint="Check the file and its permissions."
    )


def belongs_to_stranger(path: Path) -> bool:
    """Whether a file, or a symbolic link to it, belongs neither to this user nor to root (F75)."""
    if os.name != "posix":
        return False
    try:
        return any(_is_stranger(status) for status in (path.lstat(), path.stat()))
    except OSError:
        return False


def _is_stranger(status: os.stat_result) -> bool:
    return status.st_uid not in {0, os.geteuid()}


def text(path: Path, *, pipe: bool = False) -> str | None:
    """Return the content of a file; None if it is missing. `pipe` allows a FIFO too."""
    try:
        content = _content(path, pipe=pipe)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise _unreadable(path, error) from None
    if len(content) > SIZE_LIMIT:
        raise UsageError(
            f"{path} is larger than {SIZE_LIMIT >> 10} KiB.",
            hint="Remove what vbsjob does not need, such as other clouds.",
        )
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UsageError(
            f"{path} is not UTF-8 text.", hint="Save it again with the encoding UTF-8."
        ) from None


def _content(path: Path, *, pipe: bool) -> bytes:
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    with os.fdopen(descriptor, "rb") as stream:
        status = os.fstat(descriptor)
        if pipe and stat.S_ISFIFO(status.st_mode):
            return _pipe_content(path, descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise UsageError(
                f"{path} is not a regular file.", hint="Replace it by a file, or remove it."
            )
        # In the working directory, again on what is open: the file may have been exchanged.
        if not path.is_absolute() and os.name == "posix" and _is_stranger(status):
            raise UsageError(
                f"{path} belongs to another user.", hint="Use another working directory."
            )
        return stream.read(SIZE_LIMIT + 1)


def _pipe_content(path: Path, descriptor: int) -> bytes:
    """Read a FIFO until its writer closes it, for example `<(sops decrypt clouds.yaml)`."""
    import select

    content, deadline = b"", time.monotonic() + PIPE_TIMEOUT
    while len(content) <= SIZE_LIMIT:
        left = deadline - time.monotonic()
        if left <= 0 or not select.select([descriptor], [], [], left)[0]:
            raise UsageError(
                f"{path} is a FIFO that delivered nothing within {PIPE_TIMEOUT:.0f} s.",
                hint="Check the program that writes to it.",
            )
        try:
            block = os.read(descriptor, 1 << 16)
        except BlockingIOError:
            continue
        if block:
            content += block
        elif content:
            break
        else:  # no writer has opened the FIFO yet
            time.sleep(0.02)
    return content


def toml(path: Path) -> dict[str, Any] | None:
    """Return a TOML file as a mapping; None if it is missing. Fractions are kept as written."""
    content = text(path)
    if content is None:
        return None
    import tomllib

    for number, line in enumerate(content.split("\n"), start=1):
        if len(line) > KEY_PARTS_LIMIT:
            _check_line(f"{path}, line {number}", _outside_quotes(line))
    try:
        return tomllib.loads(content, parse_float=str)
    except tomllib.TOMLDecodeError as error:
        where = str(error).rpartition(" (at ")[2].rstrip(")")
        raise UsageError(f"{path}, {where}: this is not valid TOML.", hint=TOML_HINT) from None
    except (RecursionError, ValueError):
        raise UsageError(f"{path} is not valid TOML.", hint=TOML_HINT) from None


def _check_line(where: str, outside_quotes: str) -> None:
    if len(outside_quotes) > LINE_LIMIT:
        raise UsageError(
            f"{where}: the line is longer than {LINE_LIMIT} characters.",
            hint="Write a long value in quotes, and a long list in several lines.",
        )
    if outside_quotes.count(".") > KEY_PARTS_LIMIT:
        raise UsageError(
            f"{where}: the key has more than {KEY_PARTS_LIMIT} parts.",
            hint="Write a value with dots in quotes.",
        )


def _outside_quotes(line: str) -> str:
    """Return a TOML line without its quoted parts and comment, in linear time."""
    parts: list[str] = []
    start = 0
    for match in re.finditer(r"[\"'#]", line):
        if match.start() < start:
            continue
        parts.append(line[start : match.start()])
        if match[0] == "#":
            return "".join(parts)
        end = _end_of_quotes(line, match.start())
        if end is None:
            start = match.start()
            break
        start = end
    return "".join(parts) + line[start:]


def _end_of_quotes(line: str, start: int) -> int | None:
    end = line.find(line[start], start + 1)
    while line[start] == '"' and end > 0:
        first = end
        while line[first - 1] == "\\" and first - 1 > start:
            first -= 1
        if (end - first) % 2 == 0:  # an odd number of backslashes escapes the quote
            break
        end = line.find('"', end + 1)
    return None if end < 0 else end + 1


def locate(path: Path, *wanted: str) -> str:
    """Return `FILE: line N` of a TOML section or key; `FILE` if a search finds no such line."""
    section: tuple[str, ...] = ()
    for number, line in enumerate((text(path) or "").splitlines(), 1):
        header, key = HEADER.match(line), KEY.match(line)
        section = _parts(header[1]) if header else section
        full_name = (*section, *_parts(key[1])) if key and not header else section
        if (header or key) and full_name[: len(wanted)] == wanted:
            return f"{path}: line {number}"
    return str(path)


def _parts(dotted: str) -> tuple[str, ...]:
    return tuple(part.strip(" \t\"'") for part in dotted.split("."))


def clouds_document(path: Path, *, pipe: bool = False) -> dict[str, Any]:
    """Return a clouds.yaml or clouds.json as a mapping whose scalars are strings, as written."""
    content = text(path, pipe=pipe) or ""
    if path.suffix == ".json":
        return mapping(path, "the file", _json(path, content))
    from vbsjob.config import yaml_text

    return mapping(path, "the file", yaml_text.read(path, content))


def _json(path: Path, content: str) -> Any:
    """Parse JSON with a JSON parser: YAML does not allow surrogate pairs in escapes."""
    import json

    try:
        return json.loads(content or "null", parse_int=str, parse_float=str, parse_constant=str)
    except json.JSONDecodeError as error:
        raise UsageError(
            f"{path}, line {error.lineno}: this is not valid JSON.",
            hint="Check commas, quotes and brackets there and in the line above.",
        ) from None
    except RecursionError:
        raise UsageError(f"{path} is nested too deeply.", hint="Use fewer levels.") from None


def mapping(path: Path, name: str, value: Any) -> dict[str, Any]:
    """Return a section of a file; empty if it is null or missing."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise UsageError(
            f"{path}: {printable(name)[:200]} must be a mapping of keys to values.",
            hint="Give each of its entries a name and a value.",
        )
    return {str(key): item for key, item in value.items()}
