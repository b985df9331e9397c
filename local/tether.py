"""Run a command that ends when its starter ends: ``python tether.py STARTER_PID COMMAND...``.

A starter killed with -9 cannot stop what it started. On Linux the kernel does it then: the
child asks for a signal at its parent's death, which survives the exec into the command
(prctl(2), PR_SET_PDEATHSIG). Elsewhere the command runs untethered.

The kernel means the *thread* that started the child: start processes from the main thread.
"""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def main() -> None:
    """Tie this process to its starter and become the command."""
    starter, command = int(sys.argv[1]), sys.argv[2:]
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(signal.SIGTERM), 0, 0, 0)
        if os.getppid() != starter:  # it died before we asked
            sys.exit(1)
    os.execvp(command[0], command)  # noqa: S606 - the caller chose the command; no shell


if __name__ == "__main__":
    main()
