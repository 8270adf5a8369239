"""Secrets of this run, and how outside text is cleaned of them.

A secret can come back in the text of a service: as it is, or as it was sent (in JSON, in a URL, in
base64, there also inside a longer text). It is masked there, in the values that come from outside.
The sentences and the syntax of this program are not searched for short secrets and for words: a
password such as `null`, `lock` or `testcase` would break JSON and XML, and the masks would reveal
it.
"""

from __future__ import annotations

import json
import re
import threading
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, quote_plus

from vbsjob.http import strict_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MASK = "(secret)"
MIN_LENGTH = 4
"""Characters of a secret that is masked in the message of an error body."""
MIN_LENGTH_IN_TEXT = 8
"""Characters of a secret that is masked in any other value of a service and in our own texts: a
shorter one can be there by chance."""
WORD = re.compile(r"[A-Za-z_]+|[0-9]+")
"""A secret that can be a word or number of vbsjob; masked only in values of a service."""
MESSAGES = frozenset({"message", "error_msg", "errMsg", "title", "details"})
"""Members of error bodies that are sentences. Codes are not masked: they decide exit codes."""


class Secrets:
    """The secrets of this run. Threads may share it."""

    def __init__(self, *secrets: str) -> None:
        self._short: tuple[str, ...] = ()
        self._long: tuple[str, ...] = ()
        self._distinct: tuple[str, ...] = ()
        self._lock = threading.Lock()
        self.add(*secrets)

    def add(self, *secrets: str) -> None:
        """Add secrets."""
        with self._lock:
            self._short = _with_forms(self._short, secrets, MIN_LENGTH)
            self._long = _with_forms(self._long, secrets, MIN_LENGTH_IN_TEXT)
            distinct = [secret for secret in secrets if not WORD.fullmatch(secret)]
            self._distinct = _with_forms(self._distinct, distinct, MIN_LENGTH_IN_TEXT)

    def masked(self, text: str) -> str:
        """Return a text of vbsjob with every long secret masked that is not a word or number."""
        return _masked(text, self._distinct)

    def masked_strings(self, value: Any) -> Any:
        """Return a JSON value with `masked` applied to its strings, not to names of members."""
        if isinstance(value, str):
            return self.masked(value)
        if isinstance(value, list):
            return [self.masked_strings(item) for item in value]
        if isinstance(value, dict):
            return {name: self.masked_strings(item) for name, item in value.items()}
        return value

    def masked_value(self, text: str) -> str:
        """Return a value of a service with every long secret masked."""
        return _masked(text, self._long)

    def masked_body(self, body: bytes, *, error: bool = False) -> bytes:
        """Return the body of a response with its values masked; unchanged if it has no secret.

        `error`: the status is not 200, so that short secrets are masked in its messages too. They
        are also masked in the messages of a member `error`.
        """
        forms = self._short if error or b'"error"' in body else self._long
        # JSON can contain any character as an escape, with digits in lower or upper case.
        escaped = b"\\u" in body or b"\\/" in body
        if not escaped and not any(_raw(form) in body for form in forms):
            return body
        try:
            document = strict_json.read(body)
        except strict_json.InvalidJsonError:
            text = body.decode("utf-8", "surrogateescape")
            return _masked(text, forms).encode("utf-8", "surrogateescape")
        cleaned = self._cleaned(document, error=error)
        return body if cleaned == document else json.dumps(cleaned).encode()

    def _cleaned(self, value: Any, name: str = "", *, error: bool) -> Any:
        if isinstance(value, str):
            return _masked(value, self._short if error and name in MESSAGES else self._long)
        if isinstance(value, list):
            return [self._cleaned(item, name, error=error) for item in value]
        if isinstance(value, dict):
            return {
                self.masked_value(key): self._cleaned(item, key, error=error or key == "error")
                for key, item in value.items()
            }
        return value


def _with_forms(forms: tuple[str, ...], secrets: Any, min_length: int) -> tuple[str, ...]:
    """Return the forms and those of further secrets, the longest first."""
    new = (_forms(secret) for secret in secrets if len(secret) >= min_length)
    return tuple(sorted(set(forms).union(*new), key=len, reverse=True))


def _masked(text: str, forms: tuple[str, ...]) -> str:
    for form in forms:
        if form in text:
            text = text.replace(form, MASK)
    return text


def _raw(text: str) -> bytes:
    """Return the text's bytes; a question mark replaces what cannot be UTF-8."""
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace")


def _forms(secret: str) -> set[str]:
    from base64 import b64encode, urlsafe_b64encode

    raw = _raw(secret)
    return {
        secret,
        json.dumps(secret)[1:-1],
        json.dumps(secret, ensure_ascii=False)[1:-1],
        *(quote(raw, safe=""), quote(raw), quote_plus(raw)),
        *(form for encode in (b64encode, urlsafe_b64encode) for form in _base64(raw, encode)),
    }


def _base64(raw: bytes, encode: Callable[[bytes], bytes]) -> Iterator[str]:
    """Yield what of a secret is in base64, at the end of a text and in its middle.

    Three bytes make four characters, so there are three alignments. Characters that also depend on
    what is before or after the secret are left out.
    """
    for before in range(3):
        text = encode(bytes(before) + raw).decode().rstrip("=")
        start, end = -(-before * 8 // 6), (before + len(raw)) * 8 // 6
        yield text[start:]
        yield text[start:end]
