"""Runs every benchmark of this folder, one after the other; each prints its own table.

python -m tests.benchmarks          with `openstack` and `http` from the PATH, where there are any
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).parent
NO_BENCHMARKS = {"__main__", "cloud", "measure"}


def main() -> None:
    """Run them all; exit 3 where one missed its target."""
    names = {file.stem for file in FOLDER.glob("*.py") if not file.stem.startswith("test_")}
    codes = [_run(name) for name in sorted(names - NO_BENCHMARKS)]
    sys.exit(max(codes))


def _run(name: str) -> int:
    sys.stdout.write(f"\n### {name}\n\n")
    sys.stdout.flush()
    module = f"{__package__ or 'tests.benchmarks'}.{name}"
    return subprocess.run(
        [sys.executable, "-m", module], cwd=FOLDER.parents[1], check=False
    ).returncode


if __name__ == "__main__":
    main()
