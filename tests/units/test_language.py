"""Plain English in every text that a user can meet: a list of phrases that are not used.

The texts are all string literals of the program (docstrings and single words are not printed), the
help of every command, topics, manual pages, completion scripts, README and tests/ERRORS.md. Names
in the code that say nothing about a value are rejected too.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from typing import TYPE_CHECKING

import pytest

from tests.support.program import ROOT
from vbsjob.cli.help import TOPICS
from vbsjob.config.schema import OTHER_VARIABLES, SETTINGS
from vbsjob.generate import __main__ as generate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vbsjob.generate.command_tree import Command

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


SHELL_SCRIPTS = {"bash.py", "zsh.py", "fish.py"}
MODULES = [
    path for path in sorted(ROOT.joinpath("vbsjob").rglob("*.py")) if path.name not in SHELL_SCRIPTS
]


@pytest.mark.parametrize("name", [str(path.relative_to(ROOT)) for path in MODULES])
def test_no_module_contains_a_phrase_that_is_not_used(name: str) -> None:
    tree = ast.parse((ROOT / name).read_text("utf-8"))
    phrases = [f"{name}:{line}: {hit}" for line, text in literals(tree) for hit in phrases_in(text)]
    assert phrases == []


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


def test_no_comment_or_docstring_has_a_word_of_the_older_style() -> None:
    hits = [
        f"{path.relative_to(ROOT)}:{line}: {match.group()!r} in {text[:200]!r}"
        for path in sorted(ROOT.joinpath("vbsjob").rglob("*.py"))
        for line, text in remarks(path.read_text("utf-8"))
        for match in CODE.finditer(text)
    ]
    assert hits == []


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


def test_no_identifier_is_a_word_that_says_nothing_about_the_value() -> None:
    hits = [
        f"{path.relative_to(ROOT)}:{line}: {name}: {ADVICE[name.strip('_').lower()]}"
        for folder in ("tests", "vbsjob")
        for path in sorted(ROOT.joinpath(folder).rglob("*.py"))
        for line, name in unclear_names(path.read_text("utf-8"))
    ]
    assert hits == []


def test_unclear_identifiers_are_detected_in_each_position() -> None:
    source = "def told(said, *, ours=1):\n  self.heard = f'{one}'\n  f(place=FOUND)\nleft = answers"
    names = [name for _, name in unclear_names(source)]
    assert sorted(names) == ["FOUND", "heard", "one", "ours", "place", "said", "told"]


@pytest.mark.parametrize("name", [name for name in generate.files() if name.startswith("man/")])
def test_no_manual_page_contains_such_a_phrase(name: str) -> None:
    assert phrases_in(re.sub(r"\\\\f.|\\\\", "", generate.files()[name])) == []


@pytest.mark.parametrize(
    "command", list(generate.command_tree().walk()), ids=lambda command: command.page
)
def test_no_help_of_a_command_contains_such_a_phrase(command: Command) -> None:
    options = [option.help for option in command.options]
    assert phrases_in(" ".join((command.summary, *command.text, *options))) == []


@pytest.mark.parametrize("topic", TOPICS)
def test_no_topic_contains_such_a_phrase(topic: str) -> None:
    assert phrases_in(" ".join(TOPICS[topic]())) == []


DOCUMENTS = [
    "vbsjob/jobs/error_codes.json", "README.md", "tests/benchmarks/README.md", "tests/README.md",
    "tests/rows.toml", ".github/CONTRIBUTING.md", ".github/SECURITY.md", ".github/CHANGELOG.md",
    *(["tests/ERRORS.md"] if (ROOT / "tests/ERRORS.md").exists() else []),
]  # fmt: skip


@pytest.mark.parametrize("name", DOCUMENTS)
def test_no_document_contains_such_a_phrase(name: str) -> None:
    assert phrases_in((ROOT / name).read_text("utf-8")) == []


def test_every_setting_and_variable_has_one_sentence() -> None:
    sentences = {setting.name: setting.help for setting in SETTINGS} | OTHER_VARIABLES
    for name, sentence in sentences.items():
        assert re.fullmatch(r"['A-Z][^.]*(\.[^ .][^.]*)*\.", sentence), f"{name}: {sentence}"


def test_the_list_finds_the_phrases_of_the_past() -> None:
    past = (
        "'x' is no job id", "writes a line a change into a log", "leave it away",
        "whoever read the output has gone", "heeded beside the settings", "secrets show",
    )  # fmt: skip
    assert [text for text in past if not phrases_in(text)] == []
    assert phrases_in("There is no help for 'x'. The file is no longer read.") == []


FAULTS = {
    "UnavailableError", "PermanentConnectionError", "InvalidBodyError", "BodyTooLargeError",
    "ApiError", "UnexpectedResponseError", "JobNotFoundError", "NoResponseError", "InternalError",
}  # fmt: skip
"""Errors that always name a next step where they are raised. The sign-in adds the hint of an
AuthError; the last attempt adds the one of a ThrottledError."""


@pytest.mark.parametrize("name", [str(path.relative_to(ROOT)) for path in MODULES])
def test_each_fault_of_network_and_service_has_a_hint(name: str) -> None:
    calls = [
        node for node in ast.walk(ast.parse((ROOT / name).read_text("utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in FAULTS
    ]  # fmt: skip
    for call in calls:
        hints = [word.value for word in call.keywords if word.arg == "hint"]
        assert hints, f"{name}:{call.lineno}: no hint"
        assert not isinstance(hints[0], ast.Constant) or hints[0].value, f"{name}:{call.lineno}"
