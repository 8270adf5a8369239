"""Names of users, domains and projects: what nobody sees is refused before it costs an attempt."""

from __future__ import annotations

from itertools import product

from tests.support.cloud import PASSWORD, PROJECT_ID, SERVICE, USER, Cloud
from vbsjob.config import values
from vbsjob.config.schema import SETTINGS

UNSEEN = {
    "CRLF": "mira\r", "line end": "mira\n", "BOM": "\ufeffmira", "zero width": "mi\u200bra",
    "no-break": "mira\xa0", "blank before": " mira", "blank after": "mira ", "control": "mi\x07ra",
    "quotes": '"mira"', "single quotes": "'mira'", "direction": "mira\u202e",
}  # fmt: skip
NAMED = [s.os[0] if s.os else s.variable for s in SETTINGS if s.parse is values.identity_name]


def test_an_invisible_character_is_refused_before_a_request() -> None:
    cases = [*product(NAMED, ["BOM"]), *product(["OS_USERNAME"], UNSEEN)]
    wrong = []
    for name, kind in cases:
        cloud = Cloud()
        code, _, err = cloud.run("get", "j", env=USER | {name: UNSEEN[kind]})
        refused = (code, cloud.requests) == (2, []) and err.startswith(f"vbsjob: error: {name}: ")
        if not refused or "emove" not in err:
            wrong.append((name, kind, code, err))
    assert wrong == []


def test_every_name_of_an_identity_is_checked() -> None:
    names = {s.name for s in SETTINGS if s.parse is values.identity_name}
    wanted = (
        *("user", "domain", "application_credential", "project"),
        *("agency_name", "identity_provider", "protocol"),
    )
    secret = {s.name for s in SETTINGS if s.secret}
    others = {"project_id"}  # a name that is safe in a URL
    assert {s.name for s in SETTINGS if any(w in s.name for w in wanted)} - secret - others == names


def test_a_name_that_people_have_is_sent() -> None:
    for name in ("mira", "Mira O'Neil", "'t Hart", "Jürgen", "山田", "a b", '"'):
        assert values.identity_name(name) == name


def test_the_kind_of_address_is_one_of_three() -> None:
    for word, code in (("nonsense", 2), ("PUBLIC", 2), ("publicURL", 0), ("public", 0)):
        cloud = Cloud()
        got, _, err = cloud.run("get", "j", env=USER | {"OS_INTERFACE": word})
        assert got == code, err
        assert bool(cloud.requests) is (code == 0)


def test_a_shell_variable_that_was_not_replaced_gets_a_note() -> None:
    for value, noted in (
        ("$OS_PASSWORD", True),
        ("${OS_PASSWORD}", True),
        ("$ecret", False),
        ("${a", False),
    ):
        cloud = Cloud(password=value)
        code, _, err = cloud.run("get", "j", env=USER | {"OS_PASSWORD": value})
        assert code == 0
        assert ("OS_PASSWORD is the text of a shell variable" in err) is noted


HW_KEY = {"HW_ACCESS_KEY": "AKcanary0000000001", "HW_SECRET_KEY": "SKcanary0000000002"}
AT = {"OS_AUTH_URL": USER["OS_AUTH_URL"]}


def test_variables_of_other_programs_sign_in() -> None:
    for env in (
        AT | HW_KEY | {"HW_PROJECT_NAME": "eu-de_team", "HW_REGION_NAME": "eu-de"},
        AT | HW_KEY | {"HUAWEICLOUD_SDK_PROJECT_ID": PROJECT_ID, "VBSJOB_ENDPOINT": SERVICE},
    ):
        cloud = Cloud()
        code, _, err = cloud.run("get", "j", env=env)
        assert code == 0, err
        assert cloud.requests[-1].headers["Authorization"].startswith("SDK-HMAC-SHA256 Access=AK")


def test_the_project_beside_an_access_key_is_not_the_project_of_another_sign_in() -> None:
    env = {k: v for k, v in USER.items() if k != "OS_PROJECT_NAME"} | HW_KEY
    cloud = Cloud()
    cloud.run("get", "j", env=env | {"HW_PROJECT_NAME": "other", "OS_PASSWORD": PASSWORD})
    assert not any(b"other" in request.body for request in cloud.requests)
