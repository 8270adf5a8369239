"""The body of an HTTP request: framing with Content-Length or in chunks (RFC 9112)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vbsjob.sandbox.messages import identity_error

if TYPE_CHECKING:
    from email.message import Message
    from io import BufferedIOBase

LIMIT = 64 << 10
"""Bytes of the largest body that is accepted."""
LINE_LIMIT = 8 << 10
TRAILERS = 64
CHUNK = re.compile(rb"([0-9A-Fa-f]{1,8})[ \t]*(?:;[^\r\n]*)?\r?\n")


def read(headers: Message, stream: BufferedIOBase) -> bytes:
    """Return the body. Raises RefusedError: 413 for a large body, 400 for wrong framing."""
    if headers.defects or headers.get_payload():
        raise identity_error(400, "A header line is not valid.")
    lengths = {value.strip() for value in headers.get_all("Content-Length", [])}
    encodings = [value.strip().lower() for value in headers.get_all("Transfer-Encoding", [])]
    if encodings:
        if encodings != ["chunked"] or lengths:
            raise identity_error(400, "The Transfer-Encoding header is not valid.")
        return _read_chunks(stream)
    if not lengths:
        return b""
    length = lengths.pop()
    if lengths or not re.fullmatch(r"[0-9]{1,20}", length):
        raise identity_error(400, "The Content-Length header is not valid.")
    return _read_exactly(stream, int(length))


def _read_exactly(stream: BufferedIOBase, length: int) -> bytes:
    if length > LIMIT:
        raise identity_error(413, f"The request body is larger than {LIMIT} bytes.")
    content = stream.read(length)
    if len(content) != length:
        raise identity_error(400, "The request body is incomplete.")
    return content


def _read_chunks(stream: BufferedIOBase) -> bytes:
    content = b""
    while True:
        match = CHUNK.fullmatch(stream.readline(LINE_LIMIT))
        if match is None:
            raise identity_error(400, "The size of a chunk is not valid.")
        size = int(match[1], 16)
        if not size:
            _skip_trailers(stream)
            return content
        content += _read_exactly(stream, size)
        if len(content) > LIMIT:
            raise identity_error(413, f"The request body is larger than {LIMIT} bytes.")
        if stream.readline(3) not in {b"\r\n", b"\n"}:
            raise identity_error(400, "A chunk is longer than its size.")


def _skip_trailers(stream: BufferedIOBase) -> None:
    for _ in range(TRAILERS):
        if stream.readline(LINE_LIMIT) in {b"\r\n", b"\n", b""}:
            return
    raise identity_error(400, "There are too many trailers.")
