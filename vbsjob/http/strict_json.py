"""Strict JSON: rejects every document that two readers could understand differently.

An exit code depends on what is read here. The json module alone accepts duplicate members.
"""

from __future__ import annotations

import json
import math
from typing import Any, NoReturn

MIN_BYTES_PER_VALUE = 20
MAX_VALUES = (4 << 20) // MIN_BYTES_PER_VALUE
"""Largest number of values, or one per 20 bytes if that is more: a body of 4 MiB must not need more
than 96 MiB (S12). Published answers about jobs have 26 bytes per value and more, but one sub-job
that has not started, with null for all that it does not have yet, has 13 to 17: 10,000 of them are
100,000 values.
"""
MAX_DEPTH = 256
"""Levels of brackets; 64 levels of sub-jobs need three each."""


class InvalidJsonError(ValueError):
    """The bytes are not a JSON document; the message says why, without the content."""


def read(body: bytes) -> Any:
    """Return the decoded document of a UTF-8 body. Raises InvalidJsonError.

    Rejects duplicate members, NaN, Infinity, numbers too large for a double, and nesting that is
    too deep for the writers of the output formats.
    """
    values = sum(map(body.count, (b",", b"{", b"[")))
    if values > max(MAX_VALUES, len(body) // MIN_BYTES_PER_VALUE):
        raise InvalidJsonError("more values than a job has")
    try:
        text = body.decode("utf-8-sig")
        document = DECODER.decode(text)
        if body.count(b"{") + body.count(b"[") > MAX_DEPTH:
            _check_depth(document)
        return document
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


def _check_depth(document: Any) -> None:
    level = [document]
    for _ in range(MAX_DEPTH):
        children = (item.values() if isinstance(item, dict) else item for item in level)
        level = [child for items in children for child in items if isinstance(child, dict | list)]
        if not level:
            return
    raise InvalidJsonError("nested too deeply")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise InvalidJsonError("a duplicate field")
    return members


def _reject_constant(name: str) -> NoReturn:
    raise InvalidJsonError(f"{name} is not a JSON number")


def _finite(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise InvalidJsonError("a number too large to read")
    return number


DECODER = json.JSONDecoder(
    object_pairs_hook=_unique, parse_constant=_reject_constant, parse_float=_finite
)
"""Reads one document; also used for standard input, which is a stream of documents."""
