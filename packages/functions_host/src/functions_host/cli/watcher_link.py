"""The connection between a host and the process that watches its app.

host    -> watcher  ``loaded``: the app has loaded, and the host waits
watcher -> host     ``go``: the previous host has ended
The host stops when the watcher closes its end, or is killed.
"""

import asyncio
import os
import socket
from collections.abc import Callable

LOADED, GO = b"loaded\n", b"go\n"


class WatcherLink:
    """The host's end: the socket to listen on, and the connection to the process that opened it."""

    def __init__(self, listening: socket.socket, connection: socket.socket) -> None:
        self.listening, self._connection = listening, connection

    @classmethod
    def inherited(cls, descriptors: str) -> "WatcherLink":
        """Open the descriptors of ``--inherit LISTENING,CONNECTION``."""
        listening, connection = (socket.socket(fileno=int(number)) for number in descriptors.split(","))
        for one in (listening, connection):
            os.set_inheritable(one.fileno(), False)
        return cls(listening, connection)

    def report_loaded(self) -> None:
        """Report that the app has loaded, and wait until it may serve; exit when the watcher has gone."""
        self._connection.sendall(LOADED)
        if self._connection.recv(len(GO)) != GO:
            raise SystemExit(0)

    def when_closed(self, act: Callable[[], None]) -> None:
        """Call ``act`` when the watcher closes its end."""
        loop = asyncio.get_running_loop()

        def readable() -> None:
            loop.remove_reader(self._connection)
            act()

        self._connection.setblocking(False)
        loop.add_reader(self._connection, readable)
