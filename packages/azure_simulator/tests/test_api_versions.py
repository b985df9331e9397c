"""Members of an api-version: allowed in a body, and shown in an answer.

Source: github.com/Azure/bicep-types-az (`arm/member_versions.json`). Recordings with the versions of 2017 to 2020
(github.com/Azure/azure-cli, `vm/tests/hybrid_*`) showed the same members.
"""

import json
from typing import Any

import pytest
from azure_simulator.arm import member_versions
from azure_simulator.arm.registry import registry

from packages.azure_simulator.tests.bodies import REGION, nic_body, vm_body
from packages.azure_simulator.tests.in_process import (
    GROUP,
    NETWORK,
    SUB,
    VMS,
    InProcessCloud,
    open_cloud,
    prepared_once,
)

COMPUTE = f"{GROUP}/providers/Microsoft.Compute"
DISK, VNET = f"{COMPUTE}/disks/disk", f"{NETWORK}/virtualNetworks/vnet"
DISK_BODY: dict[str, Any] = {
    "location": REGION,
    "properties": {"creationData": {"createOption": "Empty"}, "diskSizeGB": 32},
}


@prepared_once
def prepared() -> InProcessCloud:
    app = open_cloud()
    app.create_machine("vm", app.create_network())
    app.request("PUT", DISK, DISK_BODY)
    app.advance(3600)
    return app


@pytest.mark.parametrize(
    ("path", "name", "since", "before"),
    [
        (DISK, "networkAccessPolicy", "2020-05-01", "2019-11-01"),
        (DISK, "publicNetworkAccess", "2021-04-01", "2020-12-01"),
        (f"{VMS}/vm", "timeCreated", "2021-11-01", "2021-07-01"),
        (f"{NETWORK}/networkInterfaces/vm-nic", "vnetEncryptionSupported", "2021-05-01", "2021-02-01"),
    ],
)
def test_an_answer_shows_what_its_version_has(path: str, name: str, since: str, before: str) -> None:
    app = prepared()
    assert name in app.request("GET", f"{path}?api-version={since}")["properties"]
    assert name not in app.request("GET", f"{path}?api-version={before}")["properties"]


def test_lists_and_parts_show_what_their_version_has() -> None:
    app = prepared()
    (disk,) = [
        each
        for each in app.request("GET", f"{COMPUTE}/disks?api-version=2019-11-01")["value"]
        if each["name"] == "disk"
    ]
    assert "networkAccessPolicy" not in disk["properties"]
    old = app.request("GET", f"{VMS}/vm?api-version=2020-12-01")
    assert "deleteOption" not in old["properties"]["storageProfile"]["osDisk"]
    assert "etag" not in old
    new = app.request("GET", f"{VMS}/vm")
    assert "deleteOption" in new["properties"]["storageProfile"]["osDisk"]
    assert new["etag"]


def test_a_body_has_no_member_that_its_version_lacks() -> None:
    """Even an empty one: github.com/Azure/azure-cli/issues/17904; networks: github.com/Azure/acs-engine/issues/2424."""
    app = prepared()
    nic = app.request("PUT", f"{NETWORK}/networkInterfaces/n", nic_body(f"{VNET}/subnets/cpc"))["id"]
    body = vm_body(nic)
    body["properties"]["securityProfile"] = {}
    body["properties"]["storageProfile"]["osDisk"].pop("deleteOption", None)
    said = json.loads(app.send("PUT", f"{VMS}/other?api-version=2017-12-01", body).body)["error"]
    assert said["code"] == "BadRequest"
    assert said["message"].startswith("Could not find member 'securityProfile' on object of type")
    space: dict[str, Any] = {"addressSpace": {"addressPrefixes": ["10.9.0.0/16"]}, "flowTimeoutInMinutes": 5}
    path, vnet = f"{NETWORK}/virtualNetworks/other", {"location": REGION, "properties": space}
    assert app.error("PUT", f"{path}?api-version=2019-11-01", vnet) == (400, "InvalidRequestFormat")
    assert app.send("PUT", f"{path}?api-version=2021-05-01", vnet).status == 201


def test_what_is_kept_of_a_newer_version_shows_there_again() -> None:
    app = prepared()
    disk = {**DISK_BODY, "properties": {**DISK_BODY["properties"], "dataAccessAuthMode": "AzureActiveDirectory"}}
    app.request("PUT", f"{COMPUTE}/disks/other", disk)
    app.advance(3600)
    assert "dataAccessAuthMode" not in app.request("GET", f"{COMPUTE}/disks/other?api-version=2021-08-01")["properties"]
    assert app.request("GET", f"{COMPUTE}/disks/other")["properties"]["dataAccessAuthMode"] == "AzureActiveDirectory"


def test_a_version_that_is_older_than_its_type_is_refused() -> None:
    app = prepared()
    assert app.error("GET", f"{VMS}/vm/runCommands?api-version=2017-12-01")[1] == "NoRegisteredProviderFound"
    assert app.send("GET", f"{VMS}/vm?api-version=2017-12-01").status == 200
    assert app.send("GET", f"{SUB}/providers/Microsoft.Network/virtualNetworks?api-version=2020-08-01").status == 200


def test_every_type_answers_to_its_newest_version_with_everything() -> None:
    for kind in registry(open_cloud().cloud.world):
        body = {"properties": {"anything": 1}, "etag": "x", "identity": {}}
        newest = ([each for each in kind.versions if not each.endswith("preview")] or kind.versions)[-1]
        if newest > "2026":
            assert member_versions.shown(kind.name, newest, body) == body, kind.name


def test_previews_of_virtual_desktop_have_members_of_their_own() -> None:
    """Recorded: github.com/Azure/azure-powershell, New-AzWvdHostPool (2025-03-01-preview)."""
    app = prepared()
    pool = f"{GROUP}/providers/Microsoft.DesktopVirtualization/hostPools/pool"
    kinds = {"hostPoolType": "Pooled", "loadBalancerType": "DepthFirst", "preferredAppGroupType": "Desktop"}
    body = {"location": REGION, "properties": {**kinds, "managementType": "Standard"}}
    made = app.request("PUT", f"{pool}?api-version=2025-03-01-preview", body)["properties"]
    assert (made["managementType"], made["publicUDP"]) == ("Standard", "Default")
    assert not {"managementType", "publicUDP"} & app.request("GET", pool)["properties"].keys()
    assert app.send("PUT", f"{pool}?api-version=2024-04-03", body).status == 400
