"""What ties a host to the process that watches its app: one line each way, and the end of either.

host     -> watcher   ``loaded``: the app is good, and waits
watcher  -> host      ``go``: the host before has left
watcher closes (or dies): the host stops
"""

import asyncio
import os
import socket
from collections.abc import Callable

LOADED, GO = b"loaded\n", b"go\n"


class Tie:
    """A host's end: the socket to listen on, and the line to the process that opened it."""

    def __init__(self, listening: socket.socket, line: socket.socket) -> None:
        self.listening, self._line = listening, line

    @classmethod
    def inherited(cls, descriptors: str) -> "Tie":
        """Take up what ``--inherit LISTENING,LINE`` names."""
        listening, line = (socket.socket(fileno=int(number)) for number in descriptors.split(","))
        for one in (listening, line):
            os.set_inheritable(one.fileno(), False)
        return cls(listening, line)

    def loaded(self) -> None:
        """Say that the app is good, and wait until it may serve; leave when nobody wants it any more."""
        self._line.sendall(LOADED)
        if self._line.recv(len(GO)) != GO:
            raise SystemExit(0)

    def when_gone(self, act: Callable[[], None]) -> None:
        """Call ``act`` when the watcher closes its end."""
        loop = asyncio.get_running_loop()

        def readable() -> None:
            loop.remove_reader(self._line)
            act()

        self._line.setblocking(False)
        loop.add_reader(self._line, readable)
