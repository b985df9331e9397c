"""Machines with failures, and a thousand machines."""

from typing import Any

from packages.azure_simulator.tests.bodies import REGION, nic_body
from packages.azure_simulator.tests.in_process import GROUP, NETWORK, VMS, InProcessCloud, open_cloud

ENTRA = {
    "location": REGION,
    "properties": {
        "publisher": "Microsoft.Azure.ActiveDirectory",
        "type": "AADLoginForWindows",
        "typeHandlerVersion": "2.0",
        "settings": {"mdmId": "0000000a-0000-0000-c000-000000000000"},
    },
}


def fail_creation(app: InProcessCloud, code: str) -> None:
    app.sim("POST", "faults", {"match": {"op": "vm.create"}, "do": {"kind": "lro_fail", "code": code}})


def agent(app: InProcessCloud) -> Any:
    view = app.request("GET", f"{VMS}/cpc-1/instanceView")
    return view.get("vmAgent", {}).get("statuses", [{}])[0].get("displayStatus")


def test_a_start_that_timed_out_comes_up_six_minutes_later() -> None:
    app = open_cloud()
    subnet = app.create_network()
    fail_creation(app, "OSProvisioningTimedOut")
    url = app.create_machine("cpc-1", subnet).headers["Azure-AsyncOperation"]
    assert app.request("GET", url)["status"] == "Failed"
    assert agent(app) == "Not Ready"
    app.advance(361)
    assert agent(app) == "Ready"
    assert app.request("GET", f"{VMS}/cpc-1")["properties"]["provisioningState"] == "Succeeded"


def test_a_machine_that_failed_says_why_in_its_instance_view() -> None:
    app = open_cloud()
    fail_creation(app, "AllocationFailed")
    app.create_machine("cpc-1", app.create_network())
    (status,) = app.request("GET", f"{VMS}/cpc-1/instanceView")["statuses"]
    assert (status["code"], status["level"]) == ("ProvisioningState/failed/AllocationFailed", "Error")


def test_a_join_fails_when_the_machine_is_stopped_meanwhile() -> None:
    app = open_cloud()
    app.create_machine("cpc-1", app.create_network())
    app.sim("POST", "config", {"latency": {"extension.aadloginforwindows": {"value": 60}}})
    reply = app.send("PUT", f"{VMS}/cpc-1/extensions/AADLogin", ENTRA)
    app.send("POST", f"{VMS}/cpc-1/deallocate")
    app.advance(61)
    body = app.request("GET", reply.headers["Azure-AsyncOperation"])
    assert (body["status"], body["error"]["code"]) == ("Failed", "VMAgentStatusCommunicationError")


def test_what_runs_on_a_machine_ends_with_it() -> None:
    app = open_cloud()
    app.create_machine("cpc-1", app.create_network())
    app.sim("POST", "config", {"latency": {"extension.aadloginforwindows": {"value": 60}}})
    reply = app.send("PUT", f"{VMS}/cpc-1/extensions/AADLogin", ENTRA)
    app.send("DELETE", f"{VMS}/cpc-1")
    app.advance(61)
    assert app.request("GET", reply.headers["Azure-AsyncOperation"])["status"] == "Canceled"
    assert app.sim("GET", "state?type=Microsoft.Compute/virtualMachines/extensions") == []


def test_two_machines_of_one_cloud_pc_are_a_finding() -> None:
    app = open_cloud()
    subnet = app.create_network()
    for name in ("cpc-1", "cpc-2"):
        app.create_machine(name, subnet, tags={"deskwright:cloudpc": "the-same"})
    found = app.sim("GET", "invariants")["findings"]
    assert [(each["invariant"], each["cloudpc"]) for each in found] == [("twins", "the-same")]


def test_an_untagged_machine_is_a_finding() -> None:
    app = open_cloud()
    app.create_machine("cpc-1", app.create_network(), tags={"somebody": "else"})
    found = app.sim("GET", "invariants")["findings"]
    assert {each["id"].rsplit("/", 2)[-2] for each in found} == {"virtualMachines", "networkInterfaces", "disks"}


def test_a_deleted_group_gives_everything_back() -> None:
    app = open_cloud()
    app.create_machine("cpc-1", app.create_network())
    app.request("GET", f"{VMS}/cpc-1")
    app.send("DELETE", GROUP)
    assert app.error("GET", GROUP) == (404, "ResourceGroupNotFound")
    assert app.sim("GET", "state?view=capacity") == {"cores": {}, "placed": {}}


def test_inline_interfaces_come_all_or_none() -> None:
    app = open_cloud()
    app.request("PUT", GROUP, {"location": REGION})
    subnet = {"name": "cpc", "properties": {"addressPrefix": "10.20.0.0/29"}}
    space = {"addressSpace": {"addressPrefixes": ["10.20.0.0/16"]}, "subnets": [subnet]}
    app.request("PUT", f"{NETWORK}/virtualNetworks/vnet", {"location": REGION, "properties": space})
    from packages.azure_simulator.tests.bodies import vm_body

    address = {"subnet": {"id": f"{NETWORK}/virtualNetworks/vnet/subnets/cpc"}}
    entries = [
        {"name": f"i{n}", "properties": {"ipConfigurations": [{"name": "c", "properties": address}]}} for n in range(4)
    ]
    body = vm_body("unused")
    profile = {"networkApiVersion": "2020-11-01", "networkInterfaceConfigurations": entries}
    body["properties"]["networkProfile"] = profile
    assert app.error("PUT", f"{VMS}/cpc-1", body) == (400, "SubnetIsFull")
    assert app.request("GET", f"{NETWORK}/networkInterfaces")["value"] == []
    usage = app.request("GET", f"{NETWORK}/virtualNetworks/vnet/usages")["value"][0]
    assert usage["currentValue"] == 0


def test_a_thousand_machines_are_created_within_quota_and_nothing_of_them_remains() -> None:
    app = open_cloud("real")
    subnet = app.create_network()
    app.advance(60)
    app.sim("POST", "config", {"throttling": {"enabled": False}, "quotas": {"*": {"cores": 2000}}})
    urls = [app.create_machine(f"cpc-{n}", subnet).headers["Azure-AsyncOperation"] for n in range(1000)]
    assert app.create_machine("cpc-more", subnet).status == 409
    app.advance(3600)
    assert {app.request("GET", url)["status"] for url in urls} == {"Succeeded"}
    for n in range(1000):
        app.send("DELETE", f"{VMS}/cpc-{n}")
    app.advance(3600)
    app.send("DELETE", f"{NETWORK}/networkInterfaces/cpc-more-nic")
    app.advance(60)
    assert app.sim("GET", "invariants") == {"clean": True, "findings": []}
    assert app.sim("GET", "state?view=capacity") == {"cores": {}, "placed": {}}


def test_an_interface_deleted_twice_gives_its_address_back_once() -> None:
    app = open_cloud("real")
    subnet = app.create_network()
    nic = f"{NETWORK}/networkInterfaces/a"
    app.request("PUT", nic, nic_body(subnet, {}))
    first, again = (app.send("DELETE", nic).headers["Azure-AsyncOperation"] for _ in range(2))
    app.advance(60)
    assert first == again
    assert app.send("PUT", nic, nic_body(subnet, {})).status == 201
    assert "counted" not in {each["invariant"] for each in app.sim("GET", "invariants")["findings"]}


def test_a_run_command_goes_only_from_a_machine_that_runs() -> None:
    app = open_cloud()
    app.create_machine("cpc-1", app.create_network())
    command, body = (
        f"{VMS}/cpc-1/runCommands/a",
        {"location": REGION, "properties": {"source": {"script": "# step: a"}}},
    )
    app.request("PUT", command, body)
    app.request("POST", f"{VMS}/cpc-1/powerOff")
    assert app.error("DELETE", command) == (409, "OperationNotAllowed")
    assert app.send("DELETE", f"{VMS}/cpc-1/runCommands/none").status == 204
    app.request("POST", f"{VMS}/cpc-1/start")
    assert app.send("DELETE", command).status == 202
    assert app.error("GET", command)[0] == 404


def test_a_stopped_machine_that_is_redeployed_stays_stopped() -> None:
    """Recorded: github.com/Azure/azure-sdk-for-python, azure-mgmt-compute, test_mgmt_compute_vm.test_compute_vm."""
    app = open_cloud()
    app.create_machine("cpc-1", app.create_network())
    for verb in ("powerOff", "reapply", "redeploy"):
        app.advance(3600)
        app.request("POST", f"{VMS}/cpc-1/{verb}")
    app.advance(3600)
    codes = [each["code"] for each in app.request("GET", f"{VMS}/cpc-1/instanceView")["statuses"]]
    assert "PowerState/stopped" in codes
    assert app.send("POST", f"{VMS}/cpc-1/generalize").status == 200
