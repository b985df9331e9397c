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
from shared.domain.cloud_pcs import replacing
from shared.domain.cloud_pcs.cloud_pc import CloudPc
from shared.domain.cloud_pcs.remote_action import Remote, RemoteAction
from shared.domain.cloud_pcs.remote_action_run import begun
from shared.domain.cloud_pcs.replacing import begin_replacement
from shared.domain.cloud_pcs.temporary_size import TemporarySize
from shared.domain.images.image import DeviceImageStatus
from shared.services.images.device_images import start_image_build
from shared.services.networks.connection_checks import start_check
from tests.contract.test_activities_desktop import IMAGE
from tests.implementations import implementations
from tests.integration import things
from tests.integration.lives import Life
from tests.integration.lives_of_kept_disks import a_cloud_pc_whose_kept_disk_is_used_again
from tests.integration.lives_of_orphans import an_orphan_that_is_removed_twice
from tests.integration.lives_of_pool_members import a_pool_member_that_is_claimed_and_one_that_is_retired
from tests.integration.lives_of_scripts import a_cloud_pc_with_scripts
from tests.integration.lives_of_spot_groups import a_dedicated_spot_group, a_spot_group
from tests.integration.lives_of_versions import (
    an_image_version_by_hand,
    an_image_version_by_recipe_that_is_built_twice,
)
from tests.integration.test_late_orders import EVERY, Again, a_whole_life, each_after, life, provision, record

__all__ = ["life"]
pytestmark = pytest.mark.simulator
T = things.TENANT_ID
Tell = Callable[[Life], Awaitable[None]]
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


async def a_cloud_pc_that_has_a_larger_size_for_a_time(life: Life) -> None:
    await _provisioned(life)
    large = things.plan("CPC_E_4C_16GB_128GB", "sku-5")
    for number in (1, 2):
        there = (await record(life)).current.temporary_size
        at, operation_id = life.now(), f"temporary-{number}"
        size = TemporarySize(plan=large, until=at + timedelta(hours=1), at=at, by="adm", operation_id=operation_id)
        action = RemoteAction(
            name=Remote.RESIZE_TEMPORARILY,
            operation_id=operation_id,
            begun_at=at,
            temporary_size=None if there else size,
        )
        pc = await life.deps.cloud_pcs.change(T, (await record(life)).id, partial(_acting, action))
        order = remote_order(pc)
        assert order is not None
        ended = await life.run(RUN_REMOTE_ACTION, order)
        assert ended["outcome"] == "succeeded", await record(life)
        life.cloud.advance(timedelta(hours=1).total_seconds())
    assert (await record(life)).current.temporary_size is None


async def a_cloud_pc_that_is_stopped_by_hand(life: Life) -> None:
    await _provisioned(life)
    for number, name in enumerate((Remote.POWER_OFF, Remote.POWER_ON)):
        action = RemoteAction(name=name, operation_id=f"power-{number}", begun_at=life.now())
        pc = await life.deps.cloud_pcs.change(T, (await record(life)).id, partial(_acting, action))
        order = remote_order(pc)
        assert order is not None
        ended = await life.run(RUN_REMOTE_ACTION, order)
        assert ended["outcome"] == "succeeded", await record(life)
        life.cloud.advance(timedelta(hours=1).total_seconds())


def _acting(action: RemoteAction, pc: CloudPc) -> CloudPc:
    return begun(pc, action)


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


PLAYED: dict[Tell, frozenset[str]] = {
    a_whole_life: frozenset(
        {
            "prepare_host_pool",
            "prepare_hosted_network",
            "assign_session_host",
            "begin_configuration",
            "begin_deallocate",
            "begin_entra_join",
            "begin_registration",
            "begin_restart",
            "begin_restore_point",
            "begin_restored_disk",
            "begin_start",
            "begin_swap",
            "begin_vm",
            "begin_vm_delete",
            "create_nic",
            "delete_device",
            "delete_disk",
            "delete_managed_device",
            "delete_nic",
            "delete_restore_points",
            "delete_session_host",
            "grant_sign_in",
            "revoke_sign_in",
            "set_primary_user",
            "sign_off",
            "stamp_enrollment_profile",
        }
    ),
    a_connection_that_is_checked_twice: frozenset({"begin_probe_script"}),
    a_cloud_pc_that_is_replaced_twice: frozenset({"release_session_host"}),
    a_cloud_pc_that_is_resized_twice: frozenset({"begin_disk_growth", "begin_resize"}),
    a_cloud_pc_that_has_a_larger_size_for_a_time: frozenset(),
    a_cloud_pc_that_is_stopped_by_hand: frozenset({"allow_start_on_connect"}),
    an_image_that_is_built_twice: frozenset(
        {"begin_capture", "begin_generalize", "begin_validation", "delete_gallery_version", "mark_generalized"}
    ),
    a_spot_group: frozenset({"begin_host_configuration", "close_host", "remove_spot_group"}),
    a_dedicated_spot_group: frozenset(
        {
            "poll_new_host",
            "prepare_spot_pool",
            "take_host_steps",
            "begin_hibernate",
            "give_host",
            "open_host",
            "revoke_host",
            "revoke_spot_members",
        }
    ),
    an_image_version_by_hand: frozenset(
        {
            "begin_administrator",
            "begin_carrier_removal",
            "begin_publication",
            "close_way_in",
            "forget_secret",
            "open_way_in",
        }
    ),
    an_orphan_that_is_removed_twice: frozenset({"delete_orphan"}),
    a_pool_member_that_is_claimed_and_one_that_is_retired: frozenset(),
    a_cloud_pc_whose_kept_disk_is_used_again: frozenset({"begin_os_disk", "keep_disk"}),
    a_cloud_pc_with_scripts: frozenset({"begin_script"}),
    an_image_version_by_recipe_that_is_built_twice: frozenset(
        {"prepare_import", "prepare_gallery", "begin_import", "begin_recipe_step", "delete_import"}
    ),
}
"""The lives, each with the fenced activities that are played in it and in none before it."""

NOT_PLAYED = {
    "begin_disable": "no life of a hybrid Cloud PC is played",
    "begin_domain_join": "no life of a hybrid Cloud PC is played",
    "begin_enrollment": "no life of a hybrid Cloud PC is played",
    "balance_spot_pool": "no life has a schedule with phases; test_late_spot_plans.py delivers an older plan's order",
    "retire_passwords": "no life is joined to a domain; test_activities_comparing_each.py has its case",
}
"""The fenced activities that are played in no life, and why."""

LIVES = tuple(tell for tell in PLAYED if tell is not a_whole_life)

EACH = [pytest.param(tell, id=str(tell.__name__)) for tell in LIVES]


async def lived(life: Life, tell: Tell, moments: Container[int] | None) -> Again:
    """Live *tell*, with old orders delivered again at *moments* (None: at each) and at its end."""
    again = Again(life, moments)
    life.after_each = again
    await tell(life)
    life.cloud.advance(AGAIN)
    again.moments = None
    await again()
    return again


@pytest.mark.long
@pytest.mark.parametrize("tell", EACH)
@pytest.mark.parametrize("first", range(EVERY))
async def test_a_life_with_its_orders_again_at_each_later_moment(life: Life, tell: Tell, first: int) -> None:
    again = await lived(life, tell, each_after(first))
    assert not again.report(), again.report()


@pytest.mark.parametrize("tell", EACH)
async def test_a_life_with_its_orders_again_at_some_later_moments(life: Life, tell: Tell) -> None:
    again = await lived(life, tell, random.Random(1).sample(range(80), 6))
    assert {each.name for each in life.given} >= PLAYED[tell]
    assert not again.report(), again.report()
    assert again.delivered > 15


def test_each_fenced_activity_is_played_in_a_life_or_has_its_reason() -> None:
    named = [*NOT_PLAYED, *(name for names in PLAYED.values() for name in names)]
    assert sorted(named) == sorted(name for name, each in implementations().items() if each.fence is not None)
