"""A worker that dies in the build that follows a claim: generated over all requests that the build makes.

Each kill has a member and a user of its own. The request has had its effect, its answer is lost, and the host delivers
the order again whose worker has died.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator

import pytest
from azure_simulator.certificates import Certificates
from azure_simulator.seeds import DOMAIN

from shared.contracts.provisioning import PROVISION, order_for
from shared.domain.cloud_pcs.cloud_pc import User
from shared.domain.cloud_pcs.lifecycle import Status
from shared.domain.policies.warm_pool import WarmPool
from shared.domain.pools.member import PoolMember, claimed
from shared.storage.tables import Tables
from tests.contract.test_activities_desktop import IMAGE
from tests.integration import things
from tests.integration.killing import at_request, killing, never
from tests.integration.lives import Life, living
from tests.integration.lives_of_pool_members import NAMED_BY_CHANCE, prepared

pytestmark = [pytest.mark.simulator, pytest.mark.azurite]  # kills at requests that leave the process
T = things.TENANT_ID


@pytest.fixture
async def life(certificates: Certificates, monkeypatch: pytest.MonkeyPatch, tables: Tables) -> AsyncIterator[Life]:
    async with living(certificates, monkeypatch, tables) as found:
        await found.deps.policies.insert(things.policy(pools=(WarmPool(plan=things.plan(), desired=1),)))
        yield found


async def claim(life: Life, number: int, kill: int | None = None) -> int:
    """Build a member, give it to a user of their own with a kill, and return how many requests the build has made."""
    member = await prepared(life, number, things.snapshot(image=IMAGE).but(naming_template=NAMED_BY_CHANCE))
    with killing(never if kill is None else at_request(kill), life) as killer:
        await give(life, number, member)
    await check(life, number, member)
    return killer.requests


async def give(life: Life, number: int, member: PoolMember) -> None:
    """Claim a member for user *number*, and play the build that goes on with it."""
    tenant, connection = (await life.deps.tenants.get(T)).value, (await life.deps.connections.get(T, "c1")).value
    found = await life.deps.graph(tenant).user(f"user{number:02}@{DOMAIN}")
    user = User(id=found.id, user_principal_name=found.user_principal_name)
    planned = things.cloud_pc(user=user, snapshot=member.current.snapshot, plan=member.plan)
    pc = claimed(member, planned, life.now())
    stored = await life.deps.pool_members.get(T, member.id)
    await life.deps.cloud_pcs.claim(pc, life.deps.pool_members.taken(stored), None)
    receipt = await life.run(PROVISION, order_for(pc, pc.current, tenant, things.site(), connection))
    assert receipt["outcome"] in {"provisioned", "provisionedWithWarnings"}, receipt


async def check(life: Life, number: int, member: PoolMember) -> None:
    """The user has the machine of the member, once, and no other machine was made."""
    pc = (await life.deps.cloud_pcs.get(T, member.id)).value
    assert pc.status in {Status.PROVISIONED, Status.PROVISIONED_WITH_WARNINGS}
    assert pc.current.resources.vm_id == member.current.resources.vm_id
    world = life.cloud.cloud.world.resources
    types = Counter(str(each.type).casefold() for each in world)
    assert types["microsoft.compute/virtualmachines"] == number
    given = [each for each in world if each.properties.get("principalId") == pc.user.id]
    assert len(given) == 2
    hosts = [each.properties.get("assignedUser") for each in world if "assignedUser" in each.properties]
    assert [str(each).casefold() for each in hosts if each].count(pc.user.user_principal_name.casefold()) == 1


PARTS = 6
"""The requests are shared out among so many clouds: there are not as many users as requests."""


@pytest.mark.parametrize("part", [0, *(pytest.param(part, marks=pytest.mark.long) for part in range(1, PARTS))])
async def test_a_worker_that_dies_after_any_request_gives_the_machine_once(life: Life, part: int) -> None:
    requests = await claim(life, 1)
    kills = range(part, requests, PARTS)
    assert 2 < len(kills) < 19, requests
    for number, kill in enumerate(kills, 2):
        await claim(life, number, kill)
