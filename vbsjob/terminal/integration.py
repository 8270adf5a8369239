"""Sequences that some terminals show outside their text: progress and notifications.

Pure: returns what to write.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

REMOVE_PROGRESS = "\x1b]9;4;0;\x1b\\"
LONGEST_NOTE = 200


def has_progress(env: Mapping[str, str]) -> bool:
    """Whether the terminal shows OSC 9;4; others would take it for a notification.

    The same terminals as cargo: Windows Terminal, ConEmu, WezTerm, Ghostty, iTerm2 if it reports
    the feature `P`, Ptyxis from version 48.
    """
    if env.get("WT_SESSION") or env.get("ConEmuANSI") == "ON":
        return True
    program = env.get("TERM_PROGRAM")
    if program in {"WezTerm", "ghostty"}:
        return True
    if program == "iTerm.app":
        features = re.match("[0-9A-Za-z]*", env.get("TERM_FEATURES", ""))
        return features is not None and "P" in re.findall("[A-Z][a-z0-9]*", features[0])
    version = re.match("[0-9]{1,4}", env.get("PTYXIS_VERSION", ""))
    return version is not None and int(version[0]) >= 48


def progress(percent: int | None, *, problem: bool = False) -> str:
    """Return the sequence for a progress in percent; None: there is progress, but no measure."""
    if percent is None:
        return "\x1b]9;4;3;\x1b\\"
    return f"\x1b]9;4;{4 if problem else 1};{min(max(percent, 0), 100)}\x1b\\"


def notification(text: str, env: Mapping[str, str]) -> str:
    """Return the sequence of a desktop notification; the bell if the terminal has none.

    OSC 9 for iTerm2, WezTerm, Ghostty and kitty; OSC 777 for foot and urxvt. `text` is printable.
    """
    text = text[:LONGEST_NOTE]
    term = env.get("TERM", "")
    if env.get("TERM_PROGRAM") in {"iTerm.app", "WezTerm", "ghostty"} or term == "xterm-kitty":
        return f"\x1b]9;{text}\x1b\\"
    if term.startswith(("foot", "rxvt-unicode")):
        return f"\x1b]777;notify;vbsjob;{text.replace(';', ',')}\x1b\\"
    return "\a"
