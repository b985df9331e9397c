"""Machines that were shut down inside Windows: one list finds them, with or without a schedule."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from shared.domain.cloud_pcs.remote_action import Remote
from shared.domain.policies.configuration import ShutDownAction
from shared.domain.power.record import CloudPcPower
from shared.domain.power.state import LISTED_EVERY, STOPPED_LIMIT, ObservedPower, PowerActor
from shared.domain.tenants.tenant import Paused
from shared.services.power.acting import power_due
from shared.services.power.shut_down import promise_lists, shut_down_due
from shared.services.spot.reconciling import ENGINE
from shared.storage.due import Due, DueKind
from tests.cloud_pcs import edited
from tests.integration import desks, things
from tests.integration.desks import Desk, PaperDesks, on_paper, session_host, spot_group
from tests.integration.scenes import MADE, NOW, WORKS
from tests.integration.services import IdleHost, PaperServices

DESK, MINUTE = "spot-1", timedelta(minutes=1)
VM = f"{desks._RG}/providers/Microsoft.Compute/virtualMachines/host-h1"
PC = edited(
    WORKS,
    resources=MADE.but(host_pool_id=desks._POOL, session_host=DESK, vm_id=VM.replace("/deskwright-", "/DESKWRIGHT-")),
)


@pytest.fixture
def host() -> IdleHost:
    return IdleHost()


@pytest.fixture
async def azure(contoso: PaperServices) -> PaperDesks:
    await contoso.policies.insert(things.policy())
    await contoso.cloud_pcs.insert(PC)
    return on_paper(contoso, h1=Desk(), h2=Desk(), h3=Desk())


async def listed(here: PaperServices, host: IdleHost) -> datetime | None:
    return await shut_down_due(here, host, Due(DueKind.SHUT_DOWN, here.clock.now(), PC.tenant_id, PC.tenant_id))


async def to_look_at(here: PaperServices) -> set[str]:
    return {due.subject_id for due in await here.due.due(DueKind.POWER, here.clock.now())}


async def look(here: PaperServices, host: IdleHost) -> datetime | None:
    return await power_due(here, host, Due(DueKind.POWER, here.clock.now(), PC.tenant_id, PC.id))


async def kept(here: PaperServices) -> CloudPcPower:
    return (await here.cloud_pc_powers.get(PC.tenant_id, PC.id)).value


async def test_machines_that_run_or_are_deallocated_cost_one_request(
    contoso: PaperServices, azure: PaperDesks, host: IdleHost
) -> None:
    azure.desks["spot-2"].power = "deallocated"
    again = await listed(contoso, host)
    assert again is not None
    assert NOW < again <= NOW + LISTED_EVERY
    assert azure.calls.count("statuses") == 1
    assert await to_look_at(contoso) == set()


async def test_a_cloud_pc_without_a_schedule_that_was_shut_down_is_deallocated(
    contoso: PaperServices, azure: PaperDesks, host: IdleHost
) -> None:
    azure.desks[DESK].power = "stopped"
    await listed(contoso, host)
    assert await to_look_at(contoso) == {PC.id}
    assert await look(contoso, host) == NOW + STOPPED_LIMIT
    assert LISTED_EVERY + STOPPED_LIMIT == 10 * MINUTE  # from the list at which it still ran
    power = await kept(contoso)
    assert (power.observed, power.changed_by) == (ObservedPower.SHUT_DOWN, PowerActor.OUTSIDE)
    assert ["outside" in str(each) for each in (await contoso.audit.page(PC.tenant_id, 10)).items] == [True]
    contoso.hand.at = NOW + STOPPED_LIMIT
    await look(contoso, host)
    action = (await contoso.cloud_pcs.get(PC.tenant_id, PC.id)).value.action
    assert action is not None
    assert action.name is Remote.POWER_OFF


async def test_what_is_known_is_listed_without_another_look(
    contoso: PaperServices, azure: PaperDesks, host: IdleHost
) -> None:
    azure.desks[DESK].power = "stopped"
    await listed(contoso, host)
    await look(contoso, host)
    for row in await contoso.due.due(DueKind.POWER, NOW):
        await contoso.due.drop(row)
    contoso.hand.at = NOW + STOPPED_LIMIT - MINUTE
    await listed(contoso, host)
    assert await to_look_at(contoso) == set()


async def test_a_policy_may_keep_it_as_it_is_and_it_is_looked_at_until_it_changes(
    contoso: PaperServices, azure: PaperDesks, host: IdleHost
) -> None:
    policy = await contoso.policies.get(PC.tenant_id, things.policy().id)
    await contoso.policies.replace(policy.value.but(shut_down_action=ShutDownAction.NONE), seen=policy.etag)
    azure.desks[DESK].power = "stopped"
    await listed(contoso, host)
    assert await look(contoso, host) == NOW + 60 * MINUTE
    contoso.hand.at = NOW + 60 * MINUTE
    assert await look(contoso, host) == NOW + 120 * MINUTE
    assert "still billed" in ((await kept(contoso)).waits or "")
    assert (await contoso.cloud_pcs.get(PC.tenant_id, PC.id)).value.action is None


async def test_a_list_that_is_not_answered_changes_nothing_and_is_read_again(
    contoso: PaperServices, azure: PaperDesks, host: IdleHost
) -> None:
    azure.desks[DESK].power, azure.silent = "stopped", True
    assert await listed(contoso, host) is not None
    assert await to_look_at(contoso) == set()
    azure.silent = False
    await listed(contoso, host)
    assert await to_look_at(contoso) == {PC.id}


async def test_nothing_is_asked_for_a_paused_tenant_until_somebody_lets_it_go_on(
    contoso: PaperServices, azure: PaperDesks, host: IdleHost
) -> None:
    azure.desks[DESK].power = "stopped"
    await contoso.tenants.change(PC.tenant_id, lambda tenant: tenant.but(paused=Paused(by="ada", at=NOW)))
    again = await listed(contoso, host)
    assert again is not None
    assert NOW < again <= NOW + LISTED_EVERY
    assert (azure.calls, await to_look_at(contoso)) == ([], set())
    await contoso.tenants.change(PC.tenant_id, lambda tenant: tenant.but(paused=None))
    await listed(contoso, host)
    assert await to_look_at(contoso) == {PC.id}


async def test_who_signs_in_to_a_machine_that_nothing_looks_at_is_seen(
    contoso: PaperServices, azure: PaperDesks, host: IdleHost
) -> None:
    off = CloudPcPower(id=PC.id, tenant_id=PC.tenant_id, since=NOW, observed=ObservedPower.DEALLOCATED)
    await contoso.cloud_pc_powers.insert(off)
    azure.desks[DESK].sessions["ada@contoso.example"] = "Active"
    await listed(contoso, host)
    assert await to_look_at(contoso) == {PC.id}
    await look(contoso, host)
    assert ((await kept(contoso)).observed, (await kept(contoso)).changed_by) == (
        ObservedPower.RUNNING,
        PowerActor.SIGN_IN,
    )


async def test_the_engine_of_a_group_looks_at_a_host_that_was_shut_down(
    contoso: PaperServices, azure: PaperDesks, host: IdleHost
) -> None:
    await contoso.spot_groups.insert(spot_group())
    await contoso.session_hosts.insert(session_host(2))
    await listed(contoso, host)
    assert await contoso.requests.newest(PC.tenant_id, ENGINE.subject(spot_group().id)) is None
    azure.desks["spot-2"].power = "stopped"
    await listed(contoso, host)
    assert await contoso.requests.newest(PC.tenant_id, ENGINE.subject(spot_group().id)) is not None


async def test_a_tenant_of_an_earlier_release_gets_its_lists_once(contoso: PaperServices, host: IdleHost) -> None:
    await promise_lists(contoso)
    await promise_lists(contoso)
    assert len(await contoso.due.due(DueKind.SHUT_DOWN, NOW + LISTED_EVERY)) == 1


async def test_the_lists_of_a_tenant_that_is_gone_end(contoso: PaperServices, host: IdleHost) -> None:
    assert await shut_down_due(contoso, host, Due(DueKind.SHUT_DOWN, NOW, "gone", "gone")) is None
