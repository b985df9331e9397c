"""Leaving no connection behind: the garbage collector would find it in another's test."""

import asyncio
from typing import Any


async def hang_up(*ports: int) -> None:
    """Abort what is open in the running loop to these ports of others; without any, to all of them."""
    left: Any = asyncio.get_running_loop()._transports  # type: ignore[attr-defined]
    for transport in list(left.values()):
        peer = transport.get_extra_info("peername")
        if not ports or (peer and peer[1] in ports):
            transport.abort()
    await asyncio.sleep(0)  # they are closed in the turn after
