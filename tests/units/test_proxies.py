"""Proxies: which one a request goes through, and what a bad variable says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.cloud import USER, Cloud
from vbsjob.errors import UsageError
from vbsjob.http import proxies

if TYPE_CHECKING:
    from collections.abc import Callable

PROXY = "http://proxy.test:3128"
HOSTS = (
    "vbs.cloud.test", "cloud.test", "xcloud.test", "10.1.2.3", "192.168.7.9", "[2001:db8::1]",
    "[fe80::1]", "8.8.8.8", "iam.other.test", "vbs.cloud.test:8443", "vbs.cloud.test:443",
    "10.1.2.3:8443",
)  # fmt: skip
EXCEPTED: list[tuple[str, set[int]]] = [
    # What NO_PROXY says, and which of HOSTS it excepts: curl's documented rules, networks,
    # *.cloud.test, which curl does not know and Go reads as .cloud.test. HOST:PORT is ignored.
    ("", set()),
    (",,,", set()),
    ("*", set(range(12))),
    ("cloud.test", {0, 1, 9, 10}),
    (".cloud.test", {0, 1, 9, 10}),
    ("CLOUD.TEST", {0, 1, 9, 10}),
    ("vbs.cloud.test", {0, 9, 10}),
    ("test", {0, 1, 2, 8, 9, 10}),
    ("cloud.test , other.test", {0, 1, 8, 9, 10}),
    ("vbs.cloud.test:443", set()),
    ("10.1.2.3", {3, 11}),
    ("10.0.0.0/8", {3, 11}),
    ("10.0.0.0/33", set()),
    ("192.168.0.0/16,10.0.0.0/8", {3, 4, 11}),
    ("0.0.0.0/0", {3, 4, 7, 11}),
    ("2001:db8::1", {5}),
    ("[2001:db8::1]:443", set()),
    ("2001:db8::/32", {5}),
    ("localhost,127.0.0.1,::1", set()),
    ("[::1", set()),
    ("*.cloud.test", {0, 1, 9, 10}),
]


def test_f32_s15_no_proxy_is_read_as_curl_documents_it(
    record_property: Callable[[str, int], None],
) -> None:
    record_property("cases", len(EXCEPTED) * len(HOSTS))
    wrong = []
    for no_proxy, excepted in EXCEPTED:
        env = {"HTTPS_PROXY": PROXY, "NO_PROXY": no_proxy}
        direct = {n for n, h in enumerate(HOSTS) if not proxies.proxy_for(f"https://{h}/", env)}
        if direct != excepted:
            wrong.append((no_proxy, direct, excepted))
    assert wrong == []


def test_f32_a_dot_at_the_end_of_a_host_s_name_makes_no_difference() -> None:
    for no_proxy, excepted in (("cloud.test", True), ("cloud.test.", True), ("other.test", False)):
        env = {"HTTPS_PROXY": PROXY, "NO_PROXY": no_proxy}
        assert (proxies.proxy_for("https://vbs.cloud.test./", env) is None) is excepted


@given(st.text(max_size=60), st.sampled_from(HOSTS))
def test_f32_no_value_of_no_proxy_ends_in_an_error(no_proxy: str, host: str) -> None:
    proxies.proxy_for(f"https://{host}/", {"https_proxy": PROXY, "no_proxy": no_proxy})


@given(st.text(min_size=1, max_size=60))
def test_f33_a_bad_proxy_is_a_usage_error_that_names_only_the_variable(value: str) -> None:
    try:
        proxies.proxy_for("https://vbs.cloud.test/", {"HTTPS_PROXY": value})
    except UsageError as problem:
        assert str(problem).startswith("HTTPS_PROXY: ")  # noqa: PT017 - some texts are valid


def test_f33_bad_proxies_are_reported_without_their_password() -> None:
    for value in (
        "socks5://canary-user:canary-pw@proxy.test:1",
        "http://",
        "http://[::1",
        "http://proxy.test:99999",
        "http://proxy.test:0",
        "http://proxy.test/path",
        "http://a b",
    ):
        for variable in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
            with pytest.raises(UsageError, match=variable) as caught:
                proxies.proxy_for("https://vbs.cloud.test/", {variable: value})
            assert "canary-pw" not in str(caught.value)


def test_s15_the_variables_are_honoured_in_their_order() -> None:
    for env, url in (
        ({}, None),
        ({"HTTPS_PROXY": ""}, None),
        ({"HTTPS_PROXY": "proxy.test:3128"}, PROXY),
        ({"HTTPS_PROXY": PROXY, "https_proxy": "http://lower.test:1"}, "http://lower.test:1"),
        ({"ALL_PROXY": PROXY}, PROXY),
        ({"ALL_PROXY": "socks5://x", "HTTPS_PROXY": PROXY}, PROXY),
        ({"HTTP_PROXY": PROXY}, None),
        ({"HTTPS_PROXY": "https://proxy.test"}, "https://proxy.test:443"),
        ({"HTTPS_PROXY": "http://[2001:db8::1]:1"}, "http://[2001:db8::1]:1"),
    ):
        proxy = proxies.proxy_for("https://vbs.cloud.test/", env)
        assert (proxy and proxy.url) == url


def test_loopback_is_never_proxied() -> None:
    for host in ("localhost", "127.0.0.1", "[::1]", "127.8.8.8"):
        assert proxies.proxy_for(f"http://{host}:8000/", {"ALL_PROXY": PROXY}) is None


def test_f34_user_and_password_of_a_proxy_are_decoded_and_stay_out_of_its_address() -> None:
    proxy = proxies.proxy_for("https://h.test/", {"HTTPS_PROXY": "http://u%40x:p%3Aw@proxy.test:1"})
    assert proxy is not None
    assert (proxy.url, proxy.user) == ("http://proxy.test:1", ("u@x", "p:w"))
    assert "p:w" not in repr(proxy)
    assert set(proxies.secrets({"all_proxy": "http://u:p%3Aw@h:1"})) == {"p%3Aw", "p:w"}


def test_only_a_password_of_a_proxy_is_a_secret() -> None:
    for address in ("http://proxy.test:1", "http://mira@proxy.test:1", "http://mira:@proxy.test"):
        assert list(proxies.secrets({"https_proxy": address})) == [], address


def test_settings_are_shown_whatever_the_proxy_variable_says() -> None:
    assert Cloud().run("config", "show", env=USER | {"HTTPS_PROXY": "socks5://x"})[0] == 0
