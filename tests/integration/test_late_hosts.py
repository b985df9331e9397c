"""Orders about a dedicated session host that are delivered again after its build: whoever closed it since, decides."""

from datetime import timedelta
from typing import Any

import pytest

from shared.contracts.session_hosts import GIVE_HOST, POLL_NEW_HOST, RUN_HOST_TASK
from shared.contracts.spot_groups import (
    GRANT_SPOT_MEMBERS,
    PREPARE_SPOT_POOL,
    MemberRightsOrder,
    SpotGroupOrder,
    SpotPool,
)
from shared.domain.cloud_pcs.build import Resources
from shared.domain.spot.engine.state import SpotGroupState
from shared.domain.spot.groups.group import LicenseType
from shared.domain.spot.groups.members import Rights
from shared.domain.spot.hosts.host import HostStatus, HostTask
from shared.services.spot.session_hosts import start_host_task
from tests.contract.test_activities_desktop import IMAGE
from tests.integration import things
from tests.integration.desks import GROUP_ID, member, session_host, spot_group
from tests.integration.lives import Life
from tests.integration.test_late_orders import life

__all__ = ["life"]
pytestmark = pytest.mark.simulator
T = things.TENANT_ID
AGAIN = timedelta(minutes=6).total_seconds()


async def given_to_its_user(life: Life) -> SpotPool:
    """Build a dedicated host for the one member of its group, who works on it six minutes later."""
    deps = life.deps
    await deps.spot_groups.insert(spot_group(license_type=LicenseType.PERSONAL_DEDICATED))
    await deps.spot_states.insert(SpotGroupState(id=GROUP_ID, tenant_id=T))
    await deps.spot_members.insert(
        member("user01", user_id=life.user.id, user_principal_name=life.user.user_principal_name)
    )
    pool = await life.do(PREPARE_SPOT_POOL, SpotGroupOrder(tenant_id=T, spot_group_id=GROUP_ID))
    bare: dict[str, Any] = {"image": IMAGE, "resources": Resources(), "proven": None, "applied": None}
    await deps.session_hosts.insert(session_host(1, status=HostStatus.PENDING, **bare))
    host: Any = life.host
    await start_host_task(deps, host, (await deps.session_hosts.get(T, "h1")).value, HostTask.BUILD)
    await life.run_started(RUN_HOST_TASK)
    built = (await deps.session_hosts.get(T, "h1")).value
    assert (built.status, built.assigned_user_id) == (HostStatus.READY, life.user.id), built
    assert await admits(life)
    life.cloud.advance(AGAIN)
    return SpotPool.model_validate(pool)


async def place(life: Life) -> str:
    made = (await life.deps.session_hosts.get(T, "h1")).value.resources
    return f"{made.host_pool_id}/sessionHosts/{made.session_host}"


async def admits(life: Life) -> bool:
    return bool((await life.cloud.arm("GET", await place(life)))["properties"]["allowNewSession"])


async def drain(life: Life) -> None:
    """Close the host as a person does."""
    await life.cloud.arm("PATCH", await place(life), {"properties": {"allowNewSession": False}})
    await life.deps.session_hosts.change(T, "h1", lambda there: there.but(drained_by_hand=True))


async def test_a_host_that_was_opened_is_not_closed_by_the_poll_of_its_build(life: Life) -> None:
    """For a dedicated host nothing would open it again."""
    await given_to_its_user(life)
    polls = [each for each in life.given if each.name == POLL_NEW_HOST.name]
    assert polls
    for each in polls:
        await life.deliver(each)
    assert await admits(life)


async def test_a_host_that_was_drained_is_not_opened_by_the_order_that_gave_it(life: Life) -> None:
    await given_to_its_user(life)
    await drain(life)
    (given,) = [each for each in life.given if each.name == GIVE_HOST.name]
    await life.deliver(given)
    assert not await admits(life)


async def test_a_host_that_was_drained_stays_so_while_its_user_gets_rights(life: Life) -> None:
    """Whether the order comes in time or minutes late: the engine never reopens what a person drains."""
    pool = await given_to_its_user(life)
    await drain(life)
    await life.deps.spot_members.change(T, "m-user01", lambda there: there.but(rights=Rights.GRANTING))
    order = MemberRightsOrder(tenant_id=T, spot_group_id=GROUP_ID, member_ids=("m-user01",), pool=pool)
    assert (await life.do(GRANT_SPOT_MEMBERS, order))["kind"] == "done"
    assert not await admits(life)
