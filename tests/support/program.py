"""Runs vbsjob: in this process over real sockets with short limits, or as a process."""

from __future__ import annotations

import atexit
import io
import os
import re
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.support import canary, schemas
from tests.support.child import Child
from tests.support.clock import FakeClock
from tests.support.context import fake_context, standard_input
from vbsjob.__main__ import run
from vbsjob.config import schema
from vbsjob.config.loader import Settings
from vbsjob.config.sources import SettingValue
from vbsjob.http import tls
from vbsjob.http.transport import Transport
from vbsjob.redact import Secrets
from vbsjob.sandbox import account

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from vbsjob.context import Context
    from vbsjob.http.messages import Request, Response

ROOT = Path(__file__).resolve().parents[2]
COMMAND = (sys.executable, "-m", "vbsjob")
TOKEN = canary.secret("a-token-of-tests", issued=True)
HOMES = tempfile.TemporaryDirectory(prefix="vbsjob-tests-")
"""Each run has its own home in it, so that no run finds files of another."""
atexit.register(HOMES.cleanup)
SETTINGS = {
    "OS_TOKEN": "",
    "OS_ACCESS_KEY": "a-key",
    "OS_SECRET_KEY": canary.secret("a-secret-of-tests"),
}
"""Access keys instead of the token: a watch with a token prints a note about its expiry."""
AT_START = ("PYTHON", "LD_", "LC_", "LANG", "TZ")
"""Beginnings of variables that the interpreter, the loader or the C library read at the start."""
LARGEST_FORKED = 8_000
"""Characters of arguments and variables that a request to the fork server holds as JSON."""
CODES = {0, 1, 2, 3, 4, 5, 6, 7, 8, 70}


@dataclass(frozen=True, slots=True)
class RunResult:
    """Exit code and output of a run."""

    code: int
    out: str
    err: str

    def __post_init__(self) -> None:
        """S05: no run prints a secret; all JSON that it prints is as the schemas say."""
        canary.check(self.out + self.err)
        schemas.check(self.out, self.err)

    @property
    def verdict(self) -> bool:
        """Whether the exit code says how the job ended."""
        return self.code in {0, 1}

    @property
    def is_clean(self) -> bool:
        """Whether there is no traceback and no "bug", and the exit code is one of ours."""
        output = self.out + self.err
        return "Traceback" not in output and "a bug in" not in output and self.code in CODES


def environment(url: str, **more: str) -> dict[str, str]:
    """Return only the variables that a client of the server at `url` needs."""
    given = {"OS_TOKEN": TOKEN, "OS_PROJECT_ID": "p", "VBSJOB_ENDPOINT": url}
    return given | more


def run_in_memory(
    *argv: str,
    send: Callable[[Request], Response],
    stdin: str = "",
    env: Mapping[str, str] | None = None,
    clock: FakeClock | None = None,
) -> RunResult:
    """Run in this process with `send` as the network and a clock that only sleep moves."""
    clock = clock or FakeClock()
    out, err = io.StringIO(), io.StringIO()
    context = fake_context(
        standard_input(stdin), out, err, env or environment("https://vbs.test"),
        monotonic=clock, sleep=clock.sleep, random=lambda: 1.0, send=send,
    )  # fmt: skip
    return RunResult(run(argv, context), out.getvalue(), err.getvalue())


@contextmanager
def socket_context(
    url: str,
    *,
    attempt: float = 2.0,
    body_limit: int = 4 << 20,
    cacert: str | None = None,
    sleep: Callable[[float], None] = lambda _: None,
    clock: Callable[[], float] = time.monotonic,
    env: Mapping[str, str] | None = None,
) -> Iterator[Context]:
    """Yield a Context with real sockets: real waits in an exchange, none between tries.

    `env` is the whole environment, with proxies.
    """
    authority = {"cacert": SettingValue(cacert, "OS_CACERT")} if cacert else {}
    wire = Transport(
        secrets=Secrets(TOKEN),
        body_limit=body_limit,
        trust=lambda: tls.ssl_context(Settings(authority), {}),
        env=env,
        attempt=attempt,
    )
    yield fake_context(
        standard_input(""), io.StringIO(), io.StringIO(), environment(url) if env is None else env,
        monotonic=clock, sleep=sleep, random=lambda: 1.0, send=wire.send,
    )  # fmt: skip
    wire.close()


def run_against(url: str, *argv: str, **limits: Any) -> RunResult:
    """Run in this process with the Context of `socket_context`."""
    with socket_context(url, **limits) as context:
        code = run(argv, context)
        return RunResult(code, context.stdout.getvalue(), context.stderr.getvalue())  # type: ignore[attr-defined] # StringIO


PASSED_ON = ("PATH", "COVERAGE_PROCESS_CONFIG")


def clean_env(url: str = "", **more: str) -> dict[str, str]:
    """Return a complete process environment with nothing of this machine except PATH.

    A run that measures coverage measures the process too.
    """
    own = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    home = tempfile.mkdtemp(dir=HOMES.name)
    new = {"HOME": home, "PYTHONDONTWRITEBYTECODE": "1"}
    return own | new | (environment(url) if url else {}) | more


def run_process(
    *argv: str | bytes,
    env: Mapping[str, str],
    stdin: bytes = b"",
    cwd: Path = ROOT,
    within: Sequence[str] = (),
) -> RunResult:
    """Run as a process with `within` as command prefix; a negative code is its signal.

    Where nothing needs a new interpreter, the process is forked from one that has imported vbsjob:
    that takes a tenth of the processor time.
    """
    texts = [word for word in argv if isinstance(word, str)]
    if texts == list(argv) and not (stdin or within) and cwd == ROOT and can_be_forked(texts, env):
        from tests.support.forkserver import fork_server

        return fork_server().run_alone(*texts, env=env)
    ended = subprocess.run(
        [*within, *COMMAND, *argv], env=env, cwd=cwd, input=stdin, capture_output=True, timeout=60,
        check=False,
    )  # fmt: skip
    return RunResult(ended.returncode, _text(ended.stdout), _text(ended.stderr))


def can_be_forked(argv: Sequence[str], env: Mapping[str, str]) -> bool:
    """Whether no variable is for the start of a process, and a request to the server holds all."""
    at_start = [n for n in env if n.startswith(AT_START) and n != "PYTHONDONTWRITEBYTECODE"]
    return not at_start and sum(map(len, [*argv, *env, *env.values()])) < LARGEST_FORKED


def run_bash(script: str, *, env: Mapping[str, str], timeout: float = 60) -> RunResult:
    """Run a line of bash in which `"$@"` is vbsjob."""
    ended = subprocess.run(
        ["bash", "-c", script, "bash", *COMMAND], env=env, cwd=ROOT, capture_output=True,
        stdin=subprocess.DEVNULL, timeout=timeout, check=False,
    )  # fmt: skip
    return RunResult(ended.returncode, _text(ended.stdout), _text(ended.stderr))


def _text(content: bytes | None) -> str:
    return (content or b"").decode("utf-8", "backslashreplace")


@contextmanager
def running_sandbox(*argv: str) -> Iterator[tuple[subprocess.Popen[str], dict[str, str]]]:
    """Run `vbsjob sandbox`; yield its process and the variables of the sign-in by password."""
    with Child(
        [*COMMAND, "sandbox", *argv], env=clean_env(), cwd=ROOT, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    ) as command:  # fmt: skip
        assert command.stdout
        address = re.search(r"http://[0-9.:]+[0-9]", command.stdout.readline())
        assert address, "the sandbox did not start"
        variables = {
            schema.SETTINGS_BY_NAME[name].os[0]: value
            for name, value in account.settings(address[0]).items()
        }
        try:
            yield command, variables
        finally:
            command.kill()
