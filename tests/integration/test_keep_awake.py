"""Keeping a Cloud PC awake, over its routes and on real tables: its end, who asked for it, and its limit."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from shared.domain.cloud_pcs.remote_action import Remote
from shared.domain.power.engine import PowerRule, decide
from shared.domain.power.record import CloudPcPower
from shared.domain.power.state import DesiredPower, ObservedPower, PowerActor, PowerHold
from shared.services.power.acting import power_due
from shared.storage.due import Due, DueKind
from tests.cloud_pcs import edited
from tests.integration import desks
from tests.integration.asking import ask
from tests.integration.callers import Office
from tests.integration.desks import Desk, PaperDesks, on_paper
from tests.integration.scenes import MADE, WORKS
from tests.integration.services import IdleHost

HOUR = timedelta(hours=1)
VM = f"{desks._RG}/providers/Microsoft.Compute/virtualMachines/host-h1"
PC = edited(WORKS, resources=MADE.but(host_pool_id=desks._POOL, session_host="spot-1", vm_id=VM))
KEEP = "POST tenants/{tenant}/cloudPCs/{id}/keepAwake"


@pytest.fixture
async def azure(office: Office) -> PaperDesks:
    await office.cloud_pcs.insert(PC)
    return on_paper(office, h1=Desk())


async def keep(routes: dict[str, Any], hours: Any) -> Any:
    return await ask(routes[KEEP], KEEP, body=json.dumps({"hours": hours}).encode(), at={"id": PC.id})


async def shown(routes: dict[str, Any]) -> dict[str, Any]:
    name = "GET …/cloudPCs/{id}"
    answer = await ask(routes[name], name, at={"id": PC.id})
    return dict(json.loads(answer.get_body())["@deskwright.power"])


async def kept(office: Office) -> CloudPcPower:
    return (await office.cloud_pc_powers.get(PC.tenant_id, PC.id)).value


@pytest.mark.usefixtures("azure")
async def test_its_end_is_shown_and_audited_and_the_operation_is_over(office: Office, routes: dict[str, Any]) -> None:
    answer = await keep(routes, 3)
    assert (answer.status_code, json.loads(answer.get_body())["status"]) == (202, "succeeded")
    power = await shown(routes)
    until = datetime.fromisoformat(power["keptAwakeUntil"])
    assert until == office.clock.now() + 3 * HOUR
    assert power["keptAwakeBy"]
    (event,) = [each for each in (await office.audit.page(PC.tenant_id, 10)).items if "keepAwake" in str(each)]
    assert str(until.isoformat()).removesuffix("+00:00") in str(event)


@pytest.mark.usefixtures("azure")
async def test_a_look_at_once_and_none_without_need_after_its_end(office: Office, routes: dict[str, Any]) -> None:
    await keep(routes, 2)
    assert [due.subject_id for due in await office.due.due(DueKind.POWER, office.clock.now())] == [PC.id]
    due = Due(DueKind.POWER, office.clock.now(), PC.tenant_id, PC.id)
    assert await power_due(office, IdleHost(), due) is not None
    power = await kept(office)
    decision = decide(power.facts(readable=True), office.clock.now())
    assert decision.winner is not None
    assert (decision.winner.rule, decision.winner.wants) == (PowerRule.KEEP_AWAKE, DesiredPower.ON)
    office.hand.at = office.clock.now() + 2 * HOUR
    assert await power_due(office, IdleHost(), due) is None
    assert (await shown(routes))["keptAwakeUntil"] is None


@pytest.mark.usefixtures("azure")
async def test_it_ends_before_its_time_with_no_hours(office: Office, routes: dict[str, Any]) -> None:
    await keep(routes, 2)
    assert (await keep(routes, 0)).status_code == 202
    assert (await kept(office)).keep_awake is None


@pytest.mark.usefixtures("azure")
@pytest.mark.parametrize("hours", [9, 73, -1, "2", None])
async def test_more_hours_than_the_tenant_allows_are_refused(
    office: Office, routes: dict[str, Any], hours: Any
) -> None:
    assert (await keep(routes, hours)).status_code == 400
    assert await office.cloud_pc_powers.find(PC.tenant_id, PC.id) is None


async def test_a_machine_that_somebody_has_switched_off_starts_and_stays_on(
    office: Office, routes: dict[str, Any], azure: PaperDesks
) -> None:
    now = office.clock.now()
    azure.desks["spot-1"].power = "deallocated"
    hold = PowerHold(wants=DesiredPower.OFF, at=now - HOUR, until=now + HOUR, actor=PowerActor.ADMIN, by="Ada")
    power = CloudPcPower(
        id=PC.id, tenant_id=PC.tenant_id, since=now - HOUR, observed=ObservedPower.DEALLOCATED, hold=hold
    )
    await office.cloud_pc_powers.insert(power)
    await keep(routes, 1)
    await power_due(office, IdleHost(), Due(DueKind.POWER, now, PC.tenant_id, PC.id))
    action = (await office.cloud_pcs.get(PC.tenant_id, PC.id)).value.action
    assert action is not None
    assert action.name is Remote.POWER_ON
