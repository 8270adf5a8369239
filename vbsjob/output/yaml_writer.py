"""A JSON document as YAML, written event by event: the memory does not grow with its size."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from typing import TextIO

_SURROGATE = re.compile("[\ud800-\udfff]")
_COMMAND = re.compile(r"(##[A-Za-z._-]*)\[")
_COMMAND_START = re.compile(r"##?[A-Za-z._-]*\Z")
_PLAIN = re.compile(
    r"(?!(?:y|n|yes|no|on|off|true|false|null)$)[A-Za-z_][A-Za-z0-9_./-]*", re.IGNORECASE
)
"""Strings that YAML 1.1 and 1.2 read as strings without quotes; an id such as 4e5 is a number."""


def write(document: Any, out: TextIO) -> None:
    """Write a document in block style, pure ASCII; of an iterator, a sequence of its items.

    The items of an iterator are written one at a time.
    """
    if not isinstance(document, Iterator):
        _write(document, out, explicit=True)
        return
    empty = True
    for item in document:
        _write([item], out, explicit=empty)
        empty = False
    if empty:
        _write([], out, explicit=True)


def _write(document: Any, out: TextIO, *, explicit: bool) -> None:
    """Write a document, with its start line `---` if `explicit`.

    libyaml cannot write lone surrogates (F39); PyYAML's own emitter can, at a tenth of the speed.
    """
    has_surrogates = any(_SURROGATE.search(text) for text in _strings(document))
    dumper = yaml.SafeDumper if has_surrogates else getattr(yaml, "CSafeDumper", yaml.SafeDumper)
    safe = _SafeYaml(out)
    yaml.emit(_events(document, explicit=explicit), safe, Dumper=dumper, width=1 << 30)
    safe.finish()


class _SafeYaml:
    r"""A stream that breaks up commands of CI runners, `##[` and `##vso[`, as safe_json does.

    A string with these characters is always in double quotes, where `\x5b` is the same text.
    The emitter may cut anywhere: what can be the start of a command waits for the next chunk.
    """

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._waiting = ""

    def write(self, text: str) -> int:
        content = self._waiting + text
        start = _COMMAND_START.search(content)
        cut = start.start() if start else len(content)
        self._waiting = content[cut:]
        self._out.write(_COMMAND.sub(r"\1\\x5b", content[:cut]))
        return len(text)

    def finish(self) -> None:
        self._out.write(self._waiting)
        self._waiting = ""


def _strings(document: Any) -> Iterator[str]:
    """Yield every string that is not ASCII."""
    waiting: list[Any] = [document]
    while waiting:
        item = waiting.pop()
        if isinstance(item, str):
            if not item.isascii():
                yield item
        elif isinstance(item, dict):
            waiting.extend(item)
            waiting.extend(item.values())
        elif isinstance(item, list):
            waiting.extend(item)


def _events(document: Any, *, explicit: bool) -> Iterator[Any]:
    """Yield the YAML events of a JSON document, without recursion."""
    yield yaml.StreamStartEvent()
    yield yaml.DocumentStartEvent(explicit=explicit)
    waiting: list[Iterator[Any]] = [iter((document,))]
    ends: list[Any] = []
    while waiting:
        item = next(waiting[-1], _END)
        if item is _END:
            waiting.pop()
            if ends:
                yield ends.pop()
        elif isinstance(item, dict):
            yield yaml.MappingStartEvent(None, None, implicit=True, flow_style=not item)
            ends.append(yaml.MappingEndEvent())
            waiting.append(part for pair in item.items() for part in pair)
        elif isinstance(item, list):
            yield yaml.SequenceStartEvent(None, None, implicit=True, flow_style=not item)
            ends.append(yaml.SequenceEndEvent())
            waiting.append(iter(item))
        else:
            text, style = _scalar(item)
            yield yaml.ScalarEvent(
                None, None, (style is None, style is not None), text, style=style
            )
    yield yaml.DocumentEndEvent(explicit=False)
    yield yaml.StreamEndEvent()


_END = object()


def _scalar(value: Any) -> tuple[str, str | None]:
    """Return the text of a scalar and its quote. YAML 1.1 requires a point in 1.0e+20."""
    if isinstance(value, str):
        return value, None if _PLAIN.fullmatch(value) else '"'
    text = json.dumps(value)
    if "e" in text and "." not in text and text[-1].isdigit():
        text = text.replace("e", ".0e")
    return text, None
