"""Secrets of the tests, and every form in which one could be written by a run (S05).

Every helper of tests/support that runs vbsjob gives what was written to `check`, and conftest.py
gives the files that vbsjob keeps to `check_files` when a test process ends.
"""

from __future__ import annotations

import base64
import codecs
import json
from functools import cache
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from pathlib import Path

SECRETS: set[str] = set()
"""Passwords, keys and tokens: no run may write one, in any form."""
ISSUED: set[str] = set()
"""Those of them that an identity service issues: the token cache has to contain them."""
EXPECTED = ("/.cache/vbsjob/", "/.local/state/vbsjob/")
"""Folders of a home that only vbsjob writes to."""
LARGEST = 1 << 22
"""Bytes of an output that are searched, at its start and at its end."""


def secret(text: str, *, issued: bool = False) -> str:
    """Register a secret; return it."""
    SECRETS.add(text)
    if issued:
        ISSUED.add(text)
    return text


def check(written: str | bytes | bytearray) -> None:
    """Raise AssertionError if an output contains a registered secret."""
    text = written if isinstance(written, str) else written.decode("utf-8", "backslashreplace")
    for part in (text,) if len(text) <= LARGEST else (text[:LARGEST], text[-LARGEST:]):
        assert not (forms := leaked(part, *SECRETS)), forms


def check_files(folder: Path) -> int:
    """Check all that vbsjob keeps below a folder; return the number of files."""
    count = 0
    for path in folder.rglob("*"):
        expected = any(
            name in str(path) for name in EXPECTED
        )  # seldom, and cheaper than a file's kind
        if not expected or path.is_symlink() or not path.is_file():
            continue
        count += 1
        allowed = ISSUED if path.parent.name == "tokens" else set()
        forms = leaked(path.read_bytes().decode("latin-1"), *(SECRETS - allowed))
        assert not forms, (path, forms)
    return count


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
