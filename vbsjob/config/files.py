"""Reads one configuration file: TOML, YAML or JSON.

Size, nesting and aliases are limited, so that reading takes a short time for every content.
A message names the file and the line, never the content. All functions raise UsageError. No other
module reads YAML.
"""

from __future__ import annotations

import os
import re
import stat
from typing import TYPE_CHECKING, Any, ClassVar

from vbsjob.errors import UsageError, VbsjobError, shortage
from vbsjob.text import printable

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

SIZE_LIMIT = 1 << 20
"""Bytes. Generated clouds.yaml files hold dozens of clouds with tokens of 9 KB each."""
EVENTS_LIMIT, DEPTH_LIMIT = 200_000, 16
"""Limits of a YAML file: its values with those that aliases repeat, and its nesting."""
TOML_HINT = 'Write each setting as name = "value", in a section such as [defaults].'
YAML_HINT = "Check the indentation, quotes and brackets there and in the line above."
NULL, MERGE = "tag:yaml.org,2002:null", "tag:yaml.org,2002:merge"


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


def is_hidden(path: Path) -> bool:
    """Whether this user may not enter a folder above the path."""
    try:
        path.lstat()
    except (OSError, ValueError) as error:
        return isinstance(error, PermissionError)
    return False


def _unreadable(name: object, error: OSError) -> VbsjobError:
    """Return the error of a file; a shortage says nothing about the file (F31)."""
    return shortage(error) or UsageError(
        f"{name} cannot be read: {error.strerror}.", hint="Check the file and its permissions."
    )


def belongs_to_stranger(path: Path) -> bool:
    """Whether a file, or a symbolic link to it, belongs neither to this user nor to root (F75)."""
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
    # O_NONBLOCK: opening a FIFO in place of the file must not wait for a writer.
    descriptor = os.open(path, os.O_RDONLY | (0 if pipe else os.O_NONBLOCK))
    with os.fdopen(descriptor, "rb") as stream:
        status = os.fstat(descriptor)
        if status.st_mode & stat.S_IWOTH:
            raise UsageError(
                f"{path} is not used: every user of this machine can change it.",
                hint=f"Check its content, then run: chmod o-w {path}",
            )
        if not stat.S_ISREG(status.st_mode) and not (pipe and stat.S_ISFIFO(status.st_mode)):
            raise UsageError(
                f"{path} is not a regular file.", hint="Replace it by a file, or remove it."
            )
        # In the working directory, again on what is open: the file may have been exchanged.
        if not path.is_absolute() and _is_stranger(status):
            raise UsageError(
                f"{path} belongs to another user.", hint="Use another working directory."
            )
        return stream.read(SIZE_LIMIT + 1)


def toml(path: Path) -> dict[str, Any] | None:
    """Return a TOML file as a mapping; None if it is missing. Fractions are kept as written."""
    content = text(path)
    if content is None:
        return None
    import tomllib

    try:
        return tomllib.loads(content, parse_float=str)
    except tomllib.TOMLDecodeError as error:
        where = str(error).rpartition(" (at ")[2].rstrip(")")
        raise UsageError(f"{path}, {where}: this is not valid TOML.", hint=TOML_HINT) from None
    except (RecursionError, ValueError):
        raise UsageError(f"{path} is not valid TOML.", hint=TOML_HINT) from None


def clouds_document(path: Path, *, pipe: bool = False) -> dict[str, Any]:
    """Return a clouds.yaml, or clouds.json, as a mapping; JSON is YAML too."""
    return mapping(path, "the file", _yaml(path, text(path, pipe=pipe) or ""))


def _yaml(path: Path, content: str) -> Any:
    """Return a YAML document of dicts, lists, strings and None; scalars are as written."""
    import yaml

    try:
        loader = _text_loader(yaml)
        _check_events(path, yaml, yaml.parse(content, Loader=loader))
        return yaml.load(content, Loader=loader)  # noqa: S506 - made of SafeLoader
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise UsageError(f"{path}, line {line}: this is not valid YAML.", hint=YAML_HINT) from None
    except yaml.reader.ReaderError as error:
        line = content.encode()[: error.position].count(b"\n") + 1
        raise UsageError(
            f"{path}, line {line}: YAML does not allow one of the characters.",
            hint="Remove the control characters of that line.",
        ) from None
    except (yaml.YAMLError, ValueError, RecursionError, TypeError):
        raise UsageError(f"{path} is not valid YAML.", hint=YAML_HINT) from None


def _text_loader(yaml: Any) -> Any:
    """Return a loader that keeps every scalar as the text that the user wrote, but for nulls.

    YAML 1.1 reads `password: 0123456` as the number 42798, `12:30:45` as 45045, `no` as false and
    `1.10` as 1.1; the settings themselves have types.
    """

    class TextLoader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
        yaml_implicit_resolvers: ClassVar[dict[str, Any]] = {}

    TextLoader.add_implicit_resolver(NULL, re.compile("(?:~|null|Null|NULL|)$"), [*"~nN", ""])
    TextLoader.add_implicit_resolver(MERGE, re.compile("<<$"), ["<"])
    TextLoader.add_constructor(MERGE, TextLoader.construct_yaml_str)
    return TextLoader


def _check_events(path: Path, yaml: Any, events: Iterable[Any]) -> None:
    """Refuse deep nesting, and more values than EVENTS_LIMIT ("billion laughs").

    An alias counts as many values as it repeats, including those of aliases there.
    """
    total = 0
    weights: dict[str | None, int] = {}
    open_nodes: list[tuple[str | None, int]] = []  # anchor, and the total when it began
    for event in events:
        if isinstance(event, yaml.CollectionStartEvent):
            open_nodes.append((event.anchor, total))
            weights[event.anchor] = EVENTS_LIMIT  # for an alias inside: the node contains itself
            total += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            anchor, before = open_nodes.pop()
            weights[anchor] = total - before
        elif isinstance(event, yaml.ScalarEvent):
            weights[event.anchor] = 1
            total += 1
        elif isinstance(event, yaml.AliasEvent):
            total += weights.get(event.anchor, 0)  # 0: no such anchor; the loader reports it
        if total > EVENTS_LIMIT or len(open_nodes) > DEPTH_LIMIT:
            line = event.start_mark.line + 1
            raise UsageError(
                f"{path}, line {line}: too many values and aliases, or nested too deeply.",
                hint="Write values instead of aliases, and use fewer levels.",
            )


def mapping(path: Path, name: str, value: Any) -> dict[str, Any]:
    """Return a section of a file; empty if it is null or missing."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise UsageError(
            f"{path}: {printable(name)[:200]} must be a mapping of keys to values.",
            hint="Give each of its entries a name and a value.",
        )
    return {str(key): entry for key, entry in value.items()}
