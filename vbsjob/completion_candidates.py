"""Candidates of Tab completion: job ids from the history, clouds from the configuration files.

The completion scripts run `vbsjob --offer jobs`: one candidate per line, its description after a
tab. Uses no network and prints no error; every candidate has only letters, digits, `-`, `_`, `.`.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False  # importing typing costs as much as an answer to Tab
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


def write(kind: str) -> None:
    """Write the candidates of a kind to stdout."""
    kinds = {"jobs": jobs, "clouds": clouds}
    if kind in kinds:
        sys.stdout.writelines(f"{line}\n" for line in kinds[kind](os.environ))


def jobs(env: Mapping[str, str]) -> Iterator[str]:
    """Yield the ids of the history, the newest first."""
    from vbsjob import history

    folder = state_folder(env)
    if folder and env.get("VBSJOB_HISTORY", "").lower() not in {"off", "false", "no", "0"}:
        yield from history.candidates(folder)


def clouds(_env: Mapping[str, str]) -> Iterator[str]:
    """Yield the names of all clouds that a file defines, and the sandbox."""
    from vbsjob import context
    from vbsjob.config.clouds_yaml import Clouds
    from vbsjob.errors import VbsjobError

    process = context.process_context()
    process.error_output.quiet = True
    origins = {"sandbox": "built in"}
    try:
        files = Clouds(process)
        files.read()
        origins |= dict.fromkeys(files.names, "config.toml")
        origins |= dict.fromkeys(files.listed, "clouds.yaml")
    except (VbsjobError, OSError):
        pass  # the command itself reports the error
    for name, origin in origins.items():
        if name.isascii() and name.replace("-", "").replace("_", "").replace(".", "").isalnum():
            yield f"{name}\t{origin}"


def state_folder(env: Mapping[str, str]) -> str | None:
    """Return the folder of the history; on Linux without platformdirs, which imports slowly."""
    if sys.platform == "linux":
        chosen = env.get("XDG_STATE_HOME", "")
        folder = os.path.join(chosen or os.path.expanduser("~/.local/state"), "vbsjob")
        return folder if os.path.isabs(folder) else None
    import platformdirs

    try:
        return platformdirs.user_state_dir("vbsjob", appauthor=False)
    except RuntimeError:
        return None
