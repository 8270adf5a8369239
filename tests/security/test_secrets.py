"""Canary secrets: in no output, at no level, in no file but a token in its cache."""

from __future__ import annotations

import base64
import json
import ssl
from itertools import product
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.canary import leaked
from tests.support.clock import FakeClock
from tests.support.cloud import PASSWORD, PROJECT_ID, SERVICE, USER, Cloud, json_response
from tests.support.server import Server, always, answer, job, respond_with
from vbsjob.errors import VbsjobError
from vbsjob.http.messages import Request, Response
from vbsjob.http.transport import Transport
from vbsjob.output import formats
from vbsjob.redact import MASK, Secrets

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


CANARY = 'canary"pässword/7Q +&~>>>~???'
"""In base64 it has both characters that differ in the alphabet for addresses."""


def echoing(status: int, spelled: Callable[[str], str]) -> Callable[[Request], Response | None]:
    """A service that gives back whatever it was sent."""

    def before(request: Request) -> Response | None:
        if status == 201 or (status == 200 and request.method == "POST"):
            return None
        sent = spelled(f"{dict(request.headers)} {request.body.decode()}")
        return json_response(status, {"error": {"message": sent[:280], "code": sent[-60:]}})

    return before


@pytest.mark.parametrize("output", formats.NAMES)
def test_s05_f95_an_echoing_service_gets_no_secret_printed(output: str) -> None:
    for status in (200, 400, 401, 403, 404, 429, 500):
        cloud = Cloud(before=echoing(status, str))
        _, out, err = cloud.run("get", "j", "-o", output, "-v")
        assert not leaked(out + err, PASSWORD, "canary-token-1"), status


WAYS: dict[str, dict[str, str]] = {
    "password": USER | {"OS_PASSWORD": "canary-password-wrong"},
    "passcode": USER | {"OS_PASSCODE": "canary-passcode"},
    "token": USER | {"OS_TOKEN": "canary-token-given"},
    "application credential": USER
    | {"OS_APPLICATION_CREDENTIAL_ID": "i", "OS_APPLICATION_CREDENTIAL_SECRET": "canary-ac-secret"},
    "access key": {
        "OS_ACCESS_KEY": "canary-access",
        "OS_SECRET_KEY": "canary-secret-key",
        "OS_SECURITY_TOKEN": "canary-security",
        "OS_PROJECT_ID": PROJECT_ID,
        "VBSJOB_ENDPOINT": SERVICE,
    },
    "proxy": USER | {"HTTPS_PROXY": "http://u:canary-proxy-password@proxy.test:1"},
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("machine", ["table", "json"])
def test_s05_f92_f93_no_way_of_signing_in_shows_its_secret(
    way: str, machine: str, tmp_path: Path
) -> None:
    canaries = [v for v in WAYS[way].values() if v.startswith("canary") or "canary-proxy" in v]
    secrets = [v.partition("u:")[2].partition("@")[0] or v for v in canaries]
    assert secrets
    for status in (400, 401, 500):
        cloud = Cloud(before=echoing(status, str))
        argvs = (("get", "j", "-v"), ("config", "check", "-v"), ("config", "show"))
        for argv in argvs:
            _, out, err = cloud.run(*argv, "-o", machine, env=WAYS[way], cache=tmp_path)
            assert not leaked(out + err, *secrets)
    written = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert not leaked(written.decode("latin-1"), *secrets)


FORMS: dict[str, Callable[[str], str]] = {
    "as sent": str,
    "JSON": lambda s: json.dumps(s)[1:-1],
    "JSON with its letters": lambda s: json.dumps(s, ensure_ascii=False)[1:-1],
    "percent": lambda s: quote(s, safe=""),
    "percent with slash": quote,
    "form": quote_plus,
    "base64": lambda s: base64.b64encode(s.encode()).decode().rstrip("="),
    "urlsafe": lambda s: base64.urlsafe_b64encode(s.encode()).decode().rstrip("="),
}


def test_every_known_form_of_a_secret_is_masked_in_texts_values_and_bodies() -> None:
    assert {"+", "/"} <= set(FORMS["base64"](CANARY))
    secrets = Secrets(CANARY)
    for form, spell in FORMS.items():
        spelled = spell(CANARY)
        assert secrets.masked(f"<{spelled}>") == f"<{MASK}>", form
        assert secrets.masked_value(f"<{spelled}>") == f"<{MASK}>", form
        body = json.dumps({"a": [f"<{spelled}>", 1.5]}).encode()
        assert json.loads(secrets.masked_body(body)) == {"a": [f"<{MASK}>", 1.5]}, form


@given(st.binary(max_size=8), st.text(min_size=8, max_size=40), st.binary(max_size=8))
def test_a_secret_inside_a_longer_text_in_base64_is_masked_at_each_alignment(
    before: bytes, secret: str, after: bytes
) -> None:
    sent = base64.b64encode(before + secret.encode() + after).decode()
    masked = Secrets(secret).masked_value(sent)
    assert MASK in masked
    assert len(masked) <= len(sent) - (len(secret.encode()) * 8 - 10) // 6 + len(MASK)


def test_f95_a_secret_that_json_spells_in_escapes_is_masked_too() -> None:
    for secret, digits in (("canary-token", "04x"), ("канарейка-7", "04X")):
        escaped = "".join(f"\\u{ord(character):{digits}}" for character in secret)
        body = f'{{"message": "{escaped}"}}'.encode()
        assert json.loads(Secrets(secret).masked_body(body)) == {"message": MASK}


TEXT_PLACES: dict[str, Callable[[str], bytes]] = {
    "fail_reason": lambda s: answer(job("FAIL", fail_reason=s, error_code=s)),
    "sub-job": lambda s: answer(
        job("FAIL", entities={"sub_jobs": [{"job_id": s, "status": "FAIL", "fail_reason": s}]})
    ),
    "entity": lambda s: answer(job(entities={s: s, "volume_id": [s, {"x": s}]})),
    "other members": lambda s: answer(job(message=s, code=s, verdict=s, x={s: [s]})),
    "job type and times": lambda s: answer(job(job_type=s, begin_time=s, end_time=s)),
    "status": lambda s: answer(job(s)),
    "id": lambda s: answer(job("SUCCESS", s)),
    "error of 200": lambda s: answer({"error": {"message": s, "code": s}, "request_id": s}),
    "error of 400": lambda s: answer({"error_msg": s, "error_code": s, "request_id": s}, 400),
    "not JSON": lambda s: answer(f"<p>{s}".encode(), 502),
    "headers": lambda s: answer(
        b"<", 200, f"X-Request-Id: {s}", f"Retry-After: {s}", f"Date: {s}", f"Server: {s}"
    ),
    "content type": lambda s: (
        b"HTTP/1.1 200 OK\r\nContent-Type: %b\r\nContent-Length: 1\r\n\r\n<" % s.encode()
    ),
    "location": lambda s: answer(b"", 302, f"Location: https://{s}.test/{s}"),
    "reason phrase": lambda s: b"HTTP/1.1 500 %b\r\nContent-Length: 0\r\n\r\n" % s.encode(),
}
"""Where a service can repeat what it was sent."""


@pytest.mark.parametrize(
    "argv", ["get j -v", "get j -o json", "tree j", "watch j --timeout 2 -o jsonl"]
)
def test_s05_a_secret_is_masked_wherever_the_service_repeats_it(argv: str) -> None:
    from tests.support.program import TOKEN, run_against

    assert MASK not in TOKEN
    leaked = []
    for member, repeat in TEXT_PLACES.items():
        with Server(always(repeat(TOKEN))) as server:
            clock = FakeClock()
            limits = {"clock": clock, "sleep": clock.sleep}
            ended = run_against(server.url, *argv.split(), "--retry-for", "0", **limits)
            assert server.requests
        if TOKEN in ended.out + ended.err:
            leaked.append(member)
    assert leaked == []


@given(st.binary(max_size=200))
def test_a_body_without_a_secret_is_unchanged(body: bytes) -> None:
    assert Secrets("canary-token").masked_body(body) == body


def test_a_short_secret_changes_no_answer_and_no_text_of_ours() -> None:
    secrets = Secrets("abc", "SUCCESS", "1234567")
    body = b'{"status": "SUCCESS", "x": "abc", "y": "1234567"}'
    assert secrets.masked_body(body) == body
    assert secrets.masked("abc SUCCESS 1234567") == "abc SUCCESS 1234567"


def test_a_short_secret_is_masked_in_the_message_of_an_error_but_nowhere_else() -> None:
    secrets = Secrets("0011", "hunter2")
    error = {"message": "wrong password hunter2, 0011", "code": "common.0011"}
    masked = error | {"message": f"wrong password {MASK}, {MASK}"}
    body = {"error": error, "m": "hunter2"}
    for members in ({}, {"error": True}):  # with the status 200, and with one of an error
        sent = json.dumps(body).encode()
        assert json.loads(secrets.masked_body(sent, **members))["error"] == masked
    assert json.loads(secrets.masked_body(sent))["m"] == "hunter2"


WORDS = ("null", "true", "lock", "testcase", "schema_version", "exit_code", "password", "20260501")


@pytest.mark.parametrize("output", ["json", "jsonl", "yaml", "env", "table"])
def test_a_password_that_is_a_word_of_ours_changes_no_output(output: str, tmp_path: Path) -> None:
    def outputs(password: str) -> tuple[int, str, str, str]:
        cloud, report = Cloud(password=password), tmp_path / "report.xml"
        argv = ("watch", "j", "-o", output, "--progress", "plain", "--junit", str(report))
        code, out, err = cloud.run(*argv, env=USER | {"OS_PASSWORD": password})
        return code, out, err, report.read_text()

    expected = outputs("another-password-7Q")
    passwords = (*WORDS, '{"error"', "</testsuite>", "message=")
    assert [word for word in passwords if outputs(word) != expected] == []


def test_a_wrong_password_that_is_a_word_of_ours_leaves_the_error_complete() -> None:
    def errors(password: str) -> list[str]:
        env = USER | {"OS_PASSWORD": password}
        return [Cloud().run("get", "j", "-o", name, env=env)[2] for name in ("json", "table")]

    expected = errors("another-password-7Q")
    assert [word for word in WORDS if errors(word) != expected] == []


def test_no_text_on_stderr_contains_a_secret() -> None:
    for machine, colors in product((False, True), ("", "1")):
        context = Cloud().context({"FORCE_COLOR": colors})
        context.secrets.add(PASSWORD)
        context.error_output.machine, context.error_output.verbose = machine, True
        for write in (context.note, context.warn, context.debug):
            write(f"<{PASSWORD}>")
        error = VbsjobError(f"<{PASSWORD}>", hint=PASSWORD, code=PASSWORD, request_id=PASSWORD)
        context.print_error(error)
        stderr_text = context.stderr.getvalue()  # type: ignore[attr-defined]
        assert not leaked(stderr_text, PASSWORD)
        assert stderr_text.count(f"<{MASK}>") == 4


def test_a_secret_that_is_also_a_name_is_not_shown_as_a_name() -> None:
    for output in ("table", "json"):
        env = USER | {"OS_USERNAME": PASSWORD}
        _, out, err = Cloud().run("config", "show", "-o", output, env=env)
        assert "username" in out
        assert not leaked(out + err, PASSWORD)


def test_a_header_that_echoes_a_secret_is_masked_except_the_issued_token() -> None:
    headers = (f"X-Request-Id: {quote(CANARY)}", "X-Subject-Token: a-fresh-token")
    with Server(respond_with(answer({}, 200, *headers))) as server:
        wire = Transport(
            secrets=Secrets(CANARY, "a-fresh-token"),
            body_limit=999,
            trust=ssl.create_default_context,
        )
        response = wire.send(Request("GET", f"{server.url}/x"))
        wire.close()
    assert response.headers["x-request-id"] == MASK
    assert response.headers["x-subject-token"] == "a-fresh-token"
