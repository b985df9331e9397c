"""The engine of power at work, on real tables: refused starts, holds that end, machines that others have switched."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from shared.contracts.remote_actions import END_REMOTE_ACTION, RemoteEnd
from shared.domain.cloud_pcs.build import Failure
from shared.domain.cloud_pcs.cloud_pc import CloudPc
from shared.domain.cloud_pcs.lifecycle import Status
from shared.domain.cloud_pcs.remote_action import Remote
from shared.domain.power.record import CloudPcPower
from shared.domain.power.state import (
    STOPPED_LIMIT,
    DesiredPower,
    ObservedPower,
    PowerActor,
    PowerHold,
    RefusedStart,
)
from shared.services.power.acting import power_due
from shared.storage.due import Due, DueKind
from tests.cloud_pcs import edited
from tests.integration import desks, things
from tests.integration.desks import Desk, PaperDesks, on_paper
from tests.integration.scenes import MADE, NOW, WORKS
from tests.integration.services import IdleHost, PaperServices, perform

DESK, MINUTE, HOUR = "spot-1", timedelta(minutes=1), timedelta(hours=1)
VM = f"{desks._RG}/providers/Microsoft.Compute/virtualMachines/host-h1"
PC = edited(WORKS, resources=MADE.but(host_pool_id=desks._POOL, session_host=DESK, vm_id=VM))
POWER = CloudPcPower(
    id=PC.id, tenant_id=PC.tenant_id, since=NOW - HOUR, observed=ObservedPower.RUNNING, changed_by=PowerActor.SCHEDULE
)


def hold(wants: DesiredPower, until: datetime = NOW + HOUR) -> PowerHold:
    return PowerHold(wants=wants, at=NOW - HOUR, until=until, actor=PowerActor.ADMIN, by="Ada")


@pytest.fixture
def host() -> IdleHost:
    return IdleHost()


@pytest.fixture
async def azure(contoso: PaperServices) -> PaperDesks:
    await contoso.policies.insert(things.policy())
    await contoso.cloud_pcs.insert(PC)
    return on_paper(contoso, h1=Desk())


async def looked(here: PaperServices, host: IdleHost, power: CloudPcPower | None = None) -> datetime | None:
    """Look once, at a record of power if one is given; return when the next look is."""
    if power is not None:
        await here.cloud_pc_powers.insert(power)
    return await power_due(here, host, Due(DueKind.POWER, here.clock.now(), PC.tenant_id, PC.id))


async def record(here: PaperServices) -> CloudPc:
    return (await here.cloud_pcs.get(PC.tenant_id, PC.id)).value


async def kept(here: PaperServices) -> CloudPcPower:
    return (await here.cloud_pc_powers.get(PC.tenant_id, PC.id)).value


async def ended(here: PaperServices, **outcome: Any) -> None:
    action = (await record(here)).action
    assert action is not None
    end = {"tenant_id": PC.tenant_id, "cloud_pc_id": PC.id, "operation_id": action.operation_id, "name": action.name}
    await perform(END_REMOTE_ACTION, RemoteEnd.model_validate({**end, **outcome}))


async def test_a_refused_start_is_tried_again_and_never_fails_the_cloud_pc(
    contoso: PaperServices, azure: PaperDesks, host: IdleHost
) -> None:
    azure.desks[DESK].power = "deallocated"
    refused = RefusedStart(times=2, at=NOW, code="AllocationFailed", message="no hardware")
    held = POWER.but(observed=ObservedPower.DEALLOCATED, hold=hold(DesiredPower.ON), refused=refused)
    assert await looked(contoso, host, held) == NOW + MINUTE
    assert ((await record(contoso)).action, (await kept(contoso)).waits) == (
        None,
        "Azure has refused the start: no hardware",
    )
    contoso.hand.at = NOW + MINUTE
    await looked(contoso, host)
    begun = (await record(contoso)).action
    assert begun is not None
    assert (begun.name, begun.automatic) == (Remote.POWER_ON, True)
    await ended(contoso, failure=Failure(code="AllocationFailed", message="no hardware"))
    again = (await kept(contoso)).refused
    assert again is not None
    assert (again.times, (await record(contoso)).status) == (3, Status.PROVISIONED)
    assert {due.subject_id for due in await contoso.due.due(DueKind.POWER, NOW + HOUR)} == {PC.id}


async def test_a_machine_that_was_shut_down_inside_windows_is_deallocated_after_the_limit(
    contoso: PaperServices, azure: PaperDesks, host: IdleHost
) -> None:
    azure.desks[DESK].power = "stopped"
    power = POWER.but(observed=ObservedPower.SHUT_DOWN, since=NOW - STOPPED_LIMIT + MINUTE)
    assert await looked(contoso, host, power) == NOW + MINUTE
    contoso.hand.at = NOW + MINUTE
    await looked(contoso, host)
    begun = (await record(contoso)).action
    assert begun is not None
    assert begun.name is Remote.POWER_OFF
    await ended(contoso)
    assert (await kept(contoso)).observed is ObservedPower.DEALLOCATED


async def test_what_somebody_has_switched_outside_is_adopted_and_audited(
    contoso: PaperServices, azure: PaperDesks, host: IdleHost
) -> None:
    azure.desks[DESK].power = "deallocated"
    await looked(contoso, host, POWER)
    power = await kept(contoso)
    assert (power.changed_by, power.desired) == (PowerActor.OUTSIDE, DesiredPower.OFF)
    assert (await record(contoso)).action is None
    events = (await contoso.audit.page(PC.tenant_id, 10)).items
    assert ["outside" in str(event) for event in events] == [True]


async def test_a_user_who_has_signed_in_keeps_a_machine_that_is_to_be_off(
    contoso: PaperServices, azure: PaperDesks, host: IdleHost
) -> None:
    azure.desks[DESK].sessions["ada@contoso.example"] = "Active"
    held = POWER.but(observed=ObservedPower.DEALLOCATED, desired=DesiredPower.OFF, hold=hold(DesiredPower.OFF))
    assert await looked(contoso, host, held) is None
    power = await kept(contoso)
    assert (power.changed_by, power.hold, (await record(contoso)).action) == (PowerActor.SIGN_IN, None, None)


async def test_nothing_is_looked_at_of_what_is_gone_or_never_was_switched(
    contoso: PaperServices, azure: PaperDesks, host: IdleHost
) -> None:
    assert await looked(contoso, host) is None
    await contoso.cloud_pcs.remove(PC.tenant_id, PC.id)
    assert await looked(contoso, host, POWER) is None
    assert await contoso.cloud_pc_powers.find(PC.tenant_id, PC.id) is None
    assert azure.calls == []


async def test_while_another_action_is_at_work_nothing_is_done(
    contoso: PaperServices, azure: PaperDesks, host: IdleHost
) -> None:
    azure.desks[DESK].power = "stopped"
    await looked(contoso, host, POWER.but(observed=ObservedPower.SHUT_DOWN, since=NOW - HOUR))
    first = await record(contoso)
    assert await looked(contoso, host) == NOW + 15 * MINUTE
    assert await record(contoso) == first


async def test_a_paused_tenant_is_left_alone(contoso: PaperServices, azure: PaperDesks, host: IdleHost) -> None:
    azure.desks[DESK].power = "stopped"
    await contoso.tenants.change(PC.tenant_id, lambda tenant: tenant.but(paused={"reason": "x", "at": NOW, "by": "y"}))
    await looked(contoso, host, POWER.but(observed=ObservedPower.SHUT_DOWN, since=NOW - HOUR))
    assert (await record(contoso)).action is None
