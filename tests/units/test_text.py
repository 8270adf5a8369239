"""Text in lines: at most the width, words whole."""

from __future__ import annotations

import re

from vbsjob.text import printable, wrap


def test_lines_have_whole_words_and_further_ones_an_indent_where_a_word_fits_behind_it() -> None:
    for text, width, indent, expected in (
        ("name    value  (default)", 24, 8, "name    value  (default)"),
        ("name    /a/path  (not found)", 24, 8, "name    /a/path  (not\n        found)"),
        ("name /a/path/without/a/space", 10, 2, "name\n  /a/path/without/a/space"),
        ("name    /path/of/20/signs/ab  (found)", 24, 8, "name\n  /path/of/20/signs/ab\n  (found)"),
    ):
        assert wrap(text, width, indent) == expected


IGNORABLE = """
00AD 034F 061C 115F..1160 17B4..17B5 180B..180F 200B..200F 202A..202E 2060..206F 3164 FE00..FE0F
FEFF FFA0 FFF0..FFF8 1BCA0..1BCA3 1D173..1D17A E0000..E0FFF
"""
"""Default_Ignorable_Code_Point, as DerivedCoreProperties.txt of Unicode 16 lists it."""
BLANK = "2800 13441..13442 1D159 16FE4 00A0 1680 2000..200A 202F 205F 3000 0085 2028..2029"


def test_f52_every_character_that_shows_nothing_is_shown_as_its_number() -> None:
    hidden = [
        f"{number:04X}"
        for first, last in re.findall(r"(\w+)(?:\.\.(\w+))?", IGNORABLE + BLANK)
        for number in range(int(first, 16), int(last or first, 16) + 1)
        if printable(f"a{chr(number)}b") != f"a<U+{number:04X}>b"
    ]
    assert hidden == []


def test_letters_accents_and_emoji_are_unchanged() -> None:
    text = "a b ~ ä e\u0301 漢字 ⠿ 🙂 ✓ ਪੰਜਾਬੀ"
    assert printable(text) == text
