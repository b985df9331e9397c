"""The engine of a Spot Group learns when users sign in, and starts hosts before them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from shared.domain.spot.engine.forecasts import ArrivalDay, Arrivals
from shared.domain.spot.engine.state import SpotGroupState
from shared.domain.spot.groups.schedule import Schedule, SchedulePhase
from shared.domain.spot.groups.settings import CapacitySettings
from tests.integration import things
from tests.integration.desks import GROUP_ID, Desk, image_version, off, on_paper, session_host, spot_group
from tests.integration.engine_runs import run, state, steps
from tests.integration.services import PaperServices
from tests.integration.test_spot_engine import MINUTE

RESTS = Schedule(time_zone="UTC", phases=(SchedulePhase(begins="00:00", rests=True),))  # type: ignore[arg-type]
QUARTER = (things.NOW.hour * 60 + things.NOW.minute) // 15
A_WEEK_AGO = Arrivals(days=(ArrivalDay(on=things.NOW.date() - timedelta(days=7), quarters={QUARTER: 15}),))


@pytest.fixture
async def office(contoso: PaperServices) -> PaperServices:
    """Contoso with a Spot Group that rests all day, and three hosts that are off."""
    await contoso.spot_groups.insert(spot_group(capacity=CapacitySettings(schedule=RESTS)))
    await contoso.image_versions.insert(image_version())
    await contoso.spot_states.insert(SpotGroupState(id=GROUP_ID, tenant_id=things.TENANT_ID))
    for number in (1, 2, 3):
        await contoso.session_hosts.insert(session_host(number))
    on_paper(contoso, h1=off(), h2=off(), h3=off())
    return contoso


async def test_what_began_since_the_last_look_is_counted_in_its_quarter(office: PaperServices) -> None:
    now = office.clock.now()
    sessions = {"ada@contoso.example": "Active", "bob@contoso.example": "Active"}
    on_paper(office, h1=Desk(sessions=sessions, began=now - MINUTE), h2=off(), h3=off())
    for _ in range(2):
        await run()
    began = now - MINUTE
    assert (await state(office)).arrivals.days == (
        ArrivalDay(on=began.date(), quarters={(began.hour * 60 + began.minute) // 15: 2}),
    )


async def test_hosts_start_before_users_who_came_a_week_ago(office: PaperServices) -> None:
    await run()
    assert "start" not in {action for action, _ in steps(await run())}
    await office.spot_states.change(things.TENANT_ID, GROUP_ID, lambda there: there.but(arrivals=A_WEEK_AGO))
    planned = await run()
    assert [action for action, _ in steps(planned)].count("start") == 2
    assert {each.reason.value for each in planned.steps if each.action == "start"} == {"signInsExpected"}
    assert (await state(office)).next_look_at == office.clock.now().replace(second=0, microsecond=0) + MINUTE


async def test_a_group_that_does_not_start_ahead_learns_and_starts_nothing(office: PaperServices) -> None:
    settings = CapacitySettings(schedule=RESTS, starts_ahead=False)
    await office.spot_groups.change(things.TENANT_ID, GROUP_ID, lambda group: group.but(capacity=settings))
    await run()
    await office.spot_states.change(things.TENANT_ID, GROUP_ID, lambda there: there.but(arrivals=A_WEEK_AGO))
    assert "start" not in {action for action, _ in steps(await run())}


async def test_while_azure_does_not_tell_the_sessions_nothing_is_counted(office: PaperServices) -> None:
    desks = on_paper(office, h1=off(), h2=off(), h3=off())
    desks.silent = True
    await run()
    assert (await state(office)).arrivals == Arrivals()
