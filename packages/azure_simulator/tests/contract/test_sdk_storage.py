"""Disks, snapshots, reservations and galleries: sync and aio alike."""

from typing import Any

from packages.azure_simulator.tests.bodies import REGION
from packages.azure_simulator.tests.contract.sdk import Sdk, covers, refused

_DISK, _SNAPSHOT = "compute.disks", "compute.snapshots"
_GROUP, _RESERVATION = "compute.capacity_reservation_groups", "compute.capacity_reservations"
_GALLERY, _IMAGE, _VERSION = "compute.galleries", "compute.gallery_images", "compute.gallery_image_versions"
EMPTY: Any = {
    "location": REGION,
    "sku": {"name": "StandardSSD_LRS"},
    "properties": {"creationData": {"createOption": "Empty"}, "diskSizeGB": 32},
}


@covers(
    *(
        f"{_DISK}.{verb}"
        for verb in ("begin_create_or_update", "begin_update", "get", "list_by_resource_group", "list")
    ),
    f"{_DISK}.begin_delete",
)
def test_a_disk_grows_and_goes(sdk: Sdk) -> None:
    disks = sdk.compute.disks
    made = disks.begin_create_or_update(sdk.group, "data", EMPTY).result()
    assert (made.disk_size_gb, made.disk_state) == (32, "Unattached")
    grown = disks.begin_update(sdk.group, "data", {"properties": {"diskSizeGB": 64}}).result()
    assert grown.disk_size_gb == 64
    assert [each.name for each in disks.list_by_resource_group(sdk.group)] == ["data"]
    assert made.id.lower() in [each.id.lower() for each in disks.list()]
    assert disks.begin_create_or_update(sdk.group, "data", disks.get(sdk.group, "data")).result().id == made.id
    disks.begin_delete(sdk.group, "data").result()
    assert refused(lambda: disks.get(sdk.group, "data")).code == "ResourceNotFound"


@covers(
    *(f"{_SNAPSHOT}.{verb}" for verb in ("begin_create_or_update", "begin_update", "get", "list_by_resource_group")),
    f"{_SNAPSHOT}.list",
    f"{_SNAPSHOT}.begin_delete",
)
def test_a_disk_is_copied_and_restored(sdk: Sdk) -> None:
    snapshots, disks = sdk.compute.snapshots, sdk.compute.disks
    source = disks.begin_create_or_update(sdk.group, "data", EMPTY).result().id
    body: Any = {
        "location": REGION,
        "properties": {"incremental": True, "creationData": {"createOption": "Copy", "sourceResourceId": source}},
    }
    kept = snapshots.begin_create_or_update(sdk.group, "kept", body).result()
    assert snapshots.begin_update(sdk.group, "kept", {"tags": {"a": "b"}}).result().tags == {"a": "b"}
    assert [each.name for each in snapshots.list_by_resource_group(sdk.group)] == ["kept"]
    assert kept.id.lower() in [each.id.lower() for each in snapshots.list()]
    back: Any = {
        "location": REGION,
        "properties": {"creationData": {"createOption": "Copy", "sourceResourceId": kept.id}},
    }
    assert disks.begin_create_or_update(sdk.group, "back", back).result().disk_size_gb == 32
    snapshots.begin_delete(sdk.group, "kept").result()
    assert refused(lambda: snapshots.get(sdk.group, "kept")).status == 404


@covers(
    *(f"{_GROUP}.{verb}" for verb in ("create_or_update", "update", "get", "list_by_resource_group")),
    f"{_GROUP}.list_by_subscription",
    f"{_GROUP}.begin_delete",
    *(f"{_RESERVATION}.{verb}" for verb in ("begin_create_or_update", "begin_update", "get", "begin_delete")),
    f"{_RESERVATION}.list_by_capacity_reservation_group",
)
def test_capacity_is_reserved_and_given_back(sdk: Sdk) -> None:
    groups, reservations = sdk.compute.capacity_reservation_groups, sdk.compute.capacity_reservations
    made = groups.create_or_update(sdk.group, "held", {"location": REGION})
    assert groups.update(sdk.group, "held", {"tags": {"a": "b"}}).tags == {"a": "b"}
    body: Any = {"location": REGION, "sku": {"name": "Standard_D2s_v5", "capacity": 2}}
    reservations.begin_create_or_update(sdk.group, "held", "d2", body).result()
    less = reservations.begin_update(sdk.group, "held", "d2", {"sku": {"capacity": 1}}).result()
    assert less.sku.capacity == 1
    shown = reservations.get(sdk.group, "held", "d2", expand="instanceView")
    assert shown.provisioning_state == "Succeeded"
    assert [each.name for each in reservations.list_by_capacity_reservation_group(sdk.group, "held")] == ["d2"]
    assert [each.name for each in groups.list_by_resource_group(sdk.group)] == ["held"]
    assert made.id.lower() in [each.id.lower() for each in groups.list_by_subscription()]
    assert refused(lambda: groups.begin_delete(sdk.group, "held")).status == 409
    reservations.begin_delete(sdk.group, "held", "d2").result()
    groups.begin_delete(sdk.group, "held").result()
    assert refused(lambda: groups.get(sdk.group, "held")).status == 404


def _definition() -> Any:
    identifier = {"publisher": "contoso", "offer": "desks", "sku": "w11"}
    kind = {"osType": "Windows", "osState": "Generalized", "hyperVGeneration": "V2", "identifier": identifier}
    return {
        "location": REGION,
        "properties": {**kind, "features": [{"name": "SecurityType", "value": "TrustedLaunch"}]},
    }


@covers(
    *(f"{group}.begin_update" for group in (_GALLERY, _IMAGE, _VERSION)),
    *(f"{_GALLERY}.{verb}" for verb in ("begin_create_or_update", "get", "list_by_resource_group", "list")),
    *(f"{_IMAGE}.{verb}" for verb in ("begin_create_or_update", "get", "list_by_gallery", "begin_delete")),
    *(f"{_VERSION}.{verb}" for verb in ("begin_create_or_update", "get", "list_by_gallery_image", "begin_delete")),
    f"{_GALLERY}.begin_delete",
)
def test_a_machine_becomes_a_gallery_image(sdk: Sdk) -> None:
    vm, vms, name = sdk.vm(), sdk.compute.virtual_machines, f"g{sdk.group[-8:]}"
    vms.begin_deallocate(sdk.group, "cpc-1").result()
    vms.generalize(sdk.group, "cpc-1")
    galleries, images = sdk.compute.galleries, sdk.compute.gallery_images
    versions = sdk.compute.gallery_image_versions
    galleries.begin_create_or_update(sdk.group, name, {"location": REGION}).result()
    images.begin_create_or_update(sdk.group, name, "w11", _definition()).result()
    body: Any = {"location": REGION, "properties": {"storageProfile": {"source": {"virtualMachineId": vm.id}}}}
    versions.begin_create_or_update(sdk.group, name, "w11", "1.0.0", body).result()
    shown = versions.get(sdk.group, name, "w11", "1.0.0", expand="ReplicationStatus")
    assert shown.replication_status.aggregated_state == "Completed"
    assert [each.name for each in versions.list_by_gallery_image(sdk.group, name, "w11")] == ["1.0.0"]
    assert images.get(sdk.group, name, "w11").identifier.offer == "desks"
    assert [each.name for each in images.list_by_gallery(sdk.group, name)] == ["w11"]
    assert galleries.get(sdk.group, name).name in [each.name for each in galleries.list_by_resource_group(sdk.group)]
    assert name in [each.name for each in galleries.list()]
    galleries.begin_update(sdk.group, name, {"properties": {"description": "x"}}).result()
    images.begin_update(sdk.group, name, "w11", {"properties": {"description": "x"}}).result()
    latest = {"properties": {"publishingProfile": {"excludeFromLatest": True}}}
    versions.begin_update(sdk.group, name, "w11", "1.0.0", latest).result()
    versions.begin_delete(sdk.group, name, "w11", "1.0.0").result()
    images.begin_delete(sdk.group, name, "w11").result()
    galleries.begin_delete(sdk.group, name).result()
    assert refused(lambda: galleries.get(sdk.group, name)).status == 404
