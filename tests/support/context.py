"""A Context for tests in this process: no signals, no threads, no folder of the user."""

from __future__ import annotations

import io
from concurrent.futures import Executor, Future
from datetime import UTC
from typing import TYPE_CHECKING, Any, Self, TextIO

from tests import errors
from vbsjob.context import Context
from vbsjob.files import Paths

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from vbsjob.errors import VbsjobError


NO_PATHS = {"config_folders": (), "config_file": None, "cache_folder": None, "state_folder": None}


class NoSignals:
    """Replaces Signals: waiting only lets time pass."""

    ending: int | None = None
    stop = continued = False

    def __init__(self, sleep: Callable[[float], None]) -> None:
        self._sleep = sleep

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def wake(self) -> None:
        pass

    def wait(self, seconds: float) -> float:
        timeout = max(0.0, seconds)
        self._sleep(timeout)
        return timeout

    def suspend(self) -> None:
        pass


class CallingThread(Executor):
    """Replaces a ThreadPoolExecutor: calls in the calling thread, one call after the other."""

    def submit(self, call: Callable[..., Any], /, *args: Any, **_: Any) -> Future[Any]:
        future: Future[Any] = Future()
        try:
            future.set_result(call(*args))
        except Exception as error:  # noqa: BLE001 - `result` raises it
            future.set_exception(error)
        return future


class RecordingContext(Context):
    """A Context that remembers the errors that it prints, for `python -m tests.errors`."""

    def print_error(self, error: VbsjobError) -> None:
        errors.record(error)
        super().print_error(error)


def standard_input(content: str | bytes) -> TextIO:
    """Return a stream with this content; text is UTF-8, and half a surrogate pair is not valid."""
    if isinstance(content, str):
        content = content.encode("utf-8", "surrogatepass")
    return io.TextIOWrapper(io.BytesIO(content))


def fake_context(
    stdin: TextIO, stdout: TextIO, stderr: TextIO, env: Mapping[str, str], **fields: Any
) -> Context:
    """Return a Context; the fields of Paths are taken beside those of Context."""
    paths = Paths(**{name: fields.pop(name, path) for name, path in NO_PATHS.items()})
    sleep = fields.get("sleep", Context.__dataclass_fields__["sleep"].default)
    fields.setdefault("local_time", lambda time: time.astimezone(UTC))
    fields.setdefault("signals", lambda *_: NoSignals(sleep))
    fields.setdefault("executor", CallingThread)
    fields.setdefault("threads", 1)
    return RecordingContext(stdin, stdout, stderr, env, paths, **fields)


def file_context(folder: Path, *, config: str = "", clouds: str = "", **env: str) -> Context:
    """Return a Context that reads the given config.toml and clouds.yaml, written to `folder`."""
    for name, content in (("config.toml", config), ("clouds.yaml", clouds)):
        if content:
            (folder / name).write_text(content)
            (folder / name).chmod(0o600)
    return fake_context(
        io.StringIO(), io.StringIO(), io.StringIO(), env,
        config_folders=(folder,), config_file=folder / "config.toml",
    )  # fmt: skip
