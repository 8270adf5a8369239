"""Replaces the code of the functions of a loaded module by that of another source of the module.

What has imported the module keeps its classes and functions, and runs the new code. That is much
quicker than to import everything again.
"""

from __future__ import annotations

from types import CodeType, FunctionType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType


def replace(module: ModuleType, source: str) -> None:
    """Replace the code of every function and method of a module."""
    for function, code in _replacements(module, source):
        function.__code__ = code


def can_replace(module: ModuleType, source: str) -> bool:
    """Whether every function with other code has the same free variables as before."""
    return all(
        len(function.__code__.co_freevars) == len(code.co_freevars)
        for function, code in _replacements(module, source)
    )


def _replacements(module: ModuleType, source: str) -> Iterator[tuple[FunctionType, CodeType]]:
    """Yield each function of a loaded module with its code in another source of the module."""
    functions: dict[str, list[FunctionType]] = {}
    for function in _functions(vars(module), module.__name__):
        functions.setdefault(function.__code__.co_qualname, []).append(function)
    codes: dict[str, list[CodeType]] = {}
    for code in _codes(compile(source, f"{module.__file__}", "exec")):
        codes.setdefault(code.co_qualname, []).append(code)
    for name, definitions in functions.items():
        definitions.sort(key=lambda function: function.__code__.co_firstlineno)
        yield from zip(definitions, codes.get(name, []), strict=False)


def _codes(code: CodeType) -> Iterator[CodeType]:
    """Yield the code of each function and method, in the order of the source."""
    for constant in code.co_consts:
        if isinstance(constant, CodeType) and not constant.co_name.startswith("<"):
            if constant.co_flags & 1:  # CO_OPTIMIZED: a function, not the body of a class
                yield constant
            else:
                yield from _codes(constant)


def _functions(members: Any, module: str) -> Iterator[FunctionType]:
    """Yield each function that a module or one of its classes defines, without its decorators."""
    for member in list(members.values()):
        if isinstance(member, type) and member.__module__ == module:
            yield from _functions(vars(member), module)
        for part in (member, getattr(member, "fget", None), getattr(member, "__func__", None)):
            function = getattr(part, "__wrapped__", part)
            if isinstance(function, FunctionType) and function.__module__ == module:
                yield function
