"""Two operators at once, and time zones that change in the middle of a day or while a stop is warned."""

from __future__ import annotations

import asyncio
import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.domain.cloud_pcs.action_forms import KeepAwakeForm, Nothing, PowerOffForm
from shared.domain.cloud_pcs.remote_action import Remote
from shared.domain.operations.operation import Actor
from shared.domain.power.overriding import PowerOverrideForm
from shared.domain.power.state import DesiredPower
from shared.errors import ConflictError, StaleError
from shared.services.operations.action_context import ActionContext
from shared.services.power.by_hand import power_off, power_on
from shared.services.power.keeping_awake import keep_awake
from shared.services.power.overriding import override_power_schedule
from shared.services.power.schedules import update_power_schedule
from tests.integration import things
from tests.integration.desks import PaperDesks
from tests.integration.scenes import SCHEDULE
from tests.integration.services import IdleHost, PaperServices
from tests.integration.test_power_by_schedule import DESK, MINUTE, PC, azure, begun, berlin, ended, host, kept, looked

__all__ = ["azure", "host"]
ADA = "ada@contoso.example"
HOUR = timedelta(hours=1)


def operator(here: PaperServices, name: str) -> ActionContext:
    actor, verb = Actor(id=name, name=name), "Microsoft.CloudPC/cloudPCs/powerOff"
    return ActionContext(here, actor, things.tenant(), verb=verb, trace_id="t", now=here.hand.at, seed=(name,))


async def zone(here: PaperServices, name: str | None) -> None:
    """Change the time zone of the schedule, as an administrator does."""
    stored = await here.power_schedules.get(PC.tenant_id, SCHEDULE.id)
    await update_power_schedule(operator(here, f"zone {name} {here.hand.at}"), stored, {"timeZone": name})


@pytest.mark.parametrize("order", [0, 1], ids=["start first", "stop first"])
async def test_of_a_start_and_a_stop_at_once_one_begins_and_the_other_says_so(
    contoso: PaperServices, azure: PaperDesks, host: IdleHost, order: int
) -> None:
    contoso.hand.at = berlin(23, 12)
    both = [
        power_on(operator(contoso, "adele"), host, PC.id, Nothing()),
        power_off(operator(contoso, "bob"), host, PC.id, PowerOffForm(force=False)),
    ]
    done = await asyncio.gather(*(both if order == 0 else reversed(both)), return_exceptions=True)
    assert sorted(isinstance(each, ConflictError) for each in done) == [False, True], done
    action = (await contoso.cloud_pcs.get(PC.tenant_id, PC.id)).value.action
    assert action is not None
    assert action.hold is not None
    await ended(contoso)
    wants = DesiredPower.ON if action.name is Remote.POWER_ON else DesiredPower.OFF
    assert (await kept(contoso)).desired is wants


async def test_keep_awake_and_its_end_at_once_leave_one_of_them_and_both_operations_are_over(
    contoso: PaperServices, azure: PaperDesks, host: IdleHost
) -> None:
    contoso.hand.at = berlin(23, 12)
    first, second = await asyncio.gather(
        keep_awake(operator(contoso, "adele"), host, PC.id, KeepAwakeForm(hours=3)),
        keep_awake(operator(contoso, "bob"), host, PC.id, KeepAwakeForm(hours=0)),
    )
    assert {first.status.value, second.status.value} == {"succeeded"}
    awake = (await kept(contoso)).keep_awake
    assert awake is None or (awake.by, awake.until) == ("adele", contoso.hand.at + 3 * HOUR)
    await looked(contoso, host, berlin(23, 20))
    assert (await kept(contoso)).awake_at(berlin(23, 20)) is None


async def test_a_stop_by_hand_and_keep_awake_at_once_both_count_and_explain_names_both(
    contoso: PaperServices, azure: PaperDesks, host: IdleHost
) -> None:
    contoso.hand.at = berlin(23, 12)
    await asyncio.gather(
        power_off(operator(contoso, "bob"), host, PC.id, PowerOffForm(force=False)),
        keep_awake(operator(contoso, "adele"), host, PC.id, KeepAwakeForm(hours=3)),
    )
    azure.desks[DESK].power = "deallocated"
    await ended(contoso)
    await looked(contoso, host, berlin(23, 13))
    power = await kept(contoso)
    assert power.winner is not None
    assert {power.winner.rule.value, *(each.rule.value for each in power.losers)} >= {"hand", "keepAwake"}
    assert await begun(contoso) is None  # the hand wins, and the machine is off


async def test_two_overrides_at_once_leave_one_whole_override(
    contoso: PaperServices, azure: PaperDesks, host: IdleHost
) -> None:
    contoso.hand.at = berlin(23, 12)
    until = contoso.hand.at + 9 * HOUR
    forms = {
        "adele": PowerOverrideForm.model_validate({"signedOffInMinutes": 20, "untilDateTime": until}),
        "bob": PowerOverrideForm.model_validate({"timeZone": "Asia/Tokyo", "untilDateTime": until + HOUR}),
    }
    await asyncio.gather(
        *(override_power_schedule(operator(contoso, name), host, PC.id, form) for name, form in forms.items())
    )
    override = (await kept(contoso)).override
    assert override is not None
    assert override.changes.items() >= forms[override.by].changes.items()
    assert override.until_date_time == forms[override.by].until_date_time


async def test_of_two_changes_of_a_schedule_that_was_read_once_the_second_is_refused(
    contoso: PaperServices, azure: PaperDesks
) -> None:
    stored = await contoso.power_schedules.get(PC.tenant_id, SCHEDULE.id)
    done = await asyncio.gather(
        update_power_schedule(operator(contoso, "adele"), stored, {"timeZone": "Asia/Tokyo"}),
        update_power_schedule(operator(contoso, "bob"), stored, {"signedOffInMinutes": 45}),
        return_exceptions=True,
    )
    assert sorted(isinstance(each, StaleError) for each in done) == [False, True], done
    now = (await contoso.power_schedules.get(PC.tenant_id, SCHEDULE.id)).value
    assert (now.time_zone == "Asia/Tokyo") is (now.signed_off_in_minutes == SCHEDULE.signed_off_in_minutes)


async def test_a_zone_in_which_it_is_evening_stops_nobody_without_a_warning(
    contoso: PaperServices, azure: PaperDesks, host: IdleHost
) -> None:
    """The wait was over long before the zone changed: nobody was warned of that."""
    azure.desks[DESK].sessions[ADA] = "Disconnected"
    for hour in (10, 11, 12):
        await looked(contoso, host, berlin(23, hour))
    assert await begun(contoso) is None
    await zone(contoso, "Asia/Tokyo")
    await looked(contoso, host, berlin(23, 13))
    assert await begun(contoso) is None
    assert [user for user, _ in azure.messages] == [ADA]
    stops_at = (await kept(contoso)).stops_at
    assert stops_at == berlin(23, 13) + SCHEDULE.warning_in_minutes * MINUTE
    await looked(contoso, host, stops_at - MINUTE)
    assert await begun(contoso) is None
    await looked(contoso, host, stops_at)
    found = await begun(contoso)
    assert (found and found[0], len(azure.messages)) == (Remote.POWER_OFF, 1)


async def test_a_zone_that_moves_west_takes_a_warned_stop_back_and_warns_of_the_new_one(
    contoso: PaperServices, azure: PaperDesks, host: IdleHost
) -> None:
    azure.desks[DESK].sessions[ADA] = "Disconnected"
    at = berlin(23, 18)
    while not azure.messages:
        at = await looked(contoso, host, at) or at
    stops_at = (await kept(contoso)).stops_at
    assert stops_at is not None
    contoso.hand.at = stops_at - MINUTE
    await zone(contoso, "America/New_York")
    await looked(contoso, host, stops_at)
    assert (await begun(contoso), (await kept(contoso)).stops_at) == (None, None)
    at = stops_at + HOUR
    while len(azure.messages) == 1:
        at = await looked(contoso, host, at) or at
        assert await begun(contoso) is None
    assert datetime(2026, 11, 24, 0, tzinfo=UTC) <= at


@pytest.mark.parametrize("site", ["japaneast", "westus2"])
async def test_a_site_that_moves_in_the_middle_of_a_day_stops_no_active_session(
    contoso: PaperServices, azure: PaperDesks, host: IdleHost, site: str
) -> None:
    await contoso.power_schedules.change(PC.tenant_id, SCHEDULE.id, lambda there: there.but(time_zone=None))
    azure.desks[DESK].sessions[ADA] = "Active"
    for hour in range(8, 24):
        if hour == 12:
            await contoso.sites.change(PC.tenant_id, "west", lambda there: there.but(region=site))
        await looked(contoso, host, berlin(23, hour))
        assert await begun(contoso) is None


@pytest.mark.parametrize("seed", range(6))
async def test_zones_that_change_at_any_time_stop_no_active_session_and_nobody_unwarned(
    contoso: PaperServices, azure: PaperDesks, host: IdleHost, seed: int
) -> None:
    chance, desk = random.Random(seed), azure.desks[DESK]
    at, zones = berlin(23, 6), ("Asia/Tokyo", "America/New_York", "Europe/Berlin", "Australia/Lord_Howe", None)
    desk.sessions[ADA] = "Active"
    for _ in range(120):
        contoso.hand.at = at
        if chance.random() < 0.2:
            await zone(contoso, chance.choice(zones))
        if chance.random() < 0.25:
            desk.sessions = {ADA: "Active"} if chance.random() < 0.5 else {ADA: "Disconnected"}
        told = len(azure.messages)
        await looked(contoso, host, at)
        found: Any = await begun(contoso)
        if found is not None and found[0] is Remote.POWER_OFF:
            assert desk.sessions == {ADA: "Disconnected"}
            assert told > 0
            warned_for = (await kept(contoso)).warned_for
            assert warned_for is not None
            assert warned_for <= at
            return
        at += chance.randrange(1, 25) * MINUTE
