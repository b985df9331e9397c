"""The sessions on Cloud PCs: their pool is asked, never their host, and one answer serves all Cloud PCs of the pool."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

from shared.caching import TtlCache
from shared.clients.arm import parse_id
from shared.clients.pacing import retry_while_throttled
from shared.contracts.outcomes import DeclinedError
from shared.dependencies import Dependencies
from shared.domain.cloud_pcs.cloud_pc import CloudPc
from shared.errors import ThrottledError, UnavailableError
from shared.services.spot.sessions import DISCONNECTED, host_named_in, sessions_in, state_of

_log = logging.getLogger("deskwright.sweeps")

T = TypeVar("T")


async def answer_or_none(asked: Awaitable[T], about: str) -> T | None:
    """Return the answer of a cloud, or None where it gives none. *about*: for the log. Raises: ThrottledError."""
    try:
        return await asked
    except ThrottledError:
        raise
    except (DeclinedError, UnavailableError) as error:
        _log.warning("%s could not be read: %s", about, type(error).__name__)
        return None


@dataclass(frozen=True, slots=True)
class PcSession:
    """A session on a Cloud PC. *host*, *number*: by which Azure knows it; *user*: empty where Azure names nobody.

    *began*: when it was made.
    """

    host: str
    number: str
    user: str
    active: bool
    began: datetime | None = None


@dataclass(frozen=True, slots=True)
class SessionReading:
    """The sessions of one Cloud PC as they were read *at* a time; *found* is None where they could not be read."""

    at: datetime
    found: tuple[PcSession, ...] | None = ()

    @property
    def active(self) -> tuple[PcSession, ...]:
        """The sessions in which somebody may be working."""
        return tuple(each for each in self.found or () if each.active)

    @property
    def disconnected(self) -> tuple[PcSession, ...]:
        """The sessions that are open while nobody is connected."""
        return tuple(each for each in self.found or () if not each.active)

    @property
    def began(self) -> datetime | None:
        """The begin of the first session in which somebody may be working; None where Azure does not tell."""
        return min((each.began for each in self.active if each.began), default=None)


@dataclass(frozen=True, slots=True)
class PoolReading:
    """The sessions of a pool by their host, in lower case; None where they could not be read."""

    at: datetime
    by_host: Mapping[str, tuple[PcSession, ...]] | None


_READINGS: TtlCache[PoolReading] = TtlCache(timedelta(seconds=50))
"""Readings of pools, for one sweep: the next one comes after a minute. Failed readings are kept, too."""


async def pool_reading(deps: Dependencies, tenant_id: str, pool_id: str) -> PoolReading:
    """Return the sessions of a pool, which is asked at most once a minute."""

    async def read() -> PoolReading:
        pool, at = parse_id(pool_id), deps.clock.now()
        found = await answer_or_none(sessions_in(deps, pool), f"the sessions of {tenant_id} in {pool.name}")
        return PoolReading(at, None if found is None else _by_host(found))

    return await _READINGS.get_or(deps, (tenant_id, pool_id.casefold()), read)


async def session_reading(deps: Dependencies, pc: CloudPc) -> SessionReading:
    """Return the sessions of a Cloud PC; none while it is in no pool."""
    pool_id, host = pc.current.resources.host_pool_id, host_of(pc)
    if pool_id is None or host is None:
        return SessionReading(deps.clock.now())
    reading = await pool_reading(deps, pc.tenant_id, pool_id)
    return SessionReading(reading.at, None if reading.by_host is None else reading.by_host.get(host, ()))


async def users_now(deps: Dependencies, pc: CloudPc) -> list[str]:
    """Return the principal names of the users who are active on a Cloud PC at this moment. Raises: as the clients do.

    The pool is asked anew: somebody waits for the answer, and acts on it.
    """
    pool_id, host = pc.current.resources.host_pool_id, host_of(pc)
    if pool_id is None or host is None:
        return []
    found = await retry_while_throttled(lambda: sessions_in(deps, parse_id(pool_id)))
    mine = _by_host(found).get(host, ())
    return sorted({each.user or pc.user.user_principal_name for each in mine if each.active})


def host_of(pc: CloudPc) -> str | None:
    """Return the name of a Cloud PC's session host, in lower case; None before it has one."""
    made = pc.current.resources
    name = made.session_host or made.computer_name
    return name.casefold() if name else None


def _by_host(found: list[Any]) -> Mapping[str, tuple[PcSession, ...]]:
    by_host: dict[str, list[PcSession]] = defaultdict(list)
    for each in found:
        _, _, host, _, number = str(each.id).rsplit("/", 4)
        active, user = state_of(each) != DISCONNECTED, each.user_principal_name or ""
        session = PcSession(host, number, user, active, each.create_time)
        by_host[host_named_in(each)].append(session)
    return {host: tuple(sessions) for host, sessions in by_host.items()}
