"""Orders that are delivered again when a newer machine has the place of the one that they were given for."""

from collections.abc import Callable
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from activities.cloud_pcs.rights import MACHINE_USER, assign_role, assignment_id, remove_role
from activities.machines.run_commands import assemble, begin_run_command
from packages.azure_simulator.tests.contract.running import GROUP as GROUP_ID
from shared.contracts import (
    calls,
    desktops,
    image_versions,
    images,
    joining,
    machines,
    provisioning,
    remote_actions,
    session_hosts,
)
from shared.contracts.calls import ORDERED_AT, on_behalf_of
from shared.contracts.inventory import DELETE_ORPHAN, RemovalOrder
from shared.contracts.machines import Machine
from shared.contracts.outcomes import Accepted, Done, MissingError, Refused
from shared.domain.cloud_pcs.build import Resources
from shared.domain.cloud_pcs.orphans import FoundResource, Orphan, OrphanType
from shared.domain.images.image import DeviceImageStatus
from shared.domain.naming import ORDERED_TAG
from shared.domain.networks.connection import JoinType
from shared.domain.spot.images.image_version import VersionStatus
from shared.domain.values import Value
from tests.contract.test_activities_desktop import NETWORK, assign, build, enrol, join, machine_of, record, remove
from tests.contract.test_activities_images import ORDER as CAPTURE
from tests.contract.test_activities_images import capture, generalize
from tests.contract.test_activities_managed_images import ORDER as IMPORT
from tests.contract.test_activities_orphans import Lists
from tests.contract.worker import REGION, TENANT, Worker, building
from tests.implementations import AnyActivity

pytestmark = pytest.mark.simulator

OLD, NEW = machine_of(), machine_of(computer_name="CPC-USER-NEW34")


def forgotten(machine: Machine) -> joining.ForgetDeviceOrder:
    return joining.ForgetDeviceOrder(tenant_id=TENANT.id, owner=machine.owner, computer_name=machine.computer_name)


Ordered = Callable[[Machine], Value]
ON_MACHINES: dict[AnyActivity, Ordered] = {
    machines.BEGIN_VM_DELETE: lambda machine: machine,
    machines.DELETE_DISK: lambda machine: machine,
    machines.DELETE_NIC: lambda machine: machine,
    machines.BEGIN_DEALLOCATE: lambda machine: machine,
    session_hosts.BEGIN_HIBERNATE: lambda machine: machine,
    remote_actions.BEGIN_RESTART: lambda machine: machine,
    images.BEGIN_GENERALIZE: lambda machine: machine,
    images.MARK_GENERALIZED: lambda machine: machine,
    desktops.REVOKE_SIGN_IN: lambda machine: desktops.ForgetSessionHostOrder(machine=machine),
    desktops.DELETE_SESSION_HOST: lambda machine: desktops.ForgetSessionHostOrder(machine=machine),
    joining.DELETE_DEVICE: forgotten,
    joining.DELETE_MANAGED_DEVICE: forgotten,
    joining.BEGIN_ENTRA_JOIN: lambda machine: joining.EntraJoinOrder(machine=machine, enroll=False),
    provisioning.BEGIN_CONFIGURATION: lambda machine: provisioning.ConfigurationOrder(machine=machine),
    joining.BEGIN_CARRIER_REMOVAL: lambda machine: joining.CarrierOrder(
        machine=machine, carrier=joining.Carrier(kind="extensions", name="AADLoginForWindows")
    ),
    remote_actions.BEGIN_RESIZE: lambda machine: remote_actions.SizeOrder(machine=machine, size="Standard_D8s_v5"),
}
"""The orders about a machine, by its names."""


def everything(worker: Worker) -> dict[str, Any]:
    """Return all resources, with their members that can be changed."""
    return {each.id: each.body for each in worker.cloud.cloud.world.resources}


async def whole(worker: Worker, machine: Machine) -> str:
    """Make a machine that is joined, enrolled and assigned; return its host pool."""
    await build(worker, machine)
    await enrol(worker, machine, await join(worker, machine))
    return (await assign(worker, machine)).host_pool_id


async def test_nothing_of_a_newer_machine_is_touched(worker: Worker) -> None:
    """Also not by an order of a release that did not say when it was given: then its computer name counts."""
    pool = await whole(worker, OLD)
    worker.keep(record(worker, OLD, pool))
    given = worker.deps.clock.now()
    await remove(worker, OLD, pool)
    worker.forget(OLD.owner.id)
    worker.cloud.advance(1)
    pool = await whole(worker, NEW)
    worker.keep(record(worker, NEW, pool))
    worker.cloud.advance(300)

    before = everything(worker)
    for activity, ordered in ON_MACHINES.items():
        for at in (given, None):
            outcome = await worker.again(activity, ordered(OLD), at)
            assert isinstance(outcome, Done | Refused), (activity.name, outcome)
            assert everything(worker) == before, (activity.name, at)
    for activity in (joining.DELETE_DEVICE, joining.DELETE_MANAGED_DEVICE):  # a name that is used again
        await worker.again(activity, forgotten(NEW), given)
    assert await worker.deps.graph(TENANT).devices(NEW.computer_name)
    assert await worker.deps.graph(TENANT).managed_devices(device_name=NEW.computer_name)


@pytest.mark.parametrize("computer_name", [None, NEW.computer_name])
async def test_nothing_is_made_that_nobody_wants_any_more(worker: Worker, computer_name: str | None) -> None:
    """The record of its Cloud PC is gone, or another machine is made for it."""
    order = await build(worker, OLD)
    given: datetime = worker.deps.clock.now()
    await remove(worker, OLD, None)
    if computer_name is not None:
        made = Resources(computer_name=computer_name, region=order.place.region, size=order.place.size)
        worker.keep(building(OLD.owner.id, made))
    before = everything(worker)

    for activity, late in (
        (machines.CREATE_NIC, machines.NicOrder(machine=OLD, subnet_ids=())),
        (machines.BEGIN_VM, order),
    ):
        outcome = await worker.again(activity, late, given)
        assert (outcome.kind, outcome.code) == ("refused", "orderedEarlier")
    assert everything(worker) == before


async def test_a_version_that_is_captured_is_not_captured_again(worker: Worker) -> None:
    """Its regions, and whether it is any host's latest, have been changed since by its publication."""
    await generalize(worker)
    given = worker.deps.clock.now()
    version = await capture(worker)
    await worker.cloud.arm("PATCH", version.version_id, {"tags": {"published": "yes"}})
    worker.cloud.advance(300)
    before = everything(worker)
    services: Any = worker.deps
    for image in (None, SimpleNamespace(status=DeviceImageStatus.READY)):
        services.images.values = {CAPTURE.machine.owner.id: image} if image else {}
        outcome = await worker.again(images.BEGIN_CAPTURE, CAPTURE, given)
        assert (outcome.kind, outcome.code) == ("refused", "orderedEarlier")
    assert everything(worker) == before


async def test_a_version_that_is_captured_just_now_is_not_put_again(worker: Worker) -> None:
    """It would be updating when the next step makes a machine from it."""
    await generalize(worker)
    assert isinstance(await worker.wait(images.PREPARE_GALLERY, CAPTURE), Done)
    given = worker.deps.clock.now()
    services: Any = worker.deps
    services.images.values = {
        CAPTURE.machine.owner.id: SimpleNamespace(
            status=DeviceImageStatus.PENDING, operation_id="", machine_removed_at=None
        )
    }
    begun = await worker.again(images.BEGIN_CAPTURE, CAPTURE, given)
    assert isinstance(await worker.finish(begun), machines.Finished)
    worker.cloud.advance(300)
    before = everything(worker)

    again = await worker.again(images.BEGIN_CAPTURE, CAPTURE, given)
    assert everything(worker) == before
    assert again.resource_id == begun.resource_id
    assert isinstance(await worker.finish(again), machines.Finished)


async def test_a_version_that_was_published_is_not_published_as_an_old_order_says(worker: Worker) -> None:
    await generalize(worker)
    captured = await capture(worker)
    worker.cloud.advance(1)
    given = worker.deps.clock.now()
    services: Any = worker.deps
    services.spot_groups, services.releases, services.image_versions = Lists(), Lists(), Lists()
    order = image_versions.PublishOrder(
        tenant_id=TENANT.id, gallery_version=captured, image_set_id="set", regions=(REGION,), validated=True
    )
    worker.cloud.advance(300)
    before = everything(worker)
    for status in (VersionStatus.AVAILABLE, VersionStatus.FAILED, VersionStatus.REPLICATING):
        known = SimpleNamespace(id="v1", tenant_id=TENANT.id, image_set_id="set", version="1.0.0", status=status)
        services.image_versions.values = {"v1": known}
        outcome = await worker.again(image_versions.BEGIN_PUBLICATION, order, given)
        assert (everything(worker) == before) is (status is not VersionStatus.REPLICATING)
        assert isinstance(outcome, Accepted) is (status is VersionStatus.REPLICATING)
    worker.cloud.advance(3600)
    before = everything(worker)
    assert isinstance(await worker.again(image_versions.BEGIN_PUBLICATION, order, given), Accepted)
    assert everything(worker) == before
    assert (await worker.cloud.arm("GET", captured.version_id))["tags"][ORDERED_TAG] == given.isoformat()


@pytest.mark.parametrize(
    "carrier", [joining.Carrier(kind="extensions", name="AADLoginForWindows"), joining.CONNECT], ids=str
)
async def test_a_carrier_that_was_put_on_a_machine_since_stays(worker: Worker, carrier: joining.Carrier) -> None:
    """Though the machine is the same: it joins, or is connected to, once more."""
    await build(worker, OLD)
    given: datetime = worker.deps.clock.now()
    worker.cloud.advance(60)
    if carrier.kind == "extensions":
        await worker.finish(await worker.do(joining.BEGIN_ENTRA_JOIN, joining.EntraJoinOrder(machine=OLD)))
    else:
        held = ORDERED_AT.set(worker.deps.clock.now())
        try:
            with on_behalf_of(TENANT.id, ""):
                source = assemble(("setAdministrator",), frame="frame", below="connect/")
                begun = await begin_run_command(OLD, carrier.name, source, None)
        finally:
            ORDERED_AT.reset(held)
        await worker.finish(begun)
    worker.cloud.advance(300)
    before = everything(worker)
    order = joining.CarrierOrder(machine=OLD, carrier=carrier)
    assert await worker.again(joining.BEGIN_CARRIER_REMOVAL, order, given) == Done()
    assert everything(worker) == before
    await worker.finish(await worker.do(joining.BEGIN_CARRIER_REMOVAL, order))
    assert everything(worker) != before


async def test_an_order_in_time_is_not_judged_by_the_seconds_between_two_clocks(
    worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A device and a right that another clock says are two seconds younger than the order go with it."""
    monkeypatch.setattr(calls, "DELAY", timedelta(hours=1))  # so that all of this is in time
    await whole(worker, OLD)
    graph, user = worker.deps.graph(TENANT), worker.user.id
    with on_behalf_of(TENANT.id, ""):
        given = await assign_role(OLD.subscription_id, OLD.vm_id, MACHINE_USER, user)
    given -= timedelta(seconds=2)
    held = ORDERED_AT.set(given)
    try:
        with on_behalf_of(TENANT.id, ""):
            await remove_role(OLD.subscription_id, OLD.vm_id, MACHINE_USER, user)
            assignments = worker.deps.authorization(OLD.subscription_id).role_assignments
            with pytest.raises(MissingError):
                await assignments.get(OLD.vm_id, assignment_id(OLD.vm_id, MACHINE_USER, user))
    finally:
        ORDERED_AT.reset(held)
    given = min(device.registered_at for device in await graph.devices(OLD.computer_name) if device.registered_at)
    for activity in (joining.DELETE_MANAGED_DEVICE, joining.DELETE_DEVICE):
        await worker.again(activity, forgotten(OLD), given - timedelta(seconds=2))
    assert not await graph.devices(OLD.computer_name)
    assert not await graph.managed_devices(device_name=OLD.computer_name)


POOL = desktops.HostPoolOrder(
    tenant_id=TENANT.id,
    subscription_id=OLD.subscription_id,
    resource_group=OLD.resource_group,
    region=REGION,
    join_type=JoinType.AZURE_AD_JOIN,
)
KEPT: dict[AnyActivity, Value] = {
    desktops.PREPARE_HOST_POOL: POOL,
    machines.PREPARE_HOSTED_NETWORK: NETWORK,
    images.PREPARE_GALLERY: CAPTURE,
    images.PREPARE_IMPORT: IMPORT,
}


@pytest.mark.parametrize("gone", ["tenants", "sites"])
@pytest.mark.parametrize("activity", KEPT, ids=lambda each: str(each.name))
async def test_nothing_that_all_share_is_made_for_who_is_gone(worker: Worker, activity: AnyActivity, gone: str) -> None:
    given: datetime = worker.deps.clock.now()
    services: Any = worker.deps
    getattr(services, gone).values = {}
    await worker.cloud.arm("PUT", GROUP_ID, {"location": REGION})
    worker.cloud.advance(300)
    before = everything(worker)
    outcome = await worker.again(activity, KEPT[activity], given)
    assert isinstance(outcome, Done | Refused)
    assert everything(worker) == before


async def test_a_session_host_that_has_registered_since_is_no_orphan_of_an_old_order(worker: Worker) -> None:
    """Also one that the list of orphans still names: its registration is newer than the order."""
    given = worker.deps.clock.now()
    worker.cloud.advance(60)
    pool = await whole(worker, OLD)
    found = FoundResource(
        type=OrphanType.SESSION_HOST,
        resource_id=f"{pool}/sessionHosts/{OLD.computer_name}",
        name=OLD.computer_name,
        cloud_pc_id="gone",
        owner=OLD.vm_id,
    )
    long_ago = given - timedelta(days=1)
    orphan = Orphan(
        id="o1",
        tenant_id=TENANT.id,
        area=pool,
        found=found,
        why="w",
        advice="a",
        since=long_ago,
        last_seen_at=long_ago,
        removable_from=long_ago,
    )
    services: Any = worker.deps
    services.orphans = Lists({"o1": orphan})
    worker.cloud.advance(300)
    before = everything(worker)
    removal = RemovalOrder(tenant_id=TENANT.id, orphan_id="o1")
    assert await worker.again(DELETE_ORPHAN, removal, given) == Done()
    assert everything(worker) == before
    assert await worker.do(DELETE_ORPHAN, removal) == Done()
    assert everything(worker) != before
