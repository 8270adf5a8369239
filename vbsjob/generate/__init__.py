"""Writes man/ and completions/ from the command tree."""
