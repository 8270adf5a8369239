"""`config show` beside openstacksdk, both as processes: every difference is listed with its reason.

The configurations: leftovers in the environment, scalars, spellings.
"""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.child import Child
from tests.support.program import clean_env, run_process

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

URL, OTHER = "https://iam.cloud.test/v3", "https://iam.other.test/v3"
B = f"{{auth_url: '{URL}', username: mira, password: p, user_domain_name: d, project_name: t}}"
CLOUD = f"clouds: {{b: {{region_name: eu-de, auth: {B}}}}}\n"
NAMES = (
    "auth_url", "username", "user_id", "project_id", "project_name", "user_domain_id",
    "user_domain_name", "project_domain_id", "project_domain_name", "region", "interface",
    "auth_type", "cacert", "checked",
)  # fmt: skip
TYPES = "YAML 1.1 gives the text a type there; here it is the text that is written"
OPEN = "a named cloud ignores the environment there; here it fills what the cloud leaves open"

CASES: dict[str, tuple[str, dict[str, str], dict[str, str]]] = {
    # name: clouds.yaml, environment, differences
    "alone": (CLOUD, {}, {}),
    "older name of username": (
        CLOUD.replace("username", "user_name"), {},
        {"username": "keystoneauth maps it later, when it loads the plugin of the sign-in"},
    ),
    "another token": (CLOUD, {"OS_TOKEN": "x"}, {}),
    "another project": (CLOUD, {"OS_PROJECT_ID": "f" * 32, "OS_PROJECT_NAME": "x"}, {}),
    "another password": (CLOUD, {"OS_PASSWORD": "x"}, {}),
    "another user": (CLOUD, {"OS_USERNAME": "bob", "OS_USER_DOMAIN_NAME": "x"}, {}),
    "another domain for both": (CLOUD, {"OS_DOMAIN_ID": "x", "OS_PROJECT_DOMAIN_NAME": "x"}, {}),
    "another session token": (CLOUD, {"OS_SECURITY_TOKEN": "x"}, {}),
    "another address": (CLOUD, {"OS_AUTH_URL": OTHER}, {}),
    "another region": (CLOUD, {"OS_REGION_NAME": "eu-nl"}, {}),
    "another method": (CLOUD, {"OS_AUTH_TYPE": "v3totp"}, {}),
    "everything of another cloud": (
        CLOUD,
        {"OS_AUTH_URL": OTHER, "OS_USERNAME": "bob", "OS_PASSWORD": "x", "OS_TOKEN": "x",
         "OS_PROJECT_ID": "f" * 32, "OS_REGION_NAME": "eu-nl", "OS_CACERT": "/x",
         "OS_INTERFACE": "admin"},
        {},
    ),
    "interface left open": (CLOUD, {"OS_INTERFACE": "internal"}, {"interface": OPEN}),
    "project left open": (
        CLOUD.replace(", project_name: t", ""), {"OS_PROJECT_NAME": "t"}, {"project_name": OPEN},
    ),
    "CA file left open": (CLOUD, {"OS_CACERT": "/ca.pem"}, {"cacert": OPEN}),
    "user that looks like an octal number": (
        CLOUD.replace("mira", "0123456"), {}, {"username": TYPES},
    ),
    "user that looks like a time": (CLOUD.replace("mira", "12:30:45"), {}, {"username": TYPES}),
    "user with an underscore": (CLOUD.replace("mira", "1_000"), {}, {"username": TYPES}),
    "user in hexadecimal": (CLOUD.replace("mira", "0x1F"), {}, {"username": TYPES}),
    "user that looks like a word for true": (CLOUD.replace("mira", "yes"), {}, {"username": TYPES}),
    "project with a fraction": (CLOUD.replace(" t}", " 1.50}"), {}, {"project_name": TYPES}),
    "project that looks like a date": (CLOUD.replace(" t}", " 2001-01-01}"), {}, {}),
    "quoted": (CLOUD.replace("mira", "'0123456'").replace(" t}", " '1.50'}"), {}, {}),
    "verify as a path": (CLOUD.replace("{region", "{verify: /etc/ca.pem, region"), {}, {}),
    "verify off": (CLOUD.replace("{region", "{verify: false, region"), {}, {}),
    "several regions": (
        CLOUD.replace("region_name: eu-de", "regions: [eu-de, eu-nl]").replace(" t}", " eu-nl_t}"),
        {},
        {"region": "the first one is used there; here the name of the project chooses"},
    ),
}  # fmt: skip
SDK = """
import importlib, json, os, sys, warnings
warnings.simplefilter("ignore")
from openstack.config import loader
for line in sys.stdin:
    folder, env = json.loads(line)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(env)
    importlib.reload(loader)  # it finds the folders when it is imported
    found = loader.OpenStackConfig().get_one(cloud="b", validate=False)
    verify, _ = found.get_requests_verify_args()
    auth = found.config["auth"]
    flat = {**{k: v for k, v in found.config.items() if k != "auth"}, **auth}
    flat["region"], flat["checked"] = found.region_name, bool(verify)
    flat["cacert"] = verify if isinstance(verify, str) else None
    shown = {k: None if v in (None, "") else str(v) for k, v in flat.items()}
    print(json.dumps(shown), flush=True)
"""


class Sdk:
    """One process with openstacksdk, which takes a second to import, for all configurations."""

    def __init__(self) -> None:
        self._process = Child(
            [sys.executable, "-c", SDK], env=clean_env(), stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

    def close(self) -> None:
        with self._process:
            self._process.communicate(timeout=60)

    def values(self, folder: Path, env: dict[str, str]) -> dict[str, Any]:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps([str(folder), clean_env(**env)]) + "\n")
        self._process.stdin.flush()
        values: dict[str, Any] = json.loads(self._process.stdout.readline())
        return {name: values.get(name) for name in NAMES}


@pytest.fixture(scope="module")
def sdk() -> Iterator[Sdk]:
    with closing(Sdk()) as opened:
        yield opened


def vbsjob_values(document: dict[str, Any]) -> dict[str, Any]:
    values = {name: member["value"] for name, member in document.items() if name in NAMES}
    checked = document["verify"]["value"] and not document["insecure"]["value"]
    values |= {"checked": str(checked), "auth_type": values["auth_type"] or "password"}
    return {name: values.get(name) for name in NAMES}


@pytest.mark.slow
@pytest.mark.parametrize("kind", CASES)
def test_config_show_differs_from_openstacksdk_only_as_listed(
    sdk: Sdk, tmp_path: Path, kind: str
) -> None:
    content, env, differences = CASES[kind]
    (tmp_path / "clouds.yaml").write_text(content)
    (tmp_path / "clouds.yaml").chmod(0o600)
    argv = ("config", "show", "--cloud", "b", "-o", "json")
    ended = run_process(*argv, env=clean_env(**env), cwd=tmp_path)
    assert ended.code == 0, ended.err
    vbsjob_value, sdk_value = vbsjob_values(json.loads(ended.out)), sdk.values(tmp_path, env)
    assert {name for name in NAMES if vbsjob_value[name] != sdk_value[name]} == differences.keys()
