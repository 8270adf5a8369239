"""Architecture: which package imports which, who uses a library, what a command loads."""

from __future__ import annotations

import ast
from graphlib import TopologicalSorter
from typing import TYPE_CHECKING

from tests.support.program import ROOT, clean_env, run_process

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

TREES = {
    ".".join(path.relative_to(ROOT / "vbsjob").with_suffix("").parts): ast.parse(
        path.read_text("utf-8")
    )
    for path in sorted(ROOT.joinpath("vbsjob").rglob("*.py"))
}
"""Every module by its name without `vbsjob.`; `jobs.__init__` is a package."""
LAYERS = (
    {"errors", "exit_codes", "text", "limits", "http.url"},
    {"terminal", "config", "jobs"},
    {"http", "files", "history", "redact", "context", "watch", "workers"},
    {"output", "auth"},
    {"client", "render", "sandbox"},
    {"cli"},
    {"__main__"},
)
"""Packages and top-level modules, lowest layer first; the longer name counts. A name without a
module is allowed, so that a module can move. Imports for annotations only do not count."""
LEVEL = {name: level for level, names in enumerate(LAYERS) for name in names}
FORBIDDEN = {
    "jobs": ({"http", "auth", "terminal", "context"}, "the job model is pure"),
    "watch.state": ({"http", "auth", "terminal", "context"}, "decisions do no I/O"),
    "watch.intervals": ({"http", "auth", "terminal", "context"}, "decisions do no I/O"),
    "watch.estimate": ({"http", "auth", "terminal", "context"}, "decisions do no I/O"),
    "render": ({"http", "auth"}, "output does not query"),
    "output": ({"http", "auth", "render"}, "output does not query, and programs get no drawing"),
    "http": ({"auth", "jobs"}, "HTTP works for any request"),
    "client": ({"render", "output"}, "a query does not print"),
}
LIBRARIES = {
    "httpx": {"http.transport"},
    "httpcore": set(),
    "h11": set(),
    "typer": {"cli"},
    "rich": {"render"},
    "yaml": {"config", "output"},
}
"""The only packages or modules that import a library, so that its successor is one change."""


def executed_imports(tree: ast.AST) -> Iterator[ast.Import | ast.ImportFrom]:
    """Yield the imports that are executed: those below `if TYPE_CHECKING` are not."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and getattr(node.test, "id", "") == "TYPE_CHECKING":
            continue
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield node
        else:
            yield from executed_imports(node)


def names_of(statements: Iterable[ast.AST]) -> set[str]:
    """Return the full names of everything that the import statements import."""
    names: set[str] = set()
    for node in statements:
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def modules_in(names: set[str]) -> set[str]:
    """Return the modules of vbsjob that are imported under some full names."""
    own = {name.removeprefix("vbsjob.") for name in names if name.startswith("vbsjob.")}
    return {name if name in TREES else name.rpartition(".")[0] for name in own} & TREES.keys()


USES = {name: modules_in(names_of(executed_imports(tree))) for name, tree in TREES.items()}


def within(module: str, packages: Iterable[str]) -> bool:
    """Return whether a module is one of the packages or modules, or is in one."""
    return any(module == name or module.startswith(f"{name}.") for name in packages)


def level(module: str) -> int:
    """Return the layer of a module, by the longest name in LEVEL."""
    return LEVEL[max((name for name in LEVEL if within(module, [name])), key=len)]


def test_every_module_has_a_docstring_of_one_sentence() -> None:
    first = {name: (ast.get_docstring(tree) or "").split("\n\n")[0] for name, tree in TREES.items()}
    assert [name for name, text in first.items() if not text.rstrip().endswith((".", ":"))] == []


def test_every_module_has_a_layer_and_there_are_at_most_eight() -> None:
    assert [name for name in TREES if name != "__init__" and not within(name, LEVEL)] == []
    assert len(LAYERS) <= 8


def test_imports_go_to_the_same_layer_or_a_lower_one() -> None:
    higher = [
        f"{name} imports {used}"
        for name in TREES
        for used in USES[name]
        if level(used) > level(name)
    ]
    assert higher == []


def test_no_modules_import_each_other() -> None:
    # Imports for annotations count too: who reads one such module must read the others.
    uses = {name: modules_in(names_of(ast.walk(tree))) for name, tree in TREES.items()}
    TopologicalSorter(uses).prepare()  # raises CycleError, which lists them


def test_forbidden_imports() -> None:
    wrong = [
        f"{name} imports {used}: {why}"
        for package, (forbidden, why) in FORBIDDEN.items()
        for name in TREES
        if within(name, [package])
        for used in USES[name]
        if within(used, forbidden) and used != "http.url"
    ]
    assert wrong == []


def test_a_library_is_imported_by_few_modules_only() -> None:
    wrong = [
        f"{name} imports {library}"
        for library, users in LIBRARIES.items()
        for name, tree in TREES.items()
        if any(within(full, [library]) for full in names_of(executed_imports(tree)))
        and not within(name, users)
    ]
    assert wrong == []


def test_an_init_imports_nothing() -> None:
    packages = [name for name in TREES if name.endswith("__init__")]
    assert [name for name in packages if list(executed_imports(TREES[name]))] == []


NO_FILES = {"tomllib", "asyncio"}
NO_YAML = {"yaml", *NO_FILES}
OFFLINE = {"rich", "httpx", "ssl", *NO_YAML}
NEVER_LOADED = {
    "get backup --cloud sandbox -o json": {"rich", *NO_YAML},
    "get backup --cloud sandbox -o yaml": {"rich", *NO_FILES},
    "get backup --cloud sandbox": NO_YAML,
    "watch backup-ended --cloud sandbox -q": {"rich", *NO_YAML},
    "--help": OFFLINE - {"rich"},
    "help exit-codes": {"platformdirs", "random", *OFFLINE},
    "explain VolumeBackup.0202": OFFLINE,
    "config show": OFFLINE - {"rich"},
    "config show -o json": OFFLINE,
    "--version": {"typer", "json", "typing", "enum", "re", "platformdirs", *OFFLINE},
}
"""Modules that a command does not load, by its arguments."""


def test_a_command_loads_only_what_it_uses() -> None:
    wrong = {}
    for arguments, never in NEVER_LOADED.items():
        run = run_process(*arguments.split(), env=clean_env(PYTHONPROFILEIMPORTTIME="1"))
        loaded = {line.rpartition("|")[2].strip() for line in run.err.splitlines()}
        if run.code or "vbsjob" not in loaded or loaded & never:
            wrong[arguments] = (run.code, loaded & never)
    assert wrong == {}


def test_plain_http_makes_no_tls_context_and_so_reads_no_authorities(tmp_path: Path) -> None:
    env = clean_env(SSL_CERT_FILE=str(tmp_path / "missing.pem"))
    assert run_process("get", "backup", "--cloud", "sandbox", env=env).code == 0
