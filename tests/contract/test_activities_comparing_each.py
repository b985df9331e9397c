"""Every activity whose fence is ``compares_each``: what was made after its order stays, and a new order takes it.

That the new order takes it shows that the comparison has kept it, and nothing else.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from activities.cloud_pcs.rights import DESKTOP_USER, MACHINE_USER, assign_role
from activities.machines.vms import compares_each
from packages.azure_simulator.tests.contract.running import GROUP as GROUP_ID
from packages.azure_simulator.tests.contract.running import SUBSCRIPTION
from shared.contracts import (
    connections,
    desktops,
    image_versions,
    images,
    joining,
    machines,
    remote_actions,
    spot_groups,
)
from shared.contracts.calls import on_behalf_of
from shared.contracts.inventory import DELETE_ORPHAN, RemovalOrder
from shared.contracts.machines import Machine
from shared.contracts.outcomes import Done
from shared.domain import naming
from shared.domain.networks.connection import JoinType
from shared.domain.spot.groups.members import MemberStatus, Rights, SpotMember
from shared.domain.values import Value
from tests.contract.test_activities_desktop import NETWORK, build, enrol, join, machine_of
from tests.contract.test_activities_images import capture, generalize
from tests.contract.test_activities_managed_images import ORDER as IMPORT
from tests.contract.test_activities_managed_images import imported, upload
from tests.contract.test_activities_orphans import GONE, PLACE, Lists, disk, look, right, worker
from tests.contract.worker import GROUP, REGION, TENANT, Records, Worker
from tests.implementations import AnyActivity, implementations

__all__ = ["worker"]
pytestmark = pytest.mark.simulator

OLD = machine_of()
TAGS = {"tenant": TENANT.id, "role": "cloudPc", "cloudpc": GONE}


@dataclass
class Late:
    """An order of *given*, and a *new* one for what has taken the place of what the old one was for."""

    given: datetime
    old: Value
    new: Value
    records: list[Records] = field(default_factory=list)  # that neither may change without the other


Case = Callable[[Worker], Awaitable[Late]]


def forgotten(machine: Machine) -> joining.ForgetDeviceOrder:
    return joining.ForgetDeviceOrder(tenant_id=TENANT.id, owner=machine.owner, computer_name=machine.computer_name)


def given_now(worker: Worker) -> datetime:
    """Return the moment of an order, after which time passes."""
    now = worker.deps.clock.now()
    worker.cloud.advance(60)
    return now


async def a_disk(worker: Worker) -> Late:
    given = given_now(worker)
    await disk(worker, OLD.disk_name, **TAGS, ordered=worker.deps.clock.now().isoformat())
    return Late(given, OLD, OLD)


async def an_interface(worker: Worker) -> Late:
    given = given_now(worker)
    ready = await worker.wait(machines.PREPARE_HOSTED_NETWORK, NETWORK)
    await worker.do(machines.CREATE_NIC, machines.NicOrder(machine=OLD, subnet_ids=ready.subnet_ids))
    return Late(given, OLD, OLD)


async def _enrolled(worker: Worker, machine: Machine) -> tuple[str, str]:
    await build(worker, machine)
    device = await join(worker, machine)
    return device.object_id, await enrol(worker, machine, device)


async def a_name_that_is_used_again(worker: Worker) -> Late:
    given = given_now(worker)
    await _enrolled(worker, OLD)
    return Late(given, forgotten(OLD), forgotten(OLD))


async def _two_devices(worker: Worker) -> tuple[datetime, tuple[str, str], tuple[str, str]]:
    """Return the ids of a device that is gone, and of one of its name that has come since; and when the first went."""
    before = await _enrolled(worker, OLD)
    given = given_now(worker)
    await worker.do(joining.DELETE_MANAGED_DEVICE, forgotten(OLD))
    await worker.do(joining.DELETE_DEVICE, forgotten(OLD))
    return given, before, await _enrolled(worker, machine_of("pc2", OLD.computer_name))


async def a_stamp(worker: Worker) -> Late:
    given, (before, _), (now, _) = await _two_devices(worker)
    stamp = joining.StampOrder(tenant_id=TENANT.id, device_object_id=before, policy_name="Another")
    return Late(given, stamp, stamp.but(device_object_id=now))


async def a_primary_user(worker: Worker) -> Late:
    given, (_, before), (_, now) = await _two_devices(worker)
    listed = await worker.deps.graph(TENANT).request("GET", "/v1.0/users")
    other = next(each["id"] for each in listed["value"] if each["id"] != worker.user.id)
    order = joining.PrimaryUserOrder(tenant_id=TENANT.id, managed_device_id=before, user_id=other)
    return Late(given, order, order.but(managed_device_id=now))


async def _listed(worker: Worker, place: str) -> RemovalOrder:
    orphan = next(each for key, each in (await look(worker)).items() if key.casefold() == place.casefold())
    worker.cloud.advance(timedelta(hours=6, minutes=1).total_seconds())
    return RemovalOrder(tenant_id=TENANT.id, orphan_id=orphan.id)


async def an_orphan_that_was_found_again(worker: Worker) -> Late:
    """Its scan came after the order; the disk is as old as before."""
    order = await _listed(worker, await disk(worker, "left", **TAGS))
    given = given_now(worker)
    await look(worker)
    return Late(given, order, order)


async def an_orphan_in_whose_place_is_another(worker: Worker) -> Late:
    order = await _listed(worker, await disk(worker, "left", **TAGS))
    given = given_now(worker)
    await worker.cloud.arm("DELETE", f"{GROUP_ID}/providers/Microsoft.Compute/disks/left")
    worker.cloud.advance(60)
    await disk(worker, "left", **TAGS)
    return Late(given, order, order)


async def an_orphaned_right_that_was_given_again(worker: Worker) -> Late:
    await build(worker, machine_of(GONE))
    place = await right(worker, GONE)
    order = await _listed(worker, place)
    given = given_now(worker)
    await worker.cloud.arm("DELETE", place)
    worker.cloud.advance(60)
    await right(worker, GONE)
    return Late(given, order, order)


async def a_shared_resource_that_was_made_again(worker: Worker) -> Late:
    deps: Any = worker.deps
    deps.sites.values = {}
    pool = desktops.HostPoolOrder(
        tenant_id=TENANT.id,
        subscription_id=SUBSCRIPTION,
        resource_group=PLACE.resource_group,
        region=REGION,
        join_type=JoinType.AZURE_AD_JOIN,
    )
    ready = await worker.do(desktops.PREPARE_HOST_POOL, pool)
    workspace = f"{GROUP_ID}/providers/Microsoft.DesktopVirtualization/workspaces/"
    place = workspace + naming.desktop_workspace(ready.host_pool_id.rpartition("/")[2])
    order = await _listed(worker, place)
    worker.cloud.advance(TENANT.settings.unused_kept.total_seconds())
    given = given_now(worker)
    await worker.cloud.arm("DELETE", place)
    worker.cloud.advance(60)
    await worker.do(desktops.PREPARE_HOST_POOL, pool)
    return Late(given, order, order)


async def a_restore_point(worker: Worker) -> Late:
    source = await disk(worker, "source", **TAGS)
    given = given_now(worker)
    name = naming.restore_point_name(OLD.owner.id, "point")
    body = {"location": REGION, "properties": {"creationData": {"createOption": "Copy", "sourceResourceId": source}}}
    await worker.cloud.arm("PUT", f"{GROUP_ID}/providers/Microsoft.Compute/snapshots/{name}", body)
    order = remote_actions.RestorePointsOrder(machine=_here(OLD), restore_point_ids=("point",))
    return Late(given, order, order)


async def a_restored_disk(worker: Worker) -> Late:
    given = given_now(worker)
    await disk(worker, "restored", **TAGS)
    order = remote_actions.RestorePointsOrder(machine=_here(OLD), disks=("restored",))
    return Late(given, order, order)


def _here(machine: Machine) -> Machine:
    return machine.but(resource_group=PLACE.resource_group)


async def a_number_that_is_used_again(worker: Worker) -> Late:
    await generalize(worker)
    version = await capture(worker)
    given = given_now(worker)
    assert await worker.do(images.DELETE_GALLERY_VERSION, version) == Done()
    worker.cloud.advance(60)
    assert await capture(worker) == version
    return Late(given, version, version)


async def an_import_of_a_later_build(worker: Worker) -> Late:
    await upload(worker)
    given = given_now(worker)
    await imported(worker)
    return Late(given, IMPORT, IMPORT)


async def a_secret(worker: Worker) -> Late:
    given = given_now(worker)
    with on_behalf_of(TENANT.id, ""):
        url = await worker.deps.vault().store("once-contoso-op", "Chosen-by-the-caller-7")
    order = image_versions.SecretOrder(tenant_id=TENANT.id, secret_url=url)
    return Late(given, order, order)


async def a_password_that_no_machine_has_joined_with(worker: Worker) -> Late:
    """It was set after the order; with the one before it a machine has joined."""
    with on_behalf_of(TENANT.id, ""):
        await worker.deps.vault().store("join-contoso-c1", "Proven-7")
        given = given_now(worker)
        url = await worker.deps.vault().store("join-contoso-c1", "Unproven-7")
    order = connections.PasswordOrder(tenant_id=TENANT.id, connection_id="c1", password_secret_url=url)
    return Late(given, order, order)


async def a_password_that_was_set_during_the_checks(worker: Worker) -> Late:
    """With the one before it a machine has joined; checks that began after it prove it."""
    began, deps = given_now(worker), _services(worker)
    with on_behalf_of(TENANT.id, ""):
        await deps.vault().store("join-contoso-c1", "Proven-7")
        worker.cloud.advance(60)
        url = await deps.vault().store("join-contoso-c1", "Unproven-7")
    worker.cloud.advance(60)
    for key, at in (("c1", began), ("c2", given_now(worker))):
        deps.connections.values[key] = SimpleNamespace(check_began_date_time=at)
    order = connections.PasswordOrder(tenant_id=TENANT.id, connection_id="c1", password_secret_url=url)
    return Late(deps.clock.now(), order, order.but(connection_id="c2"))


class Kept(Lists):
    """Records that can be changed."""

    async def change(self, _tenant_id: str, key: str, edit: Callable[[Any], Any]) -> Any:
        self.values[key] = edit(self.values[key]) or self.values[key]
        return self.values[key]


async def a_member_who_had_a_place_again(worker: Worker) -> Late:
    given, deps = given_now(worker), _services(worker)
    pool = desktops.HostPoolOrder(
        tenant_id=TENANT.id,
        subscription_id=SUBSCRIPTION,
        resource_group=GROUP,
        region=REGION,
        join_type=JoinType.AZURE_AD_JOIN,
    )
    ready = await worker.do(desktops.PREPARE_HOST_POOL, pool)
    scope = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{GROUP}"
    with on_behalf_of(TENANT.id, ""):
        for where, role in ((ready.application_group_id, DESKTOP_USER), (scope, MACHINE_USER)):
            since = await assign_role(SUBSCRIPTION, where, role, worker.user.id)
    member = SpotMember(
        id="m1",
        tenant_id=TENANT.id,
        group_id="g",
        user_id=worker.user.id,
        user_principal_name=worker.user.user_principal_name,
        status=MemberStatus.WAITING,
        rights=Rights.GRANTED,
        rights_given_at=since,
        first_seen_date_time=given,
        changed_date_time=given,
    )
    deps.spot_members, deps.spot_groups = Kept({member.id: member}), Records()
    spot = spot_groups.SpotPool(
        subscription_id=SUBSCRIPTION,
        host_pool_id=ready.host_pool_id,
        application_group_id=ready.application_group_id,
        resource_group=GROUP,
        join_type=JoinType.AZURE_AD_JOIN,
    )
    order = spot_groups.MemberRightsOrder(tenant_id=TENANT.id, spot_group_id="g", member_ids=(member.id,), pool=spot)
    return Late(given, order, order, [deps.spot_members])


def _services(worker: Worker) -> Any:
    return worker.deps


CASES: dict[AnyActivity, tuple[Case, ...]] = {
    machines.DELETE_DISK: (a_disk,),
    machines.DELETE_NIC: (an_interface,),
    joining.DELETE_DEVICE: (a_name_that_is_used_again,),
    joining.DELETE_MANAGED_DEVICE: (a_name_that_is_used_again,),
    joining.STAMP_ENROLLMENT_PROFILE: (a_stamp,),
    joining.SET_PRIMARY_USER: (a_primary_user,),
    DELETE_ORPHAN: (
        an_orphan_that_was_found_again,
        an_orphan_in_whose_place_is_another,
        an_orphaned_right_that_was_given_again,
        a_shared_resource_that_was_made_again,
    ),
    remote_actions.DELETE_RESTORE_POINTS: (a_restore_point, a_restored_disk),
    images.DELETE_GALLERY_VERSION: (a_number_that_is_used_again,),
    images.DELETE_IMPORT: (an_import_of_a_later_build,),
    image_versions.FORGET_SECRET: (a_secret,),
    connections.RETIRE_PASSWORDS: (
        a_password_that_no_machine_has_joined_with,
        a_password_that_was_set_during_the_checks,
    ),
    spot_groups.REVOKE_SPOT_MEMBERS: (a_member_who_had_a_place_again,),
}


async def everything(worker: Worker, late: Late) -> dict[str, Any]:
    """Return everything in Azure, in the directory, in the vault, and in the records of the case."""
    graph, world = worker.deps.graph(TENANT), worker.cloud.cloud.world
    found: dict[str, Any] = {each.key: each.body for each in world.resources}
    found["operations"] = len(world.operations)
    for path in ("/devices", "/deviceManagement/managedDevices"):
        found[path] = await worker.cloud.pages(path)
    for device in await graph.managed_devices(device_name=OLD.computer_name):
        found[device.id] = device
    with on_behalf_of(TENANT.id, ""):
        found["secrets"] = [str(each) for each in await _secrets(worker)]
    found["records"] = [dict(each.values) for each in late.records]
    return found


async def _secrets(worker: Worker) -> list[Any]:
    client = worker.deps.vault()._client
    names = [str(each.name) async for each in client.list_properties_of_secrets()]
    versions = [client.list_properties_of_secret_versions(name) for name in names]
    return [(each.name, each.version, each.created_on, each.enabled) for listed in versions async for each in listed]


def test_no_activity_says_that_it_compares_without_a_case_that_shows_it() -> None:
    says = {name for name, each in implementations().items() if each.fence is compares_each}
    assert says == {activity.name for activity in CASES}


@pytest.mark.parametrize(
    ("activity", "case"),
    [
        pytest.param(activity, case, id=f"{activity.name}-{case.__name__}")
        for activity, cases in CASES.items()
        for case in cases
    ],
)
async def test_what_was_made_after_an_order_stays_until_there_is_a_new_one(
    worker: Worker, activity: AnyActivity, case: Case
) -> None:
    late = await case(worker)
    worker.cloud.advance(300)
    before = await everything(worker, late)
    try:
        await worker.again(activity, late.old, late.given)
    except Exception as error:  # what fails is delivered again, which is what happens here
        raise AssertionError(f"{activity.name} failed") from error
    assert await everything(worker, late) == before

    await worker.do(activity, late.new)
    assert await everything(worker, late) != before
