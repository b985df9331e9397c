"""Failed sign-ins: an address with many of them is told to wait. Callers with a valid token are always served.

Counted by address, in each process for itself; nothing is stored, because anybody can make us do it.
"""

from __future__ import annotations

import ipaddress
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from shared.errors import SlowedDownError

if TYPE_CHECKING:  # loaded when first used: cold start
    from cachetools import LRUCache

_MOST_FAILURES = 60
_WINDOW_S = 60.0
_MOST_ADDRESSES = 10_000
_NETWORK_BITS = 64  # of an IPv6 address: what one line has


@dataclass(slots=True)
class _Window:
    ends: float
    failures: int = 0


class SignInFailures:
    """Number of failed sign-ins from each address within the last minute."""

    def __init__(self, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        from cachetools import LRUCache

        self._monotonic = monotonic
        self._windows: LRUCache[str, _Window] = LRUCache(_MOST_ADDRESSES)

    def add(self, headers: Mapping[str, str]) -> None:
        """Count a failure. Raises: SlowedDownError if its address has too many."""
        address = caller_address(headers)
        if address is None:
            return
        now = self._monotonic()
        window = self._windows.get(address)
        if window is None or now >= window.ends:
            window = self._windows[address] = _Window(now + _WINDOW_S)
        window.failures += 1
        if window.failures > _MOST_FAILURES:
            message = "too many sign-ins from this address have failed"
            raise SlowedDownError(message, after=timedelta(seconds=window.ends - now))


def caller_address(headers: Mapping[str, str]) -> str | None:
    """Return the address of a request's sender: the one that App Service adds to the end of ``X-Forwarded-For``.

    None without it. The parts before are the caller's own word. An IPv6 address stands for its network.
    """
    last = headers.get("x-forwarded-for", "").rpartition(",")[2].strip()
    bare = last[1:].partition("]")[0] if last.startswith("[") else last.partition(":")[0] if "." in last else last
    try:
        found = ipaddress.ip_address(bare)
    except ValueError:
        return None
    if found.version == 4:  # noqa: PLR2004 - IP's
        return str(found)
    return str(ipaddress.ip_network((int(found), _NETWORK_BITS), strict=False))
