"""Secrets of the tests, and every form in which one could come out of a run.

The rigs look for them in all that any run of any test says.
"""

from __future__ import annotations

import base64
import codecs
import json
from functools import cache
from urllib.parse import quote


@cache
def encodings(secret: str) -> dict[str, str]:
    """A dozen ways in which a secret could come out."""
    raw = secret.encode()
    return {
        "plain": secret,
        "reversed": secret[::-1],
        "swapped case": secret.swapcase(),
        "upper case": secret.upper(),
        "hex": raw.hex(),
        "HEX": raw.hex().upper(),
        "base64": base64.b64encode(raw).decode().rstrip("="),
        "urlsafe base64": base64.urlsafe_b64encode(raw).decode().rstrip("="),
        "base32": base64.b32encode(raw).decode().rstrip("="),
        "percent": quote(secret, safe=""),
        "percent with slash": quote(secret),
        "JSON": json.dumps(secret)[1:-1],
        "repr": repr(secret)[1:-1],
        "rot13": codecs.encode(secret, "rot13"),
        "utf-16": raw.decode().encode("utf-16-le").decode("latin-1"),
    }


def leaked(text: str, *secrets: str) -> list[str]:
    """Return which secrets a text holds, and how."""
    return [f"{s}: {how}" for s in secrets for how, form in encodings(s).items() if form in text]
