"""Facts from recordings of Azure: accepted bodies and shown members.

The recordings are those of Microsoft's clients (Azure/azure-cli, `tests/*/recordings`), 2017 to 2023.
"""

import copy
import json
from typing import Any

import pytest

from packages.azure_simulator.tests.bodies import REGION, nic_body, vm_body
from packages.azure_simulator.tests.in_process import GROUP, NETWORK, VMS, InProcessCloud, open_cloud

COMPUTE = f"{GROUP}/providers/Microsoft.Compute"
VNET, NIC = f"{NETWORK}/virtualNetworks/vnet", f"{NETWORK}/networkInterfaces/vm-nic"
NSG, ADDRESS = f"{NETWORK}/networkSecurityGroups/nsg", f"{NETWORK}/publicIPAddresses/address"
DISK = f"{COMPUTE}/disks/disk"
POOL = f"{GROUP}/providers/Microsoft.DesktopVirtualization/hostPools/pool"
DEFINITION = {
    "osType": "Windows",
    "osState": "Generalized",
    "identifier": {"publisher": "p", "offer": "o", "sku": "s"},
}
DESKTOPS = {"hostPoolType": "Personal", "loadBalancerType": "Persistent", "preferredAppGroupType": "Desktop"}
RULE = {"access": "Allow", "direction": "Inbound", "protocol": "*", "priority": 100, "sourcePortRange": "*"}
RULE |= {"destinationPortRange": "80", "sourceAddressPrefix": "*", "destinationAddressPrefix": "*"}
NEW: dict[str, Any] = {
    GROUP: {"location": REGION},
    VNET: {"location": REGION, "properties": {"addressSpace": {"addressPrefixes": ["10.20.0.0/16"]}}},
    f"{VNET}/subnets/cpc": {"properties": {"addressPrefix": "10.20.0.0/22"}},
    NSG: {"location": REGION},
    f"{NSG}/securityRules/rule": {"properties": RULE},
    ADDRESS: {"location": REGION, "properties": {}},
    f"{NETWORK}/natGateways/nat": {"location": REGION, "sku": {"name": "Standard"}},
    f"{NETWORK}/networkInterfaces/nic": nic_body(f"{VNET}/subnets/cpc"),
    DISK: {"location": REGION, "properties": {"diskSizeGB": 32, "creationData": {"createOption": "Empty"}}},
    f"{COMPUTE}/snapshots/snapshot": {
        "location": REGION,
        "properties": {"creationData": {"createOption": "Copy", "sourceResourceId": DISK}},
    },
    f"{COMPUTE}/galleries/gallery": {"location": REGION},
    f"{COMPUTE}/galleries/gallery/images/image": {"location": REGION, "properties": DEFINITION},
    POOL: {"location": REGION, "properties": DESKTOPS},
    f"{POOL.replace('hostPools/pool', 'applicationGroups/group')}": {
        "location": REGION,
        "properties": {"hostPoolArmPath": POOL, "applicationGroupType": "Desktop"},
    },
    f"{POOL.replace('hostPools/pool', 'workspaces/space')}": {"location": REGION, "properties": {}},
}


def prepared() -> InProcessCloud:
    app = open_cloud()
    for path, body in NEW.items():
        app.request("PUT", path, body)
    return app


def untouched(node: Any) -> Any:
    """Leave out members that differ with every write."""
    if isinstance(node, list):
        return [untouched(each) for each in node]
    if not isinstance(node, dict):
        return node
    passing = {"etag", "uniqueId", "timeCreated", "systemData", "objectId", "resourceGuid"}
    return {key: untouched(each) for key, each in node.items() if key not in passing}


@pytest.mark.parametrize("path", NEW)
def test_what_is_shown_is_a_body_for_the_same_and_for_a_new_resource(path: str) -> None:
    app = prepared()
    shown = app.request("GET", path)
    assert app.send("PUT", path, shown).status < 300
    assert untouched(app.request("GET", path)) == untouched(shown)
    alone = open_cloud()
    for other, body in NEW.items():
        if other == path:
            break
        alone.request("PUT", other, body)
    assert alone.send("PUT", path, shown).status < 300


@pytest.mark.parametrize("path", NEW)
def test_a_new_body_may_name_its_address(path: str) -> None:
    app = open_cloud()
    for other, body in NEW.items():
        if other == path:
            break
        app.request("PUT", other, body)
    space = path.partition("/providers/")[2].partition("/")[0] or "Microsoft.Resources"
    levels = path.partition("/providers/")[2].split("/")[1::2] if "/providers/" in path else ["resourceGroups"]
    names = {"id": path, "name": path.rpartition("/")[2], "type": f"{space}/{'/'.join(levels)}"}
    assert app.send("PUT", path, {**names, **NEW[path]}).status < 300


@pytest.mark.parametrize("path", [each for each in NEW if "location" in NEW[each] and each != GROUP])
def test_what_exists_is_put_without_a_location(path: str) -> None:
    app = prepared()
    body = {key: value for key, value in app.request("GET", path).items() if key != "location"}
    assert app.send("PUT", path, body).status < 300
    assert app.request("GET", path)["location"] == REGION


def test_read_only_members_of_the_network_are_ignored() -> None:
    app = prepared()
    path = f"{NETWORK}/networkInterfaces/nic"
    body = copy.deepcopy(app.request("GET", path))
    body["properties"] |= {"resourceGuid": "another", "macAddress": "00-00"}
    body["properties"]["dnsSettings"]["internalDomainNameSuffix"] = "mine.example"
    after = app.request("PUT", path, body)["properties"]
    assert after["dnsSettings"]["internalDomainNameSuffix"].endswith(".ax.internal.cloudapp.net")
    assert after["resourceGuid"] != "another"


@pytest.mark.parametrize(("prefix", "status"), [("111", 201), ("789", 201), ("4294967296", 400), ("1.2.3", 400)])
def test_a_number_is_an_address(prefix: str, status: int) -> None:
    body = {"properties": {**RULE, "priority": 200, "sourceAddressPrefix": prefix}}
    assert prepared().send("PUT", f"{NSG}/securityRules/more", body).status == status


def test_the_members_that_azure_shows() -> None:
    app = prepared()
    nic = app.request("GET", f"{NETWORK}/networkInterfaces/nic")["properties"]
    assert nic["ipConfigurations"][0]["etag"]
    assert (nic["hostedWorkloads"], nic["tapConfigurations"], nic["dnsSettings"]["appliedDnsServers"]) == ([], [], [])
    rules = app.request("GET", NSG)["properties"]
    for rule in (*rules["defaultSecurityRules"], *rules["securityRules"]):
        assert rule["etag"]
        assert rule["properties"]["sourceAddressPrefixes"] == rule["properties"]["destinationPortRanges"] == []
    assert all(rule["properties"]["description"] for rule in rules["defaultSecurityRules"])
    disk = app.request("GET", DISK)
    assert disk["properties"]["diskIOPSReadWrite"] == 500
    assert disk["properties"]["diskMBpsReadWrite"] == 60
    assert not {"tags"} & set(disk)


def test_an_address_that_nothing_uses_is_known_only_when_it_is_static() -> None:
    app = prepared()
    loose = app.request("GET", ADDRESS)
    assert "ipAddress" not in loose["properties"]
    assert (loose["sku"], loose["properties"]["ipTags"]) == ({"name": "Basic", "tier": "Regional"}, [])
    used = nic_body(f"{VNET}/subnets/cpc")
    used["properties"]["ipConfigurations"][0]["properties"]["publicIPAddress"] = {"id": ADDRESS}
    app.request("PUT", f"{NETWORK}/networkInterfaces/other", used)
    assert app.request("GET", ADDRESS)["properties"]["ipAddress"]
    app.request("DELETE", f"{NETWORK}/networkInterfaces/other")
    assert "ipAddress" not in app.request("GET", ADDRESS)["properties"]
    still = {"location": REGION, "sku": {"name": "Standard"}, "properties": {"publicIPAllocationMethod": "Static"}}
    assert app.request("PUT", f"{ADDRESS}-2", still)["properties"]["ipAddress"]


def test_refusals_that_were_recorded() -> None:
    app = prepared()
    body = {"location": REGION, "sku": {"name": "Basic", "tier": "Global"}, "properties": {}}
    answer = (400, "GlobalPublicIPAddressNotSupportedForBasicPublicIpAddress")
    assert app.error("PUT", f"{ADDRESS}-2", body) == answer
    space = {**NEW[VNET]["properties"], "encryption": {"enabled": True}}
    answer = (400, "MustSpecifyBothEncryptionIntentAndEnforcementPolicy")
    assert app.error("PUT", f"{VNET}-2", {"location": REGION, "properties": space}) == answer


def test_a_new_machine_may_bring_what_another_one_showed() -> None:
    app = open_cloud()
    subnet = app.create_network()
    app.create_machine("vm", subnet)
    shown = app.request("GET", f"{VMS}/vm")
    assert app.send("PUT", f"{VMS}/vm", shown).status < 300


def test_the_name_of_a_user_may_have_a_dollar_and_a_hash() -> None:
    # recorded in 2022: role/test_special_characters_in_upn
    app, name = open_cloud(), "$user#1@a.example"
    app.token("graph", "https://graph.microsoft.com")
    profile = {"password": "Test1234!!", "forceChangePasswordNextSignIn": True}
    body = {"userPrincipalName": name, "displayName": "x", "mailNickname": "x", "accountEnabled": True}
    app.request("POST", "/v1.0/users", {**body, "passwordProfile": profile}, caller="graph")
    found = app.request("GET", "/v1.0/users('$user%231@a.example')", caller="graph")
    assert found["userPrincipalName"] == name


def test_low_is_the_former_word_for_the_priority_spot() -> None:
    # recorded in 2023: vm/test_vm_priority_eviction_billing
    app = open_cloud()
    nic = app.request("PUT", f"{NETWORK}/networkInterfaces/vm-nic", nic_body(app.create_network()))
    body = vm_body(nic["id"])
    for priority, status in (("Low", 201), ("Spot", 200), ("Regular", 409)):
        body["properties"] |= {"priority": priority, "evictionPolicy": "Deallocate"}
        assert app.send("PUT", f"{VMS}/vm", body).status == status


def test_truth_values_may_be_texts_for_compute() -> None:
    # recorded in 2021: resource/test_resource_patch
    app = open_cloud()
    app.create_machine("vm", app.create_network())
    app.request("PATCH", f"{VMS}/vm", {"properties": {"osProfile": {"allowExtensionOperations": "False"}}})
    assert app.request("GET", f"{VMS}/vm")["properties"]["osProfile"]["allowExtensionOperations"] is False
    for wrong in ("no", "", 1):
        body = {"properties": {"osProfile": {"allowExtensionOperations": wrong}}}
        assert app.error("PATCH", f"{VMS}/vm", body) == (400, "BadRequest")
    nic = {"location": REGION, "properties": {"enableIPForwarding": "true", "ipConfigurations": []}}
    assert app.error("PUT", f"{NETWORK}/networkInterfaces/nic", nic) == (400, "InvalidRequestFormat")


def test_the_os_disk_of_a_stopped_machine_can_be_swapped() -> None:
    # recorded in 2023: vm/test_vm_os_disk_swap
    app = open_cloud()
    app.create_machine("vm", app.create_network())
    old = app.request("GET", f"{VMS}/vm")["properties"]["storageProfile"]["osDisk"]["managedDisk"]["id"]
    source = {"creationData": {"createOption": "Copy", "sourceResourceId": old}}
    app.request("PUT", DISK, {"location": REGION, "properties": source})
    swap = {"properties": {"storageProfile": {"osDisk": {"name": "disk", "managedDisk": {"id": DISK}}}}}
    assert app.error("PATCH", f"{VMS}/vm", swap) == (409, "OperationNotAllowed")
    app.send("POST", f"{VMS}/vm/powerOff")
    app.request("PATCH", f"{VMS}/vm", swap)
    assert app.request("GET", f"{VMS}/vm")["properties"]["storageProfile"]["osDisk"]["managedDisk"]["id"] == DISK
    assert app.request("GET", DISK)["managedBy"] == f"{VMS}/vm"


def test_an_ephemeral_os_disk_is_standard_and_lies_in_the_cache() -> None:
    # recorded in 2023: vm/test_vm_update_ephemeral_os_disk_placement
    app = open_cloud()
    nic = app.request("PUT", f"{NETWORK}/networkInterfaces/vm-nic", nic_body(app.create_network()))
    body = vm_body(nic["id"])
    body["properties"]["storageProfile"]["osDisk"] = {
        "createOption": "FromImage",
        "caching": "ReadOnly",
        "diffDiskSettings": {"option": "Local"},
    }
    app.request("PUT", f"{VMS}/vm", body)
    shown = app.request("GET", f"{VMS}/vm")
    disk = shown["properties"]["storageProfile"]["osDisk"]
    assert disk["managedDisk"]["storageAccountType"] == "Standard_LRS"
    assert disk["diffDiskSettings"] == {"option": "Local", "placement": "CacheDisk"}
    disk["diffDiskSettings"]["placement"] = "ResourceDisk"
    assert app.send("PUT", f"{VMS}/vm", shown).status == 200


def test_an_instance_view_says_since_when_and_what_the_agent_says() -> None:
    # recorded in 2023: vm/test_vm_create_existing_ids_options
    app = open_cloud()
    app.create_machine("vm", app.create_network())
    view = app.request("GET", f"{VMS}/vm/instanceView")
    times = [view["statuses"][0]["time"], view["disks"][0]["statuses"][0]["time"]]
    assert all(each.endswith("+00:00") for each in times)
    assert view["vmAgent"]["statuses"][0]["message"] == "Guest Agent is running"


def test_a_disk_that_is_begun_shows_what_was_asked_for() -> None:
    """vm/test_completion_percent: 73 answers to PUT of disks and snapshots show nothing that is found out later."""
    app = prepared()
    body: Any = {"location": REGION, "properties": {"creationData": {"createOption": "Empty"}, "diskSizeGB": 8}}
    begun = app.request("PUT", f"{DISK}-2", {**body, "sku": {"name": "Premium_LRS"}})
    assert begun["sku"] == {"name": "Premium_LRS"}
    assert begun["properties"] == {**body["properties"], "provisioningState": "Updating"}
    source = {"createOption": "Copy", "sourceResourceId": DISK}
    copy_of: Any = {"location": REGION, "properties": {"creationData": source, "incremental": True}}
    begun = app.request("PUT", f"{COMPUTE}/snapshots/begun", copy_of)
    assert begun["properties"] == {**copy_of["properties"], "provisioningState": "Updating"}
    app.advance(3600)
    assert app.request("GET", f"{COMPUTE}/snapshots/begun")["properties"]["uniqueId"]


def test_a_network_that_is_begun_shows_its_subnets() -> None:
    """network/test_network_vnet; no ETag is sent as a header to a PUT."""
    app = prepared()
    rows: Any = [{"name": "one", "properties": {"addressPrefix": "10.8.0.0/24"}}]
    space = {"addressSpace": {"addressPrefixes": ["10.8.0.0/16"]}, "enableVmProtection": False, "subnets": rows}
    reply = app.send("PUT", f"{VNET}-2", {"location": REGION, "properties": space})
    shown = json.loads(reply.body)["properties"]
    assert "ETag" not in reply.headers
    assert "ETag" in app.send("GET", f"{VNET}-2").headers
    assert (shown["virtualNetworkPeerings"], shown["enableDdosProtection"]) == ([], False)
    assert "enableVmProtection" not in shown
    (subnet,) = shown["subnets"]
    assert subnet["id"].endswith("/vnet-2/subnets/one")
    assert subnet["properties"] == {
        **rows[0]["properties"],
        "delegations": [],
        "privateEndpointNetworkPolicies": "Disabled",
        "privateLinkServiceNetworkPolicies": "Enabled",
        "provisioningState": "Updating",
    }


def test_an_interface_has_a_hardware_address_as_soon_as_a_machine_has_it() -> None:
    """network/test_network_nic: no answer to a PUT of a free interface has one."""
    app = open_cloud()
    app.create_machine("vm", app.create_network())
    assert app.request("GET", f"{NETWORK}/networkInterfaces/vm-nic")["properties"]["macAddress"]
    loose = app.request("PUT", f"{NETWORK}/networkInterfaces/loose", nic_body(f"{VNET}/subnets/cpc"))
    assert "macAddress" not in loose["properties"]


def test_what_definitions_and_versions_say_unasked() -> None:
    """vm/test_community_gallery_operations."""
    app = prepared()
    gallery = f"{COMPUTE}/galleries/unasked"
    app.request("PUT", gallery, {"location": REGION})
    body = {"location": REGION, "properties": {**DEFINITION, "disallowed": {}}}
    shown = app.request("PUT", f"{gallery}/images/image", body)["properties"]
    assert shown["architecture"] == "x64"
    assert "disallowed" not in shown


def test_a_free_address_is_said_to_be_free() -> None:
    """network/test_network_vnet, network/test_network_vnet_list_available_ips."""
    app = prepared()
    asked = f"{VNET}/CheckIPAddressAvailability?ipAddress="
    assert app.request("GET", f"{asked}10.20.3.9") == {"available": True, "isPlatformReserved": False}
    assert app.request("GET", f"{asked}10.20.0.1")["isPlatformReserved"]


def test_a_role_that_is_given_shows_what_it_lacks_and_not_by_whom() -> None:
    """role/test_role_assignment_e2e and 10 others: null members; the one who gave it shows from the first GET on."""
    app = prepared()
    app.sim("POST", "config", {"anyPrincipalExists": True})
    path = f"{GROUP}/providers/Microsoft.Authorization/roleAssignments/6f7c1111-1111-4111-8111-111111111111"
    role = f"{GROUP}/providers/Microsoft.Authorization/roleDefinitions/acdd72a7-3385-48ef-bd42-f606fba81ae7"
    principal = "7f7c1111-1111-4111-8111-111111111111"
    made = app.request("PUT", path, {"properties": {"roleDefinitionId": role, "principalId": principal}})["properties"]
    nothing = ("condition", "conditionVersion", "delegatedManagedIdentityResourceId", "description", "createdBy")
    assert [made[name] for name in nothing] == [None] * 5
    assert app.request("GET", path)["properties"]["createdBy"]
    assert app.request("GET", role)["properties"]["createdOn"]


def test_a_machine_with_windows_says_how_it_is_set_up() -> None:
    """sqlvm/test_sqlvm_add_and_remove, and Azure/azure-sdk-for-python, test_mgmt_compute_vm.test_compute_vm."""
    app = open_cloud()
    nic = nic_body(app.create_network())
    for name, given, mode in (("a", None, "AutomaticByOS"), ("b", {"enableAutomaticUpdates": False}, "Manual")):
        body = vm_body(app.request("PUT", f"{NETWORK}/networkInterfaces/{name}", nic)["id"])
        body["properties"]["osProfile"].pop("windowsConfiguration", None)
        if given is not None:
            body["properties"]["osProfile"]["windowsConfiguration"] = given
        body["properties"]["storageProfile"]["dataDisks"] = [{"lun": 0, "createOption": "Empty", "diskSizeGB": 8}]
        shown = app.request("PUT", f"{VMS}/{name}", body)["properties"]
        assert shown["osProfile"]["windowsConfiguration"] == {
            "provisionVMAgent": True,
            "enableAutomaticUpdates": given is None,
            "patchSettings": {"patchMode": mode, "assessmentMode": "ImageDefault"},
            "enableVMAgentPlatformUpdates": False,
        }
        assert shown["storageProfile"]["dataDisks"][0]["toBeDetached"] is False
        old = app.request("GET", f"{VMS}/{name}?api-version=2019-12-01")["properties"]["osProfile"]
        assert old["windowsConfiguration"] == {"provisionVMAgent": True, "enableAutomaticUpdates": given is None}


def test_the_protection_of_a_network_shows_in_older_versions() -> None:
    """network/test_network_vnet (2022-01-01), Azure/azure-sdk-for-python, azure-mgmt-network (2020-08-01)."""
    app = prepared()
    assert "enableVmProtection" not in app.request("GET", VNET)["properties"]
    assert app.request("GET", f"{VNET}?api-version=2020-08-01")["properties"]["enableVmProtection"] is False
