"""Architecture: direction of imports between packages, who uses a library, what a command loads."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

import pytest

from tests.support.program import ROOT, clean_env, run_process

if TYPE_CHECKING:
    from collections.abc import Iterator

SOURCE = ROOT / "vbsjob"
MODULES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts): path
    for path in sorted(SOURCE.rglob("*.py"))
}
TREES = {name: ast.parse(path.read_text("utf-8")) for name, path in MODULES.items()}
LAYERS = (
    {"errors", "exit_codes", "json_text", "limits", "paths", "private_files", "text"},
    {"terminal", "config"},
    {"jobs", "history"},
    {"http", "redact", "context", "watch"},
    {"output", "auth"},
    {"client", "render", "sandbox", "completion_candidates"},
    {"cli"},
    {"generate", "__main__"},
)
"""Top-level packages and modules of vbsjob, lowest layer first. A layer imports lower layers, and
its own: cycles are excluded by the test below. Imports for annotations only do not count."""
LEVEL = {name: level for level, names in enumerate(LAYERS) for name in names}
FORBIDDEN = {
    "jobs": ({"http", "auth", "terminal", "context"}, "the job model is pure"),
    "watch.state": ({"http", "auth", "terminal", "context"}, "decisions do no I/O"),
    "watch.estimate": ({"http", "auth", "terminal", "context"}, "decisions do no I/O"),
    "watch.intervals": ({"http", "auth", "terminal", "context"}, "decisions do no I/O"),
    "render": ({"http", "auth"}, "output does not query"),
    "output": ({"http", "auth", "render"}, "output does not query, and programs get no drawing"),
    "http": ({"auth", "jobs"}, "HTTP works for any request"),
    "client": ({"render", "output"}, "a query does not print"),
}
LIBRARIES = {
    "httpx": {"vbsjob.http.pool"},
    "httpcore": {"vbsjob.http.pool"},
    "h11": {"vbsjob.http.pool"},
    "typer": {name for name in MODULES if name.startswith("vbsjob.cli.")}
    | {"vbsjob.generate.__main__"},
    "rich": {name for name in MODULES if name.startswith("vbsjob.render.")},
    "yaml": {"vbsjob.config.yaml_text", "vbsjob.output.yaml_writer"},
}
"""The only modules that may import a library, so that its successor is one change."""


def imports(tree: ast.AST) -> Iterator[ast.Import | ast.ImportFrom]:
    """Yield the imports that are executed: those below `if TYPE_CHECKING` are not."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and getattr(node.test, "id", "") == "TYPE_CHECKING":
            continue
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield node
        else:
            yield from imports(node)


def imported(tree: ast.AST) -> set[str]:
    """Return the full names of everything that is imported."""
    names: set[str] = set()
    for node in imports(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        else:
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def own_packages(name: str) -> set[str]:
    """Return the top-level packages and modules of vbsjob that a module imports."""
    parts = (full.split(".") for full in imported(TREES[name]))
    return {words[1] for words in parts if words[0] == "vbsjob" and words[1] in LEVEL}


def top(name: str) -> str:
    return name.split(".")[1] if "." in name else ""


@pytest.mark.parametrize("name", MODULES)
def test_every_module_has_a_docstring_of_one_sentence(name: str) -> None:
    assert (ast.get_docstring(TREES[name]) or "").split("\n\n")[0].rstrip().endswith((".", ":"))


def test_every_package_has_a_layer_and_there_are_at_most_eight() -> None:
    assert {top(name) for name in MODULES} - {"__init__"} == set(LEVEL)
    assert len(LAYERS) <= 8


@pytest.mark.parametrize("name", [name for name in MODULES if top(name) != "__init__"])
def test_imports_go_to_the_same_layer_or_a_lower_one(name: str) -> None:
    higher = {used for used in own_packages(name) if LEVEL[used] > LEVEL[top(name)]}
    assert higher == set()


def test_packages_have_no_cycle() -> None:
    uses = {
        package: set[str]().union(*(own_packages(n) for n in MODULES if top(n) == package))
        - {package}
        for package in LEVEL
    }
    assert in_cycles(uses) == {}


def test_modules_have_no_cycle() -> None:
    uses = {
        name: {full if full in MODULES else full.rpartition(".")[0] for full in imported(tree)}
        for name, tree in TREES.items()
    }
    assert in_cycles({name: used & MODULES.keys() - {name} for name, used in uses.items()}) == {}


def in_cycles(uses: dict[str, set[str]]) -> dict[str, set[str]]:
    """Return what is left of a graph after everything that uses only removed names is removed."""
    left = dict(uses)
    while ready := [name for name, used in left.items() if not used & left.keys()]:
        for name in ready:
            del left[name]
    return left


@pytest.mark.parametrize("package", FORBIDDEN)
def test_forbidden_imports(package: str) -> None:
    forbidden, why = FORBIDDEN[package]
    for name in MODULES:
        if name == f"vbsjob.{package}" or name.startswith(f"vbsjob.{package}."):
            assert not own_packages(name) & forbidden, f"{name}: {why}"


def test_only_generate_and_main_import_the_commands() -> None:
    users = {top(name) for name in MODULES if "cli" in own_packages(name)}
    assert users == {"cli", "generate", "__main__"}


@pytest.mark.parametrize("library", LIBRARIES)
def test_a_library_is_imported_by_few_modules_only(library: str) -> None:
    users = {
        name for name in MODULES if library in {i.split(".")[0] for i in imported(TREES[name])}
    }
    assert users <= LIBRARIES[library]


def test_an_init_imports_nothing() -> None:
    for path in SOURCE.rglob("__init__.py"):
        assert list(imports(ast.parse(path.read_text("utf-8")))) == []


NO_FILES = {"tomllib", "asyncio"}
NO_YAML = {"yaml", *NO_FILES}
OFFLINE = {"rich", "httpx", "ssl", *NO_YAML}


@pytest.mark.parametrize(
    ("argv", "never"),
    [
        (["get", "backup", "--cloud", "sandbox", "-o", "json"], {"rich", *NO_YAML}),
        (["get", "backup", "--cloud", "sandbox", "-o", "yaml"], {"rich", *NO_FILES}),
        (["get", "backup", "--cloud", "sandbox"], NO_YAML),
        (["watch", "backup-ended", "--cloud", "sandbox", "-q"], {"rich", *NO_YAML}),
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
    ended = run_process(*argv, env=clean_env(PYTHONPROFILEIMPORTTIME="1"))
    loaded = {line.rpartition("|")[2].strip() for line in ended.err.splitlines()}
    assert ended.code == 0
    assert "vbsjob" in loaded
    assert loaded & never == set()


def test_plain_http_makes_no_tls_context_and_so_reads_no_authorities() -> None:
    env = clean_env(SSL_CERT_FILE="/nonexistent/authorities.pem")
    assert run_process("get", "backup", "--cloud", "sandbox", env=env).code == 0
