"""Use of Cloud PCs, on real tables and over the routes: read by pool, counted by day, shown by Graph's names."""

from __future__ import annotations

import csv
import io
import json
from datetime import timedelta
from typing import Any

import pytest

from shared.domain.power.record import CloudPcPower
from shared.domain.power.state import ObservedPower, PowerActor
from shared.services.cost.recording import record_cost
from shared.services.usage.cloud_pcs import record_cloud_pcs
from tests.cloud_pcs import edited
from tests.integration import desks
from tests.integration.asking import ask
from tests.integration.callers import Office
from tests.integration.desks import Desk, PaperDesks, on_paper
from tests.integration.scenes import MADE, NOW, WORKS

ADA = "ada@contoso.example"
CLOUD_PCS = [
    edited(
        WORKS.but(id=f"pc-{n}", user=WORKS.user.but(id=f"u-{n}")),
        resources=MADE.but(host_pool_id=desks._POOL, session_host=f"spot-{n}"),
    )
    for n in (1, 2)
]
PC = CLOUD_PCS[0]
MINUTES = timedelta(minutes=20)
DAYS, REPORT = "GET …/cloudPCs/{id}/usage", "GET …/reports/cloudPcUse"


@pytest.fixture
async def azure(office: Office) -> PaperDesks:
    for pc in CLOUD_PCS:
        await office.cloud_pcs.insert(pc)
    return on_paper(office, h1=Desk(), h2=Desk())


async def read(office: Office, minutes: int) -> None:
    """Read the sessions as the maintenance does, so many minutes after noon."""
    office.hand.at = NOW + timedelta(minutes=minutes)
    entries = await office.cloud_pcs.entries(PC.tenant_id)
    await record_cloud_pcs(office, PC.tenant_id, entries, office.clock.now())


async def record_minutes(office: Office) -> None:
    """Record the minutes from noon to one o'clock, as the maintenance does."""
    office.hand.at = NOW + timedelta(hours=1)
    await record_cost(office, PC.tenant_id, office.clock.now())


async def get(routes: dict[str, Any], name: str, **query: str) -> list[dict[str, Any]]:
    answer = await ask(routes[name], name, at={"id": PC.id}, query=query)
    assert answer.status_code == 200, answer.get_body()
    found: list[dict[str, Any]] = json.loads(answer.get_body())["value"]
    return found


async def test_a_session_is_counted_and_shown_with_its_last_sign_in(
    office: Office, azure: PaperDesks, routes: dict[str, Any]
) -> None:
    await read(office, 0)
    azure.desks["spot-1"].sessions[ADA] = "Active"
    azure.desks["spot-1"].began = NOW + timedelta(minutes=10)
    await read(office, 15)
    azure.desks["spot-1"].sessions[ADA] = "Disconnected"
    await read(office, 30)
    del azure.desks["spot-1"].sessions[ADA]
    await read(office, 45)
    await record_minutes(office)
    (day,) = await get(routes, DAYS)
    assert (day["minutesOn"], day["minutesActive"], day["minutesDisconnected"], day["connections"]) == (60, 15, 15, 1)
    mine, other = sorted((await get(routes, REPORT)), key=lambda each: str(each["id"]))
    assert (mine["totalUsageInHour"], mine["minutesOn"], mine["daysSinceLastSignIn"]) == (0.25, 60, 0)
    assert mine["neverSignedIn"] is False
    assert (other["totalUsageInHour"], other["neverSignedIn"]) == (0, True)
    name = "GET …/cloudPCs/{id}"
    shown = json.loads((await ask(routes[name], name, at={"id": PC.id})).get_body())
    assert shown["lastLoginResult"] == {"time": _z(10)}
    assert shown["lastLogoffDateTime"] == _z(45)


def _z(minutes: int) -> str:
    return (NOW + timedelta(minutes=minutes)).isoformat().replace("+00:00", "Z")


async def test_each_pool_is_asked_once_and_no_record_is_read_again(
    office: Office, azure: PaperDesks, monkeypatch: pytest.MonkeyPatch
) -> None:
    await read(office, 0)

    async def never(*_: Any) -> Any:
        raise AssertionError("a record was read again")

    monkeypatch.setattr(office.cloud_pcs, "several", never)
    await read(office, 15)
    assert azure.calls == ["list sessions", "list sessions"]


async def test_a_reading_that_fails_is_a_gap(
    office: Office, azure: PaperDesks, routes: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def silent(*_: str) -> Any:
        azure.silent = True
        return azure.hosts("", "")

    answers = azure.all_sessions
    await read(office, 0)
    await read(office, 15)
    monkeypatch.setattr(azure, "all_sessions", silent)
    for minutes in (30, 45, 60):
        await read(office, minutes)
    monkeypatch.setattr(azure, "all_sessions", answers)
    await read(office, 75)
    await read(office, 90)
    (day,) = await get(routes, DAYS)
    assert day["recordedMinutes"] == 30


@pytest.mark.usefixtures("azure")
async def test_a_machine_that_is_off_is_not_counted_as_on(office: Office, routes: dict[str, Any]) -> None:
    off = CloudPcPower(
        id=PC.id, tenant_id=PC.tenant_id, since=NOW + MINUTES, observed=ObservedPower.DEALLOCATED, observed_at=NOW
    )
    await office.cloud_pc_powers.insert(off)
    await read(office, 0)
    await read(office, 15)
    await record_minutes(office)
    (day,) = await get(routes, DAYS)
    assert (day["recordedMinutes"], day["minutesOn"]) == (15, 20)


@pytest.mark.usefixtures("azure")
async def test_minutes_on_are_the_ledger_s_where_a_reading_has_failed(office: Office, routes: dict[str, Any]) -> None:
    """One recorder: the report of use has the minutes that the report of cost has."""
    await read(office, 0)
    await record_minutes(office)
    await read(office, 60)
    (day,) = await get(routes, DAYS)
    assert (day["recordedMinutes"], day["minutesOn"]) == (0, 60)


@pytest.mark.usefixtures("azure")
async def test_the_last_sign_in_is_known_over_days_without_a_reading(
    office: Office, azure: PaperDesks, routes: dict[str, Any]
) -> None:
    azure.desks["spot-1"].sessions[ADA] = "Active"
    azure.desks["spot-1"].began = NOW
    await read(office, 0)
    del azure.desks["spot-1"].sessions[ADA]
    await read(office, 5 * 24 * 60)
    (mine,) = await get(routes, REPORT, **{"$filter": "daysSinceLastSignIn ge 4"})
    assert (mine["id"], mine["daysSinceLastSignIn"]) == (PC.id, 5)


@pytest.mark.usefixtures("azure")
async def test_a_report_is_a_file_too_and_a_wrong_period_is_refused(office: Office, routes: dict[str, Any]) -> None:
    await read(office, 0)
    answer = await ask(routes[REPORT], REPORT, headers={"accept": "text/csv"})
    rows = list(csv.DictReader(io.StringIO(answer.get_body().decode("utf-8-sig"))))
    assert {row["id"] for row in rows} == {pc.id for pc in CLOUD_PCS}
    wrong = {"startDateTime": "2026-02-01T00:00:00Z", "endDateTime": "2026-01-01T00:00:00Z"}
    assert (await ask(routes[REPORT], REPORT, query=wrong)).status_code == 400


TIMELINE, FLEET, POLICIES = "GET …/cloudPCs/{id}/usageTimeline", "GET …/reports/fleetUse", "GET …/reports/policyUse"


async def test_a_day_is_shown_in_stretches_with_the_reason_for_each(
    office: Office, azure: PaperDesks, routes: dict[str, Any]
) -> None:
    await read(office, 0)
    await read(office, 15)
    azure.desks["spot-1"].sessions[ADA] = "Active"
    await read(office, 30)
    azure.desks["spot-1"].sessions[ADA] = "Disconnected"
    await read(office, 45)
    del azure.desks["spot-1"].sessions[ADA]
    off = CloudPcPower(
        id=PC.id,
        tenant_id=PC.tenant_id,
        since=NOW,
        observed=ObservedPower.DEALLOCATED,
        changed_by=PowerActor.SCHEDULE,
        reason="the working hours are over",
    )
    await office.cloud_pc_powers.insert(off)
    await read(office, 60)
    await read(office, 75)
    found = await get(routes, TIMELINE)
    assert [(each["state"], each["intervalStartDateTime"], each["minutes"], each["changedBy"]) for each in found] == [
        ("on", _z(0), 30, None),
        ("inUse", _z(30), 15, None),
        ("disconnected", _z(45), 15, None),
        ("off", _z(60), 15, "schedule"),
    ]
    assert found[-1]["reason"] == "the working hours are over"
    cut = await get(routes, TIMELINE, startDateTime=_z(40), endDateTime=_z(50))
    assert [(each["state"], each["minutes"]) for each in cut] == [("inUse", 5), ("disconnected", 5)]


async def test_the_day_of_a_fleet_says_how_many_could_be_off(
    office: Office, azure: PaperDesks, routes: dict[str, Any]
) -> None:
    azure.desks["spot-1"].sessions[ADA] = "Active"
    await read(office, 0)
    await read(office, 15)
    office.hand.at = NOW + timedelta(minutes=20)
    (first,) = await get(routes, FLEET)
    assert (first["on"], first["inUse"], first["couldBeOff"], first["off"]) == (2, 1, 1, 0)
    policy = str((await office.cloud_pcs.entries(PC.tenant_id))[0]["provisioningPolicyId"])
    assert await get(routes, FLEET, provisioningPolicyId=policy) == [first]
    assert await get(routes, FLEET, provisioningPolicyId="another") == []


@pytest.mark.usefixtures("azure")
async def test_a_policy_has_its_days_as_a_list_and_as_a_file(
    office: Office, azure: PaperDesks, routes: dict[str, Any]
) -> None:
    azure.desks["spot-1"].sessions[ADA] = "Active"
    await read(office, 0)
    await read(office, 15)
    await record_minutes(office)
    (day,) = await get(routes, POLICIES)
    assert (day["cloudPCs"], day["minutesOn"], day["minutesActive"], day["minutesCouldBeOff"]) == (2, 120, 15, 105)
    answer = await ask(routes[POLICIES], POLICIES, headers={"accept": "text/csv"})
    (row,) = csv.DictReader(io.StringIO(answer.get_body().decode("utf-8-sig")))
    assert (row["minutesCouldBeOff"], row["provisioningPolicyId"]) == ("105", day["provisioningPolicyId"])


@pytest.mark.usefixtures("azure")
async def test_the_time_over_midnight_is_in_one_piece_of_the_day_in_which_it_begins(
    office: Office, routes: dict[str, Any]
) -> None:
    late = 11 * 60 + 50 - (NOW.hour - 12) * 60 - NOW.minute
    await read(office, late)
    await read(office, late + 15)
    await read(office, late + 30)
    found = await get(routes, TIMELINE)
    assert [(each["intervalStartDateTime"], each["minutes"]) for each in found] == [(_z(late), 15), (_z(late + 15), 15)]
