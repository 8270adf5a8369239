"""Whether two hosts have one owner, so that a token may go from one to the other."""

from __future__ import annotations

import pytest

from vbsjob.auth import catalog
from vbsjob.config import endpoints
from vbsjob.errors import AuthError, UsageError

SAME = [
    # identity service, backup service
    ("iam.eu-de.otc.t-systems.com", "vbs.eu-de.otc.t-systems.com"),
    ("iam.eu-de.otc.t-systems.com", "vbs.eu-nl.otc.t-systems.com"),
    ("iam-pub.eu-ch2.sc.otc.t-systems.com", "vbs.eu-ch2.sc.otc.t-systems.com"),
    ("iam.eu-west-101.myhuaweicloud.eu", "vbs.eu-west-101.myhuaweicloud.eu"),
    ("iam.cn-north-4.myhuaweicloud.com", "vbs.cn-north-4.myhuaweicloud.com"),
    ("iam.cloud.test", "vbs.cloud.test"), ("cloud.test", "vbs.cloud.test"),
    ("iam.cloud.test", "a.b.c.cloud.test"), ("iam.cloud.test.", "vbs.cloud.test"),
    ("IAM.Cloud.Test", "vbs.cloud.test"), ("iam.cloud.co.uk", "vbs.cloud.co.uk"),
    ("iam.ministry.gouv.fr", "vbs.ministry.gouv.fr"), ("iam.a.gov.uk", "vbs.a.gov.uk"),
    ("iam.owner.github.io", "vbs.owner.github.io"), ("iam.x.com.au", "vbs.x.com.au"),
    ("iam.a.co.jp", "vbs.a.co.jp"), ("iam.city.kawasaki.jp", "vbs.city.kawasaki.jp"),
    ("iam.www.ck", "vbs.www.ck"), ("iam.x.edu.br", "vbs.x.edu.br"),
    ("keystone.cloud.svc.cluster.local", "vbs.cloud.svc.cluster.local"),
    ("iam.firm.internal", "vbs.firm.internal"), ("iam.firm.local", "vbs.firm.local"),
    ("iam.firm.corp", "vbs.firm.corp"), ("iam.xn--clud-5qa.test", "vbs.xn--clud-5qa.test"),
    ("iam.a.de", "vbs.a.de"), ("iam.a.eu", "vbs.a.eu"), ("iam.a.ch", "vbs.a.ch"),
    ("iam.a.it", "vbs.a.it"), ("iam.a.io", "vbs.a.io"), ("iam.a.cloud", "vbs.a.cloud"),
]  # fmt: skip
DIFFERENT = [
    ("iam.cloud.test", "vbs.elsewhere.test"), ("iam.cloud.test", "vbs.cloud.test.evil.test"),
    ("iam.cloud.test", "evilcloud.test"), ("iam.cloud.test", "test"), ("iam", "vbs"),
    ("iam.cloud.co.uk", "vbs.evil.co.uk"), ("iam.co.uk", "co.uk"), ("a.co.uk", "b.co.uk"),
    ("iam.a.gouv.fr", "vbs.b.gouv.fr"), ("a.gouv.fr", "b.gouv.fr"), ("gouv.fr", "a.gouv.fr"),
    ("cloud.github.io", "evil.github.io"), ("iam.cloud.github.io", "vbs.evil.github.io"),
    ("a.herokuapp.com", "b.herokuapp.com"), ("a.azurewebsites.net", "b.azurewebsites.net"),
    ("a.cloudfront.net", "b.cloudfront.net"), ("a.s3.amazonaws.com", "b.s3.amazonaws.com"),
    ("a.blogspot.com", "b.blogspot.com"), ("a.netlify.app", "b.netlify.app"),
    ("a.vercel.app", "b.vercel.app"), ("a.pages.dev", "b.pages.dev"), ("a.web.app", "b.web.app"),
    ("a.fly.dev", "b.fly.dev"), ("a.gitlab.io", "b.gitlab.io"), ("a.ngrok.io", "b.ngrok.io"),
    ("a.duckdns.org", "b.duckdns.org"), ("a.dyndns.org", "b.dyndns.org"),
    ("iam.a.com.au", "vbs.b.com.au"), ("iam.a.co.jp", "vbs.b.co.jp"),
    ("a.kawasaki.jp", "b.kawasaki.jp"), ("iam.a.kawasaki.jp", "vbs.b.kawasaki.jp"),
    ("a.ck", "b.ck"), ("iam.a.edu.br", "vbs.b.edu.br"), ("a.gov.uk", "b.gov.uk"),
    ("iam.eu-de.otc.t-systems.com", "vbs.eu-de.otc.t-systems.com.evil.test"),
    ("iam.eu-de.otc.t-systems.com", "evilotc.t-systems.de"),
    ("iam.eu-de.otc.t-systems.com", "vbs.myhuaweicloud.com"),
    ("192.0.2.1", "192.0.2.2"), ("192.0.2.1", "iam.cloud.test"),
    ("iam.cloud.test", "[2001:db8::1]"),
    ("[2001:db8::1]", "[2001:db8::2]"), ("iam.xn--clud-5qa.test", "vbs.xn--clud-gwe.test"),
    ("com", "net"), ("iam.com", "vbs.com"), ("iam.cloud.test", "localhost"),
]  # fmt: skip


def is_trusted(service: str, identity: str) -> bool:
    address = f"https://{service}"
    try:
        return catalog.trusted(address, f"https://{identity}/v3", insecure_http=False) == address
    except AuthError:
        return False


def test_f61_s11_only_names_of_one_registered_name_are_trusted_together() -> None:
    """Both ways: the tables name the identity service first."""
    assert len({*SAME, *DIFFERENT}) == len(SAME) + len(DIFFERENT)
    wrong = [
        (service, identity)
        for pairs, expected in ((SAME, True), (DIFFERENT, False))
        for pair in pairs
        for identity, service in (pair, pair[::-1])
        if is_trusted(service, identity) is not expected
    ]
    assert wrong == []


LINK_LOCAL = [
    "169.254.169.254", "[::ffff:169.254.169.254]", "[::ffff:a9fe:a9fe]", "[fe80::1]",
    "[::ffff:0:169.254.169.254]", "[::ffff:0:a9fe:1]",
    "[64:ff9b:1:a9fe:a9:fe00::]", "[64:ff9b:1:a9:fe:a9fe::]", "[64:ff9b:1:5:a9:fea9:fe00::]",
    "[64:ff9b::a9fe:a9fe]", "[64:ff9b::169.254.169.254]", "[64:ff9b:1::a9fe:a9fe]",
    "[::a9fe:a9fe]", "[2002:a9fe:a9fe::]", "[2002:a9fe:a9fe::1]",
    "[2001:0:4136:e378:8000:63bf:5601:5601]",
    "[2001:db8::5efe:169.254.169.254]", "[2001:db8::5efe:a9fe:1]", "[fd00::200:5efe:a9fe:a9fe]",
    "[2001:db8:1:2:200:5efe:169.254.169.254]", "[2002:c000:201::5efe:a9fe:a9fe]",
]  # fmt: skip
METADATA = [
    "[fd00:ec2::254]", "[fd00:ec2:0:0:0:0:0:254]", "[fd20:ce::254]", "100.100.100.200",
    "[::ffff:100.100.100.200]", "[64:ff9b::100.100.100.200]", "[2002:6464:64c8::1]",
    "[2001:db8::5efe:100.100.100.200]", "[64:ff9b:1::6464:64c8]",
]  # fmt: skip


@pytest.mark.parametrize("host", LINK_LOCAL)
@pytest.mark.parametrize("insecure", [False, True])
def test_s02_a_link_local_host_is_refused_in_every_form(host: str, insecure: bool) -> None:
    with pytest.raises(UsageError) as caught:
        endpoints.checked(f"https://{host}/v1", "--endpoint", insecure_http=insecure)
    assert "a service cannot have that host" in str(caught.value)


@pytest.mark.parametrize("host", METADATA)
def test_a_metadata_service_is_no_service_of_jobs(host: str) -> None:
    with pytest.raises(UsageError, match="a service cannot have that host"):
        endpoints.checked(f"https://{host}/v1", "--endpoint")


@pytest.mark.parametrize(
    "host",
    [
        "[2001:db8::1]",
        "[64:ff9b::c000:201]",
        "[64:ff9b:1::c000:201]",
        "192.0.2.1",
        "[fd00::1]",
        "10.0.0.1",
        "[::1]",
        "[2001:db8::5efe:192.0.2.1]",
        "[2001:db8::5eff:a9fe:a9fe]",
        "[fd00:ec2::253]",
        "100.100.100.201",
    ],
)
def test_other_addresses_are_accepted(host: str) -> None:
    assert endpoints.checked(f"https://{host}/v1", "--endpoint") == f"https://{host}/v1"


@pytest.mark.parametrize(
    ("host", "loopback"),
    [("127.0.0.1", True), ("127.9.9.9", True), ("[::1]", True), ("[::ffff:127.0.0.1]", True),
     ("localhost", True), ("[64:ff9b::127.0.0.1]", False), ("[2002:7f00:1::]", False),
     ("[::ffff:0:127.0.0.1]", False), ("[2001:0:4136:e378:8000:63bf:80ff:fffe]", False),
     ("[2001:db8::5efe:127.0.0.1]", False), ("127.0.0.1.evil.test", False)],
)  # fmt: skip
def test_plain_http_is_only_for_an_address_that_is_certainly_this_machine(
    host: str, loopback: bool
) -> None:
    address = f"http://{host}/v1"
    if loopback:
        assert endpoints.checked(address, "--endpoint") == address
    else:
        with pytest.raises(UsageError, match="plain http"):
            endpoints.checked(address, "--endpoint")


SECRETS_IN_ADDRESSES = [
    "https://vbs.test/?token=canary", "https://vbs.test?canary",
    "https://vbs.test/v1?a=b&sig=canary",
    "https://vbs.test/#canary", "https://u:canary@vbs.test/", "https://u:p@vbs.test/?canary",
    "https://vbs.test/?a@canary", "https://vbs.test/#a@b?canary", "http://vbs.test/?canary",
    "vbs.test?canary", "https://[::1?canary", "https://vbs.test/\x1b?canary",
]  # fmt: skip


@pytest.mark.parametrize("address", SECRETS_IN_ADDRESSES)
def test_s05_an_address_is_refused_without_its_query_fragment_or_password(address: str) -> None:
    with pytest.raises(UsageError) as caught:
        endpoints.checked(address, "--endpoint")
    assert "canary" not in str(caught.value)
    assert str(caught.value).isprintable()
