"""A session host that is gone: which answers of Azure count, that it is asked twice, and what is shown."""

from __future__ import annotations

import pytest

from shared.contracts.spot_groups import OBSERVE_SPOT_HOSTS, TAKE_HOST_STEPS, HostStepsOrder
from shared.domain.spot.groups.group import LicenseType
from shared.domain.spot.hosts.host import HostStatus
from shared.services.maintenance.measuring import measure
from shared.services.spot.reconciling import hosts_gone
from shared.telemetry import MACHINES_GONE
from tests.integration import things
from tests.integration.desks import GROUP_ID, Desk, off
from tests.integration.engine_runs import IDS, ORDER, built, hosts_of, run, steps
from tests.integration.services import IdleHost, PaperServices, perform
from tests.integration.test_spot_engine import MINUTE, office
from tests.measured import measured

__all__ = ["office"]


@pytest.mark.parametrize("code", ["SubscriptionNotFound", "ResourceProviderNotFound"])
async def test_a_404_that_is_not_of_the_host_or_its_machine_says_nothing(office: PaperServices, code: str) -> None:
    desks = await built(office, h1=Desk(), h2=off(), h3=off())
    await run()
    desks.missing = code
    del desks.desks["spot-1"]  # of the pool, and of its machine
    observed = await perform(OBSERVE_SPOT_HOSTS, ORDER)
    assert observed.silent == ("h1",)
    assert (await hosts_of(office))["h1"].seen.state == "running"


async def test_a_host_that_is_there_after_all_is_not_taken_away(office: PaperServices) -> None:
    desks = await built(office, h1=Desk(), h2=Desk(), h3=off())
    host = IdleHost()
    await run(host)
    gone = {name: desks.desks.pop(name) for name in ("spot-2", "spot-3")}
    desks.desks["spot-1"].sessions = {"ada@contoso.example": "Active"}
    office.hand.advance(MINUTE)
    planned = await run()
    assert "replace" in [action for action, _ in steps(planned)]
    order = HostStepsOrder(**IDS, steps=tuple(each for each in planned.steps if each.action.value == "replace"))
    desks.missing = "SubscriptionNotFound"
    assert (await perform(TAKE_HOST_STEPS, order, host)).taken == 0  # nobody has answered
    desks.desks |= gone
    assert (await perform(TAKE_HOST_STEPS, order, host)).taken == 0
    assert {each.status for each in (await hosts_of(office)).values()} == {HostStatus.READY}
    desks.missing = "ResourceNotFound"
    for name in gone:
        del desks.desks[name]
    assert (await perform(TAKE_HOST_STEPS, order, host)).taken == 1


async def test_a_dedicated_host_whose_machine_is_gone_says_so_with_its_evidence(office: PaperServices) -> None:
    dedicated = {"license_type": LicenseType.PERSONAL_DEDICATED}
    await office.spot_groups.change(things.TENANT_ID, GROUP_ID, lambda group: group.but(**dedicated))
    desks = await built(office, h1=Desk(status="Unavailable"))
    await office.session_hosts.change(things.TENANT_ID, "h1", lambda host: host.but(assigned_user_id="id-ada"))
    await run()
    there = desks.desks.pop("spot-1")
    await run()
    assert not (await hosts_of(office))["h1"].machine_gone  # one answer
    office.hand.advance(5 * MINUTE)
    await run()
    lost = (await hosts_of(office))["h1"]
    assert (lost.status, lost.machine_gone) == (HostStatus.READY, True)
    assert "404 ResourceNotFound" in lost.failure.evidence
    with measured() as seen:
        await measure(office)
    assert [point.max for point in seen.points(MACHINES_GONE)] == [1]
    assert await hosts_gone(office, things.TENANT_ID) == 1
    desks.desks["spot-1"] = there
    await run()
    assert (await hosts_of(office))["h1"].failure is None
