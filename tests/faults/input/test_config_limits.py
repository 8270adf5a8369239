"""Limits of configuration files (F73): what is just below is used, what is above says why not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.program import clean_env, run_process
from vbsjob.config.files import DEPTH_LIMIT, EVENTS_LIMIT, SIZE_LIMIT

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tests.support.program import RunResult

AUTH = "auth: {auth_url: 'https://iam.test/v3', username: mira, password: x, project_name: eu-de_p}"
CLOUD = f"clouds:\n  bomb:\n    region_name: eu-de\n    {AUTH}\n"
"""Each file defines the cloud that is asked for: a limit alone can be the reason to refuse it."""


def config_show(folder: Path, name: str, content: str | bytes) -> RunResult:
    env: Mapping[str, str] = clean_env(XDG_CONFIG_HOME=str(folder), VBSJOB_CLOUD="bomb")
    package = folder / ("vbsjob" if name == "config.toml" else "openstack")
    package.mkdir()
    (package / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    (package / name).chmod(0o600)
    return run_process("config", "show", env=env)


def padded(size: int) -> str:
    return CLOUD + "#" + "x" * (size - len(CLOUD) - 2) + "\n"


def nested(depth: int) -> str:
    """Return a file whose deepest value stands in so many collections."""
    return CLOUD + "more: " + "[" * (depth - 1) + "x" + "]" * (depth - 1) + "\n"


def aliased(count: int) -> str:
    """Return a file of so many values, of which aliases repeat most."""
    return CLOUD + f"a: &a [{'x, ' * 999}]\nb: [{'*a, ' * (count // 1000 - 2)}]\n"


def laughing(levels: int) -> str:
    """Return the known bomb: each level stands for nine times as many values as the one below."""
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, levels)]
    return CLOUD + "\n".join(lines) + "\n"


@pytest.mark.parametrize(
    "content",
    [padded(SIZE_LIMIT), nested(DEPTH_LIMIT), aliased(EVENTS_LIMIT), laughing(4)],
    ids=["size", "depth", "aliases", "levels"],
)
def test_f73_a_file_at_a_limit_is_used(tmp_path: Path, content: str) -> None:
    ended = config_show(tmp_path, "clouds.yaml", content)
    assert ended.code == 0, ended.err
    assert "https://iam.test/v3" in ended.out


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (padded(SIZE_LIMIT + 1), f"is larger than {SIZE_LIMIT >> 10} KiB"),
        (nested(DEPTH_LIMIT + 1), "nested too deeply"),
        (nested(100_000), "line 5"),
        (aliased(EVENTS_LIMIT + 2000), "too many values"),
        (laughing(6), "too many values"),
        (laughing(60), "too many values"),
        (CLOUD + "a: &a [*a]\n", "too many values"),
    ],
    ids=["size", "depth", "very deep", "aliases", "values", "billions", "itself"],
)
def test_f73_a_file_above_a_limit_is_rejected_with_the_reason(
    tmp_path: Path, content: str, reason: str
) -> None:
    ended = config_show(tmp_path, "clouds.yaml", content)
    assert ended.code == 2
    assert "clouds.yaml" in ended.err
    assert reason in ended.err
