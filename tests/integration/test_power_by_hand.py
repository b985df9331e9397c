"""Power by hand, on real tables: who is active is named, holds are kept, and the power is shown."""

from __future__ import annotations

import json
from typing import Any

import pytest

from shared.contracts.remote_actions import END_REMOTE_ACTION, RemoteEnd
from shared.domain.cloud_pcs.build import Failure
from shared.domain.cloud_pcs.cloud_pc import CloudPc
from shared.domain.cloud_pcs.remote_action import Remote
from shared.domain.power.record import CloudPcPower
from shared.domain.power.state import DesiredPower, ObservedPower, PowerActor
from tests.cloud_pcs import edited
from tests.integration import desks
from tests.integration.asking import ask
from tests.integration.callers import Office
from tests.integration.desks import Desk, PaperDesks, on_paper
from tests.integration.scenes import MADE, WORKS
from tests.integration.services import perform

DESK = "spot-1"
PC = edited(WORKS, resources=MADE.but(host_pool_id=desks._POOL, session_host=DESK))
RERUN = "POST tenants/{tenant}/cloudPCs/{id}/rerunStep"
PLACE = "POST …/cloudPCs/{id}"


@pytest.fixture
async def azure(office: Office) -> PaperDesks:
    """A Cloud PC on whose machine nobody is signed in."""
    await office.cloud_pcs.insert(PC)
    return on_paper(office, h1=Desk())


async def send(routes: dict[str, Any], action: str, body: dict[str, Any] | None = None) -> Any:
    name = f"{PLACE}/{action}"
    content = json.dumps(body).encode() if body is not None else b""
    return await ask(routes[name], name, body=content, at={"id": PC.id})


async def shown(routes: dict[str, Any]) -> dict[str, Any]:
    name = "GET …/cloudPCs/{id}"
    answer = await ask(routes[name], name, at={"id": PC.id})
    return dict(json.loads(answer.get_body()))


async def record(office: Office) -> CloudPc:
    return (await office.cloud_pcs.get(PC.tenant_id, PC.id)).value


async def power(office: Office) -> CloudPcPower:
    return (await office.cloud_pc_powers.get(PC.tenant_id, PC.id)).value


async def ended(office: Office, name: Remote, failure: Failure | None = None) -> None:
    action = (await record(office)).action
    assert action is not None
    end = RemoteEnd(
        tenant_id=PC.tenant_id, cloud_pc_id=PC.id, operation_id=action.operation_id, name=name, failure=failure
    )
    await perform(END_REMOTE_ACTION, end)
    await perform(END_REMOTE_ACTION, end)  # told twice


async def test_while_somebody_is_active_it_is_not_stopped_and_they_are_named(
    office: Office, azure: PaperDesks, routes: dict[str, Any]
) -> None:
    azure.desks[DESK].sessions["ada@contoso.example"] = "Active"
    refused = await send(routes, "powerOff")
    assert refused.status_code == 409
    assert b"ada@contoso.example is active on it" in refused.get_body()
    assert (await record(office)).action is None
    assert (await send(routes, "powerOff", {"force": True})).status_code == 204
    action = (await record(office)).action
    assert action is not None
    assert (action.name, action.force) == (Remote.POWER_OFF, True)


async def test_a_disconnected_session_does_not_keep_it_on(
    office: Office, azure: PaperDesks, routes: dict[str, Any]
) -> None:
    azure.desks[DESK].sessions["ada@contoso.example"] = "Disconnected"
    assert (await send(routes, "stop")).status_code == 204
    assert (await record(office)).action is not None


async def test_sessions_that_cannot_be_read_count_as_active(
    office: Office, azure: PaperDesks, routes: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def silent(*_: str) -> Any:
        azure.silent = True
        return azure.hosts("", "")

    monkeypatch.setattr(azure, "all_sessions", silent)
    assert b"its sessions cannot be read" in (await send(routes, "powerOff")).get_body()
    assert (await record(office)).action is None


@pytest.mark.usefixtures("azure")
async def test_its_power_is_unknown_until_it_was_seen_and_then_what_a_person_has_made_of_it(
    office: Office, routes: dict[str, Any]
) -> None:
    assert (await shown(routes))["powerState"] == "unknown"
    await send(routes, "powerOff")
    await ended(office, Remote.POWER_OFF)
    off = await power(office)
    assert (off.observed, off.desired, off.changed_by) == (
        ObservedPower.DEALLOCATED,
        DesiredPower.OFF,
        PowerActor.ADMIN,
    )
    assert off.hold is not None
    assert off.hold.until > off.hold.at
    said = await shown(routes)
    assert (said["powerState"], said["status"]) == ("poweredOff", "provisioned")
    await send(routes, "start")
    await ended(office, Remote.POWER_ON)
    assert (await power(office)).reason.endswith("has switched it on")
    assert (await shown(routes))["powerState"] == "running"


@pytest.mark.usefixtures("azure")
async def test_a_start_that_azure_refuses_is_kept_with_its_next_try(office: Office, routes: dict[str, Any]) -> None:
    await send(routes, "powerOn")
    await ended(office, Remote.POWER_ON, Failure(code="AllocationFailed", message="no hardware"))
    kept = await power(office)
    assert kept.refused is not None
    assert (kept.refused.code, kept.refused.times) == ("AllocationFailed", 1)


@pytest.mark.usefixtures("azure")
async def test_lists_show_the_power_where_it_is_selected(office: Office, routes: dict[str, Any]) -> None:
    name = "GET …/cloudPCs"
    await send(routes, "powerOff")
    await ended(office, Remote.POWER_OFF)
    plain = await ask(routes[name], name)
    assert all("powerState" not in each for each in json.loads(plain.get_body())["value"])
    chosen = await ask(routes[name], name, query={"$select": "id,powerState"})
    found = {each["id"]: each["powerState"] for each in json.loads(chosen.get_body())["value"]}
    assert found[PC.id] == "poweredOff"


@pytest.mark.usefixtures("azure")
async def test_an_action_knows_that_the_machine_is_off_on_purpose(office: Office, routes: dict[str, Any]) -> None:
    await send(routes, "powerOff")
    await ended(office, Remote.POWER_OFF)
    assert b"power it on first" in (await ask(routes[RERUN], RERUN, body=b"{}", at={"id": PC.id})).get_body()
    await send(routes, "troubleshoot")
    action = (await record(office)).action
    assert action is not None
    assert action.rests is True


@pytest.mark.usefixtures("azure")
async def test_what_nobody_could_start_is_not_stopped(office: Office, routes: dict[str, Any]) -> None:
    office.directory.starts_machines = False
    refused = await send(routes, "powerOff", {"force": True})
    assert (refused.status_code, b"no service principal of Azure Virtual Desktop" in refused.get_body()) == (409, True)
    assert (await record(office)).action is None
