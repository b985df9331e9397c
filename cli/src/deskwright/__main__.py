"""``python -m deskwright``, and the script ``deskwright``: one command, one exit code."""

import io
import os
import signal
import sys
from contextlib import suppress

import click

from deskwright.errors import CommandError, ExitCode
from deskwright.main import root
from deskwright.terminal import say, say_error, show_error

_NOT_UNDERSTOOD = (LookupError, TypeError, AttributeError, ValueError, RecursionError)
"""Exceptions raised for an answer of another shape."""
_DEBUG = "Is the command line of the service's version? DESKWRIGHT_DEBUG=1 shows where it happened."


def main() -> None:
    """Run one command; errors are printed to stderr, and decide the exit code."""
    _open_what_is_closed()
    _write_anything()
    if hasattr(signal, "SIGPIPE") and not sys.stdout.isatty():
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # as head expects it
    signal.signal(signal.SIGINT, _interrupted)
    sys.exit(run())


def _interrupted(*_: object) -> None:
    """End the command at the first Ctrl-C. Those that follow while it ends change nothing: its exit code is told."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    raise KeyboardInterrupt


def run() -> int:
    """Return the exit code of the command on ``sys.argv``."""
    if os.environ.get("_DESKWRIGHT_COMPLETE"):
        import deskwright.completion  # noqa: F401 - click learns of our shells by it
    try:
        code = root.main(prog_name="deskwright", standalone_mode=False, color=_colours())
    except (click.ClickException, click.Abort, KeyboardInterrupt, CommandError, OSError, *_NOT_UNDERSTOOD) as error:
        if os.environ.get("DESKWRIGHT_DEBUG") and not isinstance(error, click.ClickException | CommandError):
            raise
        return _ended(error)
    return code if isinstance(code, int) else ExitCode.DONE


def _ended(error: BaseException) -> int:
    """Print the error that has ended a command; return its exit code."""
    match error:
        case click.exceptions.NoArgsIsHelpError() | click.UsageError():
            show_error(error)
            code = ExitCode.USAGE
        case click.ClickException():
            show_error(error)
            code = ExitCode.FAILED
        case click.Abort() | KeyboardInterrupt():
            say("Ended; nothing more was done.")
            code = ExitCode.INTERRUPTED
        case CommandError():
            _tell(error)
            code = error.exit_code
        case BrokenPipeError():
            with suppress(OSError):
                os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            code = ExitCode.FAILED
        case OSError():
            _tell(CommandError(str(error)))
            code = ExitCode.FAILED
        case _:
            which = f": {error}" if isinstance(error, LookupError) else ""  # others may quote what nobody should see
            _tell(CommandError(f"the answer is not understood ({type(error).__name__}{which})", advice=_DEBUG))
            code = ExitCode.FAILED
    return code


def _open_what_is_closed() -> None:
    """Open an empty stream for each standard stream that the parent process has closed (`>&-`)."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_RDWR), mode, encoding="utf-8"))


def _write_anything() -> None:
    """Write UTF-8 to programs, and replace characters that a terminal cannot show."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        if sys.stdout.isatty():
            sys.stdout.reconfigure(errors="replace")
        else:
            sys.stdout.reconfigure(encoding="utf-8")


def _colours() -> bool | None:
    """Return False where nobody wants colours (no-color.org), None where the terminal decides."""
    return False if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb" else None


def _tell(error: CommandError) -> None:
    first, *more = error.lines()
    say_error(first, color=_colours())
    for line in more:
        say(line)


if __name__ == "__main__":
    main()
