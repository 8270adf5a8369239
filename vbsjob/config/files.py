"""Reads one configuration file: its size, nesting and aliases are bounded.

A message names the file and line, never the content.
"""

from __future__ import annotations

import os
import re
import stat
from typing import TYPE_CHECKING, Any

from vbsjob.errors import UsageError
from vbsjob.text import printable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SIZE_LIMIT = 64 << 10
LINE_LIMIT = 1 << 10
"""Characters of a line outside quotes, where a token may be long: keys of a thousand parts take
minutes to read."""
ALIAS_LIMIT = 64
DEPTH_LIMIT = 16
HEADER = re.compile(r"\s*\[+([^\]]*)\]")
QUOTED = re.compile(r""" "(?:[^"\\]|\\.)*" | '[^']*' """, re.VERBOSE)
KEY = re.compile(r"([^=#\[]+)=")


def mode(path: Path, named: str = "") -> int:
    """Return the kind and rights of what lies there, 0 where this user finds nothing.

    A folder closed to the user, such as another's working directory, holds nothing of theirs.
    Raises Usage, which calls the place `named`, or else by its path.
    """
    try:
        return path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError, PermissionError, ValueError):
        return 0
    except OSError as error:
        raise UsageError(f"{named or path}: cannot be read: {error.strerror}.") from None


def text(path: Path) -> str | None:
    """Return what a file says; None where there is none. Raises Usage."""
    try:
        content = _content(path)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror}.") from None
    if len(content) > SIZE_LIMIT:
        raise UsageError(f"{path}: is larger than {SIZE_LIMIT >> 10} KiB.")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UsageError(f"{path}: is not UTF-8 text.") from None


def _content(path: Path) -> bytes:
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    with os.fdopen(handle, "rb") as stream:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise UsageError(f"{path}: is no regular file.")
        return stream.read(SIZE_LIMIT + 1)


def toml(path: Path) -> dict[str, Any] | None:
    """Read a TOML file; None where there is none. Raises Usage."""
    written = text(path)
    if written is None:
        return None
    import tomllib

    for number, line in enumerate(written.split("\n"), start=1):
        if len(line) > LINE_LIMIT and len(QUOTED.sub("''", line)) > LINE_LIMIT:
            raise UsageError(f"{path}: line {number}: is longer than {LINE_LIMIT} characters.")
    try:
        return tomllib.loads(written)
    except tomllib.TOMLDecodeError as error:
        where = str(error).rpartition(" (at ")[2].rstrip(")")
        raise UsageError(f"{path}: is no TOML at {where}.") from None
    except (RecursionError, ValueError):
        raise UsageError(f"{path}: cannot be understood as TOML.") from None


def place(path: Path, *wanted: str) -> str:
    """Return a TOML file and, where it is plain to see, the line of a section or of its key."""
    section: tuple[str, ...] = ()
    for number, line in enumerate((text(path) or "").splitlines(), 1):
        header, key = HEADER.match(line), KEY.match(line)
        section = _parts(header[1]) if header else section
        here = (*section, *_parts(key[1])) if key and not header else section
        if (header or key) and here[: len(wanted)] == wanted:
            return f"{path}: line {number}"
    return str(path)


def _parts(dotted: str) -> tuple[str, ...]:
    return tuple(part.strip(" \t\"'") for part in dotted.split("."))


def yaml(path: Path) -> dict[str, Any]:
    """Read a YAML or JSON file that holds a mapping. Raises Usage."""
    import yaml as library

    loader: Any = getattr(library, "CSafeLoader", library.SafeLoader)
    written = text(path) or ""
    try:
        _bounded(path, library.parse(written, Loader=loader), library)
        document = library.load(written, Loader=loader)  # noqa: S506 - the safe loader, in C
    except library.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise UsageError(f"{path}: line {line}: is no YAML.") from None
    except library.reader.ReaderError as error:
        line = written.encode()[: error.position].count(b"\n") + 1
        raise UsageError(f"{path}: line {line}: holds a character that YAML does not.") from None
    except (library.YAMLError, ValueError, RecursionError, TypeError):
        raise UsageError(f"{path}: cannot be understood as YAML.") from None
    return mapping(path, "the file", document)


def _bounded(path: Path, events: Iterator[Any], library: Any) -> None:
    """Refuse alias bombs and deep nesting before anything is built of them."""
    aliases = depth = 0
    for event in events:
        aliases += isinstance(event, library.AliasEvent)
        depth += isinstance(event, library.CollectionStartEvent)
        depth -= isinstance(event, library.CollectionEndEvent)
        if aliases > ALIAS_LIMIT or depth > DEPTH_LIMIT:
            line = event.start_mark.line + 1
            raise UsageError(f"{path}: line {line}: too many aliases, or nested too deeply.")


def mapping(path: Path, name: str, found: Any) -> dict[str, Any]:
    """Return a section of a file, empty where it is null or absent; keys with `_` for `-`."""
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise UsageError(f"{path}: {printable(name)} has to be a mapping of keys to values.")
    return {str(key): value for key, value in found.items()}
