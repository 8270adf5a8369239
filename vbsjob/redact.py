"""What must never be shown: passwords, tokens, keys; finds and replaces them in any text.

Knows each secret in the forms that it could come back in: as it is, in JSON, in a URL, in
base64 and in hexadecimal. Refuses to keep what is too short to be told from an ordinary word.
"""

from __future__ import annotations

import json
import threading
from typing import Any
from urllib.parse import quote

from vbsjob.http import strict_json

MASK = "(secret)"
LEAST = 4
"""A shorter secret could be any word of a message; to hide it would only point at it."""
LEAST_IN_ANSWERS = 8
"""An answer's values are what the user asked for: a short secret must not change one by chance."""


class Secrets:
    """The secrets of this run; may be used by several threads at once."""

    def __init__(self, *secrets: str) -> None:
        self._forms: tuple[str, ...] = ()
        self._long: tuple[str, ...] = ()
        self._lock = threading.Lock()
        self.add(*secrets)

    def add(self, *secrets: str) -> None:
        """Learn further secrets."""
        with self._lock:
            known = set(self._forms).union(*(_forms(s) for s in secrets if len(s) >= LEAST))
            long = set(self._long).union(
                *(_forms(s) for s in secrets if len(s) >= LEAST_IN_ANSWERS)
            )
            self._forms = tuple(sorted(known, key=len, reverse=True))
            self._long = tuple(sorted(long, key=len, reverse=True))

    def masked(self, text: str) -> str:
        """Return a text for people with every secret replaced."""
        return _masked(text, self._forms)

    def masked_value(self, text: str) -> str:
        """Return a value of an answer with every secret replaced that is beyond doubt one."""
        return _masked(text, self._long)

    def masked_body(self, body: bytes) -> bytes:
        """Return an answer's body with its values masked; untouched where it holds no secret."""
        escaped = b"\\u00" in body or b"\\/" in body
        if not escaped and not any(_raw(form) in body for form in self._long):
            return body
        try:
            found = strict_json.read(body)
        except strict_json.InvalidJsonError:
            text = body.decode("utf-8", "surrogateescape")
            return self.masked_value(text).encode("utf-8", "surrogateescape")
        cleaned = self._cleaned(found)
        return body if cleaned == found else json.dumps(cleaned).encode()

    def _cleaned(self, value: Any) -> Any:
        if isinstance(value, str):
            return self.masked_value(value)
        if isinstance(value, list):
            return [self._cleaned(item) for item in value]
        if isinstance(value, dict):
            return {self.masked_value(k): self._cleaned(v) for k, v in value.items()}
        return value


def _masked(text: str, forms: tuple[str, ...]) -> str:
    for form in forms:
        if form in text:
            text = text.replace(form, MASK)
    return text


def _raw(text: str) -> bytes:
    """Return the text's bytes; what has none in UTF-8 stands as a question mark."""
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace")


def _forms(secret: str) -> set[str]:
    import base64

    raw = _raw(secret)
    return {
        secret,
        json.dumps(secret)[1:-1],
        json.dumps(secret, ensure_ascii=False)[1:-1],
        quote(raw, safe=""),
        quote(raw),
        base64.b64encode(raw).decode().rstrip("="),
        base64.urlsafe_b64encode(raw).decode().rstrip("="),
        raw.hex(),
        raw.hex().upper(),
    }
