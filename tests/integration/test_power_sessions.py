"""Sessions on Cloud PCs, on real tables: read by pool, warned before a stop, and used where they cannot be read."""

from __future__ import annotations

from datetime import time, timedelta
from typing import Any

import pytest

from shared.contracts.calls import on_behalf_of
from shared.contracts.outcomes import UnansweredError
from shared.domain.power.engine import PowerFacts, PowerStep, decide
from shared.domain.power.record import CloudPcPower
from shared.domain.power.settings import PowerPhase, PowerSettings
from shared.domain.power.state import DesiredPower, ObservedPower, PowerActor, PowerHold
from shared.services.power.acting import power_due
from shared.services.power.warning import warn
from shared.storage.due import Due, DueKind
from tests.cloud_pcs import edited
from tests.integration import desks, things
from tests.integration.desks import Desk, PaperDesks, on_paper
from tests.integration.scenes import MADE, NOW, WORKS
from tests.integration.services import IdleHost, PaperServices

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
ADA = "ada@contoso.example"
VMS = f"{desks._RG}/providers/Microsoft.Compute/virtualMachines"
CLOUD_PCS = [
    edited(
        WORKS.but(id=f"pc-{n}", user=WORKS.user.but(id=f"u-{n}")),
        resources=MADE.but(host_pool_id=desks._POOL, session_host=f"spot-{n}", vm_id=f"{VMS}/host-h{n}"),
    )
    for n in (1, 2, 3)
]
PC = CLOUD_PCS[0]
POWER = CloudPcPower(
    id=PC.id,
    tenant_id=PC.tenant_id,
    since=NOW - 9 * HOUR,
    observed=ObservedPower.RUNNING,
    quiet_since=NOW - 50 * MINUTE,
)
NIGHTS = PowerSettings(time_zone="Europe/Berlin", phases=(PowerPhase(begins=time(0), working=False),))
"""A schedule without working hours: an hour after the disconnection a machine stops."""


@pytest.fixture
async def azure(contoso: PaperServices) -> PaperDesks:
    await contoso.policies.insert(things.policy())
    for pc in CLOUD_PCS:
        await contoso.cloud_pcs.insert(pc)
        await contoso.cloud_pc_powers.insert(POWER.but(id=pc.id))
    return on_paper(contoso, h1=Desk(), h2=Desk(), h3=Desk())


async def looked(here: PaperServices, pc_id: str = PC.id) -> None:
    await power_due(here, IdleHost(), Due(DueKind.POWER, here.clock.now(), PC.tenant_id, pc_id))


async def kept(here: PaperServices) -> CloudPcPower:
    return (await here.cloud_pc_powers.get(PC.tenant_id, PC.id)).value


def facts(power: CloudPcPower) -> PowerFacts:
    return power.facts(readable=True, schedule=NIGHTS)


async def warned(here: PaperServices, power: CloudPcPower) -> int:
    """Decide with the schedule, and carry out the warning."""
    decision = decide(facts(power), here.clock.now())
    assert decision.step is PowerStep.WARN
    with on_behalf_of(PC.tenant_id):
        return await warn(here, PC, facts(power), decision)


async def test_one_list_of_sessions_serves_all_cloud_pcs_of_a_pool_in_a_sweep(
    contoso: PaperServices, azure: PaperDesks
) -> None:
    for pc in CLOUD_PCS:
        await looked(contoso, pc.id)
    assert azure.calls.count("list sessions") == 1
    assert [call for call in azure.calls if "hosts" in call or "sessions of" in call] == []
    contoso.hand.at = NOW + MINUTE
    for pc in CLOUD_PCS:
        await looked(contoso, pc.id)
    assert azure.calls.count("list sessions") == 2


async def test_each_cloud_pc_has_its_own_sessions_of_the_list(contoso: PaperServices, azure: PaperDesks) -> None:
    azure.desks["spot-2"].sessions[ADA] = "Active"
    azure.desks["spot-3"].sessions[ADA] = "Disconnected"
    found = []
    for pc in CLOUD_PCS:
        await looked(contoso, pc.id)
        power = (await contoso.cloud_pc_powers.get(pc.tenant_id, pc.id)).value
        found.append((power.active, power.disconnected))
    assert found == [(0, 0), (1, 0), (0, 1)]


async def test_a_disconnected_session_is_told_the_local_time_of_the_stop_the_reason_and_how_to_stay(
    contoso: PaperServices, azure: PaperDesks
) -> None:
    azure.desks["spot-1"].sessions[ADA] = "Disconnected"
    power = POWER.but(disconnected=1)
    assert await warned(contoso, power) == 1
    ((user, text),) = azure.messages
    assert user == ADA
    stops_at = NOW + 10 * MINUTE
    assert (await kept(contoso)).warned_for == stops_at
    local = stops_at + HOUR  # Berlin, in winter
    assert f"stops at {local:%H:%M} on {local.day} {local:%B %Y} (Europe/Berlin)" in text
    assert "the hours of its schedule are over" in text
    assert "reconnect to it" in text
    assert len(text) <= 1000


async def test_a_warning_is_sent_once_for_each_time_of_a_stop(contoso: PaperServices, azure: PaperDesks) -> None:
    azure.desks["spot-1"].sessions[ADA] = "Disconnected"
    power = POWER.but(disconnected=1)
    assert await warned(contoso, power) == 1
    assert await warned(contoso, power) == 0  # of a worker that has not seen the other's
    assert decide(facts((await kept(contoso)).but(disconnected=1)), NOW).step is None
    moved = (await kept(contoso)).but(disconnected=1, quiet_since=NOW - 48 * MINUTE)
    assert await warned(contoso, moved) == 1
    assert len(azure.messages) == 2


async def test_a_warning_that_azure_does_not_take_is_not_sent_again(
    contoso: PaperServices, azure: PaperDesks, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def silent(*_: Any, **__: Any) -> None:
        raise UnansweredError("InternalServerError", "try again")

    azure.desks["spot-1"].sessions[ADA] = "Disconnected"
    monkeypatch.setattr(azure, "tell", silent)
    assert await warned(contoso, POWER.but(disconnected=1)) == 0
    assert (await kept(contoso)).warned_for == NOW + 10 * MINUTE


async def test_while_sessions_cannot_be_read_nothing_is_stopped_and_the_wait_begins_when_they_can(
    contoso: PaperServices, azure: PaperDesks, monkeypatch: pytest.MonkeyPatch
) -> None:
    def silent(*_: str) -> Any:
        azure.silent = True
        return azure.hosts("", "")

    answers = azure.all_sessions
    off = PowerHold(wants=DesiredPower.OFF, at=NOW - HOUR, until=NOW + 9 * HOUR, actor=PowerActor.ADMIN, by="Ada")
    await contoso.cloud_pc_powers.change(PC.tenant_id, PC.id, lambda there: there.but(hold=off))
    monkeypatch.setattr(azure, "all_sessions", silent)
    for minute in range(0, 61, 15):
        contoso.hand.at = NOW + minute * MINUTE
        await looked(contoso)
        assert (await contoso.cloud_pcs.get(PC.tenant_id, PC.id)).value.action is None
    power = await kept(contoso)
    assert (power.waits, power.quiet_since) == ("the sessions cannot be read", NOW + HOUR)
    monkeypatch.setattr(azure, "all_sessions", answers)
    contoso.hand.at = NOW + HOUR + MINUTE
    await looked(contoso)
    assert (await contoso.cloud_pcs.get(PC.tenant_id, PC.id)).value.action is not None
