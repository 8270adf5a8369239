"""Mutants of a module: its source with one place changed, as a mistake would change it."""

from __future__ import annotations

import ast
import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Path = tuple[tuple[str, int | None], ...]
"""Steps from the root of a tree to a node: field, and index where the field is a list."""

OPERATORS: dict[type[ast.AST], type[ast.AST]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq, ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
    ast.And: ast.Or, ast.Or: ast.And, ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div,
    ast.Div: ast.Mult, ast.BitOr: ast.BitAnd, ast.BitAnd: ast.BitOr,
}  # fmt: skip
CALLS = {"min": "max", "max": "min", "any": "all", "all": "any"}
ANNOTATIONS = ("annotation", "returns", "decorator_list", "type_params")
"""Parts of the syntax tree that have no effect at run time, or none of their own."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change: its line, what was changed into what, and the whole changed source."""

    module: str
    line: int
    text: str
    """The line of the original source."""
    change: str
    source: str
    last_line: int
    """The last line of the statement; of one with a block, the last before the block."""
    in_function: bool
    """Whether only the code of a function differs, so that it can be put into a loaded module."""

    @property
    def key(self) -> str:
        """Return what identifies it whatever its line number is."""
        return f"{self.module}: {self.text}: {self.change}"

    def __str__(self) -> str:
        return f"vbsjob/{self.module}.py:{self.line}: {self.text}: {self.change}"


def unchanged(module: str, source: str) -> list[Mutant]:
    """Return the module without a change, to be put in place and to be imported: both survive."""
    tree, lines = ast.parse(source), len(source.splitlines())
    return [
        Mutant(module, 1, "", "", ast.unparse(tree), lines, in_function)
        for in_function in (True, False)
    ]


def mutants_of(module: str, source: str) -> Iterator[Mutant]:
    """Yield every mutant of a module's source in the order of its lines."""
    tree, lines = ast.parse(source), source.splitlines()
    positions = [(path, node) for path, node in _positions(tree, ()) if hasattr(node, "lineno")]
    for path, node in sorted(positions, key=lambda position: position[1].lineno):
        for change, changed in _changes(node):
            mutated = copy.deepcopy(tree)
            _replace(mutated, path, changed)
            line = node.lineno
            yield Mutant(
                module, line, lines[line - 1].strip(), change,
                ast.unparse(ast.fix_missing_locations(mutated)), *_statement(tree, path),
            )  # fmt: skip


def _statement(tree: ast.AST, path: Path) -> tuple[int, bool]:
    """Return the last line of the innermost statement of a place, and whether a function has it."""
    node, last_line, in_function = tree, 0, False
    for name, index in path:
        in_function |= name == "body" and isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
        value = getattr(node, name)
        node = value if index is None else value[index]
        if isinstance(node, ast.stmt):
            block = getattr(node, "body", None)
            last_line = block[0].lineno - 1 if block else node.end_lineno or node.lineno
    return last_line, in_function


def _positions(node: ast.AST, path: Path) -> Iterator[tuple[Path, ast.AST]]:
    """Yield every node with its path from the root, without annotations, docstrings and texts."""
    for name, value in ast.iter_fields(node):
        if name in ANNOTATIONS:
            continue
        children = enumerate(value) if isinstance(value, list) else [(None, value)]
        for index, child in children:
            if not isinstance(child, ast.AST) or isinstance(child, ast.JoinedStr):
                continue
            if isinstance(child, ast.If) and _name(child.test) == "TYPE_CHECKING":
                continue
            if isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant):
                continue
            position = (*path, (name, index))
            yield position, child
            yield from _positions(child, position)


def _replace(tree: ast.AST, path: Path, new: ast.AST) -> None:
    for name, index in path[:-1]:
        value = getattr(tree, name)
        tree = value if index is None else value[index]
    name, index = path[-1]
    if index is None:
        setattr(tree, name, new)
    else:
        getattr(tree, name)[index] = new


def _changes(node: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    """Yield each way to change a node: what is changed into what, and the new node."""
    shown = _short(node)
    for new in _variants(node):
        yield f"{shown} -> {_short(new)}", new


def _variants(node: ast.AST) -> Iterator[ast.AST]:
    for kinds, variants in VARIANTS:
        if isinstance(node, kinds):
            yield from variants(node)


def _compared(node: ast.Compare) -> Iterator[ast.AST]:
    for index, operator in enumerate(node.ops):
        if type(operator) in OPERATORS:
            changed = copy.deepcopy(node)
            changed.ops[index] = OPERATORS[type(operator)]()  # type: ignore[call-overload] # same family
            yield changed


def _combined(node: ast.BoolOp | ast.BinOp) -> Iterator[ast.AST]:
    if type(node.op) in OPERATORS:
        changed = copy.deepcopy(node)
        changed.op = OPERATORS[type(node.op)]()  # type: ignore[assignment] # same family
        yield changed


def _affirmed(node: ast.UnaryOp) -> Iterator[ast.AST]:
    if isinstance(node.op, ast.Not):
        yield node.operand


def _counted(node: ast.Constant) -> Iterator[ast.AST]:
    if isinstance(node.value, bool):
        yield ast.Constant(not node.value)
    elif isinstance(node.value, int | float):
        yield ast.Constant(node.value + 1)


def _called(node: ast.Call) -> Iterator[ast.AST]:
    if _name(node.func) in CALLS:
        changed = copy.deepcopy(node)
        changed.func = ast.Name(CALLS[_name(node.func)], ast.Load())
        yield changed


def _returned(node: ast.Return) -> Iterator[ast.AST]:
    """Yield the return of None; not for False, of which only the truth counts (see `_counted`)."""
    value = node.value
    if not _is_none(value) and not (isinstance(value, ast.Constant) and value.value is False):
        yield ast.Return(ast.Constant(None))


def _negated(node: ast.If | ast.IfExp) -> Iterator[ast.AST]:
    """Yield the negation, unless a change of the test itself is the same."""
    if not isinstance(node.test, (ast.UnaryOp, ast.Compare, ast.BoolOp)):
        changed = copy.deepcopy(node)
        changed.test = ast.UnaryOp(ast.Not(), node.test)
        yield changed


def _continued(_: ast.Break) -> Iterator[ast.AST]:
    yield ast.Continue()


def _removed(_: ast.AST) -> Iterator[ast.AST]:
    yield ast.Pass()


def _unset(node: ast.Assign) -> Iterator[ast.AST]:
    if isinstance(node.targets[0], (ast.Attribute, ast.Subscript)):
        yield ast.Pass()


VARIANTS: tuple[tuple[Any, Callable[[Any], Iterator[ast.AST]]], ...] = (
    (ast.Compare, _compared),
    ((ast.BoolOp, ast.BinOp), _combined),
    (ast.UnaryOp, _affirmed),
    (ast.Constant, _counted),
    (ast.Call, _called),
    (ast.Return, _returned),
    ((ast.If, ast.IfExp), _negated),
    (ast.Break, _continued),
    ((ast.Expr, ast.Raise, ast.AugAssign, ast.Continue), _removed),
    (ast.Assign, _unset),
)


def _is_none(node: ast.AST | None) -> bool:
    return node is None or (isinstance(node, ast.Constant) and node.value is None)


def _name(node: ast.AST) -> str:
    return node.id if isinstance(node, ast.Name) else ""


def _short(node: ast.AST) -> str:
    lines = ast.unparse(ast.fix_missing_locations(copy.deepcopy(node))).splitlines()
    return lines[0] if len(lines[0]) <= 60 else f"{lines[0][:57]}..."
