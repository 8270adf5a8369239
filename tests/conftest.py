"""What holds for every test: the same cases each time, and each of them counted."""

from __future__ import annotations

import signal
from functools import wraps
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import is_hypothesis_test, settings

if TYPE_CHECKING:
    from collections.abc import Iterator

settings.register_profile("every commit", derandomize=True)
settings.load_profile("every commit")

# A suite that runs under nohup or in the background must not hand that down to what it tests.
for number in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT):
    if signal.getsignal(number) is signal.SIG_IGN:
        heard = signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL
        signal.signal(number, heard)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Function) -> Iterator[None]:
    """Tell how many examples of a property were tried, as a loop tells its cases itself."""
    if not is_hypothesis_test(item.obj):
        return (yield)
    held: Any = item.obj.hypothesis
    test, tried = held.inner_test, 0

    @wraps(test)
    def counted(*args: Any, **members: Any) -> None:
        nonlocal tried
        tried += 1
        test(*args, **members)

    held.inner_test = counted
    try:
        return (yield)
    finally:
        held.inner_test = test
        item.user_properties.append(("cases", tried))
