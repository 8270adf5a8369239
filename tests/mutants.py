"""Changes vbsjob at mutations that a seed chooses, by mutmut's mutators, and runs the quick tests.

python -m tests.mutants [--seed 130] [--count 130] [--seconds 3600] [PYTEST-ARGUMENT...]
Works in a copy of the checkout. Prints each change that no test noticed, and noticed / total.
"""

from __future__ import annotations

import argparse
import difflib
import random
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
COPIED = ("vbsjob", "tests", "man", ".ci", ".github", ".gitignore", "LICENSE", "README.md",
          "pyproject.toml")  # fmt: skip
LONGEST = 600
"""Seconds after which a change counts as noticed: it can make a loop endless."""


def mutations(folder: Path) -> list[tuple[Path, Any, Any]]:
    """Return (file, its syntax tree, change) for each change that mutmut knows."""
    from mutmut.mutation.file_mutation import create_mutations

    changes = []
    for path in sorted(folder.rglob("*.py")):
        tree, changes_of_file, *_ = create_mutations(str(path), path.read_text("utf-8"))
        changes += [(path, tree, mutation) for mutation in changes_of_file]
    return changes


def is_noticed(checkout: Path, arguments: list[str]) -> bool:
    """Whether a test fails in a checkout."""
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *arguments]
    try:
        ended = subprocess.run(
            command, cwd=checkout, capture_output=True, timeout=LONGEST, check=False
        )
    except subprocess.TimeoutExpired:
        return True
    return ended.returncode != 0


def main() -> None:
    """Try changes until all are tried or the time is over."""
    from mutmut.mutation.file_mutation import deep_replace

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=130)
    parser.add_argument("--count", type=int, default=130)
    parser.add_argument("--seconds", type=float, default=3600.0)
    options, arguments = parser.parse_known_args()
    end, total, noticed = time.monotonic() + options.seconds, 0, 0
    with tempfile.TemporaryDirectory() as folder:
        checkout = Path(folder)
        for name in COPIED:
            copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
            copy(ROOT / name, checkout / name)
        candidates = mutations(checkout / "vbsjob")
        for path, tree, mutation in random.Random(options.seed).sample(candidates, options.count):
            if time.monotonic() > end:
                break
            before = path.read_text("utf-8")
            after = deep_replace(tree, mutation.original_node, mutation.mutated_node).code
            path.write_text(after, "utf-8")
            total, caught = total + 1, is_noticed(checkout, arguments)
            path.write_text(before, "utf-8")
            noticed += caught
            if not caught:
                name = str(path.relative_to(checkout))
                lines = (before.splitlines(), after.splitlines())
                sys.stdout.write("\n".join(difflib.unified_diff(*lines, name, n=0)) + "\n")
                sys.stdout.flush()
    sys.stdout.write(f"{noticed} / {total} noticed, of {len(candidates)} possible changes\n")


if __name__ == "__main__":
    main()
