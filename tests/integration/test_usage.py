"""Usage over time: the engine and the maintenance record it, at a constant cost."""

from __future__ import annotations

import ssl
from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from time import process_time
from types import SimpleNamespace
from typing import Any

import pytest
from aiohttp import ClientSession, TCPConnector

from activities.operations.audit import record_status_change
from activities.spot import removals
from bench.reading import CountingTransport
from local.azurite import Azurite
from shared.contracts.calls import ORDERED_AT
from shared.contracts.outcomes import Done
from shared.contracts.spot_groups import (
    OBSERVE_SPOT_HOSTS,
    PLAN_SPOT_HOSTS,
    REMOVE_SPOT_GROUP,
    HostPlanOrder,
    SpotGroupOrder,
)
from shared.domain.cloud_pcs.lifecycle import Status
from shared.domain.operations.usage import TENANT
from shared.domain.spot.engine.usage import RECORDED, SpotUsage
from shared.domain.usage import Interval, Point, UsageDay, aggregated, span_of
from shared.errors import UnavailableError
from shared.services.operations.maintenance import TenantIds, measure_and_record
from shared.services.operations.purges import delete_old
from shared.services.usage.recording import record_tenants
from shared.storage.purging import Chunk
from shared.storage.repository import Stored
from shared.storage.tables import Tables
from shared.storage.usage import UsageDays
from tests.identities import Identity
from tests.integration import things
from tests.integration.desks import GROUP_ID, Desk, off, on_paper
from tests.integration.engine_runs import IDS, ORDER, built, furnish, run, state
from tests.integration.services import PaperServices, perform

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


@pytest.fixture
async def office(contoso: PaperServices) -> PaperServices:
    """Contoso with a Spot Group of thirty users, and three hosts of which one is on."""
    await furnish(contoso)
    await built(contoso, h1=Desk(sessions=users(4)), h2=off(), h3=off())
    return contoso


def users(count: int, state: str = "Active") -> dict[str, str]:
    return {f"user{n}@contoso.example": state for n in range(count)}


async def points(services: PaperServices, subject: str = GROUP_ID, day: datetime = things.NOW) -> list[Point]:
    begin = Interval.DAY.begin(day)
    return await services.usage.within(things.TENANT_ID, subject, span_of(begin, begin + DAY, Interval.HOUR, RECORDED))


async def look(services: PaperServices, after: timedelta, **desks: Desk) -> None:
    """Let time pass and the engine look once."""
    services.hand.advance(after)
    on_paper(services, **desks)
    await run()


async def test_an_interval_is_recorded_at_the_first_look_after_it(office: PaperServices) -> None:
    await run()
    assert await points(office) == []
    await look(office, MINUTE, h1=Desk(sessions=users(6)), h2=off(), h3=off())
    await look(office, 4 * MINUTE, h1=Desk(sessions=users(2)), h2=off(), h3=off())
    (point,) = await points(office)
    assert point.at == RECORDED.begin(things.NOW)
    assert {name: point.values[name] for name in ("activeSessions", "peakSessions", "seats", "runningHosts")} == {
        "activeSessions": 4,
        "peakSessions": 6,
        "seats": 10,
        "runningHosts": 1,
    }
    opened = (await state(office)).usage
    assert opened is not None
    assert (opened.at, opened.values["activeSessions"]) == (point.at + RECORDED.length, 2)


async def test_a_look_that_azure_does_not_answer_is_a_gap_and_no_zero(office: PaperServices) -> None:
    await run()
    office.hand.advance(5 * MINUTE)
    on_paper(office, h1=Desk()).silent = True
    await run()
    office.hand.advance(5 * MINUTE)
    await look(office, 5 * MINUTE, h1=Desk(sessions=users(1)), h2=off(), h3=off())
    assert [each.at for each in await points(office)] == [RECORDED.begin(things.NOW)]
    assert (await points(office))[0].values["activeSessions"] == 4


async def test_starts_stops_waits_and_decisions_are_in_their_interval(office: PaperServices) -> None:
    await look(office, timedelta(), h1=off(), h2=off(), h3=off())
    came = Desk(sessions=users(2))
    await look(office, MINUTE, h1=came, h2=off(), h3=off())
    await look(office, MINUTE, h1=came, h2=Desk(), h3=off())
    await look(office, 3 * MINUTE, h1=came, h2=off(), h3=off())
    (point,) = await points(office)
    counted = {name: point.values[name] for name in ("startedHosts", "stoppedHosts", "usersWaited")}
    assert counted == {"startedHosts": 2, "stoppedHosts": 0, "usersWaited": 2}
    assert point.values["longestWaitInSeconds"] == 60
    assert {mark.action for mark in point.marks} == {each.action.value for each in (await _decided(office))}
    opened = (await state(office)).usage
    assert opened is not None
    assert opened.values["stoppedHosts"] == 1


async def _decided(services: PaperServices) -> list[Any]:
    stored = await services.spot_decisions.find(things.TENANT_ID, GROUP_ID)
    end = RECORDED.begin(things.NOW) + RECORDED.length
    return [each for each in stored.value.decisions if each.at < end] if stored else []


async def test_an_order_that_is_late_or_comes_again_adds_nothing(office: PaperServices) -> None:
    observed = await perform(OBSERVE_SPOT_HOSTS, ORDER)
    order = HostPlanOrder(**IDS, observed=observed)

    async def planned(ordered: datetime) -> None:
        token = ORDERED_AT.set(ordered)
        try:
            await perform(PLAN_SPOT_HOSTS, order)
        finally:
            ORDERED_AT.reset(token)

    for minutes in (0, 2, 5, 6):
        office.hand.at = things.NOW + minutes * MINUTE
        await planned(office.hand.at)
    before, known = await points(office), (await state(office)).usage
    for minutes in (0, 2, 5, 6):
        await planned(things.NOW + minutes * MINUTE)
    assert (await points(office), (await state(office)).usage) == (before, known)


async def test_a_crash_after_the_point_was_recorded_records_no_second_one(
    office: PaperServices, monkeypatch: pytest.MonkeyPatch
) -> None:
    await run()
    office.hand.advance(5 * MINUTE)
    real = office.spot_states.change

    async def crash(*_: Any, **__: Any) -> None:
        raise UnavailableError("the instance died")

    monkeypatch.setattr(office.spot_states, "change", crash)
    with pytest.raises(UnavailableError):
        await run()
    monkeypatch.setattr(office.spot_states, "change", real)
    recorded = await points(office)
    await look(office, MINUTE, h1=Desk(sessions=users(9)), h2=off(), h3=off())
    assert [each.at for each in recorded] == [RECORDED.begin(things.NOW)]
    assert await points(office) == recorded


async def test_two_instances_that_record_the_same_interval_leave_the_first(tables: Tables) -> None:
    one, two = UsageDays(tables), UsageDays(tables)
    at = RECORDED.begin(things.NOW)
    for days, seats in ((one, 1), (two, 2), (one, 3)):
        await days.add("contoso", "g", Point(at, {"seats": seats}))
    await two.add("contoso", "g", Point(at + RECORDED.length, {"seats": 4}))
    found = await one.within("contoso", "g", span_of(at, at + DAY, Interval.HOUR, RECORDED))
    assert [each.values["seats"] for each in found] == [1, 4]


@pytest.fixture
async def counted(azurite_server: Azurite, tls: ssl.SSLContext) -> AsyncIterator[tuple[CountingTransport, UsageDays]]:
    """The recorded usage of three groups, ninety days each, with its requests counted."""
    async with ClientSession(connector=TCPConnector(ssl=tls)) as session:
        wire = CountingTransport(session)
        tables = Tables(azurite_server.tables_url, Identity, prefix="usagecounted", transport=wire)
        days = UsageDays(tables)
        for subject in ("a", "group", "z"):
            await days.save_all([Stored(_whole_day(subject, number), "*") for number in range(90)])
        yield wire, days
        await tables.close()


def _whole_day(subject: str, number: int) -> UsageDay:
    day = datetime(2026, 3, 2, tzinfo=UTC) + number * DAY
    made = UsageDay(tenant_id="contoso", subject=subject, day=day.date())
    values = [
        Point(day + slot * RECORDED.length, {"seats": 40, "activeSessions": slot % 37, "signIns": slot % 5})
        for slot in range(288)
    ]
    return made.with_points(*values)


async def test_a_point_costs_two_requests_and_a_period_of_any_length_one(
    counted: tuple[CountingTransport, UsageDays],
) -> None:
    wire, days = counted
    begin = datetime(2026, 3, 2, tzinfo=UTC)
    for length in (1, 7, 30, 90):
        wire.take()
        span = span_of(begin, begin + length * DAY, Interval.DAY, RECORDED)
        found = await days.within("contoso", "group", span)
        assert (len(found), wire.take()) == (288 * length, Counter(requests=1, rows=length))
    next_day = begin + 90 * DAY
    for number in range(3):
        wire.take()
        await days.add("contoso", "group", Point(next_day + number * RECORDED.length, {"seats": 1}))
        counts = wire.take()
        assert (counts["requests"], counts["writes"]) == (2, 1)


async def test_ninety_days_are_read_and_aggregated_within_two_seconds_of_cpu(
    counted: tuple[CountingTransport, UsageDays],
) -> None:
    _, days = counted
    begin = datetime(2026, 3, 2, tzinfo=UTC)
    span = span_of(begin, begin + 90 * DAY, Interval.DAY, RECORDED)
    began = process_time()
    report = aggregated(await days.within("contoso", "group", span), span, RECORDED.length, SpotUsage)
    assert process_time() - began < 2.0  # a tenth of that on two free cores
    assert [each.recorded_minutes for each in report] == [24 * 60] * 90


async def test_a_tick_costs_three_requests_for_each_tenant_and_three_more_once_an_hour(
    azurite_server: Azurite, tls: ssl.SSLContext
) -> None:
    async with ClientSession(connector=TCPConnector(ssl=tls)) as session:
        wire = CountingTransport(session)
        tables = Tables(azurite_server.tables_url, Identity, prefix="usagetick", transport=wire)
        services = PaperServices(tables)
        ids = ["one", "two", "three"]
        hour = Interval.HOUR.begin(things.NOW)
        await services.cloud_pcs.insert(things.cloud_pc("ada", tenant_id="one"))
        for tenant_id in ids:
            await services.cloud_pcs.repair(tenant_id)
        await record_tenants(services, ids, {}, hour)  # makes the tables
        counts = []
        for minutes, known in ((15, ids), (30, ids[:1]), (60, ids)):
            wire.take()
            await record_tenants(services, known, {}, hour + minutes * MINUTE)
            counts.append(wire.take()["requests"])
        # of a tenant with a Cloud PC: records, members of pools, power, hosts, budgets, rules, rate card, minutes twice
        costs = 9
        assert counts == [1 + 3 * 3, 1 + 3, 1 + 3 * 6 + costs]
        await tables.close()


async def test_old_days_are_removed_by_their_keys_alone(counted: tuple[CountingTransport, UsageDays]) -> None:
    wire, days = counted
    wire.take()
    assert await days.delete_before(datetime(2026, 3, 12, tzinfo=UTC).date(), Chunk()) == 30
    assert wire.take() == Counter(requests=2, writes=1, rows=30)


async def test_usage_goes_after_the_days_of_the_setting_and_no_sooner(office: PaperServices) -> None:
    kept = office.settings.usage_kept_in_days
    for age in (kept + 1, kept, 0):
        await office.usage.add(things.TENANT_ID, GROUP_ID, Point(RECORDED.begin(things.NOW - age * DAY), {"seats": 1}))
    assert [(await delete_old(office, things.NOW))["usage"] for _ in range(2)] == [1, 0]
    assert len([each async for each in office.usage.each(things.TENANT_ID)]) == 2


async def test_a_point_for_a_tenant_has_its_statuses_and_the_builds_of_the_hour(contoso: PaperServices) -> None:
    contoso.hand.at = hour = Interval.HOUR.begin(things.NOW) + timedelta(hours=1)
    building = things.cloud_pc("ada", status=Status.PROVISIONING)
    await contoso.cloud_pcs.insert(building)
    ended = building.but(status=Status.PROVISIONED, last_modified_date_time=hour - MINUTE)
    await record_status_change(building, ended)
    failed = building.but(id="other", status=Status.FAILED, last_modified_date_time=hour - 2 * MINUTE)
    await record_status_change(building.but(id="other"), failed)
    earlier = building.but(id="third", status=Status.FAILED, last_modified_date_time=hour - 61 * MINUTE)
    await record_status_change(building.but(id="third"), earlier)
    contoso.hand.at = hour + timedelta(seconds=20)
    await measure_and_record(contoso, TenantIds(contoso))
    (point,) = await points(contoso, TENANT, hour)
    assert point.at == hour - timedelta(hours=1)
    values = {name: value for name, value in point.values.items() if value}
    assert values == {"provisioning": 1, "buildsSucceeded": 1, "buildsFailed": 1, "buildsUpTo15Minutes": 1}


async def test_later_ticks_of_an_hour_record_no_point_and_renew_the_overview(contoso: PaperServices) -> None:
    hour = Interval.HOUR.begin(things.NOW)
    for minutes in (15, 30, 45):
        contoso.hand.at = hour + minutes * MINUTE
        await measure_and_record(contoso, TenantIds(contoso))
    assert await points(contoso, TENANT) == []
    overview = (await contoso.overviews.get(things.TENANT_ID, "latest")).value
    assert overview.last_refreshed_date_time == hour + 45 * MINUTE


async def test_a_tenant_that_cannot_be_read_leaves_a_gap_and_the_others_are_recorded(
    contoso: PaperServices, monkeypatch: pytest.MonkeyPatch
) -> None:
    await contoso.tenants.insert(things.tenant(id="fabrikam"))
    contoso.hand.at = Interval.HOUR.begin(things.NOW)
    real = contoso.cloud_pcs.entries

    async def entries(tenant_id: str) -> Any:
        if tenant_id == things.TENANT_ID:
            raise UnavailableError("Table Storage answered 503")
        return await real(tenant_id)

    monkeypatch.setattr(contoso.cloud_pcs, "entries", entries)
    await measure_and_record(contoso, TenantIds(contoso))
    assert [each.value.tenant_id async for each in contoso.usage.of_all()] == ["fabrikam"]


async def test_the_usage_of_a_group_goes_with_it(office: PaperServices, monkeypatch: pytest.MonkeyPatch) -> None:
    async def nothing(*_: Any) -> tuple[str, ...]:
        return ()

    monkeypatch.setattr(removals, "_remove_pool", nothing)
    monkeypatch.setattr(removals, "_remove_resource_group", nothing)
    for subject in (GROUP_ID, "another"):
        await office.usage.add(things.TENANT_ID, subject, Point(RECORDED.begin(things.NOW), {"seats": 1}))
    for number in (1, 2, 3):
        await office.session_hosts.remove(things.TENANT_ID, f"h{number}")
    await office.spot_groups.change(things.TENANT_ID, GROUP_ID, lambda there: there.but(deleting_since=things.NOW))
    assert (
        await perform(
            REMOVE_SPOT_GROUP, SpotGroupOrder(tenant_id=things.TENANT_ID, spot_group_id=GROUP_ID), SimpleNamespace()
        )
        == Done()
    )
    assert [each.value.subject async for each in office.usage.each(things.TENANT_ID)] == ["another"]
