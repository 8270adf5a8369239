"""Writes answers in the machine formats, one function each; the table is `view`'s.

Everything is plain ASCII or harmless text; no value is cut or wrapped.
"""

from __future__ import annotations

import json
import re
import shlex
from itertools import chain, islice
from typing import TYPE_CHECKING, Any

from vbsjob.jobs import fields as job_fields
from vbsjob.jobs.result import SCHEMA_VERSION

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from typing import TextIO

    Records = Iterable[dict[str, Any]]
    Fields = Sequence[str]

QUOTE = '"'
_QUOTED = re.compile('[",\r\n]')
COLUMNS = (
    "job_id",
    "status",
    "job_type",
    "begin_time",
    "end_time",
    "elapsed_s",
    "verdict",
    "exit_code",
    "error_code",
    "fail_reason",
)
"""What the flat formats show when no field is asked for; entities follow."""


def write(
    name: str, records: Records, fields: Fields, out: TextIO, columns: Fields = COLUMNS
) -> None:
    """Write the records in a format by its name; with `fields`, only those.

    Without, the formats that hold no whole document show `columns` and the entities.
    """
    if name in FLAT and not fields:
        FLAT[name](records, columns, out)
    else:
        WRITERS[name](records, fields, out)


def _json(records: Records, fields: Fields, out: TextIO) -> None:
    json.dump(_one(records, fields), out, indent=2)
    out.write("\n")


def _jsonl(records: Records, fields: Fields, out: TextIO) -> None:
    for item in records:
        print(json.dumps(_chosen(item, fields), separators=(",", ":")), file=out)


def _yaml(records: Records, fields: Fields, out: TextIO) -> None:
    to_yaml(_one(records, fields), out)


_SURROGATE = re.compile("[\ud800-\udfff]")
_PLAIN_YAML = re.compile(
    r"(?!(?:y|n|yes|no|on|off|true|false|null)$)[A-Za-z_][A-Za-z0-9_./-]*", re.IGNORECASE
)
"""Strings that YAML 1.1 and 1.2 read as strings without quotes; an id such as 4e5 is a number."""


def to_yaml(document: Any, out: TextIO) -> None:
    """Write a document as YAML in block style, pure ASCII, event by event to bound the memory.

    libyaml cannot write lone surrogates (F39); PyYAML's own emitter can.
    """
    import yaml

    fast = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
    dumper = (
        yaml.SafeDumper if _SURROGATE.search(json.dumps(document, ensure_ascii=False)) else fast
    )
    yaml.emit(_yaml_events(document), out, Dumper=dumper, width=1 << 30)


def _yaml_events(document: Any) -> Iterator[Any]:
    """Yield the YAML events of a JSON document, without recursion."""
    import yaml

    yield yaml.StreamStartEvent()
    yield yaml.DocumentStartEvent(explicit=True)
    todo: list[Any] = [document]
    while todo:
        item = todo.pop()
        if isinstance(item, yaml.Event):
            yield item
        elif isinstance(item, dict):
            yield yaml.MappingStartEvent(None, None, implicit=True, flow_style=not item)
            todo.append(yaml.MappingEndEvent())
            todo.extend(part for pair in reversed(item.items()) for part in reversed(pair))
        elif isinstance(item, list):
            yield yaml.SequenceStartEvent(None, None, implicit=True, flow_style=not item)
            todo.append(yaml.SequenceEndEvent())
            todo.extend(reversed(item))
        else:
            text, style = _yaml_scalar(item)
            yield yaml.ScalarEvent(
                None, None, (style is None, style is not None), text, style=style
            )
    yield yaml.DocumentEndEvent(explicit=False)
    yield yaml.StreamEndEvent()


def _yaml_scalar(value: Any) -> tuple[str, str | None]:
    """Return the text of a scalar and its quote. YAML 1.1 wants a point in 1.0e+20."""
    if isinstance(value, str):
        return value, None if _PLAIN_YAML.fullmatch(value) else '"'
    text = json.dumps(value)
    return (
        text.replace("e", ".0e") if "e" in text and "." not in text and text[-1].isdigit() else text
    ), None


def _one(records: Records, fields: Fields) -> Any:
    """Return one document: a single record as it is, several as a list."""
    chosen = [_chosen(item, fields) for item in records]
    return chosen[0] if len(chosen) == 1 else chosen


def _csv(records: Records, fields: Fields, out: TextIO) -> None:
    rows = (
        [job_fields.one_line(job_fields.get(item, column)) for column in fields] for item in records
    )
    out.writelines(map(_row, chain([fields], rows)))


def _row(values: Fields) -> str:
    """Return what csv's writer would, which takes four times the memory of a value for it."""
    cells = (f'"{v.replace(QUOTE, QUOTE * 2)}"' if _QUOTED.search(v) else v for v in values)
    return (",".join(cells) or QUOTE * 2) + "\n"


def _whole_csv(records: Records, columns: Fields, out: TextIO) -> None:
    _csv(records, [*columns, "entities"], out)


def _value(records: Records, fields: Fields, out: TextIO) -> None:
    for item in records:
        for name in fields or ("status",):
            print(job_fields.one_line(job_fields.get(item, name)), file=out)


def _env(records: Records, fields: Fields, out: TextIO) -> None:
    for prefix, item in _prefixed(records):
        _assign(prefix, item, fields, out)


def _whole_env(records: Records, columns: Fields, out: TextIO) -> None:
    for prefix, item in _prefixed(records):
        _assign(prefix, item, [*columns, *_entities(item)], out)


def _prefixed(records: Records) -> Iterator[tuple[str, dict[str, Any]]]:
    left = iter(records)
    first = list(islice(left, 2))
    for number, item in enumerate(chain(first, left), start=1):
        yield "VBSJOB" if len(first) == 1 else f"VBSJOB_{number}", item


def _assign(prefix: str, item: dict[str, Any], names: Fields, out: TextIO) -> None:
    for name in names:
        variable = re.sub(r"[^A-Z0-9]", "_", name.upper())
        value = job_fields.one_line(job_fields.get(item, name))
        out.write(f"{prefix}_{variable}={shlex.quote(value) if value else ''}\n")


def _entities(item: dict[str, Any]) -> list[str]:
    entities = item.get("entities")
    names = entities if isinstance(entities, dict) else {}
    return [f"entities.{name}" for name, value in names.items() if isinstance(value, str)]


def _name(records: Records, _fields: Fields, out: TextIO) -> None:
    out.writelines(job_fields.one_line(item.get("job_id")) + "\n" for item in records)


WRITERS: dict[str, Callable[[Records, Fields, TextIO], None]] = {
    "json": _json,
    "jsonl": _jsonl,
    "yaml": _yaml,
    "csv": _csv,
    "value": _value,
    "env": _env,
    "name": _name,
}
FLAT: dict[str, Callable[[Records, Fields, TextIO], None]] = {
    "csv": _whole_csv,
    "env": _whole_env,
}


def _chosen(item: dict[str, Any], fields: Fields) -> dict[str, Any]:
    if not fields:
        return item
    found = {name: job_fields.get(item, name) for name in fields}
    known = {name: None if value is job_fields.MISSING else value for name, value in found.items()}
    return {"schema_version": SCHEMA_VERSION} | known
