"""From a machine's extensions to directory, Intune and host pool: the seam between ARM and the rest."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from azure_simulator.certificates import Certificates

from packages.azure_simulator.tests.contract.running import DIRECTORY, GROUP, START_US, Running, running

pytestmark = pytest.mark.simulator
NETWORK = f"{GROUP}/providers/Microsoft.Network"
VM = f"{GROUP}/providers/Microsoft.Compute/virtualMachines/cpc-1"
POOL = f"{GROUP}/providers/Microsoft.DesktopVirtualization/hostPools/desks"
IMAGE = {"publisher": "MicrosoftWindowsDesktop", "offer": "windows-11", "sku": "win11-24h2-ent", "version": "latest"}


@pytest.fixture
async def cloud(certificates: Certificates, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Running]:
    async with running(certificates, monkeypatch, profile="instant") as found:
        await furnish(found)
        yield found


async def furnish(cloud: Running) -> None:
    """Make a network, a machine and a host pool with a token."""
    await cloud.arm("PUT", GROUP, {"location": "westeurope"})
    subnet = {"name": "cpc", "properties": {"addressPrefix": "10.0.0.0/24"}}
    network = {"addressSpace": {"addressPrefixes": ["10.0.0.0/16"]}, "subnets": [subnet]}
    await cloud.arm("PUT", f"{NETWORK}/virtualNetworks/net", {"location": "westeurope", "properties": network})
    reference = {"subnet": {"id": f"{NETWORK}/virtualNetworks/net/subnets/cpc"}}
    address = {"ipConfigurations": [{"name": "main", "properties": reference}]}
    await cloud.arm("PUT", f"{NETWORK}/networkInterfaces/nic-1", {"location": "westeurope", "properties": address})
    await cloud.arm("PUT", VM, machine())
    pool = {"hostPoolType": "Personal", "loadBalancerType": "Persistent", "preferredAppGroupType": "Desktop"}
    await cloud.arm("PUT", POOL, {"location": "westeurope", "properties": pool})


def machine() -> dict[str, Any]:
    nic = {"id": f"{NETWORK}/networkInterfaces/nic-1", "properties": {"primary": True, "deleteOption": "Delete"}}
    disk = {"createOption": "FromImage", "deleteOption": "Delete"}
    return {
        "location": "westeurope",
        "identity": {"type": "SystemAssigned"},
        "properties": {
            "hardwareProfile": {"vmSize": "Standard_D2s_v5"},
            "storageProfile": {
                "imageReference": IMAGE,
                "osDisk": disk,
            },
            "osProfile": {"computerName": "CPC-1", "adminUsername": "desk", "adminPassword": "Invented-1-password"},
            "networkProfile": {"networkInterfaces": [nic]},
        },
    }


async def extend(cloud: Running, name: str, properties: dict[str, Any]) -> str:
    body = {"location": "westeurope", "properties": {"autoUpgradeMinorVersion": True, **properties}}
    await cloud.arm("PUT", f"{VM}/extensions/{name}", body)
    found = await cloud.arm("GET", f"{VM}/extensions/{name}")
    return str(found["properties"]["provisioningState"])


async def join_entra(cloud: Running) -> str:
    properties = {
        "publisher": "Microsoft.Azure.ActiveDirectory",
        "type": "AADLoginForWindows",
        "typeHandlerVersion": "2.0",
        "settings": {"mdmId": "0000000a-0000-0000-c000-000000000000"},
    }
    return await extend(cloud, "AADLoginForWindows", properties)


async def join_domain(cloud: Running, password: str) -> str:
    settings = {
        "Name": "corp.contoso.example",
        "OUPath": "OU=CloudPC,DC=corp,DC=contoso,DC=example",
        "User": "corp\\svc-join",
        "Restart": "true",
        "Options": "3",
    }
    properties = {
        "publisher": "Microsoft.Compute",
        "type": "JsonADDomainExtension",
        "typeHandlerVersion": "1.3",
        "settings": settings,
        "protectedSettings": {"Password": password},
    }
    return await extend(cloud, "joindomain", properties)


async def register(cloud: Running, *, by_reference: bool = False) -> str:
    expires = datetime.fromtimestamp(START_US / 1_000_000, UTC) + timedelta(hours=20)
    info = {"expirationTime": expires.isoformat(), "registrationTokenOperation": "Update"}
    await cloud.arm("PATCH", POOL, {"properties": {"registrationInfo": info}})
    token = (await cloud.arm("POST", f"{POOL}/listRegistrationTokens"))["value"][0]["token"]
    secret = (
        {"Items": {"RegistrationInfoToken": token}}
        if by_reference
        else {"properties": {"registrationInfoToken": token}}
    )
    properties = {
        "publisher": "Microsoft.Powershell",
        "type": "DSC",
        "typeHandlerVersion": "2.77",
        "settings": {
            "modulesUrl": "https://artifacts.example/Configuration.zip",
            "configurationFunction": "Configuration.ps1\\AddSessionHost",
            "properties": {"hostPoolName": "desks", "aadJoin": True},
        },
        "protectedSettings": secret,
    }
    return await extend(cloud, "AddSessionHost", properties)


async def named(cloud: Running, path: str) -> list[dict[str, Any]]:
    return await cloud.pages(path)


async def test_an_entra_join_with_mdm_ends_in_directory_and_intune(cloud: Running) -> None:
    assert await join_entra(cloud) == "Succeeded"
    device = (await named(cloud, "/devices?$filter=displayName eq 'CPC-1'"))[0]
    path = f"/deviceManagement/managedDevices?$filter=azureADDeviceId eq '{device['deviceId']}'"
    assert [each["deviceName"] for each in await named(cloud, path)] == ["CPC-1"]


@pytest.mark.parametrize("by_reference", [False, True])
async def test_a_joined_and_registered_machine_is_an_available_host(cloud: Running, *, by_reference: bool) -> None:
    # learn.microsoft.com/azure/virtual-machines/extensions/dsc-windows: Items holds what PrivateSettingsRef names
    await join_entra(cloud)
    assert await register(cloud, by_reference=by_reference) == "Succeeded"
    host = await cloud.arm("GET", f"{POOL}/sessionHosts/CPC-1")
    assert (host["properties"]["status"], host["properties"]["resourceId"].lower()) == ("Available", VM.lower())


async def test_a_host_that_registered_before_its_join_waits_for_it(cloud: Running) -> None:
    await register(cloud)
    host = f"{POOL}/sessionHosts/CPC-1"
    assert (await cloud.arm("GET", host))["properties"]["status"] == "NotJoinedToDomain"
    await join_entra(cloud)
    assert (await cloud.arm("GET", host))["properties"]["status"] == "Available"


async def test_the_forest_of_the_seed_judges_a_domain_join(cloud: Running) -> None:
    assert await join_domain(cloud, "wrong") == "Failed"
    await cloud.arm("DELETE", f"{VM}/extensions/joindomain")
    assert await join_domain(cloud, "demo-join-password") == "Succeeded"
    cloud.advance(1)
    assert [each["trustType"] for each in await named(cloud, "/devices")] == ["ServerAd"]


async def test_a_domain_joined_host_has_a_full_name(cloud: Running) -> None:
    await join_domain(cloud, "demo-join-password")
    await register(cloud)
    hosts = (await cloud.arm("GET", f"{POOL}/sessionHosts"))["value"]
    assert [each["name"] for each in hosts] == ["desks/CPC-1.corp.contoso.example"]


async def test_a_machine_whose_name_is_in_use_fails_to_join(cloud: Running) -> None:
    await cloud.sim("graph/devices", {"displayName": "CPC-1"})
    assert await join_entra(cloud) == "Failed"


async def test_everything_a_deleted_machine_leaves_is_found(cloud: Running) -> None:
    await join_entra(cloud)
    await register(cloud)
    await cloud.arm("DELETE", VM)
    await cloud.arm("GET", GROUP)
    kinds = sorted(each.get("kind", each["invariant"]) for each in await cloud.findings(*DIRECTORY))
    assert kinds == ["device", "managedDevice", "sessionHostOrphans"]


async def test_all_of_it_is_there_again_after_a_restart(
    certificates: Certificates, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    seen = []
    for step in (1, 2):
        journal = tmp_path / "journal.jsonl"
        async with running(certificates, monkeypatch, profile="instant", journal=journal) as cloud:
            if step == 1:
                await furnish(cloud)
                await join_entra(cloud)
                await register(cloud)
                await cloud.sim("graph/members", {"group": "Office", "remove": ["user10@contoso.example"]})
                user = (await cloud.graph("/users/user01@contoso.example")).body["id"]
                record = (await named(cloud, "/deviceManagement/managedDevices"))[0]["id"]
                reference = {"@odata.id": f"https://graph.microsoft.com/beta/users/{user}"}
                path = f"/beta/deviceManagement/managedDevices('{record}')/users/$ref"
                assert (await cloud.graph(path, "POST", json=reference)).status == 204
            office = (await named(cloud, "/groups?$filter=displayName eq 'Office'"))[0]["id"]
            seen.append(
                (
                    await named(cloud, "/devices"),
                    await named(cloud, "/deviceManagement/managedDevices"),
                    await named(cloud, f"/groups/{office}/members?$select=id"),
                    await cloud.arm("GET", f"{POOL}/sessionHosts/CPC-1"),
                )
            )
    assert seen[0] == seen[1]
