"""A JSON document as YAML, written by PyYAML."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import yaml

from vbsjob.json_text import SafeJson

if TYPE_CHECKING:
    from typing import TextIO

PLAIN = re.compile(
    r"(?!(?:y|n|yes|no|on|off|true|false|null)$)[A-Za-z_][A-Za-z0-9_./-]*", re.IGNORECASE
)
"""Strings that YAML 1.1 and 1.2 read as strings without quotes; an id such as 4e5 is a number."""


class Dumper(yaml.SafeDumper):
    """Writes no aliases, and each string in double quotes that is not PLAIN.

    Not CSafeDumper: libyaml cannot write lone surrogates (F39).
    """

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002
        """Equal values are written again, as in JSON."""
        return True


def _string(dumper: Dumper, text: str) -> yaml.ScalarNode:
    style = None if PLAIN.fullmatch(text) else '"'
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style)


Dumper.add_representer(str, _string)


def write(document: Any, out: TextIO) -> None:
    """Write a document in block style, pure ASCII; of an iterator, a sequence of its items.

    The items of an iterator are written one at a time.
    """
    if not isinstance(document, Iterator):
        _write(document, out, explicit=True)
        return
    empty = True
    for element in document:
        _write([element], out, explicit=empty)
        empty = False
    if empty:
        _write([], out, explicit=True)


def _write(document: Any, out: TextIO, *, explicit: bool) -> None:
    r"""Write a document, with its start line `---` if `explicit`.

    SafeJson breaks up commands of CI runners: `\u005b` is the same text in YAML, and the emitter
    writes what stands between two escapes of a string as one chunk.
    """
    stream = SafeJson(out)
    yaml.dump(
        document, stream, Dumper=Dumper, sort_keys=False, width=1 << 30, explicit_start=explicit
    )
