"""What many watches do together: each decides alone, and nothing brings them into step."""

from __future__ import annotations

import random
from collections import Counter

from vbsjob.outcome import Unavailable
from vbsjob.poll import Poll, Rules

WATCHERS = 2000
TENTHS = 10


def questions(seed: int, until: float) -> list[float]:
    """Return when one watch asks a service that is down from its first question on."""
    poll = Poll(["j"], Rules(), 0.0, random.Random(seed).random)
    times = []
    while (now := poll.next_at()) < until:
        times += [now for _ in poll.due(now, 1)]
        poll.told("j", Unavailable("down"), now)
    return times


def test_f17_watches_that_lost_the_service_together_do_not_come_back_together() -> None:
    asked = Counter(
        int(at * TENTHS) for seed in range(WATCHERS) for at in questions(seed, 90.0) if at >= 30.0
    )
    mean = sum(asked.values()) / (60 * TENTHS)
    assert mean > 5
    assert max(asked.values()) <= 3 * mean
