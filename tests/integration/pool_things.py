"""A warm pool on real tables, its members, and session hosts on paper."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from shared.contracts.builds import RECORD_FAILED, FailedRecord
from shared.domain.cloud_pcs.build import Failure, Resources, Step
from shared.domain.cloud_pcs.lifecycle import Event
from shared.domain.policies.warm_pool import WarmPool
from shared.domain.pools.member import PoolMember, new_member
from shared.services.policies.reconciling import snapshots_of
from shared.services.pools.filling import pool_due
from shared.storage.due import Due, DueKind
from tests.integration import things
from tests.integration.services import IdleHost, PaperServices, perform

NAMED_BY_CHANCE = "CPC-%RAND:8%"
SNAPSHOT = things.snapshot().but(naming_template=NAMED_BY_CHANCE, enable_single_sign_on=True)
MINUTE = timedelta(minutes=1)
_RG = f"/subscriptions/{things.SUBSCRIPTION}/resourceGroups/desks"
POOL = f"{_RG}/providers/Microsoft.DesktopVirtualization/hostPools/pool"
LOOK = Due(DueKind.POOL, things.NOW, things.TENANT_ID, "p1")


def pool(**changes: Any) -> WarmPool:
    return WarmPool(plan=things.plan(), desired=2).but(**changes)


class PaperHosts:
    """Session hosts on paper: a status other than available, and users, by name."""

    def __init__(self) -> None:
        self.status: dict[str, str] = {}
        self.users: dict[str, str] = {}
        self.session_hosts = self

    async def get(self, resource_group: str, pool: str, name: str) -> Any:
        del resource_group, pool
        return SimpleNamespace(status=self.status.get(name, "Available"), assigned_user=self.users.get(name))


@pytest.fixture
def hosts(here: PaperServices, monkeypatch: pytest.MonkeyPatch) -> PaperHosts:
    paper = PaperHosts()
    monkeypatch.setattr(here, "desktops", lambda _: paper)
    return paper


@pytest.fixture
async def here(contoso: PaperServices) -> PaperServices:
    await fill(contoso, pool())
    contoso.directory.groups = {"g1": {"ada", "bob"}}
    contoso.directory.licences = {"ada": ("sku-1",), "bob": ("sku-1",)}
    return contoso


async def fill(contoso: PaperServices, *pools: WarmPool) -> None:
    """Make a policy with these pools."""
    policy = things.policy(pools=pools)
    policy = policy.but(configuration=policy.configuration.but(naming_template=NAMED_BY_CHANCE))
    await contoso.policies.insert(policy)


async def fresh(here: PaperServices) -> Any:
    tenant = (await here.tenants.get("contoso")).value
    policies = [each.value async for each in here.policies.each("contoso")]
    return (await snapshots_of(here, tenant, policies))["p1"]


async def ready(here: PaperServices, number: int = 1, **changes: Any) -> PoolMember:
    """Put a member into the pool that is ready."""
    at = here.clock.now()
    made = Resources(
        subscription_id=things.SUBSCRIPTION,
        resource_group="desks",
        region="westeurope",
        size="Standard_D2s_v5",
        computer_name=f"CPC-{number:05}",
        vm_id=f"{_RG}/providers/Microsoft.Compute/virtualMachines/cpc-{number}",
        joined_at=at,
        entra_device_id=f"device-{number}",
        managed_device_id=f"managed-{number}",
        host_pool_id=POOL,
        session_host=f"host-{number}",
    )
    planned = new_member(f"{number:020x}", "contoso", things.plan(), await fresh(here), things.SUBSCRIPTION, at)
    begun = planned.after(Event.STARTED, at=at).with_current(attempt=1, resources=made)
    member = begun.after(Event.SUCCEEDED, at=at).but(**{"ready_at": at, **changes})
    return (await here.pool_members.insert(member)).value


async def members(here: PaperServices) -> dict[str, PoolMember]:
    return {each.value.id: each.value async for each in here.pool_members.of_tenant("contoso")}


async def begun(here: PaperServices, member: PoolMember) -> PoolMember:
    """Begin the build of a member: it may have a machine from now on."""
    made = Resources(subscription_id=things.SUBSCRIPTION, resource_group="desks", region="x", computer_name="CPC-1")
    at = here.clock.now()

    def edit(there: PoolMember) -> PoolMember:
        return there.after(Event.STARTED, at=at).with_current(attempt=1, resources=made, step=Step.CREATE_VM)

    return await here.pool_members.change("contoso", member.id, edit)


async def failed(here: PaperServices, member: PoolMember) -> None:
    """Have the build of a member fail for the last time."""
    await begun(here, member)
    failure = Failure(code="joinFailed", message="it did not join", retriable=False)
    record = FailedRecord(
        tenant_id="contoso",
        cloud_pc_id=member.id,
        generation=member.current.generation,
        attempt=1,
        failure=failure,
        last=True,
    )
    await perform(RECORD_FAILED, record)


async def failed_members(here: PaperServices, times: int) -> None:
    """Fail the builds of a pool of one member, so many in a row."""
    await fill(here, pool(desired=1))
    for number in range(1, times + 1):
        await pool_due(here, IdleHost(), LOOK)
        (member,) = [each for each in (await members(here)).values() if not each.is_going]
        await failed(here, member)
        await pool_due(here, IdleHost(), LOOK)
        here.hand.advance(number * 5 * MINUTE)
    await pool_due(here, IdleHost(), LOOK)


async def preparing(contoso: PaperServices) -> tuple[str, int, str, Any]:
    """Insert a member whose build is at work; return its subject, generation, instance and order."""
    await fill(contoso, WarmPool(plan=things.plan(), desired=1))
    member = new_member("0" * 20, "contoso", things.plan(), await fresh(contoso), None, things.NOW)
    begun = member.after(Event.STARTED, at=things.NOW).with_current(attempt=1, step=Step.CREATE_VM)
    await contoso.pool_members.insert(begun)
    return "p1", 0, f"contoso-{member.id}-prepare-{member.current.generation}", None
