"""Capacity reservations: whose quota, whose hardware, who sits where."""

from typing import Any

from packages.azure_simulator.tests.bodies import REGION, nic_body, vm_body
from packages.azure_simulator.tests.in_process import GROUP, NETWORK, VMS, InProcessCloud, open_cloud

CRG = f"{GROUP}/providers/Microsoft.Compute/capacityReservationGroups/crg"
SIZE = "Standard_D2s_v5"


def reserve(app: InProcessCloud, slots: int, *, zone: str = "", name: str = "two", size: str = SIZE) -> Any:
    zones = {"zones": [zone]} if zone else {}
    app.request("PUT", CRG, {"location": REGION, **zones})
    body = {"location": REGION, "sku": {"name": size, "capacity": slots}, **zones}
    return app.request("PUT", f"{CRG}/capacityReservations/{name}", body)


def inside(app: InProcessCloud, name: str, subnet: str, **changes: Any) -> Any:
    """Ask for a machine in the reservation group."""
    nic = app.request("PUT", f"{NETWORK}/networkInterfaces/{name}-nic", nic_body(subnet))
    body = vm_body(nic["id"], **changes)
    body["properties"]["capacityReservation"] = {"capacityReservationGroup": {"id": CRG}}
    return app.send("PUT", f"{VMS}/{name}", body)


def used(app: InProcessCloud) -> tuple[int, int]:
    """Return cores counted against the quota and machines on hardware."""
    found = app.sim("GET", "state?view=capacity")
    cores = next((number for key, number in found["cores"].items() if key.endswith("/cores")), 0)
    return cores, sum(found["placed"].values())


def utilization(app: InProcessCloud) -> tuple[int, list[str]]:
    view = app.request("GET", f"{CRG}?$expand=instanceView")["properties"]["instanceView"]["capacityReservations"][0]
    info = view["utilizationInfo"]
    return info["currentCapacity"], [each["id"].rpartition("/")[2] for each in info["virtualMachinesAllocated"]]


def test_an_empty_reservation_takes_quota_and_hardware() -> None:
    app = open_cloud()
    app.create_network()
    reserve(app, 3)
    assert used(app) == (6, 3)


def test_a_machine_in_a_slot_needs_neither_quota_nor_hardware() -> None:
    app = open_cloud()
    subnet = app.create_network()
    reserve(app, 1)
    app.sim("POST", "config", {"quotas": {"*": {"cores": 2}}, "capacity": [{"vms": 1}]})
    reply = inside(app, "cpc-1", subnet)
    assert app.request("GET", reply.headers["Azure-AsyncOperation"])["status"] == "Succeeded"
    assert used(app) == (2, 1)
    assert utilization(app) == (1, ["cpc-1"])


def test_a_machine_beyond_the_last_slot_needs_both() -> None:
    app = open_cloud()
    subnet = app.create_network()
    reserve(app, 1)
    inside(app, "cpc-1", subnet)
    inside(app, "cpc-2", subnet)
    assert (used(app), utilization(app)) == ((4, 2), (1, ["cpc-1", "cpc-2"]))
    app.sim("POST", "config", {"quotas": {"*": {"cores": 4}}})
    assert inside(app, "cpc-3", subnet).status == 409


def test_a_deallocated_machine_leaves_its_slot_to_another() -> None:
    app = open_cloud()
    subnet = app.create_network()
    reserve(app, 1)
    inside(app, "cpc-1", subnet)
    app.send("POST", f"{VMS}/cpc-1/deallocate")
    app.sim("POST", "config", {"capacity": [{"vms": 1}]})
    inside(app, "cpc-2", subnet)
    assert utilization(app) == (1, ["cpc-2"])
    reply = app.send("POST", f"{VMS}/cpc-1/start")
    assert app.request("GET", reply.headers["Azure-AsyncOperation"])["error"]["code"] == "AllocationFailed"


def test_a_reservation_that_does_not_fit_is_refused_or_fails() -> None:
    app = open_cloud()
    app.create_network()
    app.request("PUT", CRG, {"location": REGION})
    app.sim("POST", "config", {"quotas": {"*": {"cores": 10}}, "capacity": [{"vms": 4}]})
    body = {"location": REGION, "sku": {"name": SIZE, "capacity": 6}}
    assert app.error("PUT", f"{CRG}/capacityReservations/r", body) == (409, "OperationNotAllowed")
    body["sku"] = {"name": SIZE, "capacity": 5}
    reply = app.send("PUT", f"{CRG}/capacityReservations/r", body)
    assert app.request("GET", reply.headers["Azure-AsyncOperation"])["error"]["code"] == "AllocationFailed"
    assert app.request("GET", f"{CRG}/capacityReservations/r")["properties"]["provisioningState"] == "Failed"
    assert used(app) == (0, 0)


def test_only_what_fits_its_size_and_zone_may_sit_there() -> None:
    app = open_cloud()
    subnet = app.create_network()
    reserve(app, 2, zone="1")
    assert inside(app, "cpc-1", subnet, zone="1").status == 201
    for number, changes in enumerate(({"zone": "2"}, {}, {"zone": "1", "size": "Standard_D4s_v5"})):
        reply = inside(app, f"no-{number}", subnet, **changes)
        assert (reply.status, b"no capacity reservation for VM size" in reply.body) == (409, True)


def test_one_reservation_per_size_and_none_in_use_is_deleted() -> None:
    app = open_cloud()
    subnet = app.create_network()
    reserve(app, 1)
    body = {"location": REGION, "sku": {"name": SIZE, "capacity": 1}}
    assert app.error("PUT", f"{CRG}/capacityReservations/other", body) == (409, "OperationNotAllowed")
    assert app.error("DELETE", CRG) == (409, "OperationNotAllowed")
    inside(app, "cpc-1", subnet)
    assert app.error("DELETE", f"{CRG}/capacityReservations/two") == (409, "OperationNotAllowed")
    app.send("DELETE", f"{VMS}/cpc-1")
    app.send("DELETE", f"{CRG}/capacityReservations/two")
    app.send("DELETE", CRG)
    assert (app.error("GET", CRG)[0], used(app)) == (404, (0, 0))


def test_a_running_machine_leaves_only_a_reservation_of_no_slots() -> None:
    app = open_cloud()
    subnet = app.create_network()
    reserve(app, 1)
    inside(app, "cpc-1", subnet)
    leave: Any = {"properties": {"capacityReservation": {"capacityReservationGroup": {}}}}
    assert app.error("PATCH", f"{VMS}/cpc-1", leave) == (409, "OperationNotAllowed")
    app.request("PATCH", f"{CRG}/capacityReservations/two", {"sku": {"capacity": 0}})
    assert used(app) == (2, 1)
    app.request("PATCH", f"{VMS}/cpc-1", leave)
    assert app.request("GET", CRG)["properties"]["virtualMachinesAssociated"] == []
    assert used(app) == (2, 1)


def test_a_deallocated_machine_joins_and_leaves_a_reservation() -> None:
    app = open_cloud()
    subnet = app.create_network()
    reserve(app, 1)
    app.create_machine("cpc-1", subnet)
    join = {"properties": {"capacityReservation": {"capacityReservationGroup": {"id": CRG}}}}
    assert app.error("PATCH", f"{VMS}/cpc-1", join) == (409, "OperationNotAllowed")
    app.send("POST", f"{VMS}/cpc-1/deallocate")
    app.request("PATCH", f"{VMS}/cpc-1", join)
    app.send("POST", f"{VMS}/cpc-1/start")
    assert (used(app), utilization(app)) == ((2, 1), (1, ["cpc-1"]))


def test_a_deleted_group_of_resources_gives_its_reservations_back() -> None:
    app = open_cloud()
    subnet = app.create_network()
    reserve(app, 2)
    inside(app, "cpc-1", subnet)
    app.send("DELETE", GROUP)
    assert app.error("GET", GROUP) == (404, "ResourceGroupNotFound")
    assert used(app) == (0, 0)


def test_capacity_comes_and_goes() -> None:
    app = open_cloud()
    subnet = app.create_network()
    app.sim("POST", "config", {"capacity": [{"vms": 0, "from": 0, "until": 2400, "every": 3600}]})
    outcomes = []
    for number, seconds in enumerate((0, 2399, 1, 1200)):
        app.advance(seconds)
        reply = app.create_machine(f"cpc-{number}", subnet)
        outcomes.append(app.request("GET", reply.headers["Azure-AsyncOperation"])["status"])
    assert outcomes == ["Failed", "Failed", "Succeeded", "Failed"]
