"""The sources: which package imports which, what a command loads, where exit code 1 comes from."""

from __future__ import annotations

import ast
import sys
from functools import cache
from graphlib import TopologicalSorter
from typing import TYPE_CHECKING

import pytest

from tests.support.program import ROOT, clean_env, run_process

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

LAYERS = (
    {"errors", "exit_codes", "text", "limits", "http.url"},
    {"terminal", "config", "jobs"},
    {"http", "files", "history", "redact", "context", "watch"},
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


@cache
def trees() -> dict[str, ast.Module]:
    """Return every module by its name without `vbsjob.`; `jobs.__init__` is a package."""
    paths = sorted(ROOT.joinpath("vbsjob").rglob("*.py"))
    names = [path.relative_to(ROOT / "vbsjob").with_suffix("").parts for path in paths]
    return {".".join(n): ast.parse(p.read_text("utf-8")) for n, p in zip(names, paths, strict=True)}


@cache
def nodes_of(module: str) -> list[ast.AST]:
    """Return every node of a module."""
    return list(ast.walk(trees()[module]))


@cache
def uses(module: str) -> set[str]:
    """Return the modules of vbsjob that a module imports when it is executed."""
    return modules_in(names_of(executed_imports(trees()[module])))


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
    return {name if name in trees() else name.rpartition(".")[0] for name in own} & trees().keys()


def within(module: str, packages: Iterable[str]) -> bool:
    """Return whether a module is one of the packages or modules, or is in one."""
    return any(module == name or module.startswith(f"{name}.") for name in packages)


def level(module: str) -> int:
    """Return the layer of a module, by the longest name in LEVEL."""
    return LEVEL[max((name for name in LEVEL if within(module, [name])), key=len)]


def test_every_module_has_a_layer() -> None:
    assert [name for name in trees() if name != "__init__" and not within(name, LEVEL)] == []


def test_imports_go_to_the_same_layer_or_a_lower_one() -> None:
    higher = [
        f"{name} imports {used}"
        for name in trees()
        for used in uses(name)
        if level(used) > level(name)
    ]
    assert higher == []


def test_no_modules_import_each_other() -> None:
    # Imports for annotations count too: who reads one such module must read the others.
    graph = {name: modules_in(names_of(nodes_of(name))) for name in trees()}
    TopologicalSorter(graph).prepare()  # raises CycleError, which lists them


def test_forbidden_imports() -> None:
    wrong = [
        f"{name} imports {used}: {why}"
        for package, (forbidden, why) in FORBIDDEN.items()
        for name in trees()
        if within(name, [package])
        for used in uses(name)
        if within(used, forbidden) and used != "http.url"
    ]
    assert wrong == []


def test_a_library_is_imported_by_few_modules_only() -> None:
    wrong = [
        f"{name} imports {full}"
        for name, tree in trees().items()
        for full in names_of(executed_imports(tree))
        for library, users in LIBRARIES.items()
        if within(full, [library]) and not within(name, users)
    ]
    assert wrong == []


def test_an_init_imports_nothing() -> None:
    packages = [name for name in trees() if name.endswith("__init__")]
    assert [name for name in packages if list(executed_imports(trees()[name]))] == []


NO_YAML = {"yaml", "tomllib", "asyncio"}
OFFLINE = {"rich", "httpx", "ssl", *NO_YAML}
NEVER_LOADED = {
    "get backup --cloud sandbox -o json": {"rich", *NO_YAML},
    "watch backup-ended --cloud sandbox -q": {"rich", *NO_YAML},
    "--help": OFFLINE - {"rich"},
    "help exit-codes": {"platformdirs", "random", *OFFLINE},
    "--version": {"typer", "json", "typing", "enum", "re", "platformdirs", *OFFLINE},
}
"""Modules that a command does not load, by its arguments."""


def test_a_command_loads_only_what_it_uses_and_no_authorities_for_plain_http(
    tmp_path: Path,
) -> None:
    if "coverage" in sys.modules:
        pytest.skip("coverage imports modules of its own in each process")
    wrong = {}
    missing = str(tmp_path / "missing.pem")  # a TLS context would report it
    for arguments, never in NEVER_LOADED.items():
        env = clean_env(PYTHONPROFILEIMPORTTIME="1", SSL_CERT_FILE=missing)
        run = run_process(*arguments.split(), env=env)
        loaded = {line.rpartition("|")[2].strip() for line in run.err.splitlines()}
        if run.code or "vbsjob" not in loaded or loaded & never:
            wrong[arguments] = (run.code, loaded & never)
    assert wrong == {}


FAULTS = {
    "UnavailableError", "PermanentConnectionError", "InvalidBodyError",
    "ApiError", "UnexpectedResponseError", "JobNotFoundError", "InternalError",
}  # fmt: skip
"""Errors that always name a next step where they are raised. The sign-in adds the hint of an
AuthError; the last attempt adds the one of a service that is busy."""


def test_each_fault_of_network_and_service_has_a_hint() -> None:
    missing = []
    for name in trees():
        for node in nodes_of(name):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in FAULTS:
                hints = [word.value for word in node.keywords if word.arg == "hint"]
                if not hints or (isinstance(hints[0], ast.Constant) and not hints[0].value):
                    missing.append(f"{name}:{node.lineno}")
    assert missing == []


def test_s20_the_code_of_a_failed_job_comes_only_from_the_verdict() -> None:
    users = {(module, name) for module in trees() for name in failure_code_users(module)}
    # SEVERITY only orders the codes; QUERY lists those that a command can end with.
    only_named = {("exit_codes", "SEVERITY"), ("cli.app", "QUERY")}
    assert users - only_named == {("exit_codes", "of_job")}


def failure_code_users(module: str) -> Iterator[str]:
    """Yield the top-level names that use JOB_FAILED (not to compare), or end with a bare 1."""
    codes = {n for n in nodes_of(module) if getattr(n, "attr", "") == "JOB_FAILED"}
    codes |= {node for node in nodes_of(module) if ends_with_one(node)}
    if codes:
        compares = (node for node in nodes_of(module) if isinstance(node, ast.Compare))
        codes.difference_update(*map(ast.walk, compares))
    for top in trees()[module].body if codes else ():
        if not codes.isdisjoint(ast.walk(top)):
            targets = getattr(top, "targets", [top])
            yield str(getattr(top, "name", getattr(targets[0], "id", "?")))


def ends_with_one(node: ast.AST) -> bool:
    """Whether a call ends the process with a bare 1."""
    if not isinstance(node, ast.Call):
        return False
    called = getattr(node.func, "attr", getattr(node.func, "id", ""))
    values = [argument.value for argument in node.args if isinstance(argument, ast.Constant)]
    return called in {"exit", "_exit", "Exit", "SystemExit", "Code"} and 1 in values
