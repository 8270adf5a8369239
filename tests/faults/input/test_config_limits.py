"""Limits of configuration files (F73): what is just below is used, what is above says why not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.cloud import Cloud
from vbsjob.config.files import DEPTH_LIMIT, EVENTS_LIMIT, SIZE_LIMIT

if TYPE_CHECKING:
    from pathlib import Path

AUTH = "auth: {auth_url: 'https://iam.test/v3', username: mira, password: x, project_name: eu-de_p}"
CLOUD = f"clouds:\n  bomb:\n    region_name: eu-de\n    {AUTH}\n"
"""Each file defines the cloud that is asked for: a limit alone can be the reason to refuse it."""
TOML = '[clouds.bomb.auth]\nauth_url = "https://iam.test/v3"\n'


def config_show(folder: Path, name: str, content: str) -> tuple[int, str, str]:
    (folder / name).write_text(content)
    (folder / name).chmod(0o600)
    return Cloud().run(
        "config", "show", env={"VBSJOB_CLOUD": "bomb"}, config_folders=(folder,),
        config_file=folder / "config.toml",
    )  # fmt: skip


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


USED = {
    "size": ("clouds.yaml", padded(SIZE_LIMIT)),
    "depth": ("clouds.yaml", nested(DEPTH_LIMIT)),
    "aliases": ("clouds.yaml", aliased(EVENTS_LIMIT)),
    "levels": ("clouds.yaml", laughing(4)),
    "a long line": ("config.toml", f'{TOML}token = "{"x" * 5_000}" # {"y" * 900}\n'),
}


@pytest.mark.parametrize("kind", USED)
def test_f73_a_file_at_a_limit_is_used(tmp_path: Path, kind: str) -> None:
    code, out, err = config_show(tmp_path, *USED[kind])
    assert code == 0, err
    assert "https://iam.test/v3" in out


REJECTED = {
    "size": ("clouds.yaml", padded(SIZE_LIMIT + 1), f"is larger than {SIZE_LIMIT >> 10} KiB"),
    "depth": ("clouds.yaml", nested(DEPTH_LIMIT + 1), "nested too deeply"),
    "very deep": ("clouds.yaml", nested(100_000), "line 5"),
    "JSON in JSON": ("clouds.json", '{"clouds":' * 6_000, "nested too deeply"),
    "aliases": ("clouds.yaml", aliased(EVENTS_LIMIT + 2000), "too many values"),
    "values": ("clouds.yaml", laughing(6), "too many values"),
    "billions": ("clouds.yaml", laughing(60), "too many values"),
    "in itself": ("clouds.yaml", CLOUD + "a: &a [*a]\n", "too many values"),
    "merged into itself": ("clouds.yaml", CLOUD + "a: &a {<<: *a}\n", "too many values"),
    "arrays in arrays": ("config.toml", TOML + "x = " + "[" * 32_000, "is not valid TOML"),
}


@pytest.mark.parametrize("kind", REJECTED)
def test_f73_a_file_above_a_limit_is_rejected_with_the_reason(tmp_path: Path, kind: str) -> None:
    name, content, reason = REJECTED[kind]
    code, out, err = config_show(tmp_path, name, content)
    assert (code, out) == (2, "")
    assert name in err
    assert reason in err
    assert len(err) < 1_000
