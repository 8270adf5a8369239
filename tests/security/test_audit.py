"""What a process does beside its answer (F36, F91, S01, S14, S16, S18), as the interpreter sees it.

Each command, with hostile files lying about: what it opens, makes, connects to, starts.
"""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.support.program import ROOT, clean_env
from tests.support.server import Server, always, answer, job

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CHILDREN = ("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.fork", "os.forkpty",
            "os.spawn", "pty.spawn")  # fmt: skip
COMMANDS = (
    "get j -v -o json", "tree j", "watch j --bell --github --junit out.xml",
    "watch j --fail-fast -o jsonl", "config show", "config check", "explain VolumeBackup.0202",
    "--help", "get @last", "get nonsense/", "get backup-ended --cloud sandbox", "get -",
)  # fmt: skip
HOSTILE = {
    ".env": "OS_TOKEN=geheim\n",
    "vbsjob.toml": '[defaults]\noutput = "value"\n',
    "config.toml": '[defaults]\noutput = "value"\n',
    "history.jsonl": "a history of somebody else",
}
"""Files in the working directory that no command may use."""


@pytest.fixture(scope="module")
def service() -> Iterator[Server]:
    with Server(always(answer(job("SUCCESS", entities={"backup_id": "b"})))) as server:
        yield server


def audited(service: Server, folder: Path, command: str) -> dict[str, list[str]]:
    """Run a command; return what it did, by kind, with the hostile files as they were."""
    home, work, log = folder / "home", folder / "work", folder / "log"
    home.mkdir()
    work.mkdir()
    (home / ".netrc").write_text("machine 127.0.0.1 login a password geheim\n")
    for name, content in HOSTILE.items():
        (work / name).write_text(content)
    # Who looks for a pager, an editor or a browser finds one here.
    tempting = dict.fromkeys(("PAGER", "MANPAGER", "EDITOR", "BROWSER", "LESSOPEN"), "touch here")
    env = clean_env(service.url, HOME=str(home), VBSJOB_TESTS_ROOT=str(ROOT), **tempting)
    script = str(ROOT / "tests" / "support" / "audit_hook.py")
    ended = subprocess.run(
        [sys.executable, script, str(log), *command.split()], env=env, cwd=work,
        capture_output=True, input=b"j\n", check=False,
    )  # fmt: skip
    # The service describes another job than the one that `config check` asks for.
    code = 7 if command == "config check" else 0
    assert ended.returncode == (2 if "nonsense" in command or "@last" in command else code), ended
    events = [line.split("\t", 1) for line in log.read_text().splitlines()]
    return {event: [what for name, what in events if name == event] for event, _ in events}


@pytest.mark.slow
@pytest.mark.parametrize("command", COMMANDS)
def test_s01_s14_s16_s18_f36_f91_commands_open_only_expected_files_and_addresses(
    service: Server, tmp_path: Path, command: str
) -> None:
    events = audited(service, tmp_path, command)
    home, work = tmp_path / "home", tmp_path / "work"
    made = [
        what for kind in ("os.mkdir", "os.remove", "os.rename") for what in events.get(kind, [])
    ]
    assert [what for what in events.pop("open") if not expected(what, home, work, command)] == []
    reports = tuple(f"'{name}" for name in report_files(work, command))
    assert [what for what in made if not what.startswith((f"'{home}/.", *reports))] == []
    assert [kind for kind in CHILDREN if kind in events] == []
    if "sandbox" not in command:
        assert set(events.pop("socket.connect", [])) <= {str((service.host, service.port))}
        assert set(events.pop("socket.getaddrinfo", [])) <= {repr(service.host)}
    left = {path.name for path in work.iterdir()} - set(HOSTILE)
    assert left == ({"out.xml"} if "--junit" in command else set())
    assert {name: (work / name).read_text() for name in HOSTILE} == HOSTILE


def report_files(work: Path, command: str) -> list[str]:
    """Return the report that the command names, and the beginning of its temporary file."""
    names = ("out.xml", ".vbsjob-")
    return [*names, *(f"{work}/{name}" for name in names)] if "--junit" in command else []


def expected(opened: str, home: Path, work: Path, command: str) -> bool:
    """Whether a path is the interpreter's, documented, or the one that an option names."""
    path = opened.strip("'\"")
    roots = {sys.prefix, sys.base_prefix, str(ROOT)}
    system = ("/dev/null", "/etc/openstack", "/usr/share/zoneinfo", "/etc/mime.types", "/proc/")
    own = (".config", ".cache/vbsjob", ".local/state/vbsjob")
    documented = (*(f"{home}/{name}" for name in own), "clouds.", *report_files(work, command))
    # The history is opened by its name relative to the descriptor of its folder.
    if path == "history.jsonl":
        return command.split(maxsplit=1)[0] in {"get", "tree", "watch"}
    return path.isdigit() or path.startswith((*roots, *system, *documented))
