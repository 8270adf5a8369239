"""Reads a dotenv report as GitLab does; its rules are those of the service that parses reports."""

from __future__ import annotations

import re


def read_as_gitlab(text: str) -> dict[str, str]:
    """Read a dotenv report by the rules of GitLab's server; raises ValueError if it refuses it."""
    if len(text.encode(errors="replace")) >= 5 * 1024:
        raise ValueError("too big")
    pairs = []
    for line in text.splitlines():
        match = re.fullmatch(r"(.*?)=(.*)", line)
        if match is None or not re.fullmatch(r"[A-Za-z0-9_]+", match[1].strip()):
            raise ValueError(line)
        pairs.append((match[1].strip(), match[2].strip()))
    if len(pairs) > 20 or len(dict(pairs)) < len(pairs):
        raise ValueError("too many variables, or one twice")
    return dict(pairs)


def expanded(value: str) -> str:
    """Return a value as a job sees it: GitLab and its runner replace unset variables by nothing."""
    return re.sub(r"\$\$|\$\w+|\$\{\w*\}?|\$.|%%|%[A-Za-z_][A-Za-z0-9_]*%", "", value)
