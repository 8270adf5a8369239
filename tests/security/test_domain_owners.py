"""Whether two hosts have one owner, so that a token may go from one to the other."""

from __future__ import annotations

import pytest

from vbsjob.auth import catalog
from vbsjob.errors import AuthError, UsageError
from vbsjob.http import url

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


@pytest.mark.parametrize("host", LINK_LOCAL)
@pytest.mark.parametrize("insecure", [False, True])
def test_s02_a_link_local_host_is_refused_in_every_form(host: str, insecure: bool) -> None:
    with pytest.raises(UsageError) as caught:
        url.checked(f"https://{host}/v1", "--endpoint", insecure_http=insecure)
    assert "a service cannot have that host" in str(caught.value)


@pytest.mark.parametrize("host", ["[2001:db8::1]", "192.0.2.1", "[fd00::1]", "10.0.0.1", "[::1]"])
def test_other_addresses_are_accepted(host: str) -> None:
    assert url.checked(f"https://{host}/v1", "--endpoint") == f"https://{host}/v1"
