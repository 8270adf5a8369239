"""JSON Schemas (draft 2020-12) of everything that programs read."""

from __future__ import annotations

import json
from typing import Any

from vbsjob.jobs.fields import SCHEMA_VERSION

NAMES = ("document", "sub-job", "row", "event", "error", "explain", "list", "config", "fields")


def load(name: str) -> dict[str, Any]:
    """Return one schema, with the definitions that it refers to."""
    head = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:vbsjob:schema:{SCHEMA_VERSION}:{name}",
    }
    schema: dict[str, Any] = head | _read(name)
    shared = _read("definitions")
    own: dict[str, Any] = schema.pop("$defs", {})
    text = json.dumps([schema, own])
    used: dict[str, Any] = {}
    while added := [key for key in shared.keys() - used.keys() if f'"#/$defs/{key}"' in text]:
        used |= {key: shared[key] for key in added}
        text = json.dumps(used)
    ordered = own | {key: value for key, value in shared.items() if key in used}
    return schema | ({"$defs": ordered} if ordered else {})


def members(name: str) -> dict[str, Any]:
    """Return the schema of each member of a document or of `failure`, by its name."""
    schema = load("document")
    definitions = schema["$defs"]
    own = [schema] if name == "document" else []
    own += [definitions[key] for key in (("result", "job") if own else (name,))]
    properties = {key: value for part in own for key, value in part["properties"].items()}
    return {
        key: definitions.get(value.get("$ref", "").rpartition("/")[2], {}) | value
        for key, value in properties.items()
    }


def _read(name: str) -> dict[str, Any]:
    from importlib import resources  # imports tempfile and random

    file = resources.files(__package__).joinpath("schema", f"{name}.json")
    schema: dict[str, Any] = json.loads(file.read_bytes(), object_hook=_complete)
    return schema


def _complete(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of a value with properties: by default an object that has all of them."""
    if "properties" in schema:
        schema.setdefault("type", "object")
        schema.setdefault("required", list(schema["properties"]))
    return schema
