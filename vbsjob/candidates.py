"""Candidates for Tab completion: job ids of the history, clouds of the configuration.

The completion scripts run `vbsjob --offer jobs`: one candidate per line, and after a tab its
description. No request is sent and no error is printed; every candidate is a plain word.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False  # typing itself would cost as much as the answer to --version or to Tab
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

    here = context.process_context()
    here.error_output.quiet = True
    origins = {"sandbox": "built in"}
    try:
        known = Clouds(here)
        known.read()
        origins |= dict.fromkeys(known.names, "config.toml") | dict.fromkeys(
            known.listed, "clouds.yaml"
        )
    except (VbsjobError, OSError):
        pass  # the command itself reports the error
    for name, origin in origins.items():
        if name.isascii() and name.replace("-", "").replace("_", "").replace(".", "").isalnum():
            yield f"{name}\t{origin}"


def state_folder(env: Mapping[str, str]) -> str | None:
    """Return where the history lies; on Linux without platformdirs, which would cost most."""
    if sys.platform == "linux":
        chosen = env.get("XDG_STATE_HOME", "")
        folder = os.path.join(chosen or os.path.expanduser("~/.local/state"), "vbsjob")
        return folder if os.path.isabs(folder) else None
    import platformdirs

    try:
        return platformdirs.user_state_dir("vbsjob", appauthor=False)
    except RuntimeError:
        return None
