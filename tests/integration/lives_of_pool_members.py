"""A life of two pool members: one is claimed and becomes somebody's, the other is retired."""

from datetime import timedelta

from shared.contracts.builds import CLEAN_UP, leftovers_of
from shared.contracts.pools import PREPARE_MEMBER
from shared.contracts.provisioning import PROVISION, order_for
from shared.domain.cloud_pcs.lifecycle import Status
from shared.domain.policies.policy import Snapshot
from shared.domain.policies.warm_pool import WarmPool
from shared.domain.pools.member import PoolMember, claimed, leaving, new_member, retired
from tests.contract.test_activities_desktop import IMAGE
from tests.integration import things
from tests.integration.lives import Life

T = things.TENANT_ID
NAMED_BY_CHANCE = "CPC-%RAND:8%"


async def a_pool_member_that_is_claimed_and_one_that_is_retired(life: Life) -> None:
    """The machine of the first stays its user's, whatever comes late of its build; of the second nothing is left."""
    snapshot = things.snapshot(image=IMAGE).but(naming_template=NAMED_BY_CHANCE)
    pool = WarmPool(plan=things.plan(), desired=2)
    await life.deps.policies.insert(things.policy(pools=(pool,)))
    first = await prepared(life, 1, snapshot)
    await _claimed(life, first)
    second = await prepared(life, 2, snapshot)
    await _retired(life, second)
    assert (await life.deps.cloud_pcs.get(T, first.id)).value.status is Status.PROVISIONED
    life.cloud.advance(60)


async def prepared(life: Life, number: int, snapshot: Snapshot) -> PoolMember:
    """Build a member; return its record."""
    planned = new_member(f"{number:020x}", T, things.plan(), snapshot, None, life.now())
    await life.deps.pool_members.insert(planned)
    tenant, connection = (await life.deps.tenants.get(T)).value, (await life.deps.connections.get(T, "c1")).value
    receipt = await life.run(PREPARE_MEMBER, order_for(planned, planned.current, tenant, things.site(), connection))
    assert receipt["outcome"] == "provisioned", receipt
    life.cloud.advance(timedelta(minutes=6).total_seconds())
    member = (await life.deps.pool_members.get(T, planned.id)).value
    assert member.is_ready
    return member


async def _claimed(life: Life, member: PoolMember) -> None:
    """Give a member to the user of the life."""
    planned = things.cloud_pc(user=life.user, snapshot=member.current.snapshot, plan=member.plan)
    pc = claimed(member, planned, life.now())
    stored = await life.deps.pool_members.get(T, member.id)
    await life.deps.cloud_pcs.claim(pc, life.deps.pool_members.taken(stored), None)
    tenant, connection = (await life.deps.tenants.get(T)).value, (await life.deps.connections.get(T, "c1")).value
    order = order_for(pc, pc.current, tenant, things.site(), connection)
    assert order.claimed
    receipt = await life.run(PROVISION, order)
    assert receipt["outcome"] == "provisioned", receipt
    there = (await life.deps.cloud_pcs.get(T, member.id)).value
    assert there.current.resources.vm_id == member.current.resources.vm_id
    life.cloud.advance(timedelta(minutes=6).total_seconds())


async def _retired(life: Life, member: PoolMember) -> None:
    """Take a member out of its pool, and remove its machine."""
    repository, at = life.deps.pool_members, life.now()
    await repository.change(T, member.id, lambda there: retired(there, "the pool is smaller", at))
    gone = await repository.change(T, member.id, lambda there: leaving(there, at))
    for order in leftovers_of(gone, gone.current):
        await life.run(CLEAN_UP, order.but(standing_alone=True))
    await repository.remove(T, member.id)
    vm = str(member.current.resources.vm_id).casefold()
    assert vm not in {str(key).casefold() for key in life.resources()}
