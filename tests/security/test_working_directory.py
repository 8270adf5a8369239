"""A clouds.yaml in the working directory, which a stranger may have put there (F75)."""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path
from typing import Any

import pytest

from tests.support.cloud import AUTH, AUTH_URL, PASSWORD, PROJECT_ID, SECRET, SERVICE, USER, Cloud
from vbsjob.config import files
from vbsjob.config.schema import SETTINGS
from vbsjob.errors import UsageError

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
EVIL = "https://evil.test"
NAMED: dict[str, dict[str, Any]] = {
    "auth_url": {"auth": {"auth_url": f"{EVIL}/v3"}},
    "endpoint": {"vbs_endpoint_override": EVIL},
    "volume endpoint": {"volume_backup_endpoint_override": EVIL},
    "cacert": {"cacert": "evil.pem"},
    "verify": {"verify": False},
    "insecure": {"insecure": True},
}
WHO = {"OS_USERNAME": "mira", "OS_USER_DOMAIN_NAME": "dom", "OS_PROJECT_NAME": "eu-de_team"}
SECRETS: dict[str, dict[str, str]] = {
    "password": WHO | {"OS_PASSWORD": PASSWORD},
    "passcode": WHO | {"OS_PASSCODE": "canary-123456"},
    "token": {"OS_TOKEN": "canary-token", "OS_PROJECT_ID": PROJECT_ID},
    "application_credential_secret": {
        "OS_APPLICATION_CREDENTIAL_ID": "i", "OS_APPLICATION_CREDENTIAL_SECRET": SECRET,
    },
    "access_token": {
        "OS_IDENTITY_PROVIDER": "ci", "OS_PROTOCOL": "oidc", "OS_ACCESS_TOKEN": "canary-openid",
    },
    "access_key": {"OS_ACCESS_KEY": "canary-AK", "OS_SECRET_KEY": "canary-SK"},
    "secret_key": {"OS_ACCESS_KEY": "canary-AK", "OS_SECRET_KEY": "canary-SK"},
    "security_token": {
        "OS_ACCESS_KEY": "canary-AK", "OS_SECRET_KEY": "canary-SK",
        "OS_SECURITY_TOKEN": "canary-ST",
    },
}  # fmt: skip


def written_into(folder: Path, cloud: dict[str, Any], name: str = "clouds.yaml") -> Path:
    """Write a file into a folder, and return that as the working directory sees it."""
    (folder / name).write_text(json.dumps({"clouds": {"c": cloud}}))
    (folder / name).chmod(0o600)
    return Path(os.path.relpath(folder))


def home_and_local(folder: Path, cloud: dict[str, Any]) -> tuple[Path, Path]:
    """Return a home folder, and a working directory whose clouds.yaml has the cloud."""
    home, work = folder / "home", folder / "work"
    home.mkdir()
    work.mkdir()
    return home, written_into(work, cloud)


class Prompt(list[str]):
    """The texts of all prompts; each is answered with the password."""

    def __call__(self, text: str) -> str:
        self.append(text)
        return PASSWORD


def test_f75_every_secret_setting_is_among_those_tried() -> None:
    assert SECRETS.keys() == {key.name for key in SETTINGS if key.secret}


@pytest.mark.parametrize("named", NAMED)
def test_f75_no_secret_of_the_environment_goes_to_an_address_of_a_local_file(
    tmp_path: Path, named: str
) -> None:
    folder = written_into(tmp_path, NAMED[named])
    addresses = {} if named == "auth_url" else {"OS_AUTH_URL": AUTH_URL, "VBSJOB_ENDPOINT": SERVICE}
    if "endpoint" in named:
        addresses.pop("VBSJOB_ENDPOINT")
    for secret in SECRETS.values():
        cloud = Cloud()
        env = secret | addresses | {"OS_CLOUD": "c"}
        code, _, err = cloud.run("get", "j", env=env, config_folders=(folder,))
        assert (code, cloud.requests) == (2, []), secret
        assert "would be sent to" in err
        assert "clouds.yaml" in err
        assert "canary" not in err


@pytest.mark.parametrize("named", ["auth_url", "endpoint", "verify"])
@pytest.mark.parametrize("source", ["config.toml", "secure.yaml"])
def test_f75_no_secret_of_a_user_file_goes_to_an_address_of_a_local_file(
    tmp_path: Path, source: str, named: str
) -> None:
    home, folder = home_and_local(tmp_path, NAMED[named])
    own = {"auth": {"password": PASSWORD}}
    config = home / "config.toml"
    if source == "config.toml":
        config.write_text(f'[clouds.c.auth]\npassword = "{PASSWORD}"\n')
        config.chmod(0o600)
    else:
        written_into(home, own, source)
    addresses = {} if named == "auth_url" else {"OS_AUTH_URL": AUTH_URL}
    cloud = Cloud()
    env = WHO | addresses | {"OS_CLOUD": "c"}
    code, _, err = cloud.run("get", "j", env=env, config_folders=(folder, home), config_file=config)
    assert (code, cloud.requests) == (2, [])
    assert source in err
    assert "canary" not in err


def test_f75_a_file_in_the_working_directory_that_names_both_is_used_as_its_users_expect(
    tmp_path: Path,
) -> None:
    folder = written_into(tmp_path, {"auth": AUTH})
    cloud = Cloud()
    code, *_ = cloud.run("get", "j", env={"OS_CLOUD": "c"}, config_folders=(folder,))
    assert code == 0
    assert cloud.requests[0].url.startswith(AUTH_URL)


def test_f75_a_cached_token_is_not_sent_to_an_address_of_a_local_file(tmp_path: Path) -> None:
    cloud = Cloud()
    cloud.run("get", "j", cache=tmp_path)
    auth = AUTH | {"password": "whatever"}
    folder = written_into(tmp_path, {"vbs_endpoint_override": EVIL, "auth": auth})
    env = {"OS_CLOUD": "c"}
    code, *_ = cloud.run("get", "j", env=env, cache=tmp_path, config_folders=(folder,))
    assert code == 4
    assert not [request for request in cloud.requests if EVIL in request.url]


def test_f75_a_file_in_the_working_directory_may_name_a_region_for_secrets_from_elsewhere(
    tmp_path: Path,
) -> None:
    folder = written_into(tmp_path, {"region_name": "eu-de"})
    cloud = Cloud()
    assert cloud.run("get", "j", env=USER | {"OS_CLOUD": "c"}, config_folders=(folder,))[0] == 0


@pytest.mark.parametrize("name", ["config.toml", "clouds.yaml", "secure.yaml"])
def test_f70_a_file_that_others_can_read_gives_a_warning_and_one_they_can_write_is_refused(
    tmp_path: Path, name: str
) -> None:
    written_into(tmp_path, {"auth": AUTH}, "clouds.yaml")
    written_into(tmp_path, {"auth": {"password": PASSWORD}}, "secure.yaml")
    config = tmp_path / "config.toml"
    config.write_text(f'[clouds.c.auth]\npassword = "{PASSWORD}"\n')
    config.chmod(0o600)
    for mode in (0o644, 0o640, 0o604, 0o660, 0o666, 0o602):
        (tmp_path / name).chmod(mode)
        cloud = Cloud()
        code, _, err = cloud.run(
            "get", "j", env={"OS_CLOUD": "c"}, config_folders=(tmp_path,), config_file=config
        )
        assert bool(cloud.requests) == (code == 0)
        expected = (2, "o-w") if mode & 0o002 else (0, "600")
        assert code == expected[0], (oct(mode), err)
        assert err.count(f"chmod {expected[1]} {tmp_path / name}") == 1, (oct(mode), err)
        assert err.count("chmod") == 1, (oct(mode), err)


@pytest.mark.parametrize(
    ("name", "output"), [("clouds.yaml", "table"), ("clouds.yaml", "json"), ("secure.yaml", "env")]
)
def test_a_local_file_that_changes_a_cloud_of_the_user_gives_a_warning(
    tmp_path: Path, name: str, output: str
) -> None:
    home, work = home_and_local(tmp_path, {})
    (work / "clouds.yaml").unlink()
    written_into(home, {"auth": AUTH})
    written_into(tmp_path / "work", {"auth": AUTH, "region_name": "eu-de"}, name)
    argv = ("get", "j", "-o", output)
    for folders, warned in (((work, home), 1), ((home,), 0)):
        code, _, err = Cloud().run(*argv, env={"OS_CLOUD": "c"}, config_folders=folders)
        assert code == 0, err
        text = f"in the working directory changes the cloud 'c' of {home / 'clouds.yaml'}"
        assert err.count(text) == warned, err


def test_a_local_cloud_of_another_name_or_in_the_same_folder_gives_no_warning(
    tmp_path: Path,
) -> None:
    home, work = home_and_local(tmp_path, {"auth": {"auth_url": AUTH_URL}})
    (home / "clouds.yaml").write_text("clouds: {other: {}}")
    for own in (home, tmp_path / "work"):
        err = Cloud().run("get", "j", env=USER | {"OS_CLOUD": "c"}, config_folders=(work, own))[2]
        assert "changes the cloud" not in err


@needs_root
def test_a_file_of_another_user_gives_a_warning_and_no_advice_to_change_its_mode(
    tmp_path: Path,
) -> None:
    written_into(tmp_path, {"auth": AUTH})
    os.chown(tmp_path / "clouds.yaml", 65534, 65534)
    (tmp_path / "clouds.yaml").chmod(0o644)
    code, _, err = Cloud().run(
        "get", "j", "-o", "json", "-v", env={"OS_CLOUD": "c"}, config_folders=(tmp_path,)
    )
    assert code == 0, err
    assert f"{tmp_path / 'clouds.yaml'} belongs to another user" in err
    assert "can read the secrets" in err
    assert "chmod" not in err


@pytest.mark.parametrize(
    ("name", "written", "where"),
    [
        ("clouds.yaml", "clouds:\n c:\n  x: canary\0\n", "line 3: "),
        ("clouds.yaml", "clouds:\n c:\n  x: [canary\n", "line 4: "),
        ("clouds.yaml", "clouds:\n c: *canary\n", "line 2: "),
        ("clouds.yaml", "clouds:\n c: " + "[" * 20 + "canary\n", "line 2: "),
        ("config.toml", "[clouds.c]\nx y = 'canary'\n", ", line 2, column"),
        ("config.toml", "[clouds.c]\n\npassword = canary\n", ", line 3, column"),
    ],
)
def test_f94_the_line_is_the_right_one(tmp_path: Path, name: str, written: str, where: str) -> None:
    (tmp_path / name).write_text(written)
    code, _, err = Cloud().run(
        "get", "j", env=USER | {"VBSJOB_CLOUD": "c"}, config_folders=(tmp_path,),
        config_file=tmp_path / "config.toml",
    )  # fmt: skip
    assert code == 2
    assert where in err
    assert "canary" not in err


STRANGER = 12345


def own_cloud(home: Path) -> Path:
    """Write the user's own cloud `c` into a home folder."""
    home.mkdir()
    written_into(home, {"auth": AUTH})
    return home


EVIL_CLOUD = {
    "auth": {"auth_url": f"{EVIL}/v3", "token": "evil", "project_id": PROJECT_ID},
    "vbs_endpoint_override": EVIL,
}


def given_by_a_stranger(work: Path, kind: str) -> Path:
    """Make a file in a working directory that a stranger owns, in one of several ways."""
    work.mkdir()
    if kind == "own link to a file of a stranger":
        written_into(work, EVIL_CLOUD, "theirs.yaml")
        os.chown(work / "theirs.yaml", STRANGER, STRANGER)
        (work / "clouds.yaml").symlink_to("theirs.yaml")
    elif kind == "link of a stranger to an own file":
        written_into(work, EVIL_CLOUD, "other.yaml")
        (work / "clouds.yaml").symlink_to("other.yaml")
        os.lchown(work / "clouds.yaml", STRANGER, STRANGER)
    else:
        written_into(work, EVIL_CLOUD, kind)
        os.chown(work / kind, STRANGER, STRANGER)
    return Path(os.path.relpath(work))


STRANGERS = [
    "clouds.yaml", "clouds.yml", "clouds.json", "secure.yaml", "secure.json",
    "own link to a file of a stranger", "link of a stranger to an own file",
]  # fmt: skip


@needs_root
@pytest.mark.parametrize("kind", STRANGERS)
def test_f75_a_file_of_a_stranger_in_the_working_directory_is_ignored_with_one_note(
    tmp_path: Path, kind: str
) -> None:
    work, home = given_by_a_stranger(tmp_path / "work", kind), own_cloud(tmp_path / "home")
    for named in (("--cloud", "c"), ()):
        cloud = Cloud()
        code, _, err = cloud.run("get", "j", *named, env={}, config_folders=(work, home))
        assert (code, cloud.requests[0].url) == (0, f"{AUTH_URL}/auth/tokens"), err
        assert all(EVIL not in request.url for request in cloud.requests)
        assert err.count("belongs to another user and is ignored") == 1
        assert "OS_CLIENT_" in err


@needs_root
def test_f75_a_file_of_a_stranger_that_a_variable_names_is_used(tmp_path: Path) -> None:
    work, home = given_by_a_stranger(tmp_path / "work", "clouds.yaml"), own_cloud(tmp_path / "home")
    cloud = Cloud()
    env = {"OS_CLIENT_CONFIG_FILE": str(tmp_path / "work" / "clouds.yaml")}
    cloud.run("get", "j", env=env, config_folders=(work, home))
    assert cloud.requests[0].url.startswith(EVIL)


@pytest.mark.parametrize("how", ["--cloud", "VBSJOB_CLOUD", "OS_CLOUD", "alone"])
def test_f75_a_password_is_prompted_for_only_if_the_user_named_the_cloud_of_this_folder(
    tmp_path: Path, how: str
) -> None:
    auth = {"auth_url": f"{EVIL}/v3", "username": "mira", "user_domain_name": "dom"}
    folder = written_into(tmp_path, {"auth": {**auth, "project_id": PROJECT_ID}})
    prompt = Prompt()
    argv = ("get", "j", *(("--cloud", "c") if how == "--cloud" else ()))
    env = {how: "c"} if how.endswith("_CLOUD") else {}
    cloud = Cloud()
    code, _, err = cloud.run(*argv, env=env, prompt=prompt, config_folders=(folder,))
    if how in {"--cloud", "VBSJOB_CLOUD"}:
        assert prompt == ["Password for mira at evil.test: "]
    else:
        assert (code, prompt, cloud.requests) == (2, [], [])
        assert "evil.test" in err
        assert "--cloud" in err


@needs_root
def test_f75_a_file_that_is_exchanged_after_the_check_is_refused(tmp_path: Path) -> None:
    folder = given_by_a_stranger(tmp_path / "work", "clouds.yaml")
    with pytest.raises(UsageError) as caught:  # as if the check had seen another file
        files.clouds_document(folder / "clouds.yaml")
    assert "belongs to another user" in str(caught.value)


@pytest.mark.parametrize("named", [name for name in NAMED if name != "auth_url"])
@pytest.mark.parametrize("source", ["environment", "config.toml"])
def test_no_password_is_prompted_for_if_a_local_file_could_send_it_elsewhere(
    tmp_path: Path, source: str, named: str
) -> None:
    home, folder = home_and_local(tmp_path, NAMED[named])
    env = WHO | {"OS_AUTH_URL": AUTH_URL, "OS_CLOUD": "c"}
    argv: tuple[str, ...] = ("get", "j")
    config = home / "config.toml"
    if source == "config.toml":  # the user's own cloud, by name: a local file adds to it
        env, argv = {}, ("get", "j", "--cloud", "c")
        who = {name.removeprefix("OS_").lower(): value for name, value in WHO.items()}
        lines = [f'{key} = "{value}"' for key, value in (who | {"auth_url": AUTH_URL}).items()]
        config.write_text("[clouds.c.auth]\n" + "\n".join(lines) + "\n")
    prompt = Prompt()
    cloud = Cloud()
    code, _, err = cloud.run(
        *argv, env=env, prompt=prompt, config_folders=(folder,), config_file=config
    )
    assert (code, prompt, cloud.requests) == (2, [], []), err
    assert "does not prompt" in err
    assert "another working directory" in err


def test_the_prompt_shows_the_host_behind_a_user_name_of_any_length() -> None:
    prompt = Prompt()
    env = WHO | {"OS_AUTH_URL": AUTH_URL, "OS_USERNAME": "mira" * 5000}
    Cloud().run("get", "j", env=env, prompt=prompt)
    assert len(prompt[0]) < 200
    assert prompt[0].endswith(" at iam.cloud.test: ")


def test_a_local_file_with_a_fifo_or_a_broken_file_of_the_user(tmp_path: Path) -> None:
    """The own files are read for the warning only where they were not read before."""
    home, work = home_and_local(tmp_path, {"auth": {"auth_url": AUTH_URL}})
    (home / "clouds.yaml").write_text("{")
    env = USER | {"OS_CLOUD": "c"}
    assert Cloud().run("get", "j", env=env, config_folders=(work, home))[0] == 0
    (work / "clouds.yaml").rename(work / "secure.yaml")
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo, 0o600)
    writer = threading.Thread(target=lambda: fifo.write_text("clouds: {c: {region_name: eu-de}}"))
    writer.start()
    more = env | {"OS_CLIENT_CONFIG_FILE": str(fifo)}
    code, _, err = Cloud().run("get", "j", env=more, config_folders=(work, home))
    writer.join()
    assert code == 0, err
    assert f"changes the cloud 'c' of {fifo}" in err
