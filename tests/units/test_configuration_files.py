"""Files and variables of the configuration: limits, text as written, and what is not understood."""

from __future__ import annotations

import os
import threading
from itertools import product
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.cloud import USER, Cloud
from tests.support.context import file_context
from tests.support.filesystem import unprivileged
from vbsjob.config import files, loader
from vbsjob.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from vbsjob.config.loader import Settings

URL = "https://iam.cloud.test/v3"


def load(folder: Path, *, name: str | None = "a", **env: str) -> tuple[Settings, str]:
    """Load the cloud of a folder; return the settings and what stderr says."""
    context = file_context(folder, **env)
    settings = loader.load({} if name is None else {"cloud": name}, context)
    return settings, context.stderr.getvalue()  # type: ignore[attr-defined] # a StringIO


def error_of(folder: Path, **env: str) -> str:
    with pytest.raises(UsageError) as caught:
        load(folder, **env)
    return str(caught.value)


def write(folder: Path, content: str, name: str = "clouds.yaml") -> None:
    (folder / name).write_text(content, "utf-8")
    (folder / name).chmod(0o600)


def test_a_long_name_is_shown_in_part(tmp_path: Path) -> None:
    for section in ("'{}' = 1\n", "['{}']\n", "[defaults]\n'{}' = 1\n"):
        write(tmp_path, section.format("k" * 100_000), "config.toml")
        assert len(error_of(tmp_path)) < 1000 + len(str(tmp_path))


AS_WRITTEN = [
    "0123456", "12:30:45", "1_000", "0x1F", "0o17", "0b11", "1.50", "1.10", "1e3", ".5", "+1", "-0",
    "yes", "no", "on", "off", "y", "true", "True", "FALSE", "2001-01-01", "2001-01-01 10:00:00",
    ".inf", ".nan", "190:20:30.15", "9" * 5000, "=", "1:" * 4500 + "1", "<<", "nullx", "None", "+",
]  # fmt: skip


def test_a_yaml_scalar_is_the_text_that_is_written(tmp_path: Path) -> None:
    wrong = []
    for written, quote in product(AS_WRITTEN, ("", "'")):
        value = f"{quote}{written}{quote}"
        write(tmp_path, f"clouds: {{a: {{auth: {{password: {value}, auth_url: '{URL}'}}}}}}\n")
        if load(tmp_path)[0]["password"] != written:
            wrong.append(value[:20])
    assert wrong == []


def test_a_cloud_may_have_any_name(tmp_path: Path) -> None:
    for name in ("no", "yes", "1.10", "0123", "2001-01-01", "1_0"):
        write(tmp_path, f"clouds: {{{name}: {{auth: {{auth_url: '{URL}'}}}}}}\n")
        assert load(tmp_path, name=name)[0]["auth_url"] == URL


def test_a_plain_null_sets_nothing_and_a_quoted_one_is_a_text(tmp_path: Path) -> None:
    for null in ("", "~", "null", "Null", "NULL"):
        write(
            tmp_path, f"clouds:\n  a:\n    auth:\n      password: {null}\n      username: 'null'\n"
        )
        settings, _ = load(tmp_path)
        assert (settings["password"], settings["username"]) == (None, "null")


SWITCHES = (
    dict.fromkeys(("1", "true", "True", "TRUE", "yes", "on", "ON"), True)
    | dict.fromkeys(("0", "false", "no", "No", "off"), False)
    | dict.fromkeys(("2", "01", "10", "-1", "1.0", "t", "y", "si", "enabled"))
)
"""Words for true and false; None: not one of them."""


def test_a_setting_that_is_a_switch_parses_the_text_itself(tmp_path: Path) -> None:
    def read(word: str) -> object:
        try:
            variable = load(tmp_path, name=None, VBSJOB_QUIET=word)[0]["quiet"]
        except UsageError as error:
            assert "VBSJOB_QUIET" in str(error)  # noqa: PT017 - some words are not valid
            return None
        for quote in ("", "'"):
            write(tmp_path, f"clouds: {{a: {{verify: {quote}{word}{quote}}}}}\n")
            assert load(tmp_path)[0]["verify"] is variable
        return variable

    assert {word: read(word) for word in SWITCHES} == SWITCHES
    for text, value in (("true", True), ("1", True), ('"1"', True), ("0", False)):
        write(tmp_path, f"[defaults]\nquiet = {text}\n", "config.toml")
        assert load(tmp_path)[0]["quiet"] is value


def test_merge_keys_keep_their_order_of_precedence(tmp_path: Path) -> None:
    content = (
        "x: &x {a: 1, b: 1}\ny: &y {b: 2, c: 2}\n"
        "one: {<<: *x, a: 9}\ntwo: {<<: [*x, *y]}\nthree: {a: 9, <<: *x}\n"
    )
    write(tmp_path, content)
    document = files.clouds_document(tmp_path / "clouds.yaml")
    assert document["one"] == {"a": "9", "b": "1"}
    assert document["two"] == {"a": "1", "b": "1", "c": "2"}
    assert document["three"] == {"a": "9", "b": "1"}


TOML_NUMBERS = ["0x1F", "1_000", "1.50", "true", "2001-01-01", "1e3"]


def test_a_secret_in_toml_is_never_the_number_that_its_text_looks_like(tmp_path: Path) -> None:
    """TOML has types: a number or date must be quoted; a fraction stays as written."""
    for number in TOML_NUMBERS:
        write(tmp_path, f"[clouds.a.auth]\npassword = {number}\n", "config.toml")
        if number in {"1.50", "1e3"}:
            assert load(tmp_path)[0]["password"] == number
        else:
            message = error_of(tmp_path)
            assert "clouds.a.auth.password: the value is" in message


def test_json_files_are_read_as_yaml_with_numbers_as_written(tmp_path: Path) -> None:
    auth = f'"password": "p\\u00e4", "auth_url": "{URL}", "project_name": 1.50'
    for name in ("clouds.json", "secure.json"):
        write(tmp_path, '{\n\t"clouds": {"a": {"auth": {' + auth + "}}}}", name)
        settings, _ = load(tmp_path)
        assert (settings["password"], settings["project_name"]) == ("p\xe4", "1.50")
        (tmp_path / name).unlink()


def test_a_clouds_file_may_be_a_fifo(tmp_path: Path) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    content = f"clouds: {{a: {{auth: {{auth_url: '{URL}', password: {'x' * 100_000}}}}}}}\n"
    writer = threading.Thread(target=fifo.write_text, args=(content,))
    writer.start()
    settings, _ = load(tmp_path, OS_CLIENT_CONFIG_FILE=str(fifo))
    writer.join()
    assert settings["auth_url"] == URL
    assert len(settings["password"]) == 100_000


def test_f73_a_fifo_in_the_folder_of_the_configuration_is_not_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "clouds.yaml")
    assert load(tmp_path, name=None, OS_AUTH_URL="")[0]["auth_url"] is None


def test_auth_methods_may_be_a_list_or_a_text(tmp_path: Path) -> None:
    for methods in ("[v3password, v3totp]", "'v3password,v3totp'"):
        write(tmp_path, f"clouds: {{a: {{auth_methods: {methods}}}}}\n")
        assert load(tmp_path)[0]["auth_methods"] == ("v3password", "v3totp")


def test_os_region_is_a_spelling_of_os_region_name(tmp_path: Path) -> None:
    assert load(tmp_path, name=None, OS_REGION="eu-nl")[0]["region"] == "eu-nl"
    both = load(tmp_path, name=None, OS_REGION="eu-nl", OS_REGION_NAME="eu-de")[0]
    assert both["region"] == "eu-de"


def test_verify_may_be_the_path_of_a_ca_file(tmp_path: Path) -> None:
    for key in ("verify: /etc/ca.pem", "verify: ./ca.pem", "cacert: /etc/ca.pem"):
        write(tmp_path, f"clouds: {{a: {{{key}}}}}\n")
        settings, _ = load(tmp_path)
        assert (settings["cacert"], settings["verify"]) == (key.partition(": ")[2], True)


NOT_UTF8 = b"p\xe4ss".decode("utf-8", "surrogateescape")


def test_a_value_that_is_not_utf8_is_refused_by_the_name_of_its_variable(tmp_path: Path) -> None:
    for variable, shown in (
        ("OS_PASSWORD", False),
        ("OS_USERNAME", True),
        ("VBSJOB_PROJECT", True),
    ):
        with pytest.raises(UsageError, match=f"^{variable}: .*is not valid UTF-8") as caught:
            load(tmp_path, name=None, **{variable: NOT_UTF8})
        assert ("ss" in str(caught.value)) is shown, variable


def test_the_path_of_a_file_may_be_any_bytes(tmp_path: Path) -> None:
    assert load(tmp_path, name=None, OS_CACERT=NOT_UTF8)[0]["cacert"] == NOT_UTF8


def test_a_misspelt_variable_of_vbsjob_is_noted(tmp_path: Path) -> None:
    for variable, setting in (("RETRYFOR", "RETRY_FOR"), ("REGOIN", "REGION"), ("ZZZZZZ", "")):
        _, err = load(tmp_path, name=None, **{f"VBSJOB_{variable}": "1"})
        noted = f"VBSJOB_{variable} is not a setting. Did you mean VBSJOB_{setting}?"
        assert (noted in err) is bool(setting)
        assert err.count("\n") == bool(setting)


OVERRIDES = "", "%(project_id)s", "%(tenant_id)s", "$(project_id)s", "AUTH_%(tenant_id)s"


def test_an_endpoint_override_may_end_in_the_id_of_the_project(tmp_path: Path) -> None:
    for path, placeholder in product(("/v2/", "/"), OVERRIDES):
        address = f"https://vbs.cloud.test{path}{placeholder}"
        write(tmp_path, f"clouds: {{a: {{vbs_endpoint_override: '{address}'}}}}")
        expected = f"https://vbs.cloud.test{path}".rstrip("/")
        assert load(tmp_path)[0]["endpoint"] == expected
    for variable in ("OS_VBS_ENDPOINT_OVERRIDE", "OS_VOLUME_BACKUP_ENDPOINT_OVERRIDE"):
        assert load(tmp_path, name=None, **{variable: address})[0]["endpoint"] == expected


def test_a_placeholder_anywhere_else_is_refused(tmp_path: Path) -> None:
    for address in (
        "https://vbs.%(project_id)s.test/",
        "https://vbs.test/%(project_id)s/v2",
        "https://vbs.test/%(x)s",
    ):
        with pytest.raises(UsageError):
            load(tmp_path, name=None, OS_VBS_ENDPOINT_OVERRIDE=address)


def test_s05_a_secret_of_the_environment_is_masked_in_notes_about_files(tmp_path: Path) -> None:
    write(tmp_path, "clouds: {a: {profile: canary-secret-77}}\n")
    _, err = load(tmp_path, OS_PASSWORD="canary-secret-77")
    assert "the profile" in err
    assert "canary" not in err


CLOUDS, CONFIG = "clouds.yaml", "config.toml"
NEXT_STEPS = {
    # what is wrong: file, its content, what the error says to do
    "YAML": (CLOUDS, "clouds: [\n", "Check the indentation"),
    "YAML character": (CLOUDS, "clouds: {a: {x: '\x07'}}\n", "Remove the control characters"),
    "YAML key": (CLOUDS, "clouds: {{}: 1}\n", "Check the indentation, quotes"),
    "YAML merge": (CLOUDS, "clouds: {a: {<<: text}}\n", "Check the indentation"),
    "YAML levels": (CLOUDS, "clouds: " + "[" * 30 + "]" * 30, "use fewer levels"),
    "YAML text": (CLOUDS, "clouds: text\n", "Give each of its entries a name"),
    "YAML size": (CLOUDS, "#" * (1 << 21), "Remove what vbsjob does not need"),
    "TOML": (CONFIG, "[defaults]\noutput = json\n", "Write each setting as name ="),
    "list as text": (
        CONFIG,
        "[defaults]\noutput = [1]\n[clouds.a]\n",
        "Write one value, in quotes.",
    ),
    "word": (CONFIG, "[defaults]\ncolor = 'red'\n[clouds.a]\n", "Write one of them."),
    "switch": (CONFIG, "[defaults]\nutc = 'maybe'\n[clouds.a]\n", "Write yes or no."),
    "duration": (
        CONFIG,
        "[defaults]\ntimeout = 'soon'\n[clouds.a]\n",
        "Write 90, 90s, 15m, 1h30m or 7d.",
    ),
    "region": (CLOUDS, "clouds: {a: {region_name: 'a/b'}}\n", "Correct or omit it."),
    "list as region": (
        CLOUDS,
        "clouds: {a: {region_name: [b, c]}}\n",
        "Write one value, in quotes",
    ),
    "regions as text": (CLOUDS, "clouds: {a: {region_name: 'b,c'}}\n", "Correct or omit it."),
    "regions": (CLOUDS, "clouds: {a: {regions: x}}\n", "Write [eu-de, eu-nl]"),
    "entry of regions": (
        CLOUDS,
        "clouds: {a: {regions: [{x: 1}]}}\n",
        "Write [eu-de, eu-nl], or entries",
    ),
    "auth": (CLOUDS, "clouds: {a: {auth: text}}\n", "Give each of its entries a name"),
    "profile": (CLOUDS, "clouds: {a: {profile: {x: 1}}}\n", "Write the name of a profile"),
}


def test_every_error_of_a_configuration_file_names_the_file_and_the_next_step(
    tmp_path: Path,
) -> None:
    wrong = {}
    for kind, (name, content, step) in NEXT_STEPS.items():
        folder = tmp_path / kind
        folder.mkdir()
        write(folder, content, name)
        with pytest.raises(UsageError) as caught:
            load(folder)
        message, hint = caught.value.message, caught.value.hint
        named = name.partition(".")[0] in message.removeprefix(str(folder))
        if step not in hint or "; " in message or not named:
            wrong[kind] = (message, hint)
    assert wrong == {}


def test_a_file_that_is_not_utf_8_says_how_to_save_it(tmp_path: Path) -> None:
    (tmp_path / "clouds.yaml").write_bytes("clouds: {ä: {}}".encode("latin-1"))
    assert error_of(tmp_path).endswith("is not UTF-8 text. Save it again with the encoding UTF-8.")


def test_a_folder_that_may_not_be_entered_gives_a_warning_and_the_run_goes_on(
    tmp_path: Path,
) -> None:
    tmp_path.chmod(0o755)
    folder = tmp_path / "home"
    folder.mkdir(mode=0o700)
    folder.chmod(0)
    paths: dict[str, Any] = {
        "config_folders": (folder,),
        "config_file": folder / "vbsjob" / "config.toml",
    }
    for argv, env in ((("explain", "VolumeBackup.0042"), {}), (("get", "j"), USER)):
        Cloud().run(*argv, env=env, **paths)  # imports what that user may not read
        with unprivileged():
            code, _, err = Cloud().run(*argv, env=env, **paths)
        assert code == 0, err
        assert err.count(f"you may not enter {folder}/vbsjob") == 1
