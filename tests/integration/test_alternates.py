"""Alternate connection of a build that has not begun when its connection becomes unhealthy."""

from typing import Any

import pytest

from shared.contracts.builds import BEGIN_ATTEMPT, AttemptOrder
from shared.contracts.outcomes import NoCapacity, Superseded
from shared.domain.cloud_pcs.build import Resources
from shared.domain.cloud_pcs.cloud_pc import CloudPc
from shared.domain.cloud_pcs.lifecycle import Status
from shared.domain.networks.connection import HealthStatus, JoinType
from shared.domain.policies.policy import DomainJoinConfiguration
from shared.storage.due import DueKind
from tests.cloud_pcs import edited
from tests.integration import things
from tests.integration.services import PaperServices, perform

PC = things.cloud_pc()
BEGIN = AttemptOrder(tenant_id=PC.tenant_id, cloud_pc_id=PC.id, generation=1, attempt=1, connection_id="c1")
CHOSEN = tuple(
    DomainJoinConfiguration(domain_join_type=JoinType.AZURE_AD_JOIN, on_premises_connection_id=each)
    for each in ("c1", "c2", "c3")
)


@pytest.fixture
async def here(paper: PaperServices) -> PaperServices:
    await paper.tenants.insert(things.tenant())
    health = {"c1": HealthStatus.FAILED, "c2": HealthStatus.PENDING, "c3": HealthStatus.WARNING}
    for name, status in health.items():
        await paper.connections.insert(
            things.connection(id=name, display_name=f"The {name}", health_check_status=status)
        )
    await paper.policies.insert(things.policy(domain_join_configurations=CHOSEN))
    await paper.cloud_pcs.insert(PC)
    return paper


async def record(here: PaperServices) -> CloudPc:
    return (await here.cloud_pcs.get(PC.tenant_id, PC.id)).value


async def test_it_goes_to_the_first_that_is_healthy_as_a_build_of_its_own(here: PaperServices) -> None:
    assert await perform(BEGIN_ATTEMPT, BEGIN) == await perform(BEGIN_ATTEMPT, BEGIN) == Superseded()
    pc = await record(here)
    assert pc.current.snapshot is not None
    assert (pc.current.snapshot.connection_id, pc.current.snapshot.connection_name) == ("c3", "The c3")
    assert (pc.status, pc.current.generation, pc.current.attempt) == (Status.PENDING_PROVISION, 2, 0)
    (due,) = await here.due.due(DueKind.START, things.NOW)
    assert (due.subject_id, due.generation) == (PC.id, 2)
    events = [stored.value async for stored in here.audit.each(PC.tenant_id, resource_id=PC.id)]
    assert [event.activity for event in events] == ["Microsoft.CloudPC/cloudPCs/useAlternate"]


@pytest.mark.parametrize(
    "changes",
    [{"resources": Resources(nic_id="/nic/1")}, {"attempt": 1, "status": Status.PROVISIONING}],
    ids=["something is built", "it has begun"],
)
async def test_what_has_begun_waits_where_it_is(here: PaperServices, changes: dict[str, Any]) -> None:
    await here.cloud_pcs.change(PC.tenant_id, PC.id, lambda pc: edited(pc, **changes))
    assert isinstance(await perform(BEGIN_ATTEMPT, BEGIN), NoCapacity)
    assert (await record(here)).current.generation == 1


async def test_without_a_healthy_alternate_it_waits(here: PaperServices) -> None:
    await here.connections.change("contoso", "c3", lambda c: c.but(health_check_status=HealthStatus.FAILED))
    assert isinstance(await perform(BEGIN_ATTEMPT, BEGIN), NoCapacity)
    assert await record(here) == PC
