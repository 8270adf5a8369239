"""Golden screens of `vbsjob tree`: six shapes, three widths, with and without colour and Unicode.

`python -m tests.screens.draw` draws them anew after a change that is meant.
"""

from __future__ import annotations

from itertools import product

import pytest

from tests.screens.draw import FOLDER, SHAPES, STYLES, WIDTHS, screen


@pytest.mark.parametrize(("shape", "style"), list(product(SHAPES, STYLES)))
def test_the_screen_is_the_one_that_was_agreed(shape: str, style: str) -> None:
    golden = (FOLDER / f"{shape}-{style}.txt").read_text(encoding="utf-8")
    assert screen(shape, style) == golden


def test_there_are_six_shapes_at_three_widths_in_four_styles() -> None:
    assert (len(SHAPES), len(WIDTHS), len(STYLES)) == (6, 3, 4)
    assert {path.stem for path in FOLDER.glob("*.txt")} == {
        f"{shape}-{style}" for shape, style in product(SHAPES, STYLES)
    }
