"""The command line: ``python -m functions_host VERB``."""

import sqlite3
import sys
from collections.abc import Sequence

from simulation_base.clock import ClockError

from functions_host.arguments import parser
from functions_host.errors import AppError, ConfigError, RefusalError, RouteError, StoreError

_NOT_FOUND, _BAD_APP, _INTERRUPTED = 1, 2, 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one verb; return the exit code: 0 good, 1 not found or refused, 2 the app or its files cannot be used."""
    asked = parser().parse_args(arguments)
    try:
        return int(asked.run(asked))
    except RefusalError as error:
        sys.stderr.write(f"{error}\n")
        return _NOT_FOUND
    except (AppError, ConfigError, RouteError, StoreError, ClockError, sqlite3.DatabaseError) as error:
        for line in str(error).splitlines():
            sys.stderr.write(f"error: {line}\n")
        return _BAD_APP
    except BrokenPipeError:  # whoever read our lines has read enough
        sys.stderr.close()
        return 0
    except KeyboardInterrupt:  # while the app is loaded: nothing is open yet
        return _INTERRUPTED


if __name__ == "__main__":
    sys.exit(main())
