"""Posts to addresses of customers: https alone, public addresses alone, no redirects, one short time.

A name is resolved here, every address that it has is judged, and the connection goes to a judged one, with the name in
the TLS handshake and in Host; each address is judged once more when its socket is made (docs/decisions/0180).
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from shared.domain.notices.addresses import Network, is_refused
from shared.domain.notices.delivery import SEND_WITHIN, Tried

if TYPE_CHECKING:  # loaded when first used: cold start
    from aiohttp import ClientResponse, ClientSession
    from aiohttp.abc import ResolveResult

_GONE = 410
_OK = range(200, 300)
_REDIRECTS = range(300, 400)
_THROTTLES = frozenset({429, 502, 503, 504})
_CONNECT_WITHIN = 10.0
REFUSED = "the address is not public: notices go to no private, link-local, loopback or metadata address"

Resolve = Callable[[str, int, int], Awaitable[Sequence[str]]]
"""Returns the addresses of a host, a port and a family of sockets."""


class RefusedAddressError(OSError):
    """No connection may go to the address of a webhook."""


class Webhooks:
    """The sender of webhooks. *allowed*: networks that the operator has named although they are not public.

    *resolve*: of names, for tests; *tls*: the certificates that are trusted, None: those of the system.
    """

    def __init__(
        self, allowed: Sequence[Network] = (), *, resolve: Resolve | None = None, tls: ssl.SSLContext | None = None
    ) -> None:
        self._allowed, self._resolve, self._tls = allowed, resolve or _resolved, tls
        self._session: ClientSession | None = None

    async def post(self, address: str, body: bytes, headers: Mapping[str, str], now: datetime) -> Tried:
        """Post *body* once, and return how it ended; nothing is raised."""
        from aiohttp import ClientError, InvalidURL

        if urlsplit(address).scheme != "https":
            return Tried(ok=False, detail="the address does not begin with https://", of_all=True)
        try:
            async with self._opened().post(address, data=body, headers=headers, allow_redirects=False) as response:
                return await _answer_of(response, now)
        except RefusedAddressError:
            return Tried(ok=False, detail=REFUSED, of_all=True)
        except TimeoutError:
            within = int(SEND_WITHIN.total_seconds())
            return Tried(ok=False, detail=f"no answer within {within} seconds", of_all=True)
        except (ClientError, InvalidURL, OSError, ValueError) as error:
            detail = REFUSED if _is_refusal(error) else f"no connection: {failure_kind(error)}"
            return Tried(ok=False, detail=detail, of_all=True)

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    def _opened(self) -> ClientSession:
        if self._session is None:
            from aiohttp import ClientSession, ClientTimeout, DummyCookieJar, TCPConnector

            connector = TCPConnector(
                resolver=_resolver(self._judged),
                use_dns_cache=False,
                socket_factory=self._socket,
                ssl=self._tls or ssl.create_default_context(),
                limit_per_host=4,
            )
            self._session = ClientSession(
                connector=connector,
                timeout=ClientTimeout(total=SEND_WITHIN.total_seconds(), connect=_CONNECT_WITHIN),
                cookie_jar=DummyCookieJar(),
                auto_decompress=False,
                trust_env=False,
                headers={"User-Agent": "deskwright-notices"},
            )
        return self._session

    async def _judged(self, host: str, port: int, family: int) -> list[ResolveResult]:
        """Return the addresses of a host. Raises: RefusedAddressError where one of them is not public."""
        found = await self._resolve(host, port, family)
        if any(is_refused(each, self._allowed) for each in found):
            raise RefusedAddressError(REFUSED)
        return [
            {
                "hostname": host,
                "host": each,
                "port": port,
                "family": socket.AF_INET6 if ":" in each else socket.AF_INET,
                "proto": 0,
                "flags": socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
            }
            for each in found
        ]

    def _socket(self, info: Any) -> socket.socket:  # noqa: ANN401 - aiohttp's tuple of what getaddrinfo returns
        """Return a socket for a connection that begins. Raises: RefusedAddressError."""
        family, kind, protocol, _, place = info
        if is_refused(str(place[0]), self._allowed):
            raise RefusedAddressError(REFUSED)
        made = socket.socket(family, kind, protocol)
        made.setblocking(False)
        return made


def _resolver(judged: Callable[[str, int, int], Awaitable[list[ResolveResult]]]) -> Any:  # noqa: ANN401 - aiohttp's class, loaded here
    from aiohttp.abc import AbstractResolver

    class Judging(AbstractResolver):
        """Resolves names to addresses that may be connected to."""

        async def resolve(
            self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
        ) -> list[ResolveResult]:
            """Return the addresses of a host."""
            return await judged(host, port, family)

        async def close(self) -> None:
            """Do nothing: there are no connections."""

    return Judging()


async def _resolved(host: str, port: int, family: int) -> Sequence[str]:
    found = await asyncio.get_running_loop().getaddrinfo(host, port, family=family, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(place[0]) for _, _, _, _, place in found))


async def _answer_of(response: ClientResponse, now: datetime) -> Tried:
    from shared.clients.pipeline import retry_after

    status = response.status
    if status in _OK:
        return Tried(ok=True, status=status)
    redirect = status in _REDIRECTS
    return Tried(
        ok=False,
        status=status,
        detail="it answered with a redirect, which is not followed" if redirect else f"it answered {status}",
        of_all=status in _THROTTLES,
        gone=status == _GONE,
        wait=retry_after(response.headers, now),
    )


def _is_refusal(error: BaseException | None) -> bool:
    """Whether an error was raised because of a refused address: aiohttp wraps it, also in groups."""
    seen = 0
    while error is not None and seen < 5:  # noqa: PLR2004 - causes of causes
        if isinstance(error, RefusedAddressError) or REFUSED in str(error):
            return True
        error, seen = error.__cause__ or getattr(error, "os_error", None), seen + 1
    return False


def failure_kind(error: BaseException) -> str:
    """Return the kind of a failed connection in words of our own.

    Texts of a foreign server, and of an error with the address in it, may have secrets in them: none is kept.
    """
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, ssl.SSLCertVerificationError):
            return "its certificate is not trusted"
        if isinstance(seen, ssl.SSLError):
            return "TLS has failed"
        if isinstance(seen, socket.gaierror):
            return "its name is not found"
        if isinstance(seen, ConnectionRefusedError):
            return "the connection was refused"
        if isinstance(seen, TimeoutError):
            return "there was no answer in time"
        seen = seen.__cause__ or getattr(seen, "os_error", None)
    return "the address is not valid" if isinstance(error, ValueError) else type(error).__name__
