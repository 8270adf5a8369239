"""Text in lines: at most the width, words whole."""

from __future__ import annotations

from vbsjob.text import wrap


def test_a_line_that_fits_stays_as_it_is() -> None:
    assert wrap("name    value  (default)", 24, 8) == "name    value  (default)"


def test_further_lines_are_indented_and_the_spaces_between_columns_stay() -> None:
    assert wrap("name    /a/path  (not found)", 24, 8) == "name    /a/path  (not\n        found)"


def test_a_word_that_is_longer_than_the_width_is_not_cut() -> None:
    assert wrap("name /a/path/without/a/space", 10, 2) == "name\n  /a/path/without/a/space"


def test_a_word_that_does_not_fit_behind_the_indent_moves_to_the_left() -> None:
    text = "name    /a/path/of/20/signs  (found)"
    assert wrap(text, 24, 8) == "name\n  /a/path/of/20/signs\n  (found)"
