"""Session hosts are opened by a step of the engine for users, and stay closed where a step is for settings alone."""

from __future__ import annotations

import pytest

from shared.contracts.spot_groups import (
    TAKE_HOST_STEPS,
    HostStepsOrder,
)
from shared.domain.spot.engine.state import EngineStep
from shared.domain.spot.hosts.host import HostTask
from shared.domain.spot.hosts.host_plan import EngineAction, Reason
from tests.integration import things
from tests.integration.desks import (
    Desk,
    off,
    on_paper,
)
from tests.integration.engine_runs import IDS, built, furnish, hosts_of, run
from tests.integration.services import IdleHost, PaperServices, perform


@pytest.fixture
async def office(contoso: PaperServices) -> PaperServices:
    """Contoso with a Spot Group of thirty users, and nothing built."""
    await furnish(contoso)
    return contoso


async def one_step(action: EngineAction, reason: Reason) -> None:
    """Take one step of h2, after a run in which it was seen."""
    await run()
    step = EngineStep(session_host_id="h2", action=action, reason=reason, text="")
    taken = await perform(TAKE_HOST_STEPS, HostStepsOrder(**IDS, steps=(step,)), IdleHost())
    assert taken.taken == 1


@pytest.mark.parametrize(
    ("action", "reason"), [(EngineAction.CONFIGURE, Reason.SETTINGS_DIFFER), (EngineAction.WAKE, Reason.TOKEN_AGES)]
)
async def test_a_host_that_is_started_for_no_user_takes_no_sessions_unless_it_is_a_users_own(
    office: PaperServices, action: EngineAction, reason: Reason
) -> None:
    desks = await built(office, h1=Desk(), h2=off(), h3=off())
    await one_step(action, reason)
    assert not desks.desks["spot-2"].allows

    await office.session_hosts.change(things.TENANT_ID, "h2", lambda there: there.but(assigned_user_id="id-ada"))
    on_paper(office, h1=Desk(), h2=(own := off()), h3=off())
    await one_step(action, reason)
    assert own.allows


async def test_a_host_that_runs_is_open_until_its_settings_are_brought(office: PaperServices) -> None:
    desks = await built(office, h1=Desk(), h2=Desk(), h3=off())
    await one_step(EngineAction.CONFIGURE, Reason.SETTINGS_DIFFER)
    assert desks.desks["spot-2"].allows
    assert (await hosts_of(office))["h2"].work.task is HostTask.CONFIGURE
