"""Refusals of Compute for machines and extensions besides a wrong shape, and unchangeable properties."""

import json
from typing import Any

import pytest

from packages.azure_simulator.tests.bodies import REGION, vm_body
from packages.azure_simulator.tests.in_process import GROUP, NETWORK, VMS, InProcessCloud, open_cloud
from packages.azure_simulator.tests.test_strict_bodies import changed

VM = f"{VMS}/cpc-1"
NIC = f"{NETWORK}/networkInterfaces/cpc-1-nic"
OS_DISK = "properties.storageProfile.osDisk"
ENTRA = {"publisher": "Microsoft.Azure.ActiveDirectory", "type": "AADLoginForWindows", "typeHandlerVersion": "2.0"}


@pytest.fixture(scope="module")
def prepared() -> InProcessCloud:
    """A cloud with a machine, for requests that change nothing."""
    app = open_cloud()
    assert app.create_machine("cpc-1", app.create_network()).status == 201
    app.advance(3600)
    app.sim("POST", "config", {"throttling": {"enabled": False}})
    return app


def refusal(app: InProcessCloud, method: str, path: str, body: Any) -> tuple[int, str, str]:
    reply = app.send(method, path, body)
    error = json.loads(reply.body)["error"]
    return reply.status, error["code"], error.get("target", "")


@pytest.mark.parametrize(
    "password", ["Short1!", "alllowercaseletters", "lower-and-special", "P@ssw0rd", "Tab\tin-it-1", "Aa1" * 42]
)
def test_a_weak_password_is_refused(prepared: InProcessCloud, password: str) -> None:
    # Microsoft's list of errors: learn.microsoft.com/troubleshoot/azure/virtual-machines/error-messages
    refused = refusal(prepared, "PUT", f"{VMS}/new", vm_body(NIC, password=password))
    assert refused == (400, "InvalidParameter", "adminPassword")
    assert prepared.send("GET", f"{VMS}/new").status == 404


@pytest.mark.parametrize(
    ("path", "value", "refused"),
    [
        ("properties.osProfile.adminUsername", "Administrator", (400, "InvalidParameter", "adminUsername")),
        ("properties.osProfile.adminUsername", "a-name-of-21-letters-", (400, "InvalidParameter", "adminUsername")),
        ("properties.osProfile.adminUsername", "me@home", (400, "InvalidParameter", "adminUsername")),
        ("properties.osProfile.customData", "not base64!", (400, "InvalidParameter", "customData")),
        ("properties.licenseType", "Windows", (400, "InvalidParameter", "licenseType")),
        ("properties.availabilitySet", {"id": f"{GROUP}/a"}, (400, "NotSupportedBySimulator", "availabilitySet")),
        (f"{OS_DISK}.diskSizeGB", 64, (409, "OperationNotAllowed", "osDisk.diskSizeGB")),
        ("tags", {"a/b": "c"}, (400, "InvalidTagNameCharacters", "")),
        ("tags", {"a" * 513: "b"}, (400, "InvalidTagName", "")),
        ("tags", {"a": "b" * 257}, (400, "InvalidTagValueLength", "")),
    ],
)
def test_a_machine_is_refused(prepared: InProcessCloud, path: str, value: Any, refused: tuple[int, str, str]) -> None:
    assert refusal(prepared, "PUT", f"{VMS}/new", changed(vm_body(NIC), path, value)) == refused


@pytest.mark.parametrize(
    ("path", "value", "code"),
    [
        ("zones", ["1"], "PropertyChangeNotAllowed"),
        ("properties.priority", "Spot", "PropertyChangeNotAllowed"),
        ("properties.securityProfile.securityType", "Standard", "PropertyChangeNotAllowed"),
        ("properties.osProfile.windowsConfiguration.provisionVMAgent", False, "PropertyChangeNotAllowed"),
        (f"{OS_DISK}.managedDisk.storageAccountType", "Standard_LRS", "PropertyChangeNotAllowed"),
        (f"{OS_DISK}.diskSizeGB", 256, "Conflict"),
    ],
)
def test_what_a_machine_was_made_with_stays(prepared: InProcessCloud, path: str, value: Any, code: str) -> None:
    before = prepared.request("GET", VM)
    body = changed(vm_body(NIC, tags={"deskwright:cloudpc": "cpc-1"}), path, value)
    assert prepared.error("PUT", VM, body) == (409, code)
    if path != "zones":
        patch = {"properties": body["properties"]}
        assert prepared.error("PATCH", VM, patch) == (409, code)
    assert prepared.request("GET", VM) == before


def test_a_name_of_compute_leaves_out_where_a_property_is(prepared: InProcessCloud) -> None:
    body = changed(vm_body(NIC), f"{OS_DISK}.managedDisk.storageAccountType", "Standard_LRS")
    assert refusal(prepared, "PUT", VM, body)[2] == "osDisk.managedDisk.storageAccountType"


def test_the_os_disk_of_a_deallocated_machine_grows_with_the_machine_s_own_put() -> None:
    app = open_cloud()
    app.create_machine("cpc-1", app.create_network())
    app.advance(3600)
    app.send("POST", f"{VM}/deallocate")
    app.advance(3600)
    bigger = {"properties": {"storageProfile": {"osDisk": {"diskSizeGB": 256}}}}
    app.request("PATCH", VM, bigger)
    app.advance(3600)
    disk = app.request("GET", VM)["properties"]["storageProfile"]["osDisk"]
    assert disk["diskSizeGB"] == 256
    assert app.request("GET", disk["managedDisk"]["id"])["properties"]["tier"] == "P15"
    smaller = {"properties": {"storageProfile": {"osDisk": {"diskSizeGB": 128}}}}
    assert app.error("PATCH", VM, smaller) == (400, "InvalidParameter")


@pytest.mark.parametrize(
    ("changes", "refused"),
    [
        ({"publisher": "Microsoft.Compute"}, (404, "ArtifactNotFound", "")),
        ({"type": "AADLoginForLinux"}, (404, "ArtifactNotFound", "")),
        ({"typeHandlerVersion": "9.0"}, (404, "ArtifactNotFound", "")),
        ({"typeHandlerVersion": "2.0.1"}, (400, "InvalidParameter", "typeHandlerVersion")),
        ({"typeHandlerVersion": "two"}, (400, "InvalidParameter", "typeHandlerVersion")),
    ],
)
def test_an_extension_that_is_not_published_is_refused(
    prepared: InProcessCloud, changes: dict[str, str], refused: tuple[int, str, str]
) -> None:
    body = {"location": REGION, "properties": {**ENTRA, **changes}}
    assert refusal(prepared, "PUT", f"{VM}/extensions/new", body) == refused


def test_more_handlers_can_be_published(prepared: InProcessCloud) -> None:
    mine = {"publisher": "Contoso", "type": "Quiet", "typeHandlerVersion": "3.1"}
    path, body = f"{VM}/extensions/mine", {"location": REGION, "properties": mine}
    assert prepared.error("PUT", path, body) == (404, "ArtifactNotFound")
    prepared.sim("POST", "config", {"extensionHandlers": {"contoso.quiet": [3]}})
    assert prepared.send("PUT", path, body).status == 201
    prepared.advance(3600)
    assert prepared.send("DELETE", path).status == 202
    prepared.advance(3600)


@pytest.mark.parametrize("what", ["extensions", "runCommands"])
def test_what_runs_in_a_machine_is_where_the_machine_is(prepared: InProcessCloud, what: str) -> None:
    properties = ENTRA if what == "extensions" else {"source": {"script": "# step: one"}}
    body = {"location": "eastus", "properties": properties}
    assert refusal(prepared, "PUT", f"{VM}/{what}/new", body) == (400, "InvalidParameter", "location")


def test_an_extension_does_not_become_another_one_and_has_no_twin() -> None:
    app = open_cloud()
    app.create_machine("cpc-1", app.create_network())
    app.advance(3600)
    app.request("PUT", f"{VM}/extensions/join", {"location": REGION, "properties": ENTRA})
    app.advance(3600)
    other = {"publisher": "Microsoft.Compute", "type": "BGInfo", "typeHandlerVersion": "2.1"}
    body = {"location": REGION, "properties": other}
    assert refusal(app, "PUT", f"{VM}/extensions/join", body) == (409, "PropertyChangeNotAllowed", "publisher")
    twin = {"location": REGION, "properties": ENTRA}
    assert app.error("PUT", f"{VM}/extensions/twin", twin) == (400, "BadRequest")


@pytest.mark.parametrize(
    ("properties", "target"),
    [
        ({"source": {"script": "a", "scriptUri": "https://a.example/b"}}, "source"),
        ({"source": {"commandId": "Nothing"}}, "commandId"),
        ({"source": {"script": "a"}, "timeoutInSeconds": -1}, "timeoutInSeconds"),
    ],
)
def test_a_run_command_that_makes_no_sense_is_refused(prepared: InProcessCloud, properties: Any, target: str) -> None:
    body = {"location": REGION, "properties": properties}
    assert refusal(prepared, "PUT", f"{VM}/runCommands/new", body) == (400, "InvalidParameter", target)
    action = {"commandId": "Nothing"}
    assert refusal(prepared, "POST", f"{VM}/runCommand", action) == (400, "InvalidParameter", "commandId")
