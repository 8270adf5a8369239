"""Runs the program and says how it ended: the only translator from an ending to an exit code."""

from __future__ import annotations

import os
import sys

SIGNALLED = 128
"""A process that a signal ended has this and the signal's number for its exit code."""
GARBAGE = 100_000
"""Objects that may come before the first search for garbage: importing makes none, and a run of
one question ends below this; the searches cost a tenth of it."""

TYPE_CHECKING = False  # typing itself would cost as much as the answer to --version or to Tab
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any, NoReturn

    from vbsjob.context import Context
    from vbsjob.outcome import VbsjobError


def main() -> NoReturn:
    """Run as a process of its own."""
    try:
        _fill_standard_streams()
        if sys.argv[1:] == ["--version"]:
            _say_version()
        if sys.argv[1:2] == ["--offer"]:
            _offer(sys.argv[2:])
        _prepare()
        _guard_standard_streams()
        from vbsjob import context

        _leave(run(sys.argv[1:], context.real()))
    except BrokenPipeError:
        import signal

        _leave(SIGNALLED + signal.SIGPIPE)
    except KeyboardInterrupt:
        _leave(SIGNALLED + 2)
    except BaseException as error:  # noqa: BLE001 - Python would end with 1, which here means FAIL
        _fail(error)


def _prepare() -> None:
    """Before anything slow is imported, let Ctrl-C end the process as a shell expects.

    At any moment and without a traceback; where it is ignored (nohup, &) it stays ignored.
    """
    import gc
    import signal

    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    gc.set_threshold(GARBAGE)
    _keep_secrets_out_of_a_core()


def _keep_secrets_out_of_a_core() -> None:
    """Let no signal and no crash write the memory to disk: tokens and passwords are in it."""
    try:
        import resource

        _, most = resource.getrlimit(resource.RLIMIT_CORE)
        resource.setrlimit(resource.RLIMIT_CORE, (0, most))
    except (ImportError, OSError, ValueError):  # Windows; or a jail that lets nobody set limits
        return


def run(argv: Sequence[str], context: Context) -> int:
    """Run one command in a world and return its exit code; raises BrokenPipeError alone."""
    try:
        _listen(argv, context)
        code = _command(argv, context)
        context.stdout.flush()
        return code
    except BaseException as error:  # noqa: BLE001 - whatever it is, it must not end as code 1
        # typer turns a reader that went away into exit 1, which here would mean FAIL.
        for gone in (error, error.__context__):
            if isinstance(gone, BrokenPipeError):
                raise gone from None
        problem = _problem(error)
        context.print_error(problem)
        return int(problem.exit_code)


def _command(argv: Sequence[str], context: Context) -> int:
    from vbsjob.cli import app

    ended: Any = app.needed(argv)(
        args=list(argv) or ["--help"], prog_name="vbsjob", standalone_mode=False, obj=context
    )
    return 0 if ended is None else int(ended)


def _listen(argv: Sequence[str], context: Context) -> None:
    """See how to complain before the arguments are understood, for they may be wrong."""
    output = context.env.get("VBSJOB_OUTPUT") or "table"
    for word, following in zip(argv, [*argv, ""][1:], strict=True):
        if word in {"-o", "--output"}:
            output = following
        elif word.startswith(("-o", "--output=")):
            output = word.removeprefix("--output=").removeprefix("-o")
    context.error_output.machine = output != "table"
    context.error_output.quiet = not {"-q", "--quiet"}.isdisjoint(argv)


def _problem(error: BaseException) -> VbsjobError:
    """Name what ended the run; a bug is told by its kind and place, never by its content."""
    from vbsjob.outcome import InternalError, VbsjobError

    if isinstance(error, VbsjobError):
        return error
    if getattr(error, "exit_code", None) == 2:
        return _misused(error)
    if isinstance(error, OSError):
        import errno

        closed = error.errno == errno.EBADF
        reason = "standard output is closed" if closed else error.strerror or "a stream is closed"
        return InternalError(f"reading or writing failed: {reason}.")
    trail = error.__traceback__
    while trail is not None and trail.tb_next is not None:
        trail = trail.tb_next
    where = f"{trail.tb_frame.f_globals['__name__']}:{trail.tb_lineno}" if trail else "?"
    return InternalError(
        f"a bug in vbsjob: {type(error).__name__} at {where}.",
        hint="Please report it with the command you typed.",
    )


def _misused(error: Any) -> VbsjobError:
    """Say what was wrong with the arguments, what was probably meant, and where to read on."""
    from vbsjob.outcome import UsageError

    near = getattr(error, "possibilities", None)
    told = f"{error.message}. Did you mean {' or '.join(near)}?" if near else error.format_message()
    command = getattr(getattr(error, "ctx", None), "command_path", None) or "vbsjob"
    return UsageError(told, hint=f"See {command} --help.")


def _fill_standard_streams() -> None:
    """Keep descriptors 0 to 2 from being given to a file or socket where a caller closed them.

    What is written to a closed stdout has to fail; a closed stderr may swallow it.
    """
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_WRONLY if number == 2 else os.O_RDONLY)
            setattr(sys, name, open(number, "w" if number else "r", closefd=False))  # noqa: SIM115 - it stays open
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr] # all are files


def _guard_standard_streams() -> None:
    """Let no reader that takes nothing keep the process from ending."""
    import select

    if hasattr(select, "poll"):
        from vbsjob.terminal import stdio

        sys.stdout, sys.stderr = stdio.stream(sys.stdout), stdio.stream(sys.stderr, spare=True)


def _say_version() -> NoReturn:
    from vbsjob import __version__

    sys.stdout.write(f"vbsjob {__version__}\n")
    sys.stdout.flush()
    os._exit(0)


def _offer(kinds: Sequence[str]) -> NoReturn:
    """Answer a completion script, before anything heavy is loaded."""
    from vbsjob import candidates

    for kind in kinds:
        candidates.say(kind)
    sys.stdout.flush()
    os._exit(0)


def _fail(error: BaseException) -> NoReturn:
    """End what could not even begin, or not even complain, as short of everything as it may be."""
    if isinstance(error, KeyboardInterrupt):
        _leave(SIGNALLED + 2)
    try:
        os.write(2, f"vbsjob: could not run: {type(error).__name__}.\n".encode())
    finally:
        os._exit(70)


def _leave(code: int) -> NoReturn:
    """End the process now: everything is written, and nothing may change the code any more.

    What a signal ended dies by that signal: a shell's loop then stops as well.
    """
    import signal

    number = code - SIGNALLED
    if number in {signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGPIPE, signal.SIGTERM}:
        signal.signal(number, signal.SIG_DFL)
        signal.raise_signal(number)
    os._exit(code)


if __name__ == "__main__":
    main()
