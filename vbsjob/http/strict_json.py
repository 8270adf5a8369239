"""Reads a JSON document strictly; refuses whatever two readers could understand differently."""

from __future__ import annotations

import json
import math
from typing import Any, NoReturn

SMALL = 64 << 10
LEANEST = 16
"""Bytes a value in a larger document must have on average: a small body must not fill memory."""
DEEPEST = 256
"""Levels of brackets; 64 levels of sub-jobs need three each."""


class InvalidJsonError(ValueError):
    """The bytes are no JSON document; the text says why in a few words, without the content."""


def read(body: bytes) -> Any:
    """Decode a body that must be one strict UTF-8 JSON document; raises Unreadable.

    A member named twice, NaN, Infinity and numbers beyond a double are refused: an exit code
    hangs on what is read here. So is nesting that a writer of some format could not follow.
    """
    try:
        _lean(body)
        text = body.decode("utf-8-sig")
        found = json.loads(
            text, object_pairs_hook=_unique, parse_constant=_no_number, parse_float=_finite
        )
        if body.count(b"{") + body.count(b"[") > DEEPEST:
            _bounded(found)
        return found
    except InvalidJsonError:
        raise
    except UnicodeDecodeError:
        raise InvalidJsonError("not UTF-8") from None
    except json.JSONDecodeError:
        raise InvalidJsonError("not JSON, or cut off") from None
    except ValueError:
        raise InvalidJsonError("a number too long to read") from None
    except RecursionError:
        raise InvalidJsonError("nested too deeply") from None


def _lean(body: bytes) -> None:
    values = sum(map(body.count, (b",", b"{", b"[")))
    if values * LEANEST > len(body) > SMALL:
        raise InvalidJsonError("more members than a job of this size has")


def _bounded(found: Any) -> None:
    level = [found]
    for _ in range(DEEPEST):
        below = (item.values() if isinstance(item, dict) else item for item in level)
        level = [one for items in below for one in items if isinstance(one, dict | list)]
        if not level:
            return
    raise InvalidJsonError("nested too deeply")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise InvalidJsonError("a member named twice")
    return members


def _no_number(name: str) -> NoReturn:
    raise InvalidJsonError(f"{name} is no JSON number")


def _finite(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise InvalidJsonError("a number too large to read")
    return number
