"""Validates the documents, events and errors that a run of the program wrote."""

from __future__ import annotations

import json
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from vbsjob.output import schemas

INSTALLED = find_spec("fastjsonschema") is not None
"""Without it nothing is validated, and tests/units/test_schemas.py fails."""

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@cache
def validator(name: str) -> Callable[[Any], Any]:
    compiled: Callable[[Any], Any] = import_module("fastjsonschema").compile(schemas.load(name))
    return compiled


def check(out: str, err: str) -> None:
    """Raise if a document, row, event or error in the output of a run is not as the schema says."""
    for item in (*_objects(out), *_objects(err)) if INSTALLED else ():
        for name in names(item):
            try:
                validator(name)(item)
            except ValueError as error:
                text = json.dumps(item)[:2000]
                raise AssertionError(f"{name}: {error}: {text}") from None


def names(item: dict[str, Any]) -> list[str]:
    """Return which schemas an object must satisfy."""
    if "event" in item or "schema_version" not in item:
        return ["event"] if "event" in item else []
    others = item.keys() - {"schema_version"}
    if others in ({"error"}, {"warning"}) and isinstance(item[next(iter(others))], dict):
        return ["error"]
    if others == {"code", "during", "meaning", "action"}:
        return ["explain"]
    if {"cloud", "job_id", "elapsed_s"} <= others:
        return ["list"]
    if all(isinstance(item[key], dict) and "origin" in item[key] for key in others):
        return ["config"]
    is_document = {"verdict", "exit_code"} <= item.keys()
    tree = {"depth", "path", "parent_id"} <= item.keys()
    return ["document"] * is_document + ["row"] * tree or ["fields"]


def _objects(text: str) -> Iterator[dict[str, Any]]:
    """Yield the JSON objects of an output: one document, an array, or one per line."""
    if '"schema_version"' not in text:
        return
    try:
        documents = [json.loads(text)]
    except ValueError:
        documents = list(_lines(text))
    for document in documents:
        items = document if isinstance(document, list) else [document]
        yield from (item for item in items if isinstance(item, dict))


def _lines(text: str) -> Iterator[Any]:
    for line in text.splitlines():
        if line.startswith("{"):
            try:
                yield json.loads(line)
            except ValueError:  # cut off, as in tests of pipes that close
                continue
