"""Settings: the order of the sources, which cloud is used, what must agree, what errors show."""

from __future__ import annotations

from inspect import signature
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.context import file_context
from vbsjob.cli.get import get
from vbsjob.cli.tree import tree
from vbsjob.cli.watch import watch
from vbsjob.config import loader, precedence
from vbsjob.config.schema import SETTINGS
from vbsjob.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from vbsjob.config.loader import Settings

ID, OTHER_ID = "5a2d0c5b0e4f4c3f9a1b7d6e8c9f0a1b", "0" * 32
SERVICE = "https://vbs.test"
CLOUD = "{auth: {auth_url: 'https://iam.test/v3', username: u, password: canary-of-the-file}}"


def load(folder: Path, options: dict[str, Any] | None = None, /, **sources: str) -> Settings:
    return loader.load(options or {}, file_context(folder, **sources))


def refusal(folder: Path, options: dict[str, Any] | None = None, /, **sources: str) -> UsageError:
    with pytest.raises(UsageError) as caught:
        load(folder, options, **sources)
    return caught.value


SOURCES = ("option", "own", "os", "config", "yaml")


def having(folder: Path, sources: tuple[str, ...]) -> Settings:
    """Load the region from some of the sources, each telling its own name."""
    env = {"OS_CLOUD": "c"} if "config" in sources or "yaml" in sources else {}
    env |= {"VBSJOB_REGION": "own"} if "own" in sources else {}
    env |= {"OS_REGION_NAME": "os"} if "os" in sources else {}
    outside = file_context(
        folder,
        config='[clouds.c]\nregion_name = "config"\n' if "config" in sources else "",
        clouds="clouds: {c: {region_name: yaml}}\n" if "yaml" in sources else "",
        **env,
    )
    return loader.load({"region": "option"} if "option" in sources else {}, outside)


def test_f74_the_first_source_wins_when_those_above_it_are_removed(tmp_path: Path) -> None:
    for first in range(len(SOURCES) + 1):
        left, folder = SOURCES[first:], tmp_path / str(first)
        folder.mkdir()
        loaded = having(folder, left)
        origins = {
            "option": "--region",
            "own": "VBSJOB_REGION",
            "os": "OS_REGION_NAME",
            "config": f"{folder}/config.toml: clouds.c.region_name",
            "yaml": f"{folder}/clouds.yaml: clouds.c.region_name",
        }
        assert loaded["region"] == (left[0] if left else None)
        assert loaded.origin("region") == (origins[left[0]] if left else "default")


def test_a_preference_comes_from_config_toml_and_names_its_section(tmp_path: Path) -> None:
    outside = file_context(tmp_path, config='[defaults]\noutput = "json"\nretry_for = "5m"\n')
    loaded = loader.load({}, outside)
    assert (loaded["output"], loaded["retry_for"]) == ("json", 300.0)
    assert loaded.origin("output") == f"{tmp_path}/config.toml [defaults] output"
    assert loaded.origin("color") == "default"


MISSPELT = {
    "[defaults]\noutptu = 'json'\n": ("[defaults] key 'outptu'", "Did you mean output?"),
    "[ defaults ]\ncolor = 'never'\n\n  retryfor=3\n": ("key 'retryfor'", "mean retry_for?"),
    "[defaults]\nzzz = 1\n": ("[defaults] key 'zzz'", "Known: cloud, region"),
    "[clouds.a]\n[default]\n": ("section [default]", "Use [defaults]."),
    "output = 'json'\n": ("section [output]", "Use [defaults]."),
    'defaults = {outptu = "json"}\n': ("[defaults] key 'outptu'", "Did you mean output?"),
}


def test_f74_a_misspelt_key_is_reported_with_its_file_and_a_suggestion(tmp_path: Path) -> None:
    for config, (named, suggestion) in MISSPELT.items():
        with pytest.raises(UsageError) as raised:
            loader.load({}, file_context(tmp_path, config=config))
        assert raised.value.message.startswith(f"{tmp_path}/config.toml: ")
        assert f"{named} is not known." in raised.value.message
        assert suggestion in raised.value.hint


def test_every_option_that_belongs_to_one_cloud_names_the_service() -> None:
    """The command to continue a watch repeats these options; a new one must not be forgotten."""
    of_one_cloud = {"cloud", "service"} | precedence.BOUND | precedence.CHOSEN_IN_CLOUD
    options = {name for command in (get, tree, watch) for name in signature(command).parameters}
    repeated = {setting.name for setting in SETTINGS if setting.repeated == "job"}
    assert repeated >= options & of_one_cloud


def test_settings_for_another_service_keep_only_the_preferences(tmp_path: Path) -> None:
    outside = file_context(
        tmp_path, VBSJOB_UTC="1", VBSJOB_REGION="eu-nl", OS_USERNAME="mira", OS_PASSWORD="x"
    )
    address = "http://127.0.0.1:9"
    other = loader.load({}, outside).with_service("here", endpoint=address, project_id="p")
    assert (other["utc"], other["endpoint"], other["project_id"]) == (True, address, "p")
    assert (other["region"], other["username"], other["password"]) == (None, None, None)


def test_the_only_cloud_is_used_unless_an_address_is_set(tmp_path: Path) -> None:
    for env, chosen in (
        ({}, "u"),
        ({"OS_AUTH_URL": "https://other.test/v3"}, None),
        ({"VBSJOB_ENDPOINT": SERVICE}, None),
        ({"VBSJOB_ENDPOINT": SERVICE, "OS_CLOUD": "only"}, "u"),
        ({"OS_CLOUD": "envvars"}, None),
    ):
        assert load(tmp_path, clouds=f"clouds: {{only: {CLOUD}}}", **env)["username"] == chosen


def test_of_several_clouds_none_is_used_without_a_name(tmp_path: Path) -> None:
    assert load(tmp_path, clouds=f"clouds: {{a: {CLOUD}, b: {CLOUD}}}")["username"] is None
    of_config = '[clouds.a.auth]\nusername = "config"\n'
    assert load(tmp_path, config=of_config, clouds=f"clouds: {{b: {CLOUD}}}")["username"] is None


def test_a_cloud_that_only_config_toml_has_needs_a_name(tmp_path: Path) -> None:
    config = '[clouds.only.auth]\nusername = "u"\n'
    assert load(tmp_path, config=config)["username"] is None
    assert load(tmp_path, {"cloud": "only"}, config=config)["username"] == "u"


def test_a_cloud_of_the_name_sandbox_comes_before_the_built_in_one(tmp_path: Path) -> None:
    loaded = load(tmp_path, {"cloud": "sandbox"}, clouds=f"clouds: {{sandbox: {CLOUD}}}")
    assert (loaded.sandbox, loaded["username"]) == (False, "u")
    built_in = load(tmp_path, {"cloud": "sandbox"}, clouds=f"clouds: {{a: {CLOUD}}}")
    assert (built_in.sandbox, built_in["username"]) == (True, None)
    assert not load(tmp_path).sandbox


def test_an_unknown_cloud_is_refused_with_what_there_is(tmp_path: Path) -> None:
    none = refusal(tmp_path, OS_CLOUD="prod")
    assert none.hint.startswith("There is no clouds.yaml and no config.toml; ")
    other = refusal(tmp_path, clouds=f"clouds: {{produ: {CLOUD}}}", OS_CLOUD="prod")
    assert "Did you mean produ?" in other.hint
    assert other.message == "OS_CLOUD: no file defines a cloud 'prod'."


def test_a_region_that_the_profile_does_not_have_is_ignored_with_a_note(tmp_path: Path) -> None:
    clouds = f"clouds: {{c: {{profile: otc, {CLOUD[1:-1]}}}}}"
    outside = file_context(tmp_path, clouds=clouds, OS_REGION_NAME="xx-unknown")
    loaded = loader.load({"cloud": "c"}, outside)
    assert loaded["region"] != "xx-unknown"
    assert "ignored: OS_REGION_NAME" in outside.stderr.getvalue()  # type: ignore[attr-defined]


def test_a_project_is_an_id_or_a_name_and_leaves_other_settings_alone(tmp_path: Path) -> None:
    for project, kind in (
        (ID, "project_id"),
        ("a" * 31, "project_name"),
        ("eu-de", "project_name"),
    ):
        names = {"OS_PROJECT_ID": OTHER_ID, "OS_USERNAME": "mira"}
        loaded = load(tmp_path, {"project": project}, **names)
        values = {name: loaded[name] for name in ("project_id", "project_name", "username")}
        assert values == {"project_id": None, "project_name": None, "username": "mira"} | {
            kind: project
        }


ENDPOINT = f"{SERVICE}/v2/{ID}"


def test_an_endpoint_may_contain_the_project(tmp_path: Path) -> None:
    for env, project_id in (
        ({"VBSJOB_ENDPOINT": ENDPOINT}, ID),
        ({"VBSJOB_ENDPOINT": ENDPOINT, "OS_PROJECT_ID": ID}, ID),
        ({"VBSJOB_ENDPOINT": ENDPOINT, "OS_PROJECT_NAME": "eu-de"}, None),
        ({"VBSJOB_ENDPOINT": SERVICE, "OS_PROJECT_ID": ID}, ID),
    ):
        loaded = load(tmp_path, **env)
        assert loaded["project_id"] == project_id
        if len(env) == 1 and project_id:
            assert loaded.origin("project_id") == next(iter(env))


def test_an_endpoint_of_another_project_is_refused(tmp_path: Path) -> None:
    error = refusal(tmp_path, VBSJOB_ENDPOINT=ENDPOINT, OS_PROJECT_ID=OTHER_ID)
    assert error.message == (
        f"VBSJOB_ENDPOINT is for project {ID}, but OS_PROJECT_ID is {OTHER_ID}."
    )


def test_the_region_replaces_its_placeholder_in_both_addresses(tmp_path: Path) -> None:
    for placeholder in ("{region_name}", "{region_id}", "%(region_name)s"):
        env = {
            "OS_AUTH_URL": f"https://iam.{placeholder}.test/v3",
            "VBSJOB_ENDPOINT": f"https://vbs.{placeholder}.test",
        }
        loaded = load(tmp_path, OS_REGION_NAME="eu-de", **env)
        assert (loaded["auth_url"], loaded["endpoint"]) == (
            "https://iam.eu-de.test/v3",
            "https://vbs.eu-de.test",
        )
        assert loaded.origin("endpoint") == "VBSJOB_ENDPOINT"
        error = refusal(tmp_path, **env)
        assert (error.message, error.hint) == ("OS_AUTH_URL needs a region.", "Set --region.")


def test_values_that_are_refused_are_shown_printable_and_short(tmp_path: Path) -> None:
    error = refusal(tmp_path, VBSJOB_COLOR="\x1b" + "x" * 99)
    assert error.message.startswith(f"VBSJOB_COLOR: '^[{'x' * 79}' is ")
    error = refusal(tmp_path, VBSJOB_COLOR="x" * 81)
    assert f"'{'x' * 80}'" in error.message
    error = refusal(tmp_path, config="[defaults]\ncolor = 7\n")
    assert "'7'" in error.message
    error = refusal(tmp_path, config="[defaults]\ncolor = [7]\n")
    assert ": the value " in error.message


def test_s05_secrets_that_are_not_used_are_masked_too(tmp_path: Path) -> None:
    outside = file_context(
        tmp_path, clouds=f"clouds: {{c: {CLOUD}}}",
        OS_USERNAME="u", OS_PASSWORD="canary-of-os", S3_ACCESS_KEY_ID="AK",
        S3_SECRET_ACCESS_KEY="canary-of-s3",
    )  # fmt: skip
    loader.load({"cloud": "c"}, outside)
    shown = outside.redact("canary-of-os canary-of-the-file canary-of-s3")
    assert "canary" not in shown


def test_s05_secrets_are_masked_before_a_file_is_refused(tmp_path: Path) -> None:
    outside = file_context(tmp_path, config="[default]\n", OS_PASSWORD="canary-of-os")
    with pytest.raises(UsageError):
        loader.load({}, outside)
    assert "canary" not in outside.redact("canary-of-os")


def test_a_missing_setting_names_one_variable_of_each_kind_and_one_key(tmp_path: Path) -> None:
    loaded = load(tmp_path)
    error = loaded.missing("access_key", "a secret key alone cannot sign")
    assert error.message == "access_key is not set: a secret key alone cannot sign."
    assert error.hint == "Set OS_ACCESS_KEY or VBSJOB_ACCESS_KEY or auth.ak in clouds.yaml."
    assert loaded.missing("retry_for", "x").hint == "Set VBSJOB_RETRY_FOR."


def test_a_preference_needs_no_cloud(tmp_path: Path) -> None:
    config = "[defaults]\nutc = true\ncolor = 'never'\n"
    outside = file_context(tmp_path, config=config, VBSJOB_COLOR="always", OS_CLOUD="unknown")
    assert loader.preference("utc", {}, outside) is True
    assert loader.preference("color", {}, outside) == "always"
    assert loader.preference("color", {"color": "auto"}, outside) == "auto"
    assert loader.preference("retry_for", {}, outside) is None
    assert loader.preference("heartbeat", {}, outside) == 60.0
