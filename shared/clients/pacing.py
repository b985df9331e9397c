"""Tokens of the clouds' rate limits: which a call draws on, and taking them before it is made.

The numbers are Microsoft's (docs/notes/azure.md 1.9 and 2), and only a first estimate: each rate limiter learns
its own from what the answers report (shared.domain.rate_limiter). A limit is left out if another one is always reached
first: the Compute provider, for example, allows 8,000 reads a minute, and Resource Manager 1,500.

Each bucket has a rate limiter (shared.domain.rate_limiter) in a table row. A call that finds no free token gets a
ticket in its tenant's queue and raises ``PacedError``: the orchestrator sleeps until the token should be free and calls
again with the ticket (shared.contracts.calls). What the answers report as left corrects the limiter.
"""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import AsyncIterable, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TypeVar
from urllib.parse import urlsplit

from shared.clients.buckets import Bucket, BucketClient, RateLimiterStore
from shared.clock import Clock
from shared.contracts.calls import BEHALF, SPENT, TICKETS, PacedError
from shared.contracts.outcomes import MissingError, Ticket
from shared.domain.rate_limiter import Limit

Limits = Callable[[str, str, str], tuple[Bucket, ...]]
"""From (method, URL, region that the call is about) to the buckets of a call, the narrowest first."""

_SUBSCRIPTION = re.compile(r"^/subscriptions/([^/]+)")
_LOCATION = re.compile(r"/locations/([^/]+)")
_VM = re.compile(r"/microsoft\.compute/virtualmachines/[^/]+(/.*)?\Z")
_KINDS = {"GET": "reads", "HEAD": "reads", "DELETE": "deletes"}
_BLOCK, _LARGE_BLOCK = 10, 50
_ARM = {"reads": (Limit(25, 250), 25), "writes": (Limit(10, 200), _BLOCK), "deletes": (Limit(10, 200), _BLOCK)}
_LEFT = "x-ms-ratelimit-remaining-"


def arm_limits(principal: str) -> Limits:
    """Return the limits of Azure Resource Manager for one principal."""

    def limits(method: str, url: str, region: str) -> tuple[Bucket, ...]:
        path = urlsplit(url).path.lower()
        found = _SUBSCRIPTION.match(path)
        place = _LOCATION.search(path)
        owner = f"{principal}/{found.group(1) if found else 'tenant'}"
        kind = _KINDS.get(method.upper(), "writes")
        limit, block = _ARM[kind]
        # Resource Manager counts by its own regions, and no answer names them: one bucket stands for all.
        arm = Bucket(f"{owner}//arm-{kind}", limit, block, f"{_LEFT}{'subscription' if found else 'tenant'}-{kind}")
        name = f"{owner}/{place.group(1) if place else region}/"
        provider = None if kind == "reads" else _provider(name, method.upper(), path)
        return (provider, arm) if provider else (arm,)

    return limits


def _provider(name: str, method: str, path: str) -> Bucket | None:
    """Return the resource provider's own bucket of a change."""
    if "/microsoft.network/" in path:
        return Bucket(f"{name}network-writes", Limit(1000 / 300, 1000), _BLOCK)
    vm = _VM.search(path)
    if vm is None:
        return None
    below = vm.group(1)
    kind = "UpdateVM"
    if below == "/deallocate" or (below is None and method == "DELETE"):
        kind = "DeleteVM"
    elif below is None and method == "PUT":
        kind = "PutVM"
    return Bucket(f"{name}{kind}", Limit(500 / 60, 1500), _BLOCK, f"{_LEFT}resource", f"Microsoft.Compute/{kind}")


def graph_limits(principal: str, directory: str) -> Limits:
    """Return the limits of Microsoft Graph for one app in one directory."""
    owner = f"{principal}/{directory}"

    def limits(method: str, url: str, _region: str) -> tuple[Bucket, ...]:
        changes = method.upper() not in {"GET", "HEAD"}
        if "/devicemanagement/" in urlsplit(url).path.lower():
            # 200 writes and 2,000 requests in 20 seconds; 429s of Intune often have no Retry-After.
            intune = Bucket(f"{owner}/intune", Limit(100, 1000), _LARGE_BLOCK)
            return (Bucket(f"{owner}/intune-writes", Limit(10, 110), _BLOCK), intune) if changes else (intune,)
        if changes and not url.endswith(("/checkMemberGroups", "/$batch")):
            return (Bucket(f"{owner}/directory-writes", Limit(20, 1500), _BLOCK),)
        # Up to 3,500 resource units in 10 seconds in the smallest directories; a read costs one to five of them.
        directory = Bucket(f"{owner}/directory", Limit(100, 550), _LARGE_BLOCK)
        if url.endswith("/$batch"):  # twenty reads, each charged by itself
            return (Bucket(f"{owner}/directory-batches", Limit(3, 30), 1), directory)
        return (directory,)

    return limits


_SHORTEST = timedelta(milliseconds=10)
"""No call comes back sooner: a delay that is rounded to nothing would never end."""


@dataclass(slots=True)
class Pacing:
    """The buckets that this worker uses, with the tokens that it has of each."""

    limiters: RateLimiterStore
    clock: Clock
    _clients: dict[str, BucketClient] = field(default_factory=dict)

    async def reserve(self, *buckets: Bucket) -> None:
        """Take one token of each of *buckets* for the tenant of the running call, or spend a ticket that it holds.

        They are taken in order, and a call that waits in the first queue does not enter the second one: a token that
        it held there would be kept from calls that could use it. Raises: PacedError when a token is not free yet.
        """
        held, used, taken, spent = TICKETS.get() or [], list[Ticket](), list[Ticket](), SPENT.get()
        if held and not spent and (delay := max([await self._delay(ticket, buckets) for ticket in list(held)])) > 0:
            raise PacedError(after=max(_SHORTEST, timedelta(seconds=delay)))  # before the first of its calls is made
        for bucket in buckets:
            ticket = next((t for t in held if t.bucket == bucket.name), None)
            if ticket is not None:
                held.remove(ticket)  # before anything waits: another task of the activity may make its call meanwhile
                used.append(ticket)
                delay = await self._client(bucket).delay(ticket)
            else:
                (ticket,), delay = await self._client(bucket).enqueue(BEHALF.get().queue)
                taken.append(ticket)
            if delay > 0:
                held += used
                raise await self.call_again(timedelta(seconds=delay), *taken)
        if spent is not None:
            spent += buckets

    async def call_again(self, after: timedelta, *taken: Ticket) -> PacedError:
        """Return an error that delays the same call by *after*, with *taken* and a ticket for each of its requests."""
        tickets, delay = list(taken), after.total_seconds()
        for bucket, n in Counter(SPENT.get() or ()).items():
            more, longer = await self._client(bucket).enqueue(BEHALF.get().queue, n)
            tickets += more
            delay = max(delay, longer)
        return PacedError(*tickets, after=max(_SHORTEST, timedelta(seconds=delay)))

    def repeated(self, bucket: Bucket) -> int:
        """Return how many calls on a bucket the running activity makes again if it begins anew, before the last one."""
        return max(0, (SPENT.get() or []).count(bucket) - 1)

    async def observe(self, bucket: Bucket, left: int | None) -> None:
        """Report an answered call to the bucket; *left*: the remaining calls that it reported, None if it did not."""
        await self._client(bucket).observe(left)

    async def back_off(self, bucket: Bucket, after: timedelta) -> None:
        """Give no token for *after*: the cloud has answered 429."""
        await self._client(bucket).back_off(after.total_seconds())

    async def _delay(self, ticket: Ticket, buckets: tuple[Bucket, ...]) -> float:
        """Return in how many seconds a ticket may be spent; 0 for a bucket that this worker has not used yet."""
        bucket = next((bucket for bucket in buckets if bucket.name == ticket.bucket), None)
        client = self._client(bucket) if bucket else self._clients.get(ticket.bucket)
        return await client.delay(ticket) if client else 0.0

    def _client(self, bucket: Bucket) -> BucketClient:
        client = self._clients.get(bucket.name)
        if client is None:
            client = self._clients[bucket.name] = BucketClient(bucket, self.limiters, self.clock)
        return client


T = TypeVar("T")

_MAX_WAIT = timedelta(seconds=5)
"""A longer wait becomes a 429 with Retry-After."""
_MAX_WAITS = 10


async def retry_while_throttled(read: Callable[[], Awaitable[T]]) -> T:
    """Return the result of *read*, after short waits for tokens. Raises: PacedError if a wait would be too long."""
    for _ in range(_MAX_WAITS):
        try:
            return await read()
        except PacedError as paced:
            if paced.after > _MAX_WAIT:
                raise
            await asyncio.sleep(paced.after.total_seconds())
            TICKETS.set([*(TICKETS.get() or ()), *paced.tickets])
    return await read()


async def all_of(listing: Callable[[], AsyncIterable[T]]) -> list[T]:
    """Return all items of an SDK's listing; none if the resource group or gallery does not exist yet."""

    async def read() -> list[T]:
        return [each async for each in listing()]

    try:
        return await retry_while_throttled(read)
    except MissingError:
        return []
