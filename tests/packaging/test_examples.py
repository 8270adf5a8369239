"""The files of .github/examples, run against the sandbox with the built wheel.

Only the line that installs vbsjob is replaced: it copies an installation of the wheel of this
checkout, and a virtual environment is made without pip, which takes four seconds. Actions, images
and credentials belong to the CI services and are not run.
"""

from __future__ import annotations

import html
import os
import re
import shutil
import subprocess
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import zip_longest
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest
import yaml

from tests.support.gitlab import read_as_gitlab
from tests.support.installation import copying_installer, install_wheel, make_environment
from tests.support.program import ROOT, clean_env, running_sandbox
from tests.support.server import Server, always
from vbsjob import __version__
from vbsjob.config.schema import SETTINGS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

EXAMPLES = ROOT / ".github" / "examples"
FILES = {path.name: path.read_text("utf-8") for path in EXAMPLES.iterdir()}
INSTALL = re.compile(r"(?:pipx|pip|(\S+)/pip) install vbsjob==(\S+)")
UNREACHABLE = {"OS_TOKEN": "t", "OS_PROJECT_ID": "p", "VBSJOB_ENDPOINT": "http://127.0.0.1:9"}


@dataclass(frozen=True)
class Recipe:
    """One file: its shell, its commands with their conditions, and the environment it sets."""

    shell: tuple[str, ...]
    commands: tuple[str, ...]
    env: dict[str, str] = field(default_factory=dict)
    conditions: tuple[str, ...] = ()
    still_running: int = 124
    """Exit code if --timeout ends the watch. GitHub has no exit code for a warning."""


def github(name: str) -> Recipe:
    steps = yaml.safe_load(FILES[name])["jobs"]["backup"]["steps"]
    watch = next(step for step in steps if step.get("id") == "watch")
    return Recipe(
        ("bash", "-e"), tuple(step["run"] for step in steps), variables(watch["env"]),
        tuple(step.get("if", "") for step in steps), still_running=0,
    )  # fmt: skip


def gitlab(name: str) -> Recipe:
    job = yaml.safe_load(FILES[name])["backup"]
    script = "\n".join(job["script"])
    return Recipe(("bash", "-eo", "pipefail"), (script,), variables(job["variables"]))


def variables(environment: dict[str, str]) -> dict[str, str]:
    """Return the settings of vbsjob in an environment; the sign-in is the sandbox's."""
    return {name: value for name, value in environment.items() if name.startswith("VBSJOB_")}


def jenkins(name: str) -> Recipe:
    return Recipe(("sh", "-xe"), tuple(re.findall(r"(?:sh|script:) '([^']+)'", FILES[name])))


RECIPES = {
    "shell": Recipe(("sh",), (FILES["watch.sh"],)),
    "github": github("github-actions.yml"),
    "gitlab": gitlab("gitlab-ci.yml"),
    "gitlab-oidc": gitlab("gitlab-ci-oidc.yml"),
    "jenkins": jenkins("Jenkinsfile"),
}
CI_RECIPES = [name for name in RECIPES if name != "shell"]


@pytest.fixture(scope="module")
def sandbox() -> Iterator[dict[str, str]]:
    with running_sandbox() as (_, variables):
        yield variables


@pytest.fixture(scope="module")
def installer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A script that copies an installed wheel into the environment whose bin/ is its argument."""
    folder = tmp_path_factory.mktemp("wheel")
    make_environment(folder / "empty")
    return copying_installer(install_wheel(folder), folder / "install")


@pytest.fixture
def folder(tmp_path: Path, installer: Path) -> Path:
    """A working directory with an environment, whose bin/ is on the PATH of the recipe."""
    return working_directory(tmp_path, installer)


def working_directory(folder: Path, installer: Path) -> Path:
    # A copy of an environment without pip works as a new one does, and takes a tenth of the time.
    shutil.copytree(installer.parent / "empty", folder / "new", symlinks=True)
    subprocess.run([installer, folder / "new/bin"], check=True, capture_output=True)
    return folder


@dataclass(frozen=True)
class Ended:
    """Exit code and output of a recipe, and its working directory."""

    code: int
    printed: str
    folder: Path


@pytest.fixture(scope="module")
def ended(
    tmp_path_factory: pytest.TempPathFactory, installer: Path, sandbox: dict[str, str]
) -> Callable[[str, str], Ended]:
    """A function that runs a recipe for a job of the sandbox, once."""

    @cache
    def once(recipe: str, job: str) -> Ended:
        folder = working_directory(tmp_path_factory.mktemp(recipe), installer)
        timeout = {"VBSJOB_TIMEOUT": "1s"} if job == "endless" else {}
        code, printed = run(
            RECIPES[recipe], folder, installer, sandbox, JOB_ID=job, VBSJOB_INTERVAL="1s", **timeout
        )
        return Ended(code, printed, folder)

    return once


def run(
    recipe: Recipe, folder: Path, installer: Path, env: dict[str, str], **more: str
) -> tuple[int, str]:
    """Run the commands of a recipe until one fails, with the outputs of GitHub's steps."""
    outputs = folder / "outputs"
    environment = clean_env() | recipe.env | env | {
        "PATH": f"{folder}/new/bin:{os.environ['PATH']}", "HOME": str(folder),
        "GITHUB_OUTPUT": str(outputs), "GITHUB_STEP_SUMMARY": str(folder / "summary"),
        "PIP_INDEX_URL": "https://packages.example.com/simple",
    } | more  # fmt: skip
    printed = ""
    values: dict[str, str] = {}
    for command, condition in zip_longest(recipe.commands, recipe.conditions):
        script = INSTALL.sub(lambda match: f"{installer} {match[1] or folder / 'new/bin'}", command)
        script = script.replace("-m venv ", "-m venv --without-pip ")
        if outputs.exists():
            values = dict(line.split("=", 1) for line in outputs.read_text().splitlines())
            environment["BACKUP_ID"] = values.get("backup_id", "")
        if condition and condition != f"steps.watch.outputs.status == '{values.get('status')}'":
            continue
        ended = subprocess.run(
            [*recipe.shell, "-c", script, "recipe", environment["JOB_ID"]], cwd=folder,
            env=environment, capture_output=True, text=True, check=False, timeout=60,
        )  # fmt: skip
        printed += ended.stdout + ended.stderr
        if ended.returncode:
            return ended.returncode, printed
    return 0, printed


CODE, MEANING = "VolumeBackup.0202", "The target disk is in an error state"
"""The failure of the sandbox's job fail-deep."""


@pytest.mark.slow
@pytest.mark.parametrize("recipe", RECIPES)
def test_a_recipe_ends_as_the_job_did_and_its_log_names_the_deepest_code_and_its_meaning(
    recipe: str, ended: Callable[[str, str], Ended]
) -> None:
    codes = {"backup-ended": 0, "fail-deep-ended": 1, "endless": RECIPES[recipe].still_running}
    results = {job: ended(recipe, job) for job in codes}
    assert {job: result.code for job, result in results.items()} == codes, results
    log = results["fail-deep-ended"].printed
    assert re.search(rf": FAIL copyData .*: {CODE} ", log)
    assert f"restoreVolume > copyData failed: {CODE} " in log
    assert f"{CODE} volume is in error state while copying. Meaning: {MEANING}" in log
    backup = re.compile(r"^The backup is [0-9a-f-]{36}\.$", re.MULTILINE)
    shows_backup = recipe in {"shell", "github"}
    assert bool(backup.search(results["backup-ended"].printed)) is shows_backup
    assert "The backup is ." not in results["endless"].printed


@pytest.mark.slow
@pytest.mark.parametrize("recipe", ["shell", "github"])
def test_a_recipe_ends_with_7_if_the_service_does_not_answer(
    recipe: str, folder: Path, installer: Path
) -> None:
    ended, printed = run(
        RECIPES[recipe], folder, installer, UNREACHABLE, JOB_ID="j", VBSJOB_RETRY_FOR="1s"
    )
    assert ended == 7, printed


@pytest.mark.parametrize("recipe", CI_RECIPES)
def test_a_recipe_installs_this_version(recipe: str) -> None:
    versions = [match[2] for text in RECIPES[recipe].commands for match in INSTALL.finditer(text)]
    assert versions == [__version__]


@pytest.mark.slow
@pytest.mark.parametrize("recipe", CI_RECIPES)
def test_a_recipe_installs_nothing_without_the_index_of_the_organisation(
    recipe: str, folder: Path, installer: Path
) -> None:
    folder.joinpath("new/bin/vbsjob").unlink()
    code, printed = run(
        RECIPES[recipe], folder, installer, UNREACHABLE, JOB_ID="j", PIP_INDEX_URL=""
    )
    assert code == 70, printed
    assert "PIP_INDEX_URL: is not set" in printed
    assert not folder.joinpath("new/bin/vbsjob").exists()


@pytest.mark.slow
def test_gitlab_and_jenkins_get_a_report_and_variables_with_the_deepest_code_and_its_meaning(
    ended: Callable[[str, str], Ended],
) -> None:
    folders = [ended(recipe, "fail-deep-ended").folder for recipe in ("gitlab", "jenkins")]
    for folder in folders:
        (failure,) = ET.parse(folder / "report.xml").getroot().iter("failure")
        assert failure.get("type") == CODE
        assert MEANING in failure.get("message", "")
    values = read_as_gitlab((folders[0] / "backup.env").read_text())
    assert (values["VBSJOB_STATUS"], values["VBSJOB_FAILURE_CODE"]) == ("FAIL", CODE)
    assert values["VBSJOB_FAILURE_MEANING"].startswith(MEANING)
    assert values["VBSJOB_FAILURE_PATH"] == "bksRestoreBackup > restoreVolume > copyData"


@pytest.mark.slow
def test_github_gets_annotation_summary_and_outputs_with_the_deepest_code_and_its_meaning(
    ended: Callable[[str, str], Ended],
) -> None:
    result = ended("github", "fail-deep-ended")
    (annotation,) = [line for line in result.printed.splitlines() if line.startswith("::error ")]
    assert CODE in annotation
    assert MEANING in annotation
    outputs = (result.folder / "outputs").read_text().splitlines()
    assert f"failure_code={CODE}" in outputs
    assert any(line.startswith(f"failure_meaning={MEANING}") for line in outputs)
    summary = html.unescape((result.folder / "summary").read_text())
    assert CODE in summary
    assert MEANING in summary


def test_gitlab_and_jenkins_show_124_as_a_warning() -> None:
    assert yaml.safe_load(FILES["gitlab-ci.yml"])["backup"]["allow_failure"]["exit_codes"] == 124
    assert "if (code == 124) { unstable(" in FILES["Jenkinsfile"]


@pytest.mark.slow
@pytest.mark.parametrize(("job", "mail"), [("backup-ended", ""), ("fail-deep-ended", CODE)])
def test_cron_sends_a_mail_only_if_a_job_failed(
    job: str, mail: str, folder: Path, sandbox: dict[str, str]
) -> None:
    environment = clean_env() | sandbox | {"PATH": f"{folder}/new/bin:{os.environ['PATH']}"}
    ended = subprocess.run(
        [EXAMPLES / "mail-on-failure.sh", "-"], input=job, cwd=folder, env=environment,
        capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    assert mail in ended.stdout
    assert (ended.stdout + ended.stderr == "") is (mail == "")


@pytest.mark.slow
@pytest.mark.parametrize("recipe", RECIPES)
def test_a_recipe_ends_with_70_if_python_cannot_start(
    recipe: str, folder: Path, installer: Path, sandbox: dict[str, str]
) -> None:
    without_install = replace(
        RECIPES[recipe],
        commands=tuple(
            INSTALL.sub("true", text).replace("python3 -m venv .venv", "ln -sf new .venv")
            for text in RECIPES[recipe].commands
        ),
    )
    code, printed = run(
        without_install, folder, installer, sandbox, JOB_ID="j", PYTHONHOME=str(folder / "missing")
    )
    assert code == 70, printed


def test_the_variables_of_the_files_are_settings_of_vbsjob() -> None:
    settings = {name for setting in SETTINGS for name in (setting.variable, *setting.os)}
    used = set(re.findall(r"\b(?:OS|VBSJOB)_[A-Z_]+\b", "".join(FILES.values())))
    assert used - settings == {"VBSJOB_STATUS", "VBSJOB_ENTITIES_BACKUP_ID"}  # those of -o dotenv


@pytest.mark.skipif(shutil.which("jq") is None, reason="jq is not installed")
def test_github_gives_the_token_of_the_job_to_vbsjob_and_masks_it(tmp_path: Path) -> None:
    steps = yaml.safe_load(FILES["github-actions-oidc.yml"])["jobs"]["backup"]["steps"]
    watch = next(step for step in steps if step.get("id") == "watch")
    vbsjob = tmp_path / "vbsjob"
    vbsjob.write_text('#!/bin/sh\n[ "$1" != watch ] || echo "watch with $OS_ACCESS_TOKEN"\n')
    vbsjob.chmod(0o755)
    reply = b'{"value": "token-of-the-job"}'
    head = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(reply)
    with Server(always(head + reply)) as server:
        environment = watch["env"] | {
            "PATH": f"{tmp_path}:{os.environ['PATH']}", "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "bearer",
            "ACTIONS_ID_TOKEN_REQUEST_URL": f"{server.url}/token?api-version=2", "NO_PROXY": "*",
        }  # fmt: skip
        ended = subprocess.run(
            ["bash", "-eo", "pipefail", "-c", watch["run"]], env=environment, capture_output=True,
            text=True, check=True, timeout=60,
        )  # fmt: skip
    assert ended.stdout.splitlines() == [
        "::add-mask::token-of-the-job", "watch with token-of-the-job"
    ]  # fmt: skip


def test_no_secret_is_written_in_a_file_and_github_gives_them_to_one_step() -> None:
    text = "".join(FILES.values())
    values = re.findall(r"OS_(?:PASSWORD|USERNAME|USER_DOMAIN_NAME)(?:: | = )(.*)", text)
    assert len(values) == 6
    assert [v for v in values if not v.startswith(("${{ secrets.", "credentials("))] == []
    assert [name for name, content in FILES.items() if content.count("OS_PASSWORD:") > 1] == []
