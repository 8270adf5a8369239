"""Makes text from outside harmless to a terminal, visibly; refuses to drop a character."""

from __future__ import annotations

NEWLINE = "\u23ce"


def plain(text: str) -> str:
    """Return the text in one line, with every character that could act on a terminal made visible.

    Control characters become `^[`, line ends a return sign, all else that does not print
    (C1, bidi and zero-width marks, lone surrogates) its number: `<U+202E>`.
    """
    if text.isprintable():
        return text
    return text.translate(_SIGNS)


class _Signs(dict[int, str]):
    """What stands for each character, found out once."""

    def __missing__(self, number: int) -> str:
        character = chr(number)
        sign = self[number] = character if character.isprintable() else _visible(character)
        return sign


_SIGNS = _Signs()


def _visible(character: str) -> str:
    if character == "\n":
        return NEWLINE
    number = ord(character)
    if number < 0x20 or number == 0x7F:
        return "^" + chr(number ^ 0x40)
    return f"<U+{number:04X}>"
