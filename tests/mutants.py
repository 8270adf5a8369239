"""Mutation test of the modules that decide: `python -m tests.mutants [--sample N] [MODULE...]`.

Changes one place of a module at a time, in a copy of the project, and runs the tests of MODULES
that execute this place. A mutant that passes them all survives. Prints a table and the survivors;
ends with 1 if the score is below LEAST. equivalent_mutants.txt lists those that change no
behaviour, with reasons.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import random
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from tests.support.mutation_runner import Runner, copy_project
from tests.support.mutations import Mutant, mutants_of, unchanged

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

ROOT = Path(__file__).resolve().parents[1]
EQUIVALENT = ROOT / "tests" / "equivalent_mutants.txt"
LEAST = 0.9
LIBRARIES = ("hypothesis", "httpx", "typer", "rich.console", "rich.live", "yaml")
"""Imported once, before the tests of a module are loaded in a fork."""
EVENTS = "tests/units/test_event_stream.py"
SIGN_IN = ("tests/units/test_token_renewal.py", "tests/units/test_signin.py")
GET = "tests/commands/test_get.py"
CACHE = "tests/security/test_token_cache.py"
MODULES: dict[str, tuple[str, ...]] = {
    "watch/state": ("tests/units/test_watch_state.py", "tests/units/test_polling_policy.py"),
    "http/errors": ("tests/units/test_error_responses.py", "tests/units/test_responses.py"),
    "errors": ("tests/units/test_errors.py", GET),
    "client": ("tests/units/test_client.py", GET),
    "auth/session": ("tests/units/test_session.py", *SIGN_IN),
    "config/loader": (
        "tests/units/test_loader.py", "tests/units/test_clouds_yaml.py",
        "tests/security/test_named_cloud.py",
        "tests/units/test_values.py",
        "tests/units/test_regions.py", "tests/commands/test_config.py",
    ),
    "auth/token_cache": ("tests/units/test_token_file.py", CACHE),
    "http/retry": ("tests/units/test_retry.py",),
    "jobs/diff": ("tests/units/test_diff.py", EVENTS),
    "output/events": (EVENTS,),
}  # fmt: skip
"""The tests of each module: few and quick ones, for each mutant is tried with those it concerns."""


@dataclass
class Score:
    """What became of the mutants of one module."""

    killed: int = 0
    equivalent: int = 0
    survivors: list[Mutant] = field(default_factory=list)

    @property
    def ratio(self) -> float:
        """Killed mutants by all that are not equivalent."""
        return self.killed / ((self.killed + len(self.survivors)) or 1)


def equivalents() -> set[str]:
    """Return the keys of the mutants that change no behaviour; their reasons are comments."""
    if not EQUIVALENT.exists():
        return set()
    lines = EQUIVALENT.read_text().splitlines()
    return {line for line in lines if line and not line.startswith("#")}


def scores(
    modules: list[str], sample: int, deselected: Sequence[str]
) -> Iterator[tuple[str, Score]]:
    """Yield the score of each module; of at most `sample` mutants each, if that is not 0."""
    equivalent = equivalents()
    with tempfile.TemporaryDirectory(prefix="vbsjob-mutants-") as folder:
        copy = Path(folder) / "project"
        copy_project(ROOT, copy)
        for module in modules:
            source = (ROOT / f"vbsjob/{module}.py").read_text()
            mutants = list(mutants_of(module, source))
            if sample and len(mutants) > sample:
                mutants = sorted(
                    random.Random(module).sample(mutants, sample), key=lambda m: m.line
                )
            tried = [mutant for mutant in mutants if mutant.key not in equivalent]
            controls = unchanged(module, source)
            try:
                runner = Runner(ROOT, copy, module, MODULES[module], deselected)
                survivors = runner.survivors([*controls, *tried], _report)
            except RuntimeError as error:
                raise SystemExit(f"{module}: tests fail without any change: {error}") from None
            survivors = survivors[len(controls) :]
            yield (
                module,
                Score(
                    killed=len(tried) - len(survivors),
                    equivalent=len(mutants) - len(tried),
                    survivors=survivors,
                ),
            )


def _report(mutant: Mutant) -> None:
    if mutant.change:
        sys.stderr.write(f"survived: {mutant}\n")
        sys.stderr.flush()


def _print(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main() -> None:
    """Run, print the table and the survivors."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutants")
    parser.add_argument("module", nargs="*", choices=[[], *MODULES], metavar="MODULE")
    parser.add_argument("--sample", type=int, default=0, help="mutants of a module; 0: all")
    parser.add_argument("--deselect", action="append", default=[], help="a test that fails anyway")
    options = parser.parse_args()
    for name in LIBRARIES:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    _print("| module | mutants | killed | equivalent | survived | score |")
    _print("|---|---|---|---|---|---|")
    total: Counter[str] = Counter()
    survivors: list[Mutant] = []
    for module, score in scores(options.module or list(MODULES), options.sample, options.deselect):
        row = (score.killed, score.equivalent, len(score.survivors))
        total.update(dict(zip(("killed", "equivalent", "survived"), row, strict=True)))
        cells = " | ".join(map(str, (sum(row), *row)))
        _print(f"| {module} | {cells} | {score.ratio:.0%} |")
        survivors += score.survivors
    ratio = total["killed"] / ((total["killed"] + total["survived"]) or 1)
    cells = " | ".join(str(total[name]) for name in ("killed", "equivalent", "survived"))
    _print(f"| all | {total.total()} | {cells} | {ratio:.0%} |\n")
    _print("\n".join(map(str, survivors)))
    sys.exit(ratio < LEAST)


if __name__ == "__main__":
    main()
