"""Settings: one order of sources, each value with its origin, files from outside."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.context import file_context
from vbsjob.config import loader
from vbsjob.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from vbsjob.config.loader import Settings

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


@pytest.mark.parametrize("first", range(len(SOURCES) + 1))
def test_f74_the_first_source_wins_when_those_above_it_are_removed(
    first: int, tmp_path: Path
) -> None:
    left = SOURCES[first:]
    loaded = having(tmp_path, left)
    origins = {
        "option": "--region",
        "own": "VBSJOB_REGION",
        "os": "OS_REGION_NAME",
        "config": f"{tmp_path}/config.toml: clouds.c.region_name",
        "yaml": f"{tmp_path}/clouds.yaml: clouds.c.region_name",
    }
    assert loaded["region"] == (left[0] if left else None)
    assert loaded.origin("region") == (origins[left[0]] if left else "default")


def test_a_preference_comes_from_config_toml_and_names_its_section(tmp_path: Path) -> None:
    outside = file_context(tmp_path, config='[defaults]\noutput = "json"\nretry_for = "5m"\n')
    loaded = loader.load({}, outside)
    assert (loaded["output"], loaded["retry_for"]) == ("json", 300.0)
    assert loaded.origin("output") == f"{tmp_path}/config.toml [defaults] output"
    assert loaded.origin("color") == "default"


def test_a_cloud_of_config_toml_has_the_keys_of_clouds_yaml(tmp_path: Path) -> None:
    both = [
        file_context(
            tmp_path, config='[clouds.a.auth]\nauth_url = "https://iam.test/v3"\nusername = "u"'
        ),
        file_context(
            tmp_path, clouds="clouds: {b: {auth: {auth_url: https://iam.test/v3, username: u}}}"
        ),
    ]
    a, b = (loader.load({"cloud": name}, made) for name, made in zip("ab", both, strict=True))
    assert (a["auth_url"], a["username"]) == (b["auth_url"], b["username"])


def test_the_only_cloud_of_clouds_yaml_needs_no_name(tmp_path: Path) -> None:
    outside = file_context(tmp_path, clouds="clouds: {only: {region_name: eu-nl}}")
    assert loader.load({}, outside)["region"] == "eu-nl"


def test_keys_of_other_services_are_ignored(tmp_path: Path) -> None:
    clouds = "clouds: {c: {region_name: eu-de, compute_api_version: '2', networks: [{name: n}]}}"
    assert loader.load({"cloud": "c"}, file_context(tmp_path, clouds=clouds))["region"] == "eu-de"


@pytest.mark.parametrize(
    ("config", "clouds", "reason"),
    [
        ("[defaults]\noutptu = 'json'\n", "", "Did you mean output?"),
        ("[defaults]\ncolor = 'red'\n", "", "is not one of"),
        ("[default]\n", "", "section [default] is not known"),
        ("[defaults\n", "", "config.toml"),
        ("", "clouds: [\n", "clouds.yaml"),
        ("", "clouds: {a: {region_name: x}}\n", "no file defines a cloud 'c'"),
    ],
)
def test_f74_a_broken_file_is_reported_with_the_reason(
    config: str, clouds: str, reason: str, tmp_path: Path
) -> None:
    options = {"cloud": "c"} if clouds else {}
    with pytest.raises(UsageError) as raised:
        loader.load(options, file_context(tmp_path, config=config, clouds=clouds))
    assert reason in str(raised.value)


MISSPELT = {
    "[defaults]\noutptu = 'json'\n": ("[defaults] key 'outptu'", "Did you mean output?"),
    "[clouds.a]\nheartbaet = 1\n[defaults]\n'heartbaet' = 1\n": (
        "[defaults] key 'heartbaet'",
        "mean heartbeat?",
    ),
    "[ defaults ]\ncolor = 'never'\n\n  retryfor=3\n": ("key 'retryfor'", "mean retry_for?"),
    "[defaults.timeuot]\nx = 1\n": ("[defaults] key 'timeuot'", "Did you mean timeout?"),
    "[defaults]\nzzz = 1\n": ("[defaults] key 'zzz'", "Known: cloud, region"),
    "[clouds.a]\n[default]\n": ("section [default]", "Use [defaults]."),
    "output = 'json'\n": ("section [output]", "Use [defaults]."),
    'defaults = {outptu = "json"}\n': ("[defaults] key 'outptu'", "Did you mean output?"),
}


@pytest.mark.parametrize("config", MISSPELT)
def test_f74_a_misspelt_key_is_reported_with_its_file_and_a_suggestion(
    config: str, tmp_path: Path
) -> None:
    with pytest.raises(UsageError) as raised:
        loader.load({}, file_context(tmp_path, config=config))
    place, suggestion = MISSPELT[config]
    assert raised.value.message.startswith(f"{tmp_path}/config.toml: ")
    assert f"{place} is not known." in raised.value.message
    assert suggestion in raised.value.hint


def test_a_secret_in_a_broken_file_is_never_shown(tmp_path: Path) -> None:
    outside = file_context(tmp_path, clouds="clouds: {c: {auth: {password: s3cr3t-canary, x: [}}}")
    with pytest.raises(UsageError) as raised:
        loader.load({"cloud": "c"}, outside)
    assert "canary" not in str(raised.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [("retry_for", "soon"), ("color", "red"), ("region", "../x"), ("verbose", "maybe")],
)
def test_f74_a_bad_value_is_rejected_with_its_origin(name: str, value: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError) as raised:
        loader.load({}, file_context(tmp_path, **{f"VBSJOB_{name.upper()}": value}))
    assert f"VBSJOB_{name.upper()}" in str(raised.value)


def test_an_unknown_variable_of_ours_is_ignored_with_a_note_and_a_suggestion(
    tmp_path: Path,
) -> None:
    outside = file_context(tmp_path, VBSJOB_REGIN="eu-de", VBSJOB_REGION="eu-nl")
    assert loader.load({}, outside)["region"] == "eu-nl"
    note = outside.stderr.getvalue()  # type: ignore[attr-defined] # StringIO
    assert "VBSJOB_REGIN is not a setting" in note
    assert "VBSJOB_REGION?" in note
    quiet = file_context(tmp_path, VBSJOB_REGION="eu-nl")
    loader.load({}, quiet)
    assert quiet.stderr.getvalue() == ""  # type: ignore[attr-defined] # as above


def test_settings_for_another_service_keep_only_the_preferences(tmp_path: Path) -> None:
    outside = file_context(
        tmp_path, VBSJOB_UTC="1", VBSJOB_REGION="eu-nl", OS_USERNAME="mira", OS_PASSWORD="x"
    )
    address = "http://127.0.0.1:9"
    other = loader.load({}, outside).with_service("here", endpoint=address, project_id="p")
    assert (other["utc"], other["endpoint"], other["project_id"]) == (True, address, "p")
    assert (other["region"], other["username"], other["password"]) == (None, None, None)


@pytest.mark.parametrize(
    ("project", "kind", "other"),
    [
        ("5a2d0c5b0e4f4c3f9a1b7d6e8c9f0a1b", "project_id", "project_name"),
        ("eu-de_team", "project_name", "project_id"),
        ("5a2d0c5b0e4f4c3f9a1b7d6e8c9f0a1", "project_name", "project_id"),
    ],
)
def test_a_project_is_an_id_or_a_name_and_replaces_both(
    tmp_path: Path, project: str, kind: str, other: str
) -> None:
    outside = file_context(tmp_path, OS_PROJECT_ID="of-the-environment", OS_PROJECT_NAME="eu-nl_x")
    loaded = loader.load({"project": project}, outside)
    assert (loaded[kind], loaded[other]) == (project, None)


def test_the_cloud_named_sandbox_needs_no_file(tmp_path: Path) -> None:
    assert loader.load({"cloud": "sandbox"}, file_context(tmp_path)).sandbox
    with pytest.raises(UsageError, match="no file defines a cloud"):
        loader.load({"cloud": "other"}, file_context(tmp_path))


def test_s05_every_loaded_secret_is_masked_from_then_on(tmp_path: Path) -> None:
    outside = file_context(tmp_path, OS_USERNAME="mira", OS_PASSWORD="a-secret-of-this-test")
    assert "a-secret-of-this-test" in outside.redact("x a-secret-of-this-test y")
    loader.load({}, outside)
    assert "a-secret-of-this-test" not in outside.redact("x a-secret-of-this-test y")
