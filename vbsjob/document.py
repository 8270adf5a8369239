"""Reads a JSON document strictly; refuses whatever two readers could understand differently."""

from __future__ import annotations

import json
import math
from typing import Any, NoReturn


class Unreadable(ValueError):
    """The bytes are no JSON document; the text says why in a few words, without the content."""


def read(body: bytes) -> Any:
    """Decode a body that must be one strict UTF-8 JSON document; raises Unreadable.

    A member named twice, NaN, Infinity and numbers beyond a double are refused: an exit code
    hangs on what is read here.
    """
    try:
        text = body.decode("utf-8-sig")
        return json.loads(
            text, object_pairs_hook=_unique, parse_constant=_no_number, parse_float=_finite
        )
    except Unreadable:
        raise
    except UnicodeDecodeError:
        raise Unreadable("not UTF-8") from None
    except json.JSONDecodeError:
        raise Unreadable("not JSON, or cut off") from None
    except ValueError:
        raise Unreadable("a number too long to read") from None
    except RecursionError:
        raise Unreadable("nested too deeply") from None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise Unreadable("a member named twice")
    return members


def _no_number(name: str) -> NoReturn:
    raise Unreadable(f"{name} is no JSON number")


def _finite(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise Unreadable("a number too large to read")
    return number
