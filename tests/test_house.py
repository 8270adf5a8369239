"""The house: which way imports go, who speaks to which library, what a command loads."""

from __future__ import annotations

import ast
from graphlib import TopologicalSorter
from typing import TYPE_CHECKING

import pytest

from tests.support.program import ROOT, process, clean_env

if TYPE_CHECKING:
    from pathlib import Path

ROOMS = sorted((ROOT / "vbsjob").glob("*.py"))
TREES = {room.stem: ast.parse(room.read_text("utf-8")) for room in ROOMS}
OUTSIDE = {
    "httpx": {"wire"},
    "httpcore": {"wire", "deadline"},
    "typer": {"cli", "desk", "flags", "manual"},
    "rich": {"view", "sheet"},
}
"""Who alone may speak to a library: its successor is then a change of one place."""
MAY_USE: dict[str, tuple[set[str], str]] = {
    "text": (set(), "everything shows text, so it stands on nothing"),
    "layout": (set(), "laying a document out needs to know nothing of what it tells"),
    "document": (set(), "reading JSON strictly needs no other room"),
    "codes": (set(), "explaining a code works offline, from data alone"),
    "rhythm": (set(), "when to ask is numbers, whatever is asked"),
    "turns": (set(), "whose turn it is depends on times alone"),
    "recipes": (set(), "help lists them, so they must be cheap and pure"),
    "job": ({"text", "document"}, "a job is what the service told, whoever asks about it"),
    "outcome": ({"job", "text"}, "how a run ends is not how it is shown or asked"),
}
ASKING = {"client", "crew", "line", "session", "settings", "tokens", "wire", "sandbox"}
NEVER_USE: dict[str, tuple[set[str], str]] = {
    "poll": ({*ASKING, "world"}, "decisions do no I/O and have no clock of their own"),
    "change": ({*ASKING, "world"}, "what an answer changed is decided without asking"),
    "view": ({*ASKING, "world"}, "a picture is a value; it never asks"),
    "formats": ({*ASKING, "view"}, "a format writes what it is given, and draws nothing"),
    "client": ({"view", "formats", "report"}, "asking knows nothing of showing"),
}
TABOO = {"cli": {"__main__", "manual"}, "__main__": set[str]()}
"""Rooms that stand on top: who else may import them."""


def rooms_used(tree: ast.Module) -> set[str]:
    used: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == "vbsjob":
            used |= {name.name for name in node.names if name.name in TREES}
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("vbsjob."):
            used.add((node.module or "").split(".")[1])
    return used


def libraries_used(tree: ast.Module) -> set[str]:
    used: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            used |= {name.name.split(".")[0] for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            used.add((node.module or "").split(".")[0])
    return used


@pytest.mark.parametrize("room", ROOMS, ids=lambda room: room.stem)
def test_every_room_says_what_it_is_for(room: Path) -> None:
    said = (ast.get_docstring(TREES[room.stem]) or "").split("\n\n")[0]
    assert said.endswith("."), f"{room.name} does not say in a sentence what it is for"


def test_imports_go_downwards_only() -> None:
    tuple(
        TopologicalSorter({name: rooms_used(tree) for name, tree in TREES.items()}).static_order()
    )


@pytest.mark.parametrize("room", sorted(MAY_USE.keys() & TREES.keys()))
def test_a_low_room_uses_only_what_is_below_it(room: str) -> None:
    below, why = MAY_USE[room]
    assert rooms_used(TREES[room]) <= below, f"{room}: {why}"


@pytest.mark.parametrize("room", sorted(NEVER_USE.keys() & TREES.keys()))
def test_a_room_does_not_reach_beside_or_above_itself(room: str) -> None:
    beyond, why = NEVER_USE[room]
    assert not rooms_used(TREES[room]) & beyond, f"{room}: {why}"


@pytest.mark.parametrize("room", TABOO)
def test_nothing_imports_what_stands_on_top(room: str) -> None:
    users = {name for name, tree in TREES.items() if room in rooms_used(tree)}
    assert users <= TABOO[room], f"{room} stands on top; what others need of it belongs below"


@pytest.mark.parametrize("library", OUTSIDE)
def test_one_room_alone_speaks_to_a_library(library: str) -> None:
    users = {name for name, tree in TREES.items() if library in libraries_used(tree)}
    assert users <= OUTSIDE[library], f"{library} is spoken by {OUTSIDE[library]} alone"


NO_FILES = {"yaml", "tomllib", "asyncio"}
OFFLINE = {"rich", "httpx", "ssl", *NO_FILES}


@pytest.mark.parametrize(
    ("argv", "never"),
    [
        (["get", "backup", "--cloud", "sandbox", "-o", "json"], {"rich", *NO_FILES}),
        (["get", "backup", "--cloud", "sandbox", "-o", "yaml"], {"rich", *NO_FILES}),
        (["get", "backup", "--cloud", "sandbox"], NO_FILES),
        (["watch", "backup-ended", "--cloud", "sandbox", "-q"], {"rich", *NO_FILES}),
        (["--help"], {"platformdirs", "random", *OFFLINE}),
        (["get", "--help"], {"platformdirs", "random", *OFFLINE}),
        (["help", "exit-codes"], {"platformdirs", "random", *OFFLINE}),
        (["explain", "VolumeBackup.0202"], OFFLINE),
        (["config", "show"], OFFLINE),
        (["--version"], {"typer", "json", "typing", "enum", "re", "platformdirs", *OFFLINE}),
        (["--offer", "jobs"], {"typer", "json", "typing", "platformdirs", *OFFLINE}),
    ],
    ids=lambda given: " ".join(sorted(given)) if isinstance(given, set) else " ".join(given),
)
def test_a_command_loads_only_what_it_uses(argv: list[str], never: set[str]) -> None:
    ended = process(*argv, env=clean_env(PYTHONPROFILEIMPORTTIME="1"))
    loaded = {line.rpartition("|")[2].strip() for line in ended.err.splitlines()}
    assert ended.code == 0
    assert "vbsjob" in loaded
    assert loaded & never == set()


def test_plain_http_makes_no_tls_context_and_so_reads_no_authorities() -> None:
    env = clean_env(SSL_CERT_FILE="/nonexistent/authorities.pem")
    assert process("get", "backup", "--cloud", "sandbox", env=env).code == 0
