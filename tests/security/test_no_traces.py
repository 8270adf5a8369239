"""What a run leaves behind and what it looks at: with --no-cache no byte (S07, S14)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.cloud import USER, Cloud
from tests.support.program import clean_env, run_process
from tests.support.server import Server, always, answer, job
from vbsjob.config import loader
from vbsjob.config.schema import OTHER_VARIABLES, SETTINGS
from vbsjob.http import tls
from vbsjob.http.proxies import proxy_for

if TYPE_CHECKING:
    from collections.abc import Iterator

NO_CACHE: dict[str, tuple[tuple[str, ...], dict[str, str]]] = {
    "option": (("--no-cache",), {}),
    "variable": ((), {"VBSJOB_CACHE": "no"}),
}


@pytest.fixture(scope="module")
def service() -> Iterator[Server]:
    with Server(always(answer(job()))) as server:
        yield server


def left(home: str) -> dict[str, bytes]:
    """Return every file and folder below a home, with its content."""
    paths = (path for path in Path(home).rglob("*"))
    return {str(path): path.read_bytes() if path.is_file() else b"" for path in paths}


@pytest.mark.parametrize("setting", NO_CACHE)
def test_s07_without_a_cache_no_byte_is_left_behind(service: Server, setting: str) -> None:
    argv, more = NO_CACHE[setting]
    env = clean_env(service.url, **more)
    run_process("get", "j", env=env | {"VBSJOB_CACHE": "yes"})  # something is there already
    before = left(env["HOME"])
    assert any("history" in path for path in before)
    for command in ("get j", "watch j", "tree j", "get @last"):
        ended = run_process(*command.split(), *argv, env=env)
        assert ended.code == 0, ended.err
        assert left(env["HOME"]) == before, command


@pytest.mark.parametrize("setting", NO_CACHE)
def test_s07_without_a_cache_no_token_is_left_behind(tmp_path: Path, setting: str) -> None:
    argv, more = NO_CACHE[setting]
    cloud = Cloud()
    for _ in range(2):
        code, *_ = cloud.run("get", "j", *argv, env=USER | more, cache=tmp_path,
                             state_folder=tmp_path)  # fmt: skip
        assert code == 0
    assert cloud.posts == 2
    assert not list(tmp_path.iterdir())


class RecordedEnv(dict[str, str]):
    """An environment that writes down which variables it is asked for."""

    def __init__(self, env: dict[str, str]) -> None:
        super().__init__(env)
        self.names: set[str] = set()

    def get(self, name: str, default: str | None = None) -> str | None:  # type: ignore[override]
        self.names.add(name)
        return super().get(name, default)

    def __getitem__(self, name: str) -> str:
        self.names.add(name)
        return super().__getitem__(name)


DOCUMENTED = {name for key in SETTINGS for name in (*key.os, key.variable)} | OTHER_VARIABLES.keys()
COMMANDS = (
    "get j", "get j -o json -v", "tree j", "watch j --progress plain", "watch j --github",
    "watch j --progress tty --color auto", "config show", "config check", "explain", "help get",
)  # fmt: skip


def test_s14_only_documented_variables_are_read() -> None:
    for command in COMMANDS:
        env = RecordedEnv(USER)
        assert Cloud().run(*command.split(), env=env)[0] == 0
        assert {name for name in env.names if not {name, name.upper()} & DOCUMENTED} == set()


def test_s14_proxy_and_tls_settings_read_only_documented_variables() -> None:
    env = RecordedEnv({})
    tls.ssl_context(loader.load({}, Cloud().context(USER)), env)
    assert proxy_for("https://vbs.test", env) is None
    assert {name.upper() for name in env.names} == {
        "SSL_CERT_FILE", "SSL_CERT_DIR", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY",
    } & DOCUMENTED  # fmt: skip


def test_s14_config_show_lists_every_variable_and_file_in_use(tmp_path: Path) -> None:
    (tmp_path / "clouds.yaml").write_text("clouds: {c: {region_name: eu-de}}")
    (tmp_path / "config.toml").write_text('[defaults]\ncolor = "never"\n')
    proxy = "http://u:canary-proxy-password@proxy.test"
    more = dict.fromkeys(OTHER_VARIABLES, "x") | {"https_proxy": proxy, "HTTPS_PROXY": proxy}
    for name in ("OS_CLIENT_CONFIG_FILE", "OS_CLIENT_SECURE_FILE"):
        del more[name]
    env = USER | more | {"OS_CLOUD": "c"}
    code, out, err = Cloud().run(
        "config", "show", env=env, config_folders=(tmp_path,), config_file=tmp_path / "config.toml"
    )
    assert code == 0
    for name in [*more, *(name for name in USER if name != "OS_PASSWORD"), "OS_PASSWORD"]:
        assert name in out
    assert str(tmp_path / "clouds.yaml") in out
    assert str(tmp_path / "config.toml") in out
    assert "canary" not in out + err
