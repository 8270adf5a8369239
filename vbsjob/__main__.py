"""Process entry: from argv to exit status. Only this module ends the process."""

from __future__ import annotations

import os
import sys

SIGNAL_BASE = 128
"""A process that dies by signal N has exit status 128 + N in a shell."""
GC_THRESHOLD = 100_000
"""Allocations before the first garbage collection: one query ends below this number.
Collections during the imports would cost a tenth of the start-up time."""

TYPE_CHECKING = False  # the module typing costs as much as the whole answer to --version
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any, NoReturn

    from vbsjob.context import Context
    from vbsjob.errors import VbsjobError


def main() -> NoReturn:
    """Run this process; ends it with the exit code of the command."""
    try:
        _open_missing_streams()
        if not sys.argv[1:] and "_VBSJOB_COMPLETE" in os.environ:
            _print_candidates()
        if sys.argv[1:] == ["--version"]:
            _print_version()
        _prepare_process()
        from vbsjob.context import process_context
        from vbsjob.terminal import stdio

        # A signal ends a write whose reader has stopped (F86).
        sys.stdout = stdio.stream(sys.stdout)
        sys.stderr = stdio.stream(sys.stderr, lossy=True)

        _exit(run(sys.argv[1:], process_context()))
    except BrokenPipeError:
        import signal

        _exit(SIGNAL_BASE + signal.SIGPIPE)
    except KeyboardInterrupt:
        _exit(SIGNAL_BASE + 2)
    except BaseException as error:  # noqa: BLE001 - Python would exit with 1, which means FAIL here
        _exit_internal(error)


def _prepare_process() -> None:
    """Set signals, garbage collection and core dumps, before the slow imports.

    Ctrl-C kills the process without a traceback; where SIGINT is ignored (nohup, &) it is kept so.
    """
    import gc
    import signal

    if os.getpid() == 1:
        _end_on_signals()
    elif signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    gc.set_threshold(GC_THRESHOLD)
    _disable_core_dumps()


def _end_on_signals() -> None:
    """Handle the signals that end a process: for process 1 the kernel drops default actions.

    Every container has a process 1. A signal that is ignored at the start remains ignored.
    """
    from vbsjob.terminal import signals

    signals.handle(signals.ENDING, lambda number, _frame: os._exit(SIGNAL_BASE + number))


def _disable_core_dumps() -> None:
    """Allow no core dump: the memory contains tokens and passwords (F96)."""
    import resource

    try:
        _, hard_limit = resource.getrlimit(resource.RLIMIT_CORE)
        resource.setrlimit(resource.RLIMIT_CORE, (0, hard_limit))
    except (OSError, ValueError):  # a container may forbid to set limits
        return


def run(argv: Sequence[str], context: Context) -> int:
    """Run one command in a Context and return its exit code. Raises only BrokenPipeError."""
    context.error_output.draw = _message_screen
    try:
        code = _run_command(argv, context)
        if code <= SIGNAL_BASE:  # after a signal, a reader that has stopped changes nothing
            context.stdout.flush()
        return code
    except BaseException as error:  # noqa: BLE001 - no exception may become exit code 1
        # Typer turns BrokenPipeError into exit code 1, which means FAIL here.
        for cause in (error, error.__context__):
            if isinstance(cause, BrokenPipeError):
                raise cause from None
        final = _final_error(argv, context, error)
        context.print_error(final)
        return int(final.exit_code)


def _message_screen(*args: Any) -> str:
    from vbsjob.render import message  # rich costs 20 ms

    return message.screen(*args)


def _run_command(argv: Sequence[str], context: Context) -> int:
    from vbsjob.cli.app import root_command, typed_options, write_help
    from vbsjob.output import formats

    if not argv:  # such as `vbsjob $COMMAND` with an empty COMMAND: a script must not continue
        from vbsjob.exit_codes import ExitCode

        write_help(context)
        return ExitCode.USAGE
    options = typed_options(argv)
    context.error_output.configure(options, machine=formats.is_machine(options, context))
    command = root_command(argv)
    code: Any = command.main(
        list(argv),
        prog_name="vbsjob",
        complete_var="-",  # Typer itself would answer with candidates and exit 0
        standalone_mode=False,
        obj=context,
    )
    return 0 if code is None else int(code)


def _final_error(argv: Sequence[str], context: Context, error: Any) -> VbsjobError:
    """Return the error to print.

    A watch also writes its reports then: a CI service must not read those of an earlier run.
    """
    from vbsjob.errors import from_exception

    final, no_ids = from_exception(error), {}
    if hasattr(error, "format_message"):  # of Typer: a word can be the value of a misspelt option
        from vbsjob.cli.app import usage_error

        final, no_ids = usage_error(error, argv), {"jobs": ()}
    if "watch" in argv[:1]:
        from vbsjob.cli import app, reports

        reports.write_error(final, app.typed_options(argv) | no_ids, context)
    return final


def _open_missing_streams() -> None:
    """Open /dev/null on each of descriptors 0 to 2 that the caller closed.

    Otherwise a file or socket would get that number (F78). Writing to a closed stdout must still
    fail, by the name /dev/stdout too (/dev/full); writing to a closed stderr may be lost.
    """
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        try:
            os.fstat(number)
        except OSError:
            device = "/dev/full" if number == 1 and os.access("/dev/full", os.R_OK) else os.devnull
            os.open(device, os.O_WRONLY if number == 2 else os.O_RDONLY)
            setattr(sys, name, open(number, "w" if number else "r", closefd=False))  # noqa: SIM115 - stays open
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr] # all are files


def _print_version() -> NoReturn:
    from vbsjob import __version__

    sys.stdout.write(f"vbsjob {__version__}\n")
    sys.stdout.flush()
    os._exit(0)


def _print_candidates() -> NoReturn:
    """Print the candidates for Tab completion; none if they cannot be found, and no error."""
    try:
        from vbsjob.cli import app, candidates
        from vbsjob.context import process_context

        sys.stdout.write(candidates.lines(app.root_command, process_context()))
        sys.stdout.flush()
    finally:
        os._exit(0)


def _exit_internal(error: BaseException) -> NoReturn:
    """End a process that could not start or could not print its error, with exit code 70."""
    try:
        os.write(2, f"vbsjob: could not run: {type(error).__name__}.\n".encode())
    finally:
        os._exit(70)


def _exit(code: int) -> NoReturn:
    """End the process; everything is written already.

    After a signal the process dies by the same signal, so that a loop in a shell stops too.
    """
    import signal

    if code > SIGNAL_BASE:
        signal.signal(code - SIGNAL_BASE, signal.SIG_DFL)
        signal.raise_signal(code - SIGNAL_BASE)
    os._exit(code)


if __name__ == "__main__":
    main()
