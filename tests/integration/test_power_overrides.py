"""Other rules of power for one Cloud PC until a time, and the time zones of a schedule."""

from __future__ import annotations

from itertools import count
from typing import Any

import pytest

from shared.domain.operations.operation import Actor
from shared.domain.power.overriding import PowerOverrideForm
from shared.domain.power.settings import StopAction
from shared.domain.power.zones import zone_of_country
from shared.errors import ConflictError, InvalidError
from shared.services.operations.action_context import ActionContext
from shared.services.power.applying import schedule_of
from shared.services.power.overriding import override_power_schedule
from shared.services.power.schedules import delete_power_schedule
from tests.integration import test_power_by_schedule as by_schedule
from tests.integration import things
from tests.integration.desks import PaperDesks
from tests.integration.scenes import SCHEDULE
from tests.integration.services import IdleHost, PaperServices
from tests.integration.test_power_by_schedule import PC, begun, berlin, kept, looked

_NUMBERS = count()
azure, host = by_schedule.azure, by_schedule.host
OTHER = SCHEDULE.but(id="late", display_name="Late shift", signed_off_in_minutes=45, time_zone="Asia/Tokyo")


def acting(here: PaperServices) -> ActionContext:
    verb = "Microsoft.CloudPC/cloudPCs/overridePowerSchedule"
    seed = ("test", here.clock.now().isoformat(), str(next(_NUMBERS)))
    return ActionContext(
        here, Actor(id="adm", name="Adele"), things.tenant(), verb=verb, trace_id="t", now=here.clock.now(), seed=seed
    )


async def overridden(here: PaperServices, **form: Any) -> None:
    await override_power_schedule(acting(here), IdleHost(), PC.id, PowerOverrideForm.model_validate(form))


async def test_single_rules_count_until_their_end_and_what_follows_names_them(
    contoso: PaperServices, azure: PaperDesks, host: IdleHost
) -> None:
    await looked(contoso, host, berlin(23, 17))
    await overridden(contoso, stop_action="none", until_date_time=berlin(24, 3))
    await looked(contoso, host, berlin(23, 21))
    assert await begun(contoso) is None
    assert (await kept(contoso)).override is not None
    await looked(contoso, host, berlin(24, 3, 1))
    found = await begun(contoso)
    assert found is not None
    assert found[2] == "the hours of Office hours are over"


async def test_the_most_specific_counts_and_the_record_says_which(
    contoso: PaperServices, azure: PaperDesks, host: IdleHost
) -> None:
    await contoso.power_schedules.insert(OTHER)
    contoso.hand.at = berlin(23, 12)
    await overridden(
        contoso, power_schedule_id="late", disconnected_in_minutes=25, until_date_time=berlin(27, 1), time_zone=None
    )
    applied = await schedule_of(contoso, PC)
    assert applied is not None
    settings = applied.settings
    assert (settings.signed_off_in_minutes, settings.disconnected_in_minutes) == (45, 25)
    assert settings.time_zone == "Asia/Tokyo"
    await looked(contoso, host, berlin(23, 12))
    decided = (await kept(contoso)).winner
    assert decided is not None
    assert "Late shift (overridden for it until 2026-11-27 00:00 UTC by Adele)" in decided.why
    with pytest.raises(ConflictError):
        await delete_power_schedule(acting(contoso), await contoso.power_schedules.get(PC.tenant_id, "late"))
    await overridden(contoso)
    assert (await schedule_of(contoso, PC) or applied).schedule.id == SCHEDULE.id


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({"stop_action": "none"}, InvalidError),
        ({"stop_action": "none", "until_date_time": berlin(23, 11)}, InvalidError),
        ({"power_schedule_id": "gone", "until_date_time": berlin(24, 11)}, InvalidError),
        ({"time_zone": "Europe/Atlantis", "until_date_time": berlin(24, 11)}, InvalidError),
    ],
)
async def test_an_override_needs_an_end_and_things_that_exist(
    contoso: PaperServices, azure: PaperDesks, form: dict[str, Any], error: type[Exception]
) -> None:
    contoso.hand.at = berlin(23, 12)
    with pytest.raises(error):
        await overridden(contoso, **form)
    assert await contoso.cloud_pc_powers.find(PC.tenant_id, PC.id) is None


async def test_without_a_schedule_there_is_nothing_to_override(contoso: PaperServices, azure: PaperDesks) -> None:
    await contoso.policies.change(PC.tenant_id, "p1", lambda policy: policy.but(power_schedule_id=None))
    contoso.hand.at = berlin(23, 12)
    with pytest.raises(ConflictError):
        await overridden(contoso, stop_action=StopAction.NONE, until_date_time=berlin(24, 12))


@pytest.mark.parametrize(
    ("country", "zone"), [("JP", "Asia/Tokyo"), ("US", "Europe/Amsterdam"), ("", "Europe/Amsterdam")]
)
async def test_the_hours_of_a_user_are_those_of_their_country_where_it_has_one_zone_only(
    contoso: PaperServices, azure: PaperDesks, monkeypatch: pytest.MonkeyPatch, country: str, zone: str
) -> None:
    async def usage_location(*_: object) -> str:
        return country

    monkeypatch.setattr("shared.services.power.zones._read", usage_location)
    await contoso.power_schedules.change(PC.tenant_id, SCHEDULE.id, lambda there: there.but(time_zone="user"))
    applied = await schedule_of(contoso, PC)
    assert applied is not None
    assert applied.settings.time_zone == zone


def test_a_country_has_a_zone_where_its_clocks_show_one_time() -> None:
    assert [zone_of_country(code) for code in ("NL", "de", "RU", "XX")] == [
        "Europe/Amsterdam",
        "Europe/Berlin",
        None,
        None,
    ]
