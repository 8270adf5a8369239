"""Plain English in the texts that people read: `python -m tests.wording` lists other phrases.

It reads the sources of texts, not generated copies: string literals, comments, docstrings and names
in the code, README and the other documents, the meanings of error codes. Files as arguments are
checked instead of all. It ends with 1 if a phrase is found. pre-commit and .ci/run run it.
"""

from __future__ import annotations

import ast
import io
import re
import sys
import tokenize
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parent.parent
SOURCES = (
    "vbsjob/**/*.py", "vbsjob/**/*.txt", "man/*.py", "vbsjob/jobs/error_codes.json",
    "tests/**/*.py", "README.md", "tests/**/*.md", "tests/rows.toml", ".github/*.md",
)  # fmt: skip
PHRASES = {
    r"(?<!there )\b(is|are) no\b(?! longer)": "is not a valid ..., ... is missing",
    r"\b(line|row|event|case|object|entry|spec|id|one) an? "
    r"(line|row|change|job|sub-job|code|name|flag|event|entry|cloud)\b": "one ... per ...",
    r"\b(leave|leaves|left|leaving) (it|them|this)? ?away\b": "omit",
    r"\bhee(d|ds|ded|ding)\b": "read, use, obey",
    r"\b(who|what|which|when|where)ever\b": "name it",
    r"\bmend(s|ed)?\b": "repair, fix",
    r"\bblank\b": "empty",
    r"\b(tell|tells|told|telling)\b": "report, say, print",
    r"\b(ask|asks|asked|asking)\b(?! for)": "query, request",
    r"\bask(s|ed|ing)? for\b": "request, prompt for",
    r"\b(goes|go|going|went) on\b": "continues, is still running",
    r"\bnobody\b|\bno one\b": "unknown, not known",
    r"\bnothing but\b": "only",
    r"\bwhom\b|\bwhose\b|\bthus\b|\bhence\b|\blest\b|\bthereof\b|\bshall\b|\bought\b": "plain word",
    r"\banew\b|\bamiss\b|\boverly\b|\bupon\b|\bforth\b": "again, on",
    r"\bmade[- ]up\b": "simulated",
    r"\bpassed over\b|\bpass over\b": "ignored",
    r"\bbeside\b": "next to, in addition to",
    r"\bworth another try\b": "retryable",
    r"\bsecrets show\b": "credentials are sent unencrypted",
    r"\brides? out\b": "continues through",
    r"\bknows? no\b|\brefuses? to know\b|\bknows? nothing\b": "does not have, does not import",
    r"\bso many\b|\bof late\b|\bfor want of\b|\bby no means\b": "plain words",
    r"\bof ours\b|\bof theirs\b|\bof its own\b": "our, its",
    r"\bcame? of it\b|\bcomes of\b": "result",
    r"\bran out\b|\bruns out\b": "expired, is reached",
    r"\bit is meant\b|\bis meant to\b": "must, is expected to",
    r"\bcannot be had\b|\bto be had\b": "is not available",
    r"\bkept away\b|\bkeeps away\b": "prevented",
    r"\ba word of\b|\bin a word\b|\bword for word\b": "plain words",
    r"\bloses? its way\b|\bfalls? silent\b|\bstays? silent\b": "does not answer",
}
"""Phrases that are not used, with plain words instead. The texts are read by people with English
as a second language."""
PATTERNS = {re.compile(pattern, re.IGNORECASE): advice for pattern, advice in PHRASES.items()}


def literals(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Yield line and text of every string literal that is not a docstring and has several words."""
    skipped: set[ast.AST] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            skipped.add(node.value)
        if isinstance(node, ast.JoinedStr):
            skipped |= set(node.values)
            parts = [part.value if isinstance(part, ast.Constant) else "{}" for part in node.values]
            yield node.lineno, "".join(map(str, parts))
        elif (
            node not in skipped
            and isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and " " in node.value
        ):
            yield node.lineno, node.value


def phrases_in(text: str) -> list[str]:
    """Return the phrases in a text that are not used, each with the plain words."""
    words = " ".join(text.split())
    return [
        f"{words[max(0, match.start() - 40) : match.end() + 20]!r}: {advice}"
        for pattern, advice in PATTERNS.items()
        for match in pattern.finditer(words)
    ]


CODE = re.compile(
    r"\b(anew|asks?|asked|beside|goes on|go on|heed\w*|hence|knows|lest|made-up|mend(s|ed)?|nobody"
    r"|nothing but|of its own|of ours|of theirs|so many|speaks?|stands? for|tells?|thus|told|upon"
    r"|wants?|whatever|whoever|whom)\b",
    re.IGNORECASE,
)
"""Words that docstrings and comments do not use: personification, or more than one meaning."""


def remarks(source: str) -> Iterator[tuple[int, str]]:
    """Yield line and text of every comment and docstring of a module."""
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            yield node.lineno, " ".join(str(node.value.value).split())


IDENTIFIERS = {
    "ask asked heard seen": "request, requests, job_ids, prompt, count",
    "drawn errand manner strike struck": "screen, output_mode, fault, failed_calls",
    "found here known one place places taken": "result, path, address, match, job, cpu_seconds",
    "kept theirs ours whole": "the noun; vbsjob_value, sdk_value; controller, terminal of a pty",
    "nursery wish": "fork_server, arguments, options",
    "said say says spoken tell tells told": "response, document, output, text, event",
}
"""Names that say nothing about a value, and nouns to choose from instead."""
ADVICE = {name: advice for names, advice in IDENTIFIERS.items() for name in names.split()}


def identifiers(source: str) -> Iterator[tuple[int, str]]:
    """Yield line and name of each variable, parameter, attribute, function and class."""
    for node in ast.walk(ast.parse(source)):
        for field in ("id", "arg", "attr", "name", "asname"):
            if isinstance(name := getattr(node, field, None), str):
                yield getattr(node, "lineno", 0), name


def unclear_names(source: str) -> list[tuple[int, str]]:
    """Return line and name of each identifier that is, but for case and underscores, in ADVICE."""
    return [(line, name) for line, name in identifiers(source) if name.strip("_").lower() in ADVICE]


def complaints(name: str) -> Iterator[str]:
    """Yield line and advice for every word and name in a file that is not used."""
    source = ROOT.joinpath(name).read_text("utf-8")
    if not name.endswith(".py"):
        yield from phrases_in(source)
        return
    for line, identifier in unclear_names(source):
        yield f"{line}: {identifier}: {ADVICE[identifier.strip('_').lower()]}"
    if name.startswith("tests/"):
        return
    for line, text in literals(ast.parse(source)):
        yield from (f"{line}: {hit}" for hit in phrases_in(text))
    for line, text in remarks(source):
        yield from (f"{line}: {word.group()!r} in {text[:200]!r}" for word in CODE.finditer(text))
    if name.startswith("vbsjob/cli/"):  # the docstring of a command is its help
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
                help_text = ast.get_docstring(node) or ""
                yield from (f"{node.lineno}: {hit}" for hit in phrases_in(help_text))


def main() -> None:
    """Check the given files, or all."""
    sources = {path.relative_to(ROOT).as_posix() for glob in SOURCES for path in ROOT.glob(glob)}
    given = {Path(name).resolve().relative_to(ROOT).as_posix() for name in sys.argv[1:]}
    names = sorted(sources & given if given else sources)
    sys.exit("\n".join(f"{name}:{hit}" for name in names for hit in complaints(name)) or None)


if __name__ == "__main__":
    main()
