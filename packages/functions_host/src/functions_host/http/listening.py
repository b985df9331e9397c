"""The socket that the host listens on: passed from one host to the next, closed without losing requests."""

import asyncio
import errno
import socket

from functions_host.errors import ConfigError

BACKLOG = 1024
_SETTLE_SECONDS = 0.2
_PORTS = range(65_536)


def listen(host: str, port: int) -> socket.socket:
    """Open a socket that listens; ``ConfigError`` when the port is taken. Port 0: any free one."""
    if port not in _PORTS:
        raise ConfigError(f"cannot listen on port {port}: ports are {_PORTS[0]} to {_PORTS[-1]}")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=BACKLOG)
    except OSError as error:
        why = "it is taken; --port 0 finds a free one" if error.errno == errno.EADDRINUSE else error.strerror
        raise ConfigError(f"cannot listen on {host} port {port}: {why}") from error


def origin_of(host: str, port: int, scheme: str = "http") -> str:
    """Return the address of a server on *host* for this machine: loopback if it listens on all addresses."""
    address = {"0.0.0.0": "127.0.0.1", "localhost": "127.0.0.1", "::": "::1"}.get(host, host)
    return f"{scheme}://[{address}]:{port}" if ":" in address else f"{scheme}://{address}:{port}"


async def stop_accepting(listening: socket.socket) -> None:
    """Accept no more connections; return when those just accepted have sent their request.

    Closing the socket at once would lose them: asyncio drops a connection that it has accepted and not yet set up,
    and aiohttp drops what arrives on a connection that it is closing.
    """
    asyncio.get_running_loop().remove_reader(listening)
    await asyncio.sleep(_SETTLE_SECONDS)
