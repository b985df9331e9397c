"""Machines with Linux: made with SSH keys or a password, without anything that Windows does."""

import base64
from typing import Any

import pytest

from packages.azure_simulator.tests.bodies import REGION, nic_body, vm_body
from packages.azure_simulator.tests.in_process import GROUP, NETWORK, VMS, InProcessCloud, open_cloud, prepared_once

UBUNTU = {"publisher": "Canonical", "offer": "ubuntu-24_04-lts", "sku": "server", "version": "latest"}
COMPUTE = f"{GROUP}/providers/Microsoft.Compute"
NIC, VM = f"{NETWORK}/networkInterfaces/nic", f"{VMS}/linux"
USER = "azureuser"
PASSWORD = "Th1s-is-not-secret"


def key(kind: str = "ssh-rsa", named: str = "") -> str:
    data = len(kind).to_bytes(4, "big") + (named or kind).encode() + b"key"
    return f"{kind} {base64.b64encode(data).decode()} somebody@somewhere"


def keys(data: str = "", path: str = f"/home/{USER}/.ssh/authorized_keys", *, closed: bool = True) -> dict[str, Any]:
    return {"disablePasswordAuthentication": closed, "ssh": {"publicKeys": [{"path": path, "keyData": data or key()}]}}


def body(**profile: Any) -> dict[str, Any]:
    """Return a machine of Ubuntu whose profile is `profile`, by default one with SSH keys and no password."""
    made = vm_body(NIC, image=UBUNTU, disk_gb=30)
    made["properties"]["osProfile"] = {
        "computerName": "a-name-of-more-than-15-characters",
        "adminUsername": USER,
        **(profile or {"linuxConfiguration": keys()}),
    }
    made["properties"]["licenseType"] = "None"
    return made


@prepared_once
def prepared() -> InProcessCloud:
    """A cloud with a machine with Linux and an interface for another."""
    app = open_cloud()
    subnet = app.create_network()
    app.request("PUT", NIC, nic_body(subnet))
    first = app.request("PUT", f"{NETWORK}/networkInterfaces/first", nic_body(subnet))
    running = body()
    running["properties"]["networkProfile"] = vm_body(first["id"])["properties"]["networkProfile"]
    app.request("PUT", f"{VMS}/first", running)
    app.advance(3600)
    return app


def test_a_machine_with_ssh_keys_and_no_password_is_made() -> None:
    app = prepared()
    made = app.request("GET", f"{VMS}/first")["properties"]
    assert made["provisioningState"] == "Succeeded"
    assert made["storageProfile"]["osDisk"]["osType"] == "Linux"
    linux = made["osProfile"]["linuxConfiguration"]
    assert linux["ssh"] == keys()["ssh"]
    assert (linux["provisionVMAgent"], linux["patchSettings"]["patchMode"]) == (True, "ImageDefault")
    disk = app.request("GET", made["storageProfile"]["osDisk"]["managedDisk"]["id"])["properties"]
    assert (disk["osType"], disk["diskSizeGB"]) == ("Linux", 30)
    view = app.request("GET", f"{VMS}/first/instanceView")
    assert view["osName"] == "ubuntu"
    shown = app.request("GET", f"{VMS}/first")
    assert app.send("PUT", f"{VMS}/first", shown).status == 200


@pytest.mark.parametrize(
    "profile",
    [
        {"adminPassword": PASSWORD},
        {"adminPassword": "Sh0rt!"},
        {"adminPassword": PASSWORD, "linuxConfiguration": keys(closed=False)},
        {"linuxConfiguration": keys(key("ssh-ed25519"))},
    ],
)
def test_it_is_signed_in_to_by_password_or_keys(profile: dict[str, Any]) -> None:
    assert prepared().send("PUT", VM, body(**profile)).status == 201


@pytest.mark.parametrize(
    "profile",
    [
        {"linuxConfiguration": {"disablePasswordAuthentication": True}},
        {"linuxConfiguration": {"disablePasswordAuthentication": False}},
        {"adminPassword": PASSWORD, "linuxConfiguration": {"disablePasswordAuthentication": True}},
        {"linuxConfiguration": keys(path=".ssh/authorized_keys")},
        {"linuxConfiguration": keys("ssh-rsa AAAA")},
        {"linuxConfiguration": keys(key("ssh-rsa", "ssh-dss"))},
        {"linuxConfiguration": keys("a key")},
        {"adminPassword": "Sh0r!"},
        {"adminPassword": "aB1" * 25},
        {"adminPassword": PASSWORD, "adminUsername": "root"},
        {"adminPassword": PASSWORD, "adminUsername": "a b"},
        {"adminPassword": PASSWORD, "computerName": "c" * 65},
        {"adminPassword": PASSWORD, "computerName": "a_b"},
        {"adminPassword": PASSWORD, "windowsConfiguration": {"provisionVMAgent": True}},
    ],
)
def test_a_profile_that_nobody_can_use_is_refused(profile: dict[str, Any]) -> None:
    assert prepared().error("PUT", VM, body(**profile)) == (400, "InvalidParameter")


def test_windows_has_no_linux_configuration_and_no_licence_of_linux() -> None:
    windows = vm_body(NIC)
    windows["properties"]["osProfile"]["linuxConfiguration"] = keys()
    assert prepared().error("PUT", VM, windows) == (400, "InvalidParameter")
    licensed = body()
    licensed["properties"]["licenseType"] = "Windows_Client"
    assert prepared().error("PUT", VM, licensed) == (400, "InvalidParameter")


@pytest.mark.parametrize("part", ["ssh", "disablePasswordAuthentication"])
def test_how_it_is_signed_in_to_never_changes(part: str) -> None:
    other = {"ssh": keys(key("ssh-ed25519"))["ssh"], "disablePasswordAuthentication": False}[part]
    patch = {"properties": {"osProfile": {"linuxConfiguration": {part: other}}}}
    assert prepared().error("PATCH", f"{VMS}/first", patch) == (409, "PropertyChangeNotAllowed")


def test_it_has_the_extensions_and_commands_of_linux() -> None:
    app = prepared()
    windows = {"publisher": "Microsoft.Compute", "type": "CustomScriptExtension", "typeHandlerVersion": "1.10"}
    place = f"{VMS}/first/extensions/script"
    assert app.error("PUT", place, {"location": REGION, "properties": windows}) == (404, "ArtifactNotFound")
    linux = {"publisher": "Microsoft.Azure.Extensions", "type": "CustomScript", "typeHandlerVersion": "2.1"}
    assert app.send("PUT", place, {"location": REGION, "properties": linux}).status == 201
    app.advance(3600)
    assert app.request("GET", place)["properties"]["provisioningState"] == "Succeeded"
    shell = {"commandId": "RunPowerShellScript", "script": ["ls"]}
    assert app.error("POST", f"{VMS}/first/runCommand", shell) == (400, "InvalidParameter")
    assert app.send("POST", f"{VMS}/first/runCommand", {**shell, "commandId": "RunShellScript"}).status == 202


def test_what_scripts_do_to_windows_they_do_not_do_to_linux() -> None:
    app = prepared()
    script = {"location": REGION, "properties": {"source": {"script": "# step: generalize\nsysprep"}}}
    app.request("PUT", f"{VMS}/first/runCommands/s", script)
    app.advance(3600)
    codes = [each["code"] for each in app.request("GET", f"{VMS}/first/instanceView")["statuses"]]
    assert "PowerState/running" in codes


def test_an_image_of_it_is_one_of_linux_and_starts_without_sysprep() -> None:
    app = prepared()
    app.send("POST", f"{VMS}/first/deallocate")
    app.advance(600)
    app.send("POST", f"{VMS}/first/generalize")
    gallery = f"{COMPUTE}/galleries/g"
    app.request("PUT", gallery, {"location": REGION})
    for system, status in (("Windows", 400), ("Linux", 201)):
        definition: dict[str, Any] = {"osType": system, "osState": "Generalized", "hyperVGeneration": "V2"}
        definition |= {"identifier": {"publisher": "p", "offer": "o", "sku": system}}
        definition["features"] = [{"name": "SecurityType", "value": "TrustedLaunch"}]
        image = f"{gallery}/images/{system}"
        app.request("PUT", image, {"location": REGION, "properties": definition})
        source = {"storageProfile": {"source": {"virtualMachineId": f"{VMS}/first"}}}
        reply = app.send("PUT", f"{image}/versions/1.0.0", {"location": REGION, "properties": source})
        assert reply.status == status, reply.body
    app.advance(7200)
    copy = body()
    copy["properties"]["storageProfile"]["imageReference"] = {"id": f"{gallery}/images/Linux"}
    assert app.send("PUT", VM, copy).status == 201
    app.advance(3600)
    assert app.request("GET", VM)["properties"]["provisioningState"] == "Succeeded"


def test_the_marketplace_tells_the_operating_system() -> None:
    place = f"{GROUP.partition('/resourceGroups/')[0]}/providers/Microsoft.Compute/locations/West Europe/publishers"
    found = f"{place}/Canonical/artifacttypes/vmimage/offers/ubuntu-24_04-lts/skus/server/versions"
    latest = prepared().request("GET", found)[0]
    assert latest["location"] == REGION
    shown = prepared().request("GET", f"{found}/{latest['name']}")
    assert shown["properties"]["osDiskImage"] == {"operatingSystem": "Linux", "sizeInGb": 30}
