"""Closes connections that a test leaves open; otherwise the garbage collector reports them in another test."""

import asyncio
from typing import Any


async def close_connections(*ports: int) -> None:
    """Abort the open connections of the running loop to these remote ports; to all when none is given."""
    left: Any = asyncio.get_running_loop()._transports  # type: ignore[attr-defined]
    for transport in list(left.values()):
        peer = transport.get_extra_info("peername")
        if not ports or (peer and peer[1] in ports):
            transport.abort()
    await asyncio.sleep(0)  # they are closed in the loop's next iteration
