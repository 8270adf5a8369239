# ruff: noqa: E501 - lists of what is odd, a screen wide
"""Addresses from outside (F88, S02): what is dialled is what was checked, and seldom plain http."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.certificates import Authority
from tests.support.cloud import USER, Cloud
from tests.support.program import clean_env, environment, run_against, run_in_memory, run_process
from tests.support.server import JobStatusScript, Server
from vbsjob.errors import UsageError
from vbsjob.http import url
from vbsjob.http.messages import Request, Response
from vbsjob.http.transport import _http_request

if TYPE_CHECKING:
    from pathlib import Path

LABELS = ["v-b_s", "VBS", "xn--", "xn--a", "xn--vbs-8na", "0x7f", "127", "1", "0", "é", "ｖ", "", "-a", "a" * 63, "a" * 64,
          "%76", "\t", " ", "\u202e", "\\", "[::1]", "::1", "[v1.x]", "[::ffff:7f00:1]", "ⓥ"]  # fmt: skip
DOTS = ["。", "．", "..", "%2e", "\\", ":", "@"]
PARTS: list[tuple[list[str], list[str]]] = [
    (["https://"], ["https:/", "HTTPS://", "https:\\\\", "https:", "//", "https:///", " https://", "https://\t"]),
    ([""], ["u@", "u:p@", "evil.test\\@", "evil.test#@", "evil.test?@", "@", "%40", "evil.test%2f@", "evil.test;@"]),
    (["vbs", "a1"], LABELS),
    (["."], DOTS),
    (["cloud", "0"], LABELS),
    ([".", ""], DOTS),
    (["test", "org."], LABELS),
    (["", ":8443"], [":443", ":0", ":99999", ":", ":x", ":-1", ":44３", ":443:443", ":0443", ":443@evil.test"]),
    (["", "/v1"], ["/", "/v1/p", "/../x", "/%2e%2e", "\\x", "?x", "#x", "/x\t", "//x.test", "/;@x", "/./x", "/v1//"]),
]  # fmt: skip
"""What stands in each place of an address: good ones, and what is odd."""


@st.composite
def addresses(draw: st.DrawFn) -> str:
    """Return an address that is odd in two places at most."""
    odd = draw(st.sets(st.integers(0, len(PARTS) - 1), max_size=2))
    chosen = (bad if index in odd else good for index, (good, bad) in enumerate(PARTS))
    return "".join(draw(st.sampled_from(words)) for words in chosen)


def test_the_reason_why_an_address_is_not_valid_is_a_sentence_of_vbsjob() -> None:
    brackets, port = "the part in [...] is not an IPv6 address", "its port is not a number from 1"
    for address, reason in {
        "https://[": brackets, "https://[x]/": brackets,
        "https://vbs.test:99999": port, "https://vbs.test:0": port,
    }.items():  # fmt: skip
        expected = re.escape(f"'{address}' is not a valid address: {reason}")
        with pytest.raises(UsageError, match=expected):
            url.checked(address, "--endpoint")


WITH_SECRETS = [
    *(f"https://vbs.test/v1{rest}" for rest in (
        ";canary?", "%3fcanary?", "%3Fcanary", "%23canary#", "%3bcanary?", "%253fcanary",
        "%26key%3dcanary", "&token=canary?", "=canary#", "%2fcanary", "?a=b&sig=canary",
    )),
    "https://vbs.test/?token=canary", "https://vbs.test?canary",
    "https://vbs.test/#canary", "https://u:canary@vbs.test/", "https://u:p@vbs.test/?canary",
    "https://vbs.test/?a@canary", "https://vbs.test/#a@b?canary", "http://vbs.test/?canary",
    "vbs.test?canary", "https://[::1?canary", "https://vbs.test/\x1b?canary",
]  # fmt: skip


def test_s05_a_refused_address_is_shown_without_what_may_hold_a_secret() -> None:
    for address in WITH_SECRETS:
        with pytest.raises(UsageError) as caught:
            url.checked(address, "--endpoint")
        assert "canary" not in str(caught.value)
        assert str(caught.value).isprintable()
        assert "/v1" not in address or "https://vbs.test/v1" in str(caught.value)


@pytest.mark.slow
def test_f88_httpx_connects_to_the_host_and_port_that_were_checked(record_property: Any) -> None:
    outcomes: Counter[bool] = Counter()

    @given(addresses())
    @settings(max_examples=500, deadline=None, suppress_health_check=list(HealthCheck))
    def each(given: str) -> None:
        try:
            checked = url.checked(given, "--endpoint")
        except UsageError:
            outcomes[False] += 1
            return
        address, parts = f"{url.jobs_address(checked, 'p')}/jobs/j", urlsplit(given)
        try:
            dialled = _http_request(Request("GET", address)).url
        except (httpx.InvalidURL, UnicodeError):  # and nothing is dialled
            return
        outcomes[True] += 1
        assert dialled.raw_host.decode() == parts.hostname
        assert (dialled.port or 443) == (parts.port or 443)
        assert (dialled.scheme, dialled.userinfo, dialled.query) == ("https", b"", b"")
        assert dialled.raw_path.decode() == urlsplit(address).path
        assert dialled.raw_path.endswith(b"/v1/p/jobs/j")
        assert "evil" not in dialled.host

    each()
    record_property("cases", outcomes.total())
    assert outcomes[True] > 40
    assert outcomes[False] > 200


@pytest.mark.parametrize("host", ["xn--vbs-8na.v-b_s.test", "xn--i-7iq.test", "xn--vbs-8na_.test"])
def test_f88_a_host_that_the_library_cannot_read_is_reported_and_is_not_a_bug(host: str) -> None:
    ended = run_against(f"https://{host}", "get", "j")
    assert ended.code in {2, 7}
    assert ended.is_clean


LOCAL = ["http://127.0.0.1:1", "http://localhost:1", "http://[::1]:1", "http://[::ffff:127.0.0.1]:1",
         "http://127.9.9.9:1"]  # fmt: skip
BEYOND = ["http://vbs.cloud.test", "http://10.0.0.1", "http://localhost.cloud.test", "http://127.0.0.1.cloud.test",
          "http://[fd00::1]", "http://[64:ff9b::127.0.0.1]", "HTTP://vbs.cloud.test", "http://128.0.0.1"]  # fmt: skip
ALLOWED: dict[str, tuple[tuple[str, ...], dict[str, str]]] = {
    "nothing": ((), {}),
    "no": ((), {"VBSJOB_INSECURE_HTTP": "no"}),
    "option": (("--insecure-http",), {}),
    "variable": ((), {"VBSJOB_INSECURE_HTTP": "yes"}),
}


@pytest.mark.parametrize("allowed", ALLOWED)
def test_s02_plain_http_beyond_this_machine_needs_to_be_allowed(allowed: str) -> None:
    argv, more = ALLOWED[allowed]
    urls: list[str] = []

    def send(request: Request) -> Response:
        urls.append(request.url)
        return Response(200, {}, b'{"job_id":"j","status":"SUCCESS"}')

    for address in (*LOCAL, *BEYOND):
        may = address in LOCAL or allowed in {"option", "variable"}
        for env, words in (
            (environment(address), ()),
            (environment("https://x.test"), ("--endpoint", address)),
        ):
            code = run_in_memory("get", "j", *argv, *words, send=send, env=env | more).code
            assert (code, len(urls)) == ((0, 1) if may else (2, 0)), address
            urls.clear()


@pytest.mark.parametrize("allowed", ALLOWED)
def test_s02_no_secret_goes_over_plain_http_to_identity_or_a_catalog_address(allowed: str) -> None:
    argv, more = ALLOWED[allowed]
    may = allowed in {"option", "variable"}
    for address in BEYOND:
        cloud = Cloud()
        code, *_ = cloud.run("get", "j", *argv, env=USER | more | {"OS_AUTH_URL": f"{address}/v3"})
        assert bool(cloud.requests) == may, address
        assert may or code == 2
        cloud = Cloud(service=address)
        cloud.run("get", "j", *argv, env=USER | more)
        plain_requests = [request for request in cloud.requests if request.url.startswith("http:")]
        assert bool(plain_requests) == (may and address.endswith(".cloud.test"))


UNCHECKED: list[dict[str, str]] = [
    {"OS_INSECURE": "true"}, {"VBSJOB_VERIFY": "no"}, {"OS_CLOUD": "c"}, {"OS_CLOUD": "d"},
]  # fmt: skip
CLOUDS = "clouds: {c: {verify: false, region_name: r}, d: {insecure: true, region_name: r}}"


@pytest.mark.parametrize("command", ["get j", "watch j", "config check -o json"])
def test_s02_disabled_certificate_checks_are_reported_in_red_on_every_run(
    tmp_path: Path, command: str
) -> None:
    tls, script = Authority(tmp_path).bad("wrong host"), JobStatusScript()
    script.status = "SUCCESS"
    (tmp_path / "openstack").mkdir()
    (tmp_path / "openstack" / "clouds.yaml").write_text(CLOUDS)
    for unchecked in UNCHECKED:
        with Server(script, tls=tls) as server:
            more = {"FORCE_COLOR": "1", "XDG_CONFIG_HOME": str(tmp_path), **unchecked}
            ended = run_process(*command.split(), env=clean_env(server.url, **more))
        assert ended.code == 0, ended.err
        assert ended.err.count("certificates are not checked") == 1
        yellow = "\x1b[33mwarning:\x1b[0m certificates"
        assert ('"warning":{' if "json" in command else yellow) in ended.err
