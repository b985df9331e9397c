"""The command line: ``python -m functions_host COMMAND``."""

import sqlite3
import sys
from collections.abc import Sequence

from simulation_base.clock import ClockError

from functions_host.cli.arguments import parser
from functions_host.errors import AppError, CommandError, ConfigError, RouteError, StoreError

_NOT_FOUND, _BAD_APP, _INTERRUPTED = 1, 2, 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return the exit code.

    0: it succeeded, 1: not found or refused, 2: the app or its files cannot be used.
    """
    args = parser().parse_args(arguments)
    args.is_process = arguments is None
    try:
        return int(args.run(args))
    except CommandError as error:
        sys.stderr.write(f"{error}\n")
        return _NOT_FOUND
    except (AppError, ConfigError, RouteError, StoreError, ClockError, sqlite3.DatabaseError) as error:
        for line in str(error).splitlines():
            sys.stderr.write(f"error: {line}\n")
        return _BAD_APP
    except BrokenPipeError:  # the reader of the output has closed it
        sys.stderr.close()
        return 0
    except KeyboardInterrupt:  # while the app is loading: nothing is open yet
        return _INTERRUPTED


if __name__ == "__main__":
    sys.exit(main())
