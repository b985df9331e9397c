"""Disks and snapshots, attached and not."""

import re
from typing import Any

from packages.azure_simulator.tests.bodies import REGION, nic_body, vm_body
from packages.azure_simulator.tests.in_process import GROUP, NETWORK, SUB, VMS, InProcessCloud, open_cloud

DISKS = f"{GROUP}/providers/Microsoft.Compute/disks"
SNAPSHOTS = f"{GROUP}/providers/Microsoft.Compute/snapshots"


def empty(gb: int = 64, **more: Any) -> dict[str, Any]:
    return {"location": REGION, "properties": {"creationData": {"createOption": "Empty"}, "diskSizeGB": gb}, **more}


def copy(source: str, **properties: Any) -> dict[str, Any]:
    creation = {"createOption": "Copy", "sourceResourceId": source}
    return {"location": REGION, "properties": {"creationData": creation, **properties}}


def rows(*rows: dict[str, Any]) -> dict[str, Any]:
    return {"properties": {"storageProfile": {"dataDisks": list(rows)}}}


def row(lun: int, disk: str = "", **more: Any) -> dict[str, Any]:
    if disk:
        return {"lun": lun, "createOption": "Attach", "managedDisk": {"id": disk}, **more}
    return {"lun": lun, "createOption": "Empty", "diskSizeGB": 32, **more}


def machine(app: InProcessCloud, name: str = "cpc-1") -> str:
    subnet = f"{NETWORK}/virtualNetworks/vnet/subnets/cpc"
    if app.send("GET", GROUP).status == 404:
        app.create_network()
    app.create_machine(name, subnet)
    return str(app.request("GET", f"{VMS}/{name}")["properties"]["storageProfile"]["osDisk"]["managedDisk"]["id"])


def state(app: InProcessCloud, disk: str) -> tuple[str, str]:
    found = app.request("GET", disk)
    return found["properties"]["diskState"], found.get("managedBy", "").rpartition("/")[2]


def test_an_empty_disk_grows_alone_and_never_shrinks() -> None:
    app = open_cloud()
    app.create_network()
    app.request("PUT", f"{DISKS}/d", empty(64, sku={"name": "Premium_LRS"}))
    assert app.request("GET", f"{DISKS}/d")["properties"]["tier"] == "P6"
    app.request("PATCH", f"{DISKS}/d", {"properties": {"diskSizeGB": 100}})
    found = app.request("GET", f"{DISKS}/d")["properties"]
    assert (found["diskSizeGB"], found["tier"], found["diskState"]) == (100, "P10", "Unattached")
    assert app.error("PUT", f"{DISKS}/d", empty(64)) == (400, "InvalidParameter")
    assert app.error("PUT", f"{DISKS}/e", {**empty(), "sku": {"name": "Gold"}})[0] == 400


def test_a_machine_that_is_made_again_under_its_name_has_another_disk() -> None:
    app = open_cloud()
    first = machine(app)
    app.request("PATCH", f"{VMS}/cpc-1", {"properties": {"storageProfile": {"osDisk": {"deleteOption": "Detach"}}}})
    app.request("PATCH", f"{VMS}/cpc-1", rows(row(0)))
    app.request("DELETE", f"{VMS}/cpc-1")
    assert state(app, first) == ("Unattached", "")
    second = machine(app)
    assert first != second
    assert all(re.fullmatch(r".*/cpc-1_OsDisk_1_[0-9a-f]{32}", each) for each in (first, second))
    app.request("PATCH", f"{VMS}/cpc-1", rows(row(0)))
    assert state(app, first) == ("Unattached", "")
    assert len(app.request("GET", DISKS)["value"]) == 4


def test_data_disks_are_disks_of_their_own() -> None:
    app = open_cloud()
    machine(app)
    app.request("PATCH", f"{VMS}/cpc-1", rows(row(0), row(1, deleteOption="Delete")))
    shown = app.request("GET", f"{VMS}/cpc-1")["properties"]["storageProfile"]["dataDisks"]
    kept, gone = (each["managedDisk"]["id"] for each in shown)
    assert [state(app, each) for each in (kept, gone)] == [("Attached", "cpc-1")] * 2
    app.send("POST", f"{VMS}/cpc-1/deallocate")
    assert state(app, kept) == ("Reserved", "cpc-1")
    app.send("DELETE", f"{VMS}/cpc-1")
    assert (state(app, kept), app.error("GET", gone)[0]) == (("Unattached", ""), 404)


def test_a_disk_shows_the_tier_and_the_speed_of_its_kind() -> None:
    app = open_cloud()
    app.create_network()
    shown = {}
    for kind in ("Standard_LRS", "StandardSSD_LRS", "Premium_LRS", "UltraSSD_LRS"):
        app.request("PUT", f"{DISKS}/{kind}", empty(4, sku={"name": kind}, zones=["1"]))
        found = app.request("GET", f"{DISKS}/{kind}")
        shown[found["sku"]["tier"], found["properties"]["diskIOPSReadWrite"]] = kind
    assert set(shown) == {("Standard", 500), ("Premium", 120), ("Ultra", 100)}


def test_a_disk_has_one_machine() -> None:
    app = open_cloud()
    machine(app)
    machine(app, "cpc-2")
    app.request("PUT", f"{DISKS}/d", empty())
    app.request("PATCH", f"{VMS}/cpc-1", rows(row(0, f"{DISKS}/d")))
    assert app.error("PATCH", f"{VMS}/cpc-2", rows(row(0, f"{DISKS}/d"))) == (409, "ConflictingUserInput")
    assert app.error("DELETE", f"{DISKS}/d") == (409, "OperationNotAllowed")


def test_a_disk_that_is_being_detached_is_not_attached_elsewhere() -> None:
    app = open_cloud()
    machine(app)
    machine(app, "cpc-2")
    app.request("PUT", f"{DISKS}/d", empty())
    app.request("PATCH", f"{VMS}/cpc-1", rows(row(0, f"{DISKS}/d")))
    app.sim("POST", "config", {"latency": {"vm.update": {"value": 30}}})
    app.request("PATCH", f"{VMS}/cpc-1", rows())
    assert app.error("PATCH", f"{VMS}/cpc-2", rows(row(0, f"{DISKS}/d"))) == (409, "AttachDiskWhileBeingDetached")
    app.advance(31)
    app.request("PATCH", f"{VMS}/cpc-2", rows(row(0, f"{DISKS}/d")))
    assert state(app, f"{DISKS}/d") == ("Attached", "cpc-2")


def test_a_change_that_fails_leaves_the_disks_as_they_were() -> None:
    app = open_cloud()
    machine(app)
    app.request("PUT", f"{DISKS}/d", empty())
    app.sim("POST", "faults", {"match": {"op": "vm.update"}, "do": {"kind": "lro_fail", "code": "InternalServerError"}})
    app.send("PATCH", f"{VMS}/cpc-1", rows(row(0, f"{DISKS}/d")))
    assert state(app, f"{DISKS}/d") == ("Unattached", "")
    found = app.request("GET", f"{VMS}/cpc-1")["properties"]
    assert (found["storageProfile"]["dataDisks"], found["provisioningState"]) == ([], "Failed")


def test_what_does_not_fit_a_machine_is_refused() -> None:
    app = open_cloud()
    machine(app)
    app.request("PUT", f"{DISKS}/zonal", empty(zones=["2"]))
    app.request("PUT", f"{DISKS}/far", {**empty(), "location": "northeurope"})
    for wanted, error in (
        (row(0, f"{DISKS}/zonal"), (400, "BadRequest")),
        (row(0, f"{DISKS}/far"), (400, "BadRequest")),
        (row(0, f"{DISKS}/nowhere"), (404, "ResourceNotFound")),
    ):
        assert app.error("PATCH", f"{VMS}/cpc-1", rows(wanted)) == error
    assert app.error("PATCH", f"{VMS}/cpc-1", rows(row(0), row(0))) == (400, "InvalidParameter")
    assert app.error("PATCH", f"{VMS}/cpc-1", rows(*(row(n) for n in range(5)))) == (409, "OperationNotAllowed")


def test_a_machine_goes_back_to_a_snapshot() -> None:
    app = open_cloud()
    disk = machine(app)
    script = "# step: before\nWrite-Output 1"
    app.request("PUT", f"{VMS}/cpc-1/runCommands/a", {"location": REGION, "properties": {"source": {"script": script}}})
    app.request("PUT", f"{SNAPSHOTS}/s", copy(disk, incremental=True))
    app.request("PUT", f"{DISKS}/restored", copy(f"{SNAPSHOTS}/s"))
    swap = {"name": "restored", "managedDisk": {"id": f"{DISKS}/restored"}}
    change = {"properties": {"storageProfile": {"osDisk": swap}}}
    assert app.error("PATCH", f"{VMS}/cpc-1", change) == (409, "OperationNotAllowed")
    app.send("POST", f"{VMS}/cpc-1/deallocate")
    app.request("PATCH", f"{VMS}/cpc-1", change)
    app.send("POST", f"{VMS}/cpc-1/start")
    assert (state(app, disk), state(app, f"{DISKS}/restored")) == (("Unattached", ""), ("Attached", "cpc-1"))
    assert app.request("GET", f"{VMS}/cpc-1")["properties"]["storageProfile"]["osDisk"]["name"] == "restored"
    app.request("DELETE", f"{VMS}/cpc-1")
    assert app.error("GET", f"{DISKS}/restored")[0] == 404
    assert state(app, disk) == ("Unattached", "")


def test_only_a_disk_with_windows_becomes_an_os_disk() -> None:
    app = open_cloud()
    machine(app)
    app.request("PUT", f"{DISKS}/data", empty(128))
    app.send("POST", f"{VMS}/cpc-1/deallocate")
    change = {"properties": {"storageProfile": {"osDisk": {"managedDisk": {"id": f"{DISKS}/data"}}}}}
    assert app.error("PATCH", f"{VMS}/cpc-1", change) == (409, "OperationNotAllowed")


def test_a_new_machine_starts_from_the_disk_of_an_old_one() -> None:
    app = open_cloud()
    disk = machine(app)
    app.request("PUT", f"{DISKS}/copy", copy(disk))
    body = vm_body(
        app.request("PUT", f"{NETWORK}/networkInterfaces/n", nic_body(f"{NETWORK}/virtualNetworks/vnet/subnets/cpc"))[
            "id"
        ]
    )
    del body["properties"]["osProfile"]
    body["properties"]["storageProfile"] = {
        "osDisk": {"createOption": "Attach", "osType": "Windows", "managedDisk": {"id": f"{DISKS}/copy"}}
    }
    app.request("PUT", f"{VMS}/cpc-9", body)
    assert state(app, f"{DISKS}/copy") == ("Attached", "cpc-9")
    assert app.request("GET", f"{VMS}/cpc-9/instanceView")["computerName"] == "CPC-ABC123"


def test_a_snapshot_shows_how_far_it_is_copied() -> None:
    app = open_cloud()
    disk = machine(app)
    app.sim("POST", "config", {"latency": {"snapshot.copy": {"value": 600}}})
    app.request("PUT", f"{SNAPSHOTS}/s", copy(disk, incremental=True))
    far = {**copy(f"{SNAPSHOTS}/s", incremental=True), "location": "northeurope"}
    assert app.error("PUT", f"{SNAPSHOTS}/far", far) == (400, "InvalidParameter")
    far["properties"]["creationData"]["createOption"] = "CopyStart"
    app.request("PUT", f"{SNAPSHOTS}/far", far)
    app.advance(300)
    found = app.request("GET", f"{SNAPSHOTS}/far")["properties"]
    assert (found["completionPercent"], found["provisioningState"]) == (50, "Creating")
    assert app.error("PUT", f"{DISKS}/early", {**copy(f"{SNAPSHOTS}/far"), "location": "northeurope"})[0] == 409
    app.advance(301)
    assert app.request("GET", f"{SNAPSHOTS}/far")["properties"]["completionPercent"] == 100
    assert len(app.request("GET", f"{SUB}/providers/Microsoft.Compute/snapshots")["value"]) == 2


def test_the_location_of_a_written_disk_answers_with_the_disk() -> None:
    app = open_cloud()
    app.request("PUT", GROUP, {"location": REGION})
    body = {"location": REGION, "properties": {"diskSizeGB": 32, "creationData": {"createOption": "Empty"}}}
    for method, sent in (("PUT", body), ("PATCH", {"tags": {"a": "b"}})):
        accepted = app.send(method, f"{DISKS}/new", sent)
        shown = app.request("GET", accepted.headers["Location"])
        assert shown == app.request("GET", f"{DISKS}/new")  # az disk create reads nothing else
