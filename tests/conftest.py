"""What holds for every test: a commit is judged by the same cases each time."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("every commit", derandomize=True)
settings.load_profile("every commit")
