# ruff: noqa: E501 - lists of what is odd, a screen wide
"""The catalog, told by the network, cannot lead a token astray (F61, S11)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from tests.support.cloud import PROJECT_ID, SERVICE, USER, Cloud
from tests.support.program import clean_env, run_process
from tests.support.server import Server, always, answer
from vbsjob.auth import catalog
from vbsjob.errors import AuthError, UsageError
from vbsjob.http import url as addresses

ASTRAY = [
    # plain http
    "http://vbs.cloud.test", "ftp://vbs.cloud.test", "//vbs.cloud.test",
    # another domain, also one that looks like ours
    "https://vbs.elsewhere.test", "https://vbs.cloud.test.evil.test", "https://evilcloud.test",
    "https://test", "https://vbs.clöud.test", "https://vbs.xn--clud-5qa.test",
    # somebody before the host, or a host that two readers find in two places
    "https://user:pw@vbs.cloud.test", "https://vbs.cloud.test@evil.test",
    "https://evil.test\\@vbs.cloud.test", "https://evil.test#@vbs.cloud.test",
    # machines that answer with secrets, and this one, by any spelling
    "https://169.254.169.254", "https://[::ffff:a9fe:a9fe]", "https://[fe80::1]", "https://2852039166",
    "https://127.0.0.1", "https://localhost", "https://[::1]", "https://0x7f.1", "https://10.0.0.1",
    # what is no address
    "", "https://", "javascript:alert(1)", "https://vbs.cloud.test/\r\nX: y", "https://[::1",
]  # fmt: skip


def test_f61_s11_a_catalog_cannot_send_a_token_to_another_domain() -> None:
    for address in ASTRAY:
        cloud = Cloud(service=address)
        code, out, err = cloud.run("get", "j")
        assert (code, out) == (4, ""), address
        assert [request.method for request in cloud.requests] == ["POST"]
        assert all(line.isprintable() for line in err.splitlines())
        assert "user:pw" not in err


def test_f61_a_service_in_the_domain_of_the_identity_service_is_queried() -> None:
    for address in ("https://vbs.cloud.test", "https://cloud.test.", "https://b.cloud.test:8443/x"):
        cloud = Cloud(service=address)
        assert cloud.run("get", "j")[0] == 0
        assert cloud.requests[-1].url.startswith(f"{address}/v1/")


def test_f61_one_host_or_this_machine_is_trusted() -> None:
    for service, identity in (
        ("https://192.0.2.1:8776", "https://192.0.2.1"), ("https://vbs", "https://vbs"),
        ("http://127.0.0.1:1", "http://localhost:2"), ("https://[::1]", "https://127.0.0.1"),
    ):  # fmt: skip
        assert catalog.trusted(service, identity, insecure_http=False) == service


@dataclass
class Listing(Cloud):
    """A cloud with a catalog of one's own."""

    listed: Any = ()

    def _catalog(self) -> list[Any]:
        return self.listed  # type: ignore[no-any-return]


def vbs(**changes: Any) -> dict[str, Any]:
    point = {"interface": "public", "region_id": "eu-de", "url": f"{SERVICE}/v2/{PROJECT_ID}"}
    return {"type": "vbs", "endpoints": [point | changes]}


LISTS: dict[str, tuple[tuple[dict[str, Any], ...], str]] = {
    "nothing": ((), "lists nothing"),
    "no backup service": (({"type": "compute", "endpoints": []},), "lists compute"),
    "another region": ((vbs(region_id="eu-nl"),), "region eu-de"),
    "internal alone": ((vbs(interface="internal"),), "interface public"),
    "admin alone": ((vbs(interface="admin"),), "interface public"),
    "no url": ((vbs(url=None),), "lists vbs"),
    "a number": ((vbs(url=7),), "lists vbs"),
    "no endpoints": (({"type": "vbs"},), "lists vbs"),
    "a list for a type": (({"type": ["\x1b[31m"]},), "list the backup service"),
}


def test_f61_a_catalog_without_the_service_is_reported_with_its_contents() -> None:
    for kind, (listed, text) in LISTS.items():
        cloud = Listing(listed=listed)
        code, _, err = cloud.run("get", "j")
        assert (code, len(cloud.requests)) == (6, 1), kind
        assert text in err
        assert "--endpoint" in err
        assert "\x1b" not in err


def test_the_hint_names_the_interface_that_the_catalog_has() -> None:
    for interface, other in (("public", "internal"), ("internal", "public")):
        cloud = Listing(listed=(vbs(interface=other),))
        _, _, err = cloud.run("get", "j", env=USER | {"OS_INTERFACE": interface})
        assert f"OS_INTERFACE={other}" in err


ODD: list[Any] = [
    "text", 7, [[]], [None], [{"type": "vbs", "endpoints": 7}], [{"type": "vbs", "endpoints": [7]}],
    [{"type": "vbs", "endpoints": {"a": 1}}], [{"type": "vbs", "endpoints": ["x"]}], {"a": 1},
    [vbs(region_id=["eu-de"])], [vbs(interface={})], [{"type": {}, "endpoints": [[]]}], [vbs() | {"type": ["vbs"]}],
]  # fmt: skip


def test_f61_a_catalog_of_any_shape_causes_no_crash_and_no_request() -> None:
    for listed in ODD:
        cloud = Listing(listed=listed)
        code, _, err = cloud.run("get", "j")
        assert (code, len(cloud.requests)) == (6, 1), (listed, err)


@pytest.mark.parametrize("url", ["http://vbs.evil.test", "http://127.0.0.1:{port}"])
def test_f61_s01_s11_the_other_host_gets_no_connection(url: str) -> None:
    with Server(always(answer({}))) as other:
        token = {"project": {"id": PROJECT_ID}, "catalog": [vbs(url=url.format(port=other.port))]}
        signed_in = answer({"token": token}, 201, "X-Subject-Token: a-token-of-tests")
        with Server(always(signed_in)) as proxy:  # on the way to every other host
            env = clean_env(**USER, HTTP_PROXY=proxy.url, HTTPS_PROXY=proxy.url)
            env |= {"OS_AUTH_URL": "http://iam.cloud.test/v3", "VBSJOB_INSECURE_HTTP": "yes"}
            ended = run_process("get", "j", env=env)
    assert ended.code == 4
    assert (proxy.requests, other.connections) == (1, 0)
    assert proxy.received[0].startswith(b"POST http://iam.cloud.test/v3/auth/tokens ")


# Whether two hosts have one owner, so that a token may go from one to the other.


SAME = [
    # identity service, backup service
    ("iam.eu-de.otc.t-systems.com", "vbs.eu-nl.otc.t-systems.com"),
    ("iam-pub.eu-ch2.sc.otc.t-systems.com", "vbs.eu-ch2.sc.otc.t-systems.com"),
    ("iam.cn-north-4.myhuaweicloud.com", "vbs.cn-north-4.myhuaweicloud.com"),
    ("iam.cloud.test", "vbs.cloud.test"), ("cloud.test", "a.b.c.cloud.test"),
    ("iam.cloud.test.", "vbs.cloud.test"), ("IAM.Cloud.Test", "vbs.cloud.test"),
    ("iam.cloud.co.uk", "vbs.cloud.co.uk"), ("iam.ministry.gouv.fr", "vbs.ministry.gouv.fr"),
    ("iam.owner.github.io", "vbs.owner.github.io"), ("iam.www.ck", "vbs.www.ck"),
    ("iam.city.kawasaki.jp", "vbs.city.kawasaki.jp"), ("iam.firm.internal", "vbs.firm.internal"),
    ("iam.xn--clud-5qa.test", "vbs.xn--clud-5qa.test"), ("192.0.2.1", "192.0.2.1"),
]  # fmt: skip
DIFFERENT = [
    ("iam.cloud.test", "vbs.elsewhere.test"), ("iam.cloud.test", "vbs.cloud.test.evil.test"),
    ("iam.cloud.test", "evilcloud.test"), ("iam.cloud.test", "test"), ("iam", "vbs"),
    ("iam.cloud.co.uk", "vbs.evil.co.uk"), ("iam.co.uk", "co.uk"), ("a.gouv.fr", "b.gouv.fr"),
    ("iam.cloud.github.io", "vbs.evil.github.io"), ("a.ck", "b.ck"),
    ("iam.a.kawasaki.jp", "vbs.b.kawasaki.jp"),
    ("iam.eu-de.otc.t-systems.com", "vbs.eu-de.otc.t-systems.com.evil.test"),
    ("iam.eu-de.otc.t-systems.com", "evilotc.t-systems.de"),
    ("192.0.2.1", "192.0.2.2"), ("192.0.2.1", "iam.cloud.test"), ("10.1.0.1", "10.2.0.1"),
    ("iam.cloud.test", "[2001:db8::1]"), ("[2001:db8::1]", "[2001:db8::2]"),
    ("iam.xn--clud-5qa.test", "vbs.xn--clud-gwe.test"), ("com", "net"),
    ("iam.cloud.test", "localhost"),
]  # fmt: skip


def is_trusted(service: str, identity: str) -> bool:
    try:
        catalog.trusted(f"https://{service}", f"https://{identity}/v3", insecure_http=False)
    except AuthError:
        return False
    return True


def test_f61_s11_only_names_below_one_registered_name_are_trusted_together() -> None:
    pairs = dict.fromkeys(SAME, True) | dict.fromkeys(DIFFERENT, False)
    wrong = [
        (service, identity)
        for (first, second), expected in pairs.items()
        for service, identity in ((first, second), (second, first))
        if is_trusted(service, identity) is not expected
    ]
    assert wrong == []


LINK_LOCAL = ["169.254.169.254", "[::ffff:169.254.169.254]", "[::ffff:a9fe:a9fe]", "[fe80::1]"]


@pytest.mark.parametrize("insecure", [False, True])
def test_s02_a_link_local_host_is_refused_in_every_form(insecure: bool) -> None:
    for host in LINK_LOCAL:
        with pytest.raises(UsageError, match="a service cannot have that host"):
            addresses.checked(f"https://{host}/v1", "--endpoint", insecure_http=insecure)
    for host in ("[2001:db8::1]", "192.0.2.1", "[fd00::1]", "10.0.0.1", "[::1]"):
        url = f"https://{host}/v1"
        assert addresses.checked(url, "--endpoint", insecure_http=insecure) == url
