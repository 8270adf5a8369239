"""Lines and statements of each package beside its budget: `python -m tests.sizes [REVISION]`.

Lines are those of every file in git, JSON too; statements are counted in the syntax tree, without
docstrings. With a revision, such as `HEAD~20`, the files are read from it.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from collections import Counter

BUDGETS = {
    "auth": 1700, "cli": 2050, "config": 2000, "http": 1250, "jobs": 1100, "output": 1600,
    "render": 2150, "sandbox": 950, "terminal": 450, "top level": 1650, "watch": 1000,
    "all of vbsjob": 16500, "all of tests": 28000,
}  # fmt: skip
"""Lines. A package that needs more pays with a cut, in it or elsewhere."""


def git(*arguments: str) -> str:
    """Return what a git command prints; bytes that are not UTF-8 count as they are."""
    run = subprocess.run(["git", *arguments], check=True, capture_output=True)
    return run.stdout.decode(errors="replace")


def statements(source: str) -> int:
    """Return the number of statements of a module without its docstrings."""
    nodes = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.stmt)]
    docstrings = [
        node for node in nodes
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    ]  # fmt: skip
    return len(nodes) - len(docstrings)


def main(revision: str) -> None:
    """Print one row for each package, then the sums."""
    lines: Counter[str] = Counter()
    counted: Counter[str] = Counter()
    for name in git("ls-tree", "-r", "--name-only", revision, "vbsjob", "tests").splitlines():
        source = git("show", f"{revision}:{name}")
        folder, *inner = name.split("/")
        packages = [f"all of {folder}"]
        if folder == "vbsjob":
            packages.append(inner[0] if len(inner) > 1 else "top level")
        for package in packages:
            lines[package] += source.count("\n")
            counted[package] += statements(source) if name.endswith(".py") else 0
    rows = [f"{'package':14}{'lines':>8}{'budget':>8}{'statements':>12}"]
    for package in sorted(lines, key=lambda package: (package.startswith("all"), package)):
        budget = BUDGETS.get(package, 0)
        rows.append(f"{package:14}{lines[package]:8}{budget:8}{counted[package]:12}")
    sys.stdout.write("\n".join(rows) + "\n")


if __name__ == "__main__":
    main(*(sys.argv[1:] or ["HEAD"]))
