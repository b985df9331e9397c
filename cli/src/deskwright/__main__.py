"""``python -m deskwright``, and the script ``deskwright``: one command, one exit code."""

import os
import signal
import sys
from contextlib import suppress

import click

from deskwright.errors import CommandError, ExitCode
from deskwright.main import root


def main() -> None:
    """Run one command; what went wrong is told on stderr, and by the exit code."""
    if hasattr(signal, "SIGPIPE") and not sys.stdout.isatty():
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # as head expects it
    sys.exit(run())


def run() -> int:
    """Return the exit code of the command on ``sys.argv``."""
    if os.environ.get("_DESKWRIGHT_COMPLETE", "").startswith("powershell"):
        import deskwright.completion  # noqa: F401 - click learns of a shell by it
    try:
        code = root.main(prog_name="deskwright", standalone_mode=False, color=_colours())
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        return ExitCode.USAGE
    except click.ClickException as error:
        error.show()
        return ExitCode.USAGE if isinstance(error, click.UsageError) else ExitCode.FAILED
    except (click.Abort, KeyboardInterrupt):
        click.echo("Ended; nothing more was done.", err=True)
        return ExitCode.INTERRUPTED
    except CommandError as error:
        _tell(error)
        return error.exit_code
    except BrokenPipeError:
        with suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitCode.FAILED
    return code if isinstance(code, int) else ExitCode.DONE


def _colours() -> bool | None:
    """Return False where nobody wants colours (no-color.org), None where the terminal decides."""
    return False if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb" else None


def _tell(error: CommandError) -> None:
    first, *more = error.lines()
    click.echo(f"{click.style('error:', fg='red')} {first}", err=True, color=_colours())
    for line in more:
        click.echo(line, err=True)


if __name__ == "__main__":
    main()
