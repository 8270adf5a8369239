"""Values of settings as users write them in variables, options and files."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest

from tests.support.context import fake_context
from vbsjob.config import loader
from vbsjob.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

TRUE, FALSE = ("1", "true", "True", "TRUE", "yes", "on", "ON"), ("0", "false", "no", "No", "off")


def quiet(**env: str) -> object:
    context = fake_context(io.StringIO(), io.StringIO(), io.StringIO(), env)
    return loader.load({}, context)["quiet"]


def test_these_words_are_true() -> None:
    for text in TRUE:
        assert quiet(VBSJOB_QUIET=text) is True


def test_these_words_are_false() -> None:
    for text in FALSE:
        assert quiet(VBSJOB_QUIET=text) is False


def test_any_other_word_is_a_usage_error_that_names_its_variable() -> None:
    for text in ("2", "01", "10", "-1", "1.0", "t", "y", "si", "enabled"):
        with pytest.raises(UsageError, match="VBSJOB_QUIET"):
            quiet(VBSJOB_QUIET=text)


def test_config_toml_accepts_booleans_numbers_and_words(tmp_path: Path) -> None:
    for text, value in (("true", True), ("1", True), ('"1"', True), ("0", False)):
        file = tmp_path / "config.toml"
        file.write_text(f"[defaults]\nquiet = {text}\n")
        context = fake_context(
            io.StringIO(),
            io.StringIO(),
            io.StringIO(),
            {},
            config_folders=(tmp_path,),
            config_file=file,
        )
        assert loader.load({}, context)["quiet"] is value
