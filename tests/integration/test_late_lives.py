"""Other lives than a Cloud PC's first, each with its orders again, late: what lives then stays, no record goes back."""

import random
from collections.abc import Awaitable, Callable, Container
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from shared.contracts.builds import CLEAN_UP, leftovers_of
from shared.contracts.connections import CHECK_CONNECTION
from shared.contracts.images import BUILD_IMAGE, REMOVE_IMAGE, GalleryVersion, RemoveImageOrder
from shared.contracts.provisioning import REPLACE, replacement_order
from shared.contracts.remote_actions import RUN_REMOTE_ACTION, remote_order
from shared.contracts.session_hosts import RUN_HOST_TASK
from shared.contracts.spot_groups import PREPARE_SPOT_POOL, REMOVE_SPOT_GROUP, SpotGroupOrder
from shared.domain.cloud_pcs import replacing
from shared.domain.cloud_pcs.build import Resources
from shared.domain.cloud_pcs.cloud_pc import CloudPc
from shared.domain.cloud_pcs.replacing import begin_replacement
from shared.domain.images.image import DeviceImageStatus
from shared.domain.spot.engine.state import SpotGroupState
from shared.domain.spot.hosts.host import HostStatus, HostTask, SessionHost
from shared.services.images.device_images import start_image_build
from shared.services.networks.connection_checks import start_check
from shared.services.spot.session_hosts import start_host_task
from tests.contract.test_activities_desktop import IMAGE
from tests.integration import things
from tests.integration.desks import GROUP_ID, session_host, spot_group
from tests.integration.lives import Life
from tests.integration.test_late_orders import EVERY, Again, each_after, life, provision, record

__all__ = ["life"]
pytestmark = pytest.mark.simulator
T = things.TENANT_ID
AGAIN = timedelta(minutes=6).total_seconds()


async def a_connection_that_is_checked_twice(life: Life) -> None:
    """With a probe each time: a machine that joins, and is removed."""
    tenant, site = (await life.deps.tenants.get(T)).value, (await life.deps.sites.get(T, "west")).value
    for number in (1, 2):
        await life.deps.operations.insert(things.operation(id=f"check-{number}", kind="checkConnection"))
        connection = (await life.deps.connections.get(T, "c1")).value
        host: Any = life.host
        await start_check(life.deps, host, tenant, site, connection, f"check-{number}", requested=True)
        await life.run_started(CHECK_CONNECTION)
        life.cloud.advance(60)


async def _provisioned(life: Life) -> None:
    snapshot = things.snapshot(image=IMAGE)
    pc = things.cloud_pc(user=life.user, generation=int(life.now().timestamp()), snapshot=snapshot)
    await life.deps.cloud_pcs.insert(pc)
    await provision(life, pc)
    life.cloud.advance(60)


def _become(after: CloudPc, _before: CloudPc) -> CloudPc:
    return after


async def a_cloud_pc_that_is_replaced_twice(life: Life) -> None:
    """Built beside the machine of the user, which stops and is cleaned up hours later; the slots change twice."""
    await _provisioned(life)
    tenant, site = (await life.deps.tenants.get(T)).value, things.site()
    connection = (await life.deps.connections.get(T, "c1")).value
    for number in (1, 2):
        pc, at = await record(life), life.now()
        assert pc.current.snapshot is not None
        planned = begin_replacement(pc, pc.current.snapshot, None, f"replace-{number}", at)
        pc = await life.deps.cloud_pcs.change(T, pc.id, partial(_become, planned))
        order = replacement_order(pc, tenant, site, connection)
        assert order is not None
        receipt = await life.run(REPLACE, order)
        assert receipt["outcome"] in {"provisioned", "provisionedWithWarnings"}, receipt
        life.cloud.advance(timedelta(hours=3, minutes=1).total_seconds())
        pc = await record(life)
        assert pc.replacement is not None
        for left in leftovers_of(pc, pc.replacement):
            await life.run(CLEAN_UP, left.but(standing_alone=True))
        life.cloud.advance(60)


async def a_cloud_pc_that_is_resized_twice(life: Life) -> None:
    await _provisioned(life)
    for number, part in enumerate(("CPC_E_4C_16GB_128GB", "CPC_E_2C_8GB_128GB")):
        pc, at = await record(life), life.now()
        waits = replacing.request(pc, things.plan(part, f"sku-{number + 5}"), f"resize-{number}", 1, at)
        begun = replacing.begin(waits, at)
        pc = await life.deps.cloud_pcs.change(T, pc.id, partial(_become, begun))
        order = remote_order(pc)
        assert order is not None
        ended = await life.run(RUN_REMOTE_ACTION, order)
        assert ended["outcome"] == "succeeded", await record(life)
        life.cloud.advance(timedelta(hours=2).total_seconds())


async def an_image_that_is_built_twice(life: Life) -> None:
    """The second time with the number of the first, which was deleted."""
    tenant, site = (await life.deps.tenants.get(T)).value, things.site()
    for number in (1, 2):
        await life.deps.operations.insert(things.operation(id=f"image-{number}", kind="createImage"))
        image = things.image(operation_id=f"image-{number}", source=IMAGE)
        await life.deps.images.insert(image)
        host: Any = life.host
        await start_image_build(host, tenant, site, image)
        built = await life.run_started(BUILD_IMAGE)
        found = (await life.deps.images.get(T, image.id)).value
        assert found.status in {DeviceImageStatus.READY, DeviceImageStatus.WARNING}, (built, found)
        life.cloud.advance(60)
        if number == 1:
            version = GalleryVersion(
                tenant_id=T, subscription_id=things.SUBSCRIPTION, version_id=str(found.gallery_version_id)
            )
            await life.deps.operations.insert(things.operation(id="gone", kind="deleteImage"))
            await life.deps.images.remove(T, image.id)
            gone = RemoveImageOrder(tenant_id=T, image_id=image.id, operation_id="gone", version=version)
            await life.run(REMOVE_IMAGE, gone)
            life.cloud.advance(60)


async def a_spot_group(life: Life) -> None:
    """Two hosts are built, one stops, starts and restarts, one is removed; then the group goes with the other."""
    await life.deps.spot_groups.insert(spot_group())
    await life.deps.spot_states.insert(SpotGroupState(id=GROUP_ID, tenant_id=T))
    group = SpotGroupOrder(tenant_id=T, spot_group_id=GROUP_ID)
    assert (await life.do(PREPARE_SPOT_POOL, group))["kind"] == "spotPool"
    bare: dict[str, Any] = {"image": IMAGE, "resources": Resources(), "proven": None, "applied": None}
    for number in (1, 2):
        await life.deps.session_hosts.insert(session_host(number, status=HostStatus.PENDING, **bare))
        await _task(life, f"h{number}", HostTask.BUILD)
        assert (await _host(life, f"h{number}")).status is HostStatus.READY, await _host(life, f"h{number}")
    for task in (HostTask.RESTART, HostTask.STOP, HostTask.START, HostTask.SIGN_OFF):
        await _task(life, "h1", task)
        assert (await _host(life, "h1")).failure is None, (task, await _host(life, "h1"))
    await _task(life, "h2", HostTask.REMOVE)
    at = life.now()
    await life.deps.spot_groups.change(T, GROUP_ID, lambda there: there.but(deleting_since=at))
    life.cloud.advance(60)
    await life.do(REMOVE_SPOT_GROUP, group)
    await life.run_started(RUN_HOST_TASK)
    for _ in range(10):
        life.cloud.advance(60)
        if (await life.do(REMOVE_SPOT_GROUP, group))["kind"] == "done":
            break
    assert await life.deps.spot_groups.find(T, GROUP_ID) is None


async def _task(life: Life, host_id: str, task: HostTask) -> None:
    host: Any = life.host
    await start_host_task(life.deps, host, await _host(life, host_id), task)
    await life.run_started(RUN_HOST_TASK)
    life.cloud.advance(60)


async def _host(life: Life, host_id: str) -> SessionHost:
    return (await life.deps.session_hosts.get(T, host_id)).value


LIVES: tuple[Callable[[Life], Awaitable[None]], ...] = (
    a_connection_that_is_checked_twice,
    a_cloud_pc_that_is_replaced_twice,
    a_cloud_pc_that_is_resized_twice,
    an_image_that_is_built_twice,
    a_spot_group,
)


async def lived(life: Life, tell: Callable[[Life], Awaitable[None]], moments: Container[int] | None) -> Again:
    """Live *tell*, with old orders delivered again at *moments* (None: at each) and at its end."""
    again = Again(life, moments)
    life.after_each = again
    await tell(life)
    life.cloud.advance(AGAIN)
    again.moments = None
    await again()
    return again


@pytest.mark.long
@pytest.mark.parametrize("tell", LIVES, ids=lambda tell: str(tell.__name__))
@pytest.mark.parametrize("first", range(EVERY))
async def test_a_life_with_its_orders_again_at_each_later_moment(
    life: Life, tell: Callable[[Life], Awaitable[None]], first: int
) -> None:
    again = await lived(life, tell, each_after(first))
    assert not again.report(), again.report()


@pytest.mark.parametrize("tell", LIVES, ids=lambda tell: str(tell.__name__))
@pytest.mark.parametrize("seed", [1, 2])
async def test_a_life_with_its_orders_again_at_some_later_moments(
    life: Life, tell: Callable[[Life], Awaitable[None]], seed: int
) -> None:
    again = await lived(life, tell, random.Random(seed).sample(range(80), 6))
    assert not again.report(), again.report()
    assert again.delivered > 15
