"""What --verbose says (F93, S05): of each exchange the facts on a list, and nothing else."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from tests.support.cloud import USER, Cloud, json_response
from tests.support.program import run_against
from tests.support.server import Server, always, answer
from vbsjob.errors import UnavailableError

if TYPE_CHECKING:
    from vbsjob.http.messages import Request, Response

LISTED = (
    re.compile(
        r"(?:GET|POST) https?://[a-z0-9.]+(?::\d+)?(?:/[\w-]+)*(?:/[\w.-]+)?(?:\?name=[\w%.-]+)?: "
        r"\d{3}, \d+ bytes in \d+\.\d\d s(?:, request id [\w-]{1,64})?"
    ),
    re.compile(r"(?:GET|POST) https?://[\w.:/-]+: [A-Za-z][\w .:/,;'()-]{0,160}\."),
    re.compile(r"vbsjob: .*"),
    re.compile(r"(?:history|tokens): not [\w ,]+\."),
    re.compile(r"tokens are not cached: there is no cache directory\."),
)
HEADERS = (
    "Set-Cookie: canary-cookie=1", "Server: canary-server", "WWW-Authenticate: Basic canary-realm",
    "Location: https://u:canary@elsewhere.test/?token=canary-query", "X-Auth-Token: canary-other",
    "X-Subject-Token: canary-subject", "Retry-After: canary-later", "Via: canary-proxy",
    "X-Request-Id: canary request \x7f", "Content-Language: canary-language",
)  # fmt: skip
BODIES: tuple[Any, ...] = (
    b"canary-bytes", b"<html>canary-page</html>", b"\xff\xfecanary", b'["canary-list"]', b"7",
    {"error": {"message": "told", "code": "told", "canary-key": "canary-value"}, "x": "canary"},
    {"access": {"token": {"id": "canary-issued"}}, "canary": {"password": "canary-password"}},
)  # fmt: skip


def test_f93_s05_only_allowed_parts_of_an_exchange_are_logged(record_property: Any) -> None:
    for status in (200, 301, 401, 404, 407, 503):
        for body in BODIES:
            with Server(always(answer(body, status, *HEADERS))) as server:
                ended = run_against(server.url, "get", "j", "-v", "--retry-for", "0")
            assert "canary" not in ended.out + ended.err
            lines = ended.err.splitlines()
            assert any(LISTED[0].fullmatch(line) for line in lines)
            assert [line for line in lines if not any(p.fullmatch(line) for p in LISTED)] == []
        record_property("cases", len(BODIES))


def test_f93_a_sign_in_is_logged_only_by_its_address() -> None:
    left = ["slow", "busy"]

    def before(request: Request) -> Response | None:
        if request.method == "POST" or not left:
            return None
        if left.pop(0) == "slow":
            raise UnavailableError("no answer in time.")
        return json_response(503, {"x": "canary-body"})

    cloud = Cloud(before=before)
    code, out, err = cloud.run("get", "j", "-v", env=USER)
    assert code == 0
    lines = err.splitlines()
    assert sum(line.startswith(("GET ", "POST ")) for line in lines) == 4
    assert [line for line in lines if not any(p.fullmatch(line) for p in LISTED)] == []
    assert "canary" not in out + err
