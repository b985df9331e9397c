"""Lives of Spot Groups: one whose hosts are shared, and one whose hosts are dedicated to members who come and go."""

from typing import Any

from shared.contracts.session_hosts import RUN_HOST_TASK
from shared.contracts.spot_groups import (
    PREPARE_SPOT_POOL,
    RECONCILE_SPOT_GROUP,
    REMOVE_SPOT_GROUP,
    RUN_SPOT_ENGINE,
    EngineOrder,
    SpotGroupOrder,
)
from shared.domain.cloud_pcs.build import Resources
from shared.domain.policies.policy import Assignment
from shared.domain.spot.engine.state import SpotGroupState
from shared.domain.spot.groups.group import HostSettings, LicenseType
from shared.domain.spot.groups.members import Rights, SpotMember
from shared.domain.spot.hosts.host import HostStatus, HostTask, SessionHost
from shared.services.spot.session_hosts import start_host_task
from tests.contract.test_activities_desktop import IMAGE
from tests.integration import things
from tests.integration.desks import GROUP_ID, image_version, session_host, spot_group
from tests.integration.lives import Life

T = things.TENANT_ID
_ORDER = SpotGroupOrder(tenant_id=T, spot_group_id=GROUP_ID)
_BARE: dict[str, Any] = {"image": IMAGE, "resources": Resources(), "proven": None, "applied": None}


async def a_spot_group(life: Life) -> None:
    """Two hosts are built, one stops, starts and restarts, one is removed; then the group goes with the other."""
    await life.deps.spot_groups.insert(spot_group())
    await life.deps.spot_states.insert(SpotGroupState(id=GROUP_ID, tenant_id=T))
    assert (await life.do(PREPARE_SPOT_POOL, _ORDER))["kind"] == "spotPool"
    for number in (1, 2):
        await life.deps.session_hosts.insert(session_host(number, status=HostStatus.PENDING, **_BARE))
        await _task(life, f"h{number}", HostTask.BUILD)
        assert (await _host(life, f"h{number}")).status is HostStatus.READY, await _host(life, f"h{number}")
    for task in (HostTask.RESTART, HostTask.STOP, HostTask.START, HostTask.SIGN_OFF):
        await _task(life, "h1", task)
        assert (await _host(life, "h1")).failure is None, (task, await _host(life, "h1"))
    await _task(life, "h2", HostTask.REMOVE)
    at = life.now()
    await life.deps.spot_groups.change(T, GROUP_ID, lambda there: there.but(deleting_since=at))
    life.cloud.advance(60)
    await life.do(REMOVE_SPOT_GROUP, _ORDER)
    await life.run_started(RUN_HOST_TASK)
    for _ in range(10):
        life.cloud.advance(60)
        if (await life.do(REMOVE_SPOT_GROUP, _ORDER))["kind"] == "done":
            break
    assert await life.deps.spot_groups.find(T, GROUP_ID) is None


async def _task(life: Life, host_id: str, task: HostTask) -> None:
    host: Any = life.host
    await start_host_task(life.deps, host, await _host(life, host_id), task)
    await life.run_started(RUN_HOST_TASK)
    life.cloud.advance(60)


async def _host(life: Life, host_id: str) -> SessionHost:
    return (await life.deps.session_hosts.get(T, host_id)).value


async def a_dedicated_spot_group(life: Life) -> None:
    """Two hosts are given to the first two of nine members; one of them leaves, and their host; the other's sleeps."""
    (found,) = (await life.cloud.graph("/groups?$filter=displayName eq 'Back office'")).body["value"]
    group = spot_group(
        license_type=LicenseType.PERSONAL_DEDICATED,
        quantity=2,
        assignments=(Assignment(id="a", group_id=found["id"], assigned_at=things.NOW),),
        hosts=HostSettings(hibernate=True, sizes=("Standard_D2s_v5",)),  # the B series cannot
    )
    await life.deps.spot_groups.insert(group)
    await life.deps.spot_states.insert(SpotGroupState(id=GROUP_ID, tenant_id=T))
    await life.deps.image_versions.insert(image_version(gallery_version_id=None, source=IMAGE))
    await _reconcile(life)
    first, _ = await _granted(life)
    for number in (1, 2):
        await life.deps.session_hosts.insert(session_host(number, status=HostStatus.PENDING, **_BARE))
        await _task(life, f"h{number}", HostTask.BUILD)
    assert {(await _host(life, each)).assigned_user_id for each in ("h1", "h2")} == {
        each.user_id for each in await _granted(life)
    }
    await _engine(life)
    await life.cloud.sim("graph/members", {"group": "Back office", "remove": [first.user_principal_name]})
    await _reconcile(life)
    assert first.user_id not in {each.user_id for each in await _granted(life)}
    mine, other = sorted(("h1", "h2"), key=lambda each: each != "h1")
    if (await _host(life, mine)).assigned_user_id != first.user_id:
        mine, other = other, mine
    for task in (HostTask.HIBERNATE, HostTask.START):
        await _task(life, other, task)
        assert (await _host(life, other)).failure is None, (task, await _host(life, other))
    await _task(life, mine, HostTask.REMOVE)
    await _reconcile(life)
    await _engine(life)


async def _granted(life: Life) -> list[SpotMember]:
    members = [each.value async for each in life.deps.spot_members.each(T, group_id=GROUP_ID)]
    return [each for each in members if each.rights is Rights.GRANTED]


async def _reconcile(life: Life) -> None:
    outcome = await life.run(RECONCILE_SPOT_GROUP, _ORDER)
    assert outcome.get("refused") is None, outcome
    life.cloud.advance(60)


async def _engine(life: Life) -> None:
    """Run the engine once, and the tasks that it begins."""
    begun = len(life.host.orders)
    await life.run(RUN_SPOT_ENGINE, EngineOrder(tenant_id=T, spot_group_id=GROUP_ID))
    for name, order in zip(life.host.workflows[begun:], life.host.orders[begun:], strict=True):
        if name == RUN_HOST_TASK.name:  # an old order may ask for another run of the engine
            await life.run(RUN_HOST_TASK, RUN_HOST_TASK.accepts.model_validate(order))
    life.cloud.advance(60)
