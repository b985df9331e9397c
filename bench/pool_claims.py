"""Claims of pool members: many at a time with kills on Azurite, and their times on the simulated cloud."""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from aiohttp import ClientSession, TCPConnector
from azure.core.pipeline.transport import AioHttpTransport
from azure_simulator.certificates import Certificates
from azure_simulator.seeds import DOMAIN

from shared.contracts.pools import PREPARE_MEMBER
from shared.contracts.provisioning import PROVISION, order_for
from shared.domain.cloud_pcs.cloud_pc import User
from shared.domain.policies.warm_pool import WarmPool
from shared.domain.pools.member import claimed, new_member
from shared.errors import DeskwrightError
from shared.storage.tables import Tables
from tests.contract.test_activities_desktop import IMAGE
from tests.identities import Identity
from tests.integration import things
from tests.integration.lives import Life, living
from tests.integration.pool_things import NAMED_BY_CHANCE, fill, ready
from tests.integration.services import PaperServices, in_place
from tests.integration.test_reconciliation import plan

_AT_ONCE, _KILLS = 10, 5
_SETTLED = timedelta(hours=1)


@dataclass(frozen=True)
class Claims:
    """Outcome of many claims: members of two users, users without any machine, users with two."""

    asked: int
    kills: int
    shared: int
    lost: int
    doubled: int


async def claims(tables_url: str, made: Certificates, count: int) -> Claims:
    """Have *count* users planned ten at a time, while five plans are killed before or after their write."""
    async with ClientSession(connector=TCPConnector(ssl=made.client_context())) as session:
        services = PaperServices(Tables(tables_url, Identity, prefix="claims", transport=_transport(session)))
        with _placed(services):
            kills = await _claim_all(services, count)
            pcs = [stored.value async for stored in services.cloud_pcs.each(things.TENANT_ID)]
            left = [each async for each in services.pool_members.of_tenant(things.TENANT_ID)]
        await services.tables.close()
    machines = Counter(pc.current.resources.vm_id for pc in pcs if pc.current.resources.vm_id)
    users = Counter(pc.user.id for pc in pcs)
    return Claims(
        asked=count,
        kills=kills,
        shared=sum(number > 1 for number in machines.values()),
        lost=count - len(users) + len(left),
        doubled=sum(number > 1 for number in users.values()),
    )


def _transport(session: ClientSession) -> AioHttpTransport:
    return AioHttpTransport(session=session, session_owner=False)


def _placed(services: PaperServices) -> AbstractContextManager[None]:
    return in_place(services)


async def _claim_all(services: PaperServices, count: int) -> int:
    """Return how many plans were killed; each is made again, as the host makes it."""
    await services.tenants.insert(things.tenant())
    await services.sites.insert(things.site())
    await services.connections.insert(things.connection())
    await fill(services, WarmPool(plan=things.plan(), desired=min(900, count)))
    names = [f"user{number:05}" for number in range(count)]
    services.directory.groups = {"g1": set(names)}
    services.directory.licences = dict.fromkeys(names, ("sku-1",))
    for number in range(1, count + 1):
        await ready(services, number)
    real, claimed_so_far, kills = services.cloud_pcs.claim, 0, 0

    async def sometimes_killed(*given: Any) -> Any:  # noqa: ANN401 - as the method
        nonlocal claimed_so_far, kills
        claimed_so_far += 1
        dies = kills < _KILLS and claimed_so_far * (_KILLS + 1) >= count * (kills + 1)
        kills += dies
        if dies and kills % 2:
            raise ConnectionResetError
        answer = await real(*given)
        if dies:
            raise ConnectionResetError
        return answer

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(services.cloud_pcs, "claim", sometimes_killed)
        for at in range(0, count, _AT_ONCE):
            await asyncio.gather(*(_planned(name) for name in names[at : at + _AT_ONCE]))
    return kills


async def _planned(name: str) -> None:
    """Plan a user, again after each failure, until a plan succeeds."""
    while True:
        try:
            await plan(name)
        except (ConnectionResetError, DeskwrightError):
            continue
        return


async def times(tables_url: str, made: Certificates, count: int) -> list[tuple[float, float]]:
    """Return the seconds until the machine of each of *count* users is assigned, and until they can use it."""
    found = []
    async with ClientSession(connector=TCPConnector(ssl=made.client_context())) as session:
        tables = Tables(tables_url, Identity, prefix="times", transport=_transport(session))
        with pytest.MonkeyPatch.context() as patch:
            async with living(made, patch, tables, profile="real") as life:
                await life.deps.policies.insert(things.policy(pools=(WarmPool(plan=things.plan(), desired=1),)))
                found = [await _timed(life, number) for number in range(1, count + 1)]
    return found


async def _timed(life: Life, number: int) -> tuple[float, float]:
    """Build a member, give it to a user, and return both times; the rights count when the cloud says so."""
    tenant_id, deps = things.TENANT_ID, life.deps
    tenant, connection = (await deps.tenants.get(tenant_id)).value, (await deps.connections.get(tenant_id, "c1")).value
    snapshot = things.snapshot(image=IMAGE).but(naming_template=NAMED_BY_CHANCE)
    member = new_member(f"{number:020x}", tenant_id, things.plan(), snapshot, None, life.now())
    await deps.pool_members.insert(member)
    await life.run(PREPARE_MEMBER, order_for(member, member.current, tenant, things.site(), connection))
    life.cloud.advance(_SETTLED.total_seconds())
    there = await deps.pool_members.get(tenant_id, member.id)
    user = await deps.graph(tenant).user(f"user{number:02}@{DOMAIN}")
    owner = User(id=user.id, user_principal_name=user.user_principal_name)
    begun = life.now()
    pc = claimed(there.value, things.cloud_pc(user=owner, snapshot=snapshot, plan=member.plan), begun)
    await deps.cloud_pcs.claim(pc, deps.pool_members.taken(there), None)
    await life.run(PROVISION, order_for(pc, pc.current, tenant, things.site(), connection))
    made = (await deps.cloud_pcs.get(tenant_id, pc.id)).value.current.resources
    if made.assigned_at is None:
        raise RuntimeError(f"{pc.id} was not assigned")
    usable = max(made.assigned_at, _counts(life, owner.id))
    return (made.assigned_at - begun).total_seconds(), (usable - begun).total_seconds()


def _counts(life: Life, user_id: str) -> datetime:
    """Return when the last role of a user counts, by the cloud's own record."""
    of = [each for each in life.cloud.cloud.world.resources if each.properties.get("principalId") == user_id]
    last = max(each.facts["countsFromUs"] for each in of)
    return life.now() + timedelta(microseconds=last - life.cloud.cloud.world.now_us)
