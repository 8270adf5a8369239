"""A setting that takes a path, and the content of a file in it: no output shows it.

The Terraform provider of this cloud documents "path or contents" for OS_KEY, so that scripts paste
private keys into it.
"""

from __future__ import annotations

import json
from itertools import cycle, product
from typing import TYPE_CHECKING, Any

import pytest

from tests.support import canary
from tests.support.cloud import USER, Cloud
from vbsjob.config import values
from vbsjob.config.schema import PATH_VARIABLES, SETTINGS

if TYPE_CHECKING:
    from pathlib import Path

LINE = canary.secret("canaryMIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQ/7")
CONTENTS = {
    "PEM": f"-----BEGIN PRIVATE KEY-----\n{LINE}\n-----END PRIVATE KEY-----\n",
    "PEM in one line": f"-----BEGIN PRIVATE KEY----- {LINE}",
    "YAML": f"clouds: {{a: {{auth: {{password: {LINE}}}}}}}\n",
}
PATHS = [setting for setting in SETTINGS if setting.parse is values.path]
COMMANDS = (
    ("get", "j"), ("get", "j", "-o", "json", "-v"), ("watch", "j"), ("watch", "j", "--github"),
    ("config", "show"), ("config", "show", "-o", "json"), ("config", "check"), ("list",),
)  # fmt: skip
NAMES = [*PATH_VARIABLES, *(name for s in PATHS for name in (s.variable, *s.os))]


def refuses(args: tuple[str, ...], name: str, env: dict[str, str], **paths: Any) -> None:
    cloud = Cloud()
    code, out, err = cloud.run(*args, env=env, **paths)
    assert (code, out, cloud.requests) == (2, "", []), (args, err)
    assert name in err
    assert "PRIVATE" not in err
    assert not canary.leaked(err, LINE), args


def test_the_settings_that_take_a_path() -> None:
    assert {setting.name for setting in PATHS} == {"cacert", "cert", "key", "junit"}


def test_the_content_of_a_file_in_a_variable_is_refused_and_not_shown() -> None:
    sandbox = {"OS_CLOUD": "sandbox", "VBSJOB_CLOUD": "sandbox"}
    for (name, content), args in zip(product(NAMES, CONTENTS), cycle(COMMANDS), strict=False):
        refuses(args, name, USER | {name: CONTENTS[content]})
        refuses(("get", "j"), name, sandbox | {name: LINE + "\n"})


@pytest.mark.parametrize("key", ["cacert", "cert", "key", "verify"])
def test_the_content_of_a_file_in_clouds_yaml_is_refused_and_not_shown(
    tmp_path: Path, key: str
) -> None:
    clouds = tmp_path / "clouds.yaml"
    for args, content in zip(COMMANDS, cycle(CONTENTS), strict=False):
        clouds.write_text(json.dumps({"clouds": {"c": {key: CONTENTS[content]}}}))
        clouds.chmod(0o600)
        refuses(args, f"clouds.c.{key}", USER | {"OS_CLOUD": "c"}, config_folders=(tmp_path,))


def test_the_content_of_a_file_in_an_option_or_a_default_is_refused(tmp_path: Path) -> None:
    refuses(("watch", "j", "--junit", CONTENTS["PEM"]), "--junit", USER)
    config = tmp_path / "config.toml"
    config.write_text(f'[defaults]\nkey = """{CONTENTS["PEM"]}"""\n')
    refuses(("get", "j"), "[defaults] key", USER, config_file=config)
