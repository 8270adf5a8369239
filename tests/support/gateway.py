"""A gateway that verifies signatures as the cloud does: content, key and time."""

from __future__ import annotations

import hashlib
import hmac
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote_to_bytes

from tests.support import canary
from tests.support.server import answer, job

if TYPE_CHECKING:
    from tests.support.server import Peer

WINDOW = timedelta(minutes=15)
ACCESS, SECRET = "AK7", canary.secret("canary-secret-key-4S")
SETTINGS = {"OS_TOKEN": "", "OS_ACCESS_KEY": ACCESS, "OS_SECRET_KEY": SECRET}


def verified(
    method: str, target: bytes, headers: dict[str, str], body: bytes, secret: str
) -> tuple[bool, list[str]]:
    """Return (valid, signed headers). Computes the signature again from the received bytes."""
    sent = {name.lower(): value for name, value in headers.items()}
    scheme, _, rest = sent["authorization"].partition(" ")
    parameters = dict(part.strip().split("=", 1) for part in rest.split(","))
    covered = parameters["SignedHeaders"].split(";")
    raw_path, _, raw_query = target.partition(b"?")
    path = "/".join(quote(unquote_to_bytes(s), safe="-_.~") for s in raw_path.split(b"/"))
    if path[-1] != "/":
        path += "/"
    raw_pairs = [pair.split(b"=", 1) for pair in raw_query.split(b"&") if pair]
    pairs = sorted((unquote_to_bytes(p[0]), unquote_to_bytes(b"".join(p[1:]))) for p in raw_pairs)
    query = "&".join(quote(k, safe="-_.~") + "=" + quote(v, safe="-_.~") for k, v in pairs)
    lines = [f"{name}:{sent[name].strip()}" for name in covered]
    payload = hashlib.sha256(body).hexdigest()
    form = [method.upper(), path, query, *lines, "", ";".join(covered), payload]
    digest = hashlib.sha256("\n".join(form).encode()).hexdigest()
    text = f"{scheme}\n{sent['x-sdk-date']}\n{digest}"
    expected = hmac.new(secret.encode(), text.encode(), "sha256").hexdigest()
    return parameters["Signature"] == expected and scheme == "SDK-HMAC-SHA256", covered


class SigningGateway:
    """A server script that answers requests with a valid signature of the last 15 minutes."""

    status = "SUCCESS"

    def __init__(self) -> None:
        self.late = 0
        self.wrong = 0
        self.accepted: list[float] = []
        """Monotonic times of the accepted requests."""

    def __call__(self, peer: Peer) -> None:
        """Answer every request on the same connection."""
        while request := peer.request():
            peer.send(self._judged(request))

    def _judged(self, request: bytes) -> bytes:
        head, _, body = request.partition(b"\r\n\r\n")
        first, *lines = head.decode().split("\r\n")
        method, target, _ = first.split(" ")
        headers = {name.lower(): value for name, _, value in (x.partition(": ") for x in lines)}
        if not verified(method, target.encode(), headers, body, SECRET)[0]:
            self.wrong += 1
            return _refused("APIGW.0301", "Incorrect IAM authentication information")
        at = datetime.strptime(headers["x-sdk-date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        if abs(at - datetime.now(UTC)) > WINDOW:
            self.late += 1
            return _refused("APIGW.0303", "Incorrect IAM: signature expired")
        self.accepted.append(time.monotonic())
        return answer(job(self.status, target.rpartition("/")[2]))


def _refused(code: str, message: str) -> bytes:
    date = format_datetime(datetime.now(UTC), usegmt=True)
    return answer({"error_code": code, "error_msg": message}, 401, f"Date: {date}")
