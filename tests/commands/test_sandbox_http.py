"""The HTTP server of the sandbox: framing of bodies, and any bytes that a client can send."""

from __future__ import annotations

import copy
import json
import random
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.raw_http import RawResponse, send_bytes
from tests.support.sandbox import SCOPE, new_token, password, query_job, sandbox_here
from vbsjob.sandbox import account

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vbsjob.sandbox.server import Sandbox

BODY = json.dumps({"auth": {"identity": password(), "scope": SCOPE}}).encode()
POST = b"POST /v3/auth/tokens HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with sandbox_here() as running:
        yield running


def answer(sandbox: Sandbox, content: bytes) -> RawResponse:
    response = send_bytes(sandbox.address, content)
    assert response is not None
    return response


def chunks(*parts: bytes, end: bytes = b"0\r\n\r\n") -> bytes:
    return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts) + end


CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    "content",
    [
        chunks(BODY),
        chunks(BODY[:1], BODY[1:20], BODY[20:]),
        chunks(BODY, end=b"0\r\nX-Trailer: a\r\n\r\n"),
        b"%X;name=value\r\n%s\r\n0\r\n\r\n" % (len(BODY), BODY),
        b"0000%x  \r\n%s\r\n00\r\n\r\n" % (len(BODY), BODY),
    ],
)
def test_a_body_in_chunks_is_read(sandbox: Sandbox, content: bytes) -> None:
    assert answer(sandbox, CHUNKED + content).status == 201


@pytest.mark.parametrize(
    "content",
    [
        b"", b"\r\n", b"x\r\n", b"-1\r\n", b"5\r\nabc", b"2\r\nabcd\r\n0\r\n\r\n", b"5" * 10_000,
        chunks(BODY, end=b""), chunks(b"a", end=b"0\r\n" + b"X: y\r\n" * 100 + b"\r\n"),
    ],
)  # fmt: skip
def test_chunks_that_are_not_valid_are_400(sandbox: Sandbox, content: bytes) -> None:
    response = answer(sandbox, CHUNKED + content)
    assert response.status == 400
    assert response.headers["connection"] == "close"


@pytest.mark.parametrize("content", [chunks(b"x" * 70_000), chunks(*[b"x" * 1000] * 80)])
def test_a_large_body_in_chunks_is_413(sandbox: Sandbox, content: bytes) -> None:
    assert answer(sandbox, CHUNKED + content).status == 413


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        (b"Content-Length: -1", 400),
        (b"Content-Length: x", 400),
        (b"Content-Length: +5", 400),
        (b"Content-Length: 5\r\nContent-Length: 6", 400),
        (b"Content-Length: 5, 5", 400),
        ("Content-Length: \N{SUPERSCRIPT TWO}".encode("latin-1"), 400),
        (b"Content-Length: 99999", 413),
        (b"Content-Length: 99999999999999999999", 413),
        (b"Content-Length: 999999999999999999999999", 400),
        (b"Content-Length: 100", 400),
        (b"Transfer-Encoding: gzip", 400),
        (b"Transfer-Encoding: gzip, chunked", 400),
        (b"Transfer-Encoding: chunked\r\nContent-Length: 5", 400),
        (b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", 400),
        (b"a line without a colon\r\nContent-Length: 0", 400),
    ],
)
def test_wrong_framing_of_a_body_ends_the_request_and_not_the_sandbox(
    sandbox: Sandbox, headers: bytes, status: int
) -> None:
    response = answer(sandbox, POST + headers + b"\r\n\r\n")
    assert response.status == status
    assert response.headers["connection"] == "close"
    assert response.document["error"]["code"] == status
    assert query_job(sandbox, new_token(sandbox)).status == 200


def test_two_requests_on_one_connection_are_both_answered(sandbox: Sandbox) -> None:
    token = new_token(sandbox).encode()
    job = b"/v1/%s/jobs/backup" % account.PROJECT.id.encode()
    head = b"HEAD %s HTTP/1.1\r\nHost: x\r\nX-Auth-Token: %s\r\n\r\n" % (job, token)
    bad = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
    assert answer(sandbox, head + bad).status == 200
    first = POST + b"Content-Length: %d\r\n\r\n%s" % (len(BODY), BODY)
    assert answer(sandbox, first + bad).status == 201


def test_the_absolute_form_of_a_target_is_understood(sandbox: Sandbox) -> None:
    line = f"GET {sandbox.address}/v3?x HTTP/1.1\r\nHost: x\r\n\r\n".encode()
    assert answer(sandbox, line).status == 200


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"GET / HTTP/2.0\r\n\r\n", 400),
        (b"GET / HTTP/9\r\n\r\n", 400),
        (b"GET / x y\r\n\r\n", 400),
        (b"\xff\xfe\r\n\r\n", 400),
        (b"GET /" + b"x" * 70_000 + b" HTTP/1.1\r\n\r\n", 414),
        (b"GET / HTTP/1.1\r\nX: " + b"x" * 70_000 + b"\r\n\r\n", 431),
        (b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 200 + b"\r\n", 431),
    ],
)
def test_a_request_that_is_not_valid_http_gets_a_json_error(
    sandbox: Sandbox, content: bytes, status: int
) -> None:
    response = answer(sandbox, content)
    assert response.status == status
    assert response.document["error"]["code"] == status
    assert response.headers["x-openstack-request-id"]


# Whatever is sent: no status 5xx, no traceback, and an answer to each complete request.

METHODS = [b"GET", b"POST", b"HEAD", b"DELETE", b"PUT", b"TRACE", b"\xe9", b"get", b"CONNECT"]
SEGMENTS = [
    b"v3", b"auth", b"tokens", b"catalog", b"projects", b"v1", b"v2", b"jobs", b"backup", b"..",
    b"%00", b"%", b"%zz", b"[", b"]:", b"\xe9", b"%ff", b"a;b", b"@", b"\\", b"thousand-1", b"*",
]  # fmt: skip
HEADERS = [
    b"X-Auth-Token", b"X-Subject-Token", b"Authorization", b"X-Sdk-Date", b"X-Project-Id", b"Host",
    b"X-Security-Token", b"Openstack-Auth-Receipt", b"Content-Type", b"Expect", b"Connection",
]  # fmt: skip
VALUES = [
    b"", b"TOKEN", b"\xff", b"a\x00b", b"20260101T120000Z", b"application/json", b"100-continue",
    b"SDK-HMAC-SHA256 Access=EXAMPLEACCESSKEY0001, SignedHeaders=host;x-sdk-date, Signature="
    + b"0" * 64,
    b"SDK-HMAC-SHA256 Access=\xff, SignedHeaders=;;, Signature=" + b"a" * 64, b"x" * 5000,
    account.PROJECT.id.encode(), b"close",
]  # fmt: skip
JSON_VALUES: list[Any] = [
    None, True, 0, -1.5, "", "x", "\ud800", [], {}, {"id": None}, ["password"], "unscoped",
    {"id": account.PROJECT.id}, 10**400, {"name": "sandbox"}, [[]], {"": {}},
]  # fmt: skip


def mutated_sign_in(choose: random.Random) -> bytes:
    """Return a sign-in with some members replaced or removed."""
    document = json.loads(BODY)
    for _ in range(choose.randrange(4)):
        node = document
        while True:
            key = choose.choice(list(node))
            if isinstance(node[key], dict) and node[key] and choose.random() < 0.7:
                node = node[key]
                continue
            if choose.random() < 0.3:
                del node[key]
            else:
                node[key] = copy.deepcopy(choose.choice(JSON_VALUES))
            break
        if not document:
            break
    body = json.dumps(document).encode()
    if choose.random() < 0.2:
        index = choose.randrange(len(body))
        body = body[:index] + choose.randbytes(choose.randrange(3)) + body[index + 1 :]
    return body


def random_request(choose: random.Random, token: bytes) -> bytes:
    """Return a complete request that is wrong in zero or more places."""
    segments = [choose.choice(SEGMENTS) for _ in range(choose.randrange(6))]
    paths = [
        b"/", b"/v3", b"/v3/auth/tokens", b"/v3/auth/catalog", b"/v3/projects",
        b"/v1/%s/jobs/backup" % account.PROJECT.id.encode(),
    ]  # fmt: skip
    path = choose.choice([*paths, b"/" + b"/".join(segments)])
    query = choose.choice([b"", b"?", b"?name=x", b"?%ff=%&a", b"?nocatalog", b"#?x", b"??", b"?["])
    method = choose.choice([*METHODS, b"GET", b"POST", b"POST"])
    body = mutated_sign_in(choose) if method == b"POST" or choose.random() < 0.1 else b""
    lines = [b"%s %s%s HTTP/1.%d" % (method, path, query, choose.randrange(2))]
    lines += [
        b"%s: %s" % (choose.choice(HEADERS), choose.choice(VALUES).replace(b"TOKEN", token))
        for _ in range(choose.randrange(5))
    ]
    if body:
        lines.append(b"Content-Type: application/json")
    if body and choose.random() < 0.3:
        lines.append(b"Transfer-Encoding: chunked")
        body = chunks(body)
    elif body or choose.random() < 0.2:
        lines.append(b"Content-Length: %d" % len(body))
    request = b"\r\n".join(lines) + b"\r\n\r\n" + body
    for _ in range(choose.choice([0, 0, 0, 1, 3])):
        index = choose.randrange(len(request))
        request = request[:index] + choose.randbytes(1) + request[index + 1 :]
    return request


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_no_request_gets_a_5xx_or_a_traceback_and_each_gets_an_answer(seed: int) -> None:
    choose = random.Random(seed)
    statuses = set()
    with sandbox_here() as sandbox:
        token = new_token(sandbox).encode()
        for _ in range(750):
            request = random_request(choose, token)
            response = send_bytes(sandbox.address, request)
            if response is None:  # only an empty line gets no answer
                assert not request.partition(b"\n")[0].strip(), request
                continue
            assert 200 <= response.status < 500, request
            if response.body:
                json.loads(response.body)
            statuses.add(response.status)
        assert query_job(sandbox, new_token(sandbox)).status == 200
    assert {200, 201, 300, 400, 401, 404, 405} <= statuses


def test_random_bytes_never_end_the_sandbox() -> None:
    choose = random.Random(5)
    with sandbox_here() as sandbox:
        for _ in range(500):
            response = send_bytes(sandbox.address, choose.randbytes(choose.randrange(1, 200)))
            assert response is None or response.status < 500
        assert query_job(sandbox, new_token(sandbox)).status == 200
