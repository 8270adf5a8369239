"""The clock of every test that runs in this process."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

EPOCH = datetime(2026, 5, 1, tzinfo=UTC)


class FakeClock:
    """Monotonic clock that only `sleep` moves; records each sleep that is longer than 0 s."""

    def __init__(self) -> None:
        self.seconds = 1000.0
        self.sleeps: list[float] = []

    def __call__(self) -> float:
        return self.seconds

    def utc(self) -> datetime:
        """Return the wall-clock time: EPOCH plus the seconds of this clock."""
        return EPOCH + timedelta(seconds=self.seconds)

    def sleep(self, seconds: float) -> None:
        self.seconds += seconds
        if seconds:
            self.sleeps.append(seconds)
