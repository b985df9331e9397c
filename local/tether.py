"""Run a command that ends when its starter ends: ``python tether.py STARTER_PID COMMAND...``.

A starter killed with SIGKILL cannot stop its children. On Linux the kernel sends them a signal: PR_SET_PDEATHSIG
(prctl(2)), which is kept across the exec of the command. On other systems the command may outlive its starter.

The parent is the *thread* that started the child: start processes from the main thread.
"""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def main() -> None:
    """Request the signal and replace this process by the command."""
    starter, command = int(sys.argv[1]), sys.argv[2:]
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(signal.SIGTERM), 0, 0, 0)
        if os.getppid() != starter:  # it ended before the call
            sys.exit(1)
    os.execvp(command[0], command)  # noqa: S606 - the caller chose the command; no shell


if __name__ == "__main__":
    main()
