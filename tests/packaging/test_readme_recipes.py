"""README's scripts and CI files, complete, run against the sandbox with the built wheel.

Only the line that installs vbsjob is replaced: it copies an installation of the wheel of this
checkout, and a virtual environment is made without pip, which takes four seconds. Actions, images
and credentials belong to the CI services and are not run.
"""

from __future__ import annotations

import html
import os
import re
import subprocess
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pytest
import yaml

from tests.support.gitlab import read_as_gitlab
from tests.support.installation import copying_installer, install_wheel, make_environment
from tests.support.program import ROOT, clean_env, running_sandbox
from vbsjob import __version__

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

README = ROOT.joinpath("README.md").read_text("utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)
INSTALL = re.compile(r"(?:pipx|pip|(\S+)/pip) install vbsjob==(\S+)")
UNREACHABLE = {"OS_TOKEN": "t", "OS_PROJECT_ID": "p", "VBSJOB_ENDPOINT": "http://127.0.0.1:9"}
ENDED_BY_SERVICE = {"gitlab", "jenkins"}
"""GitLab itself retries 7 and allows 124; Jenkins' loop is Groovy, which is not run here."""


@dataclass(frozen=True)
class Recipe:
    """One file: the environment that it sets, and its commands, one after the other."""

    shell: tuple[str, ...]
    commands: tuple[str, ...]
    env: dict[str, str] = field(default_factory=dict)


def blocks(kind: str) -> list[str]:
    return [text for name, text in BLOCKS if name == kind]


def github(document: dict[str, Any]) -> Recipe:
    job = document["jobs"]["backup"]
    commands = tuple(step["run"] for step in job["steps"])
    return Recipe(("bash", "-e"), commands, {"VBSJOB_TIMEOUT": job["env"]["VBSJOB_TIMEOUT"]})


def gitlab(document: dict[str, Any]) -> Recipe:
    job = document["backup"]
    script = "\n".join((*job["before_script"], *job["script"]))
    variables = {"VBSJOB_TIMEOUT": job["variables"]["VBSJOB_TIMEOUT"]}
    return Recipe(("bash", "-eo", "pipefail"), (script,), variables)


def recipes() -> dict[str, Recipe]:
    documents = [yaml.safe_load(text) for text in blocks("yaml")]
    (groovy,) = blocks("groovy")
    return {
        "shell": Recipe(("sh",), (blocks("sh")[0],)),
        "github": next(github(document) for document in documents if "jobs" in document),
        "gitlab": next(gitlab(document) for document in documents if "backup" in document),
        "jenkins": Recipe(("sh", "-xe"), tuple(re.findall(r"(?:sh|script:) '([^']+)'", groovy))),
    }


RECIPES = recipes()


@pytest.fixture(scope="module")
def sandbox() -> Iterator[dict[str, str]]:
    with running_sandbox() as (_, variables):
        yield variables


@pytest.fixture(scope="module")
def installer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A script that copies an installed wheel into the environment whose bin/ is its argument."""
    folder = tmp_path_factory.mktemp("wheel")
    return copying_installer(install_wheel(folder), folder / "install")


@pytest.fixture
def folder(tmp_path: Path, installer: Path) -> Path:
    """A working directory with an environment, whose bin/ is on the PATH of the recipe."""
    return working_directory(tmp_path, installer)


def working_directory(folder: Path, installer: Path) -> Path:
    make_environment(folder / "new")
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
            recipe, folder, installer, sandbox, JOB_ID=job, VBSJOB_INTERVAL="1s", **timeout
        )
        return Ended(code, printed, folder)

    return once


def run(
    recipe: str, folder: Path, installer: Path, env: dict[str, str], **more: str
) -> tuple[int, str]:
    """Run the commands of a recipe until one fails, with the outputs of GitHub's steps."""
    outputs = folder / "outputs"
    environment = clean_env() | RECIPES[recipe].env | env | {
        "PATH": f"{folder}/new/bin:{os.environ['PATH']}", "HOME": str(folder),
        "GITHUB_OUTPUT": str(outputs), "GITHUB_STEP_SUMMARY": str(folder / "summary"),
    } | more  # fmt: skip
    printed = ""
    for command in RECIPES[recipe].commands:
        script = INSTALL.sub(lambda match: f"{installer} {match[1] or folder / 'new/bin'}", command)
        script = script.replace("-m venv ", "-m venv --without-pip ")
        if outputs.exists():
            values = dict(line.split("=", 1) for line in outputs.read_text().splitlines())
            environment["BACKUP_ID"] = values.get("backup_id", "")
        ended = subprocess.run(
            [*RECIPES[recipe].shell, "-c", script], cwd=folder, env=environment,
            capture_output=True, text=True, check=False, timeout=60,
        )  # fmt: skip
        printed += ended.stdout + ended.stderr
        if ended.returncode:
            return ended.returncode, printed
    return 0, printed


@pytest.mark.slow
@pytest.mark.parametrize("recipe", RECIPES)
@pytest.mark.parametrize(("job", "code"), [("backup-ended", 0), ("fail-deep-ended", 1)])
def test_a_recipe_ends_as_the_job_did(
    recipe: str, job: str, code: int, ended: Callable[[str, str], Ended]
) -> None:
    assert ended(recipe, job).code == code, ended(recipe, job).printed


@pytest.mark.slow
@pytest.mark.parametrize("recipe", RECIPES)
def test_a_recipe_accepts_that_a_job_is_still_running(
    recipe: str, ended: Callable[[str, str], Ended]
) -> None:
    result = ended(recipe, "endless")
    assert result.code == (124 if recipe in ENDED_BY_SERVICE else 0), result.printed


@pytest.mark.slow
@pytest.mark.parametrize("recipe", RECIPES)
def test_a_recipe_tries_again_while_the_state_is_unknown_and_then_ends_with_7(
    recipe: str, folder: Path, installer: Path
) -> None:
    ended, printed = run(recipe, folder, installer, UNREACHABLE, JOB_ID="j", VBSJOB_RETRY_FOR="1s")
    assert ended == 7, printed
    tries = len(re.findall(r"^.*\bwatching job j\b", printed, re.MULTILINE))
    assert recipe in ENDED_BY_SERVICE or tries == 3, printed


@pytest.mark.parametrize("recipe", ["github", "gitlab", "jenkins"])
def test_a_recipe_installs_this_version(recipe: str) -> None:
    versions = [match[2] for text in RECIPES[recipe].commands for match in INSTALL.finditer(text)]
    assert versions == [__version__]


@pytest.mark.slow
def test_github_shows_the_backup_of_the_job(ended: Callable[[str, str], Ended]) -> None:
    printed = ended("github", "backup-ended").printed
    assert re.search(r"^The backup is [0-9a-f-]{36}\.$", printed, re.MULTILINE), printed


CODE, MEANING = "VolumeBackup.0202", "The target disk is in an error state"
"""The failure of the sandbox's job fail-deep."""


@pytest.mark.slow
@pytest.mark.parametrize("recipe", RECIPES)
@pytest.mark.parametrize("job", ["fail-deep-ended", "fail-deep"])
def test_the_log_of_a_failing_restore_names_the_deepest_code_and_its_meaning(
    recipe: str, job: str, ended: Callable[[str, str], Ended]
) -> None:
    log = ended(recipe, job).printed
    assert ended(recipe, job).code == 1, log
    fail_line = next(line for line in log.splitlines() if ": FAIL bksRestoreBackup" in line)
    assert f": restoreVolume > copyData: {CODE} " in fail_line
    assert f"{CODE} volume is in error state while copying. Meaning: {MEANING}" in log


@pytest.mark.slow
def test_gitlab_gets_a_report_and_variables_with_the_deepest_code_and_its_meaning(
    ended: Callable[[str, str], Ended],
) -> None:
    folder = ended("gitlab", "fail-deep-ended").folder
    values = read_as_gitlab((folder / "backup.env").read_text())
    assert (values["VBSJOB_STATUS"], values["VBSJOB_FAILURE_CODE"]) == ("FAIL", CODE)
    assert values["VBSJOB_FAILURE_MEANING"].startswith(MEANING)
    assert values["VBSJOB_FAILURE_PATH"] == "bksRestoreBackup > restoreVolume > copyData"
    suite = ET.parse(folder / "report.xml").getroot()[0]
    assert len(suite) == 5
    assert suite[0][0].get("type") == CODE
    assert MEANING in suite[0][0].get("message", "")


@pytest.mark.slow
def test_jenkins_gets_a_report_with_the_deepest_code_and_its_meaning(
    ended: Callable[[str, str], Ended],
) -> None:
    folder = ended("jenkins", "fail-deep-ended").folder
    case = ET.parse(folder / "report.xml").getroot()[0][0]
    assert case[0].get("type") == CODE
    assert MEANING in case[0].get("message", "")


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


def test_gitlab_and_jenkins_retry_7_and_accept_124() -> None:
    documents = [yaml.safe_load(text) for text in blocks("yaml")]
    job = next(document["backup"] for document in documents if "backup" in document)
    assert (job["retry"]["exit_codes"], job["allow_failure"]["exit_codes"]) == (7, 124)
    (groovy,) = blocks("groovy")
    assert "code == 7" in groovy
    assert "if (code == 124) { unstable(" in groovy


@pytest.mark.slow
@pytest.mark.parametrize("recipe", RECIPES)
def test_a_recipe_ends_with_70_if_python_cannot_start(
    recipe: str, folder: Path, installer: Path, sandbox: dict[str, str]
) -> None:
    wrong = str(folder / "missing")
    commands = [INSTALL.sub("true", command) for command in RECIPES[recipe].commands]
    codes = []
    for command in commands:
        environment = clean_env() | RECIPES[recipe].env | sandbox | {
            "PATH": f"{folder}/new/bin:{os.environ['PATH']}", "PYTHONHOME": wrong, "JOB_ID": "j",
        }  # fmt: skip
        script = command.replace("python3 -m venv .venv", "ln -sf new .venv")
        ended = subprocess.run(
            [*RECIPES[recipe].shell, "-c", script], cwd=folder, env=environment,
            capture_output=True, check=False, timeout=60,
        )  # fmt: skip
        codes.append(ended.returncode)
        if ended.returncode:
            break
    assert codes[-1] == 70


def test_no_secret_is_written_in_a_recipe() -> None:
    text = "".join(text for kind, text in BLOCKS if kind in {"yaml", "groovy"})
    values = re.findall(r"OS_(?:PASSWORD|USERNAME|USER_DOMAIN_NAME)\W+(.*)", text)
    assert len(values) == 6
    assert [v for v in values if not v.startswith(("{ secrets.", "credentials(", "secrets."))] == []
