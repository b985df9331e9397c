"""Work that waits for a person in the Spot Groups counts in the summary, which the home page shows."""

from __future__ import annotations

import json
from typing import Any

from shared.domain.spot.groups.members import MemberStatus
from shared.domain.spot.hosts.host import HostStatus
from shared.domain.spot.hosts.release import ReleaseStatus
from shared.services.maintenance.measuring import measure
from shared.telemetry import SPOT_WAITING
from tests.integration import desks
from tests.integration.asking import ask
from tests.integration.callers import Office
from tests.integration.services import PaperServices
from tests.integration.test_release_progress import release
from tests.measured import measured

SUMMARY = "GET tenants/{tenant}/summary"


async def counted(routes: dict[str, Any]) -> tuple[int, int, int]:
    spot = json.loads((await ask(routes[SUMMARY], SUMMARY)).get_body())["spot"]
    return spot["removalsHeld"], spot["releasesStopped"], spot["hostsBroken"]


async def measured_with_a_broken_host(deps: PaperServices, *, repaired: bool) -> None:
    """Measure twice: a host does not work, and at the second time it may again."""
    await deps.spot_groups.insert(desks.spot_group())
    await deps.session_hosts.insert(desks.session_host(1, proven=False))
    await measure(deps)
    if repaired:
        await deps.session_hosts.change("contoso", "h1", lambda host: host.but(proven=True))
    await measure(deps)


async def test_held_removals_stopped_releases_and_broken_hosts_are_counted(
    here: Office, routes: dict[str, Any]
) -> None:
    assert await counted(routes) == (0, 0, 0)
    await here.spot_groups.insert(desks.spot_group())
    await here.spot_members.insert(desks.member("ada"))
    await here.spot_members.insert(desks.member("dan", status=MemberStatus.REMOVAL_HELD))
    await here.releases.insert(release(status=ReleaseStatus.FAILED))
    await here.releases.insert(release(id="r2"))
    await here.session_hosts.insert(desks.session_host(1))
    await here.session_hosts.insert(desks.session_host(2, proven=False))
    await here.session_hosts.insert(desks.session_host(3, status=HostStatus.FAILED))
    await here.session_hosts.insert(desks.session_host(4, proven=False, excluded=True))
    assert await counted(routes) == (1, 1, 2)
    with measured() as seen:
        await measure(here)
    told = {point.attributes["what"]: point.max for point in seen.points(SPOT_WAITING)}
    assert told == {"removalsHeld": 1, "releasesStopped": 1, "hostsBroken": 2}


async def test_tenants_without_a_spot_group_are_not_measured_for_it(here: Office) -> None:
    with measured() as seen:
        await measure(here)
    assert not list(seen.points(SPOT_WAITING))
