"""A JSON document as YAML, written by PyYAML's emitter.

Events, not nodes: the nodes of an answer of 4 MiB would need 300 MiB.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import yaml

from vbsjob.text import SafeJson

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import TextIO

PLAIN = re.compile(
    r"(?!(?:y|n|yes|no|on|off|true|false|null)$)[A-Za-z_][A-Za-z0-9_./-]*", re.IGNORECASE
)
"""Strings that YAML 1.1 and 1.2 read as strings without quotes; an id such as 4e5 is a number."""


def write(document: Any, out: TextIO) -> None:
    r"""Write a document in block style, pure ASCII.

    SafeJson breaks up commands of CI runners: `\u005b` is the same text in YAML, and the emitter
    writes what stands between two escapes of a string as one chunk. Not CSafeDumper: libyaml
    cannot write lone surrogates (F39).
    """
    yaml.emit(_stream(document), SafeJson(out), yaml.SafeDumper, width=1 << 30)


def _stream(document: Any) -> Iterator[Any]:
    yield yaml.StreamStartEvent()
    yield yaml.DocumentStartEvent(explicit=True)
    yield from _events(document)
    yield yaml.DocumentEndEvent(explicit=False)
    yield yaml.StreamEndEvent()


def _events(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        yield yaml.MappingStartEvent(None, None, implicit=True, flow_style=not value)
        for name, member in value.items():
            yield from _events(name)
            yield from _events(member)
        yield yaml.MappingEndEvent()
    elif isinstance(value, list):
        yield yaml.SequenceStartEvent(None, None, implicit=True, flow_style=not value)
        for element in value:
            yield from _events(element)
        yield yaml.SequenceEndEvent()
    else:
        text, style = _scalar(value)
        yield yaml.ScalarEvent(None, None, (style is None, style is not None), text, style=style)


def _scalar(value: Any) -> tuple[str, str | None]:
    """Return the text of a scalar and its quote. YAML 1.1 requires a point in 1.0e+20."""
    if isinstance(value, str):
        return value, None if PLAIN.fullmatch(value) else '"'
    text = json.dumps(value)
    if "e" in text and "." not in text and text[-1].isdigit():
        text = text.replace("e", ".0e")
    return text, None
