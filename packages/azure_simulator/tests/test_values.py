"""Formats, ranges and combinations of values that Azure documents: what does not fit is refused."""

import copy
import json
from typing import Any

import pytest
from azure_simulator.arm.resource_types import ResourceType

from packages.azure_simulator.tests.bodies import REGION
from packages.azure_simulator.tests.in_process import NETWORK, VMS
from packages.azure_simulator.tests.test_accepted_is_shown import COMPUTE, TYPES, VALID, WAY_IN, prepared, with_value
from packages.azure_simulator.tests.test_recorded import POOL, RULE, VNET

VM, DISK = "Microsoft.Compute/virtualMachines", "Microsoft.Compute/disks"
DEFINITION, RUN = "Microsoft.Compute/galleries/images", "Microsoft.Compute/virtualMachines/runCommands"
NIC, ADDRESS = "Microsoft.Network/networkInterfaces", "Microsoft.Network/publicIPAddresses"
BASTION = "Microsoft.Network/bastionHosts"
NAT, NET = "Microsoft.Network/natGateways", "Microsoft.Network/virtualNetworks"
GROUP_OF_RULES, HOSTS = "Microsoft.Network/networkSecurityGroups", "Microsoft.DesktopVirtualization/hostPools"
WINDOWS = "properties.osProfile.windowsConfiguration"
EVENTS = "properties.scheduledEventsProfile"
LABEL = "properties.dnsSettings.domainNameLabel"


def sent(name: str, **values: Any) -> tuple[str, dict[str, Any]]:
    """Return the path of a new resource and its body with values at some paths (`rows.[]` is the first of a list)."""
    path, body = VALID[name]
    made = copy.deepcopy(body)
    for where, value in values.items():
        made = with_value(made, tuple(where.split(".")), value)
    return path, made


def refusal(name: str, **values: Any) -> tuple[int, str]:
    path, body = sent(name, **values)
    return prepared().error("PUT", path, body)


def accepted(name: str, **values: Any) -> bool:
    path, body = sent(name, **values)
    return prepared().send("PUT", path, body).status < 300


WRONG: list[tuple[str, dict[str, Any], str]] = [
    (VM, {"properties.userData": "not base64!"}, "InvalidParameter"),
    (VM, {"properties.userData": "YWJj" * 21_846}, "InvalidParameter"),
    (VM, {"properties.extensionsTimeBudget": "PT14M"}, "InvalidParameter"),
    (VM, {"properties.extensionsTimeBudget": "PT121M"}, "InvalidParameter"),
    (VM, {"properties.extensionsTimeBudget": "90 minutes"}, "InvalidParameter"),
    (VM, {f"{EVENTS}.terminateNotificationProfile.notBeforeTimeout": "PT16M"}, "InvalidParameter"),
    (VM, {f"{EVENTS}.osImageNotificationProfile.notBeforeTimeout": "PT5M"}, "InvalidParameter"),
    (VM, {f"{WINDOWS}.timeZone": "Europe/Berlin"}, "InvalidParameter"),
    (VM, {f"{WINDOWS}.patchSettings.patchMode": "Manual"}, "InvalidParameter"),
    (VM, {f"{WINDOWS}.patchSettings.patchMode": "AutomaticByOS", f"{WINDOWS}.enableAutomaticUpdates": False},
     "InvalidParameter"),
    (VM, {f"{WINDOWS}.patchSettings.patchMode": "AutomaticByPlatform", f"{WINDOWS}.provisionVMAgent": False},
     "InvalidParameter"),
    (VM, {f"{WINDOWS}.patchSettings.enableHotpatching": True}, "InvalidParameter"),
    (VM, {f"{WINDOWS}.patchSettings.automaticByPlatformSettings.rebootSetting": "Never"}, "InvalidParameter"),
    (VM, {"properties.licenseType": "windows_client"}, "InvalidParameter"),
    (VM, {"properties.licenseType": "RHEL_BYOS"}, "InvalidParameter"),
    (VM, {"properties.priority": "Spot", "properties.billingProfile.maxPrice": 0}, "InvalidParameter"),
    (VM, {"properties.diagnosticsProfile.bootDiagnostics.storageUri": "storage"}, "InvalidParameter"),
    (VM, {"properties.platformFaultDomain": 1}, "InvalidParameter"),
    (VM, {"properties.storageProfile.osDisk.writeAcceleratorEnabled": True}, "InvalidParameter"),
    (VM, {"properties.storageProfile.osDisk.osType": "Linux"}, "InvalidParameter"),
    (VM, {"properties.securityProfile": {"uefiSettings": {"vTpmEnabled": True}}}, "InvalidParameter"),
    (VM, {"plan": {"name": "p", "publisher": "p", "product": "p"}}, "VMMarketplaceInvalidInput"),
    (VM, {"zones": ["1", "1"]}, "InvalidAvailabilityZone"),
    (DISK, {"sku.name": "UltraSSD_LRS", "properties.diskIOPSReadWrite": 99}, "InvalidParameter"),
    (DISK, {"sku.name": "UltraSSD_LRS", "properties.diskIOPSReadWrite": 400_001}, "InvalidParameter"),
    (DISK, {"sku.name": "UltraSSD_LRS", "properties.diskMBpsReadWrite": 10_001}, "InvalidParameter"),
    (DISK, {"sku.name": "PremiumV2_LRS", "properties.diskIOPSReadWrite": 2999}, "InvalidParameter"),
    (DISK, {"sku.name": "UltraSSD_LRS", "properties.creationData.logicalSectorSize": 1024}, "InvalidParameter"),
    (DISK, {"sku.name": "Premium_LRS", "properties.creationData.logicalSectorSize": 4096}, "InvalidParameter"),
    (DISK, {"sku.name": "Premium_LRS", "properties.burstingEnabled": True}, "InvalidParameter"),
    (DISK, {"sku.name": "Premium_LRS", "properties.creationData.performancePlus": True}, "InvalidParameter"),
    (DISK, {"properties.diskSizeGB": 1 << 31}, "BadRequest"),
    (DISK, {"zones": ["9"]}, "InvalidAvailabilityZone"),
    (DEFINITION, {"properties.identifier.publisher": "with space"}, "InvalidParameter"),
    (DEFINITION, {"properties.identifier.offer": "o" * 65}, "InvalidParameter"),
    (DEFINITION, {"properties.identifier.sku": "ends."}, "InvalidParameter"),
    (DEFINITION, {"properties.recommended.vCPUs.min": 4, "properties.recommended.vCPUs.max": 2}, "InvalidParameter"),
    (DEFINITION, {"properties.recommended.memory.min": -1}, "InvalidParameter"),
    (RUN, {"properties.outputBlobUri": "blob"}, "InvalidParameter"),
    (DISK, {"properties.creationData.imageReference": {"id": VNET}}, "InvalidParameter"),
    (DISK, {"properties.creationData.sourceUri": "https://a/b"}, "InvalidParameter"),
    (VM, {"properties.storageProfile.osDisk.name": "-1"}, "InvalidResourceName"),
    (RUN, {"properties.outputBlobManagedIdentity.clientId": "somebody"}, "InvalidParameter"),
    (DEFINITION, {"properties.disallowed.diskTypes": ["Quick"]}, "InvalidParameter"),
    ("Microsoft.Compute/galleries", {"properties.softDeletePolicy.gracePeriodInDays": -1}, "InvalidParameter"),
    ("Microsoft.Compute/capacityReservationGroups/capacityReservations",
     {"properties.scheduleProfile.end": "2030-01-01"}, "NotSupportedBySimulator"),
    (NET, {"properties.virtualNetworkPeerings.[].name": "p"}, "NotSupportedBySimulator"),
    (NIC, {"properties.networkSecurityGroup.location": REGION}, "InvalidRequestFormat"),
    ("Microsoft.Network/virtualNetworks/subnets", {"properties.routeTable.location": REGION}, "InvalidRequestFormat"),
    (HOSTS, {"kind": "a b"}, "InvalidParameter"),
    (NIC, {"properties.ipConfigurations.[].name": "a b"}, "InvalidResourceName"),
    (NIC, {"properties.dnsSettings.dnsServers": ["dns.example"]}, "InvalidParameter"),
    (NIC, {"properties.dnsSettings.dnsServers": ["AzureProvidedDNS", "10.0.0.1"]}, "InvalidParameter"),
    (NIC, {"properties.dnsSettings.internalDnsNameLabel": "-a"}, "InvalidParameter"),
    (ADDRESS, {LABEL: "Upper"}, "InvalidDomainNameLabel"),
    (ADDRESS, {LABEL: "1st"}, "InvalidDomainNameLabel"),
    (ADDRESS, {"zones": ["9"]}, "InvalidAvailabilityZone"),
    (ADDRESS, {"zones": ["x", "x"]}, "InvalidAvailabilityZone"),
    (ADDRESS, {"zones": ["1"], "location": "ukwest"}, "LocationNotSupportAvailabilityZones"),
    (ADDRESS, {"properties.publicIPAllocationMethod": "Dynamic"}, "StandardSkuPublicIPAddressesMustBeStatic"),
    (ADDRESS, {"sku.name": "Basic", "properties.publicIPAddressVersion": "IPv6"},
     "CannotSpecifyPublicIpAllocationMethodAsStaticForIpV6PublicIp"),
    (BASTION, {"properties.scaleUnits": 1}, "InvalidParameter"),
    (BASTION, {"properties.scaleUnits": 51}, "InvalidParameter"),
    (BASTION, {"properties.ipConfigurations.[].name": "a b"}, "InvalidResourceName"),
    (BASTION, {"properties.ipConfigurations": []}, "InvalidParameter"),
    (BASTION, {"properties.ipConfigurations": [{"name": "a", "properties": WAY_IN}] * 2}, "InvalidParameter"),
    (BASTION, {"sku.name": "Developer"}, "NotSupportedBySimulator"),
    (BASTION, {"zones": ["9"]}, "InvalidAvailabilityZone"),
    (NAT, {"zones": ["2", "2"]}, "InvalidAvailabilityZone"),
    (NAT, {"zones": ["1", "2"]}, "ResourceCannotHaveMultipleZonesSpecified"),
    (NET, {"properties.flowTimeoutInMinutes": 3}, "InvalidParameter"),
    (NET, {"properties.bgpCommunities.virtualNetworkCommunity": "12076:1"}, "InvalidParameter"),
    ("Microsoft.Network/virtualNetworks/subnets",
     {"properties.delegations.[]": {"name": "a b", "properties": {"serviceName": "Microsoft.Web/serverFarms"}}},
     "InvalidResourceName"),
    ("Microsoft.Network/virtualNetworks/subnets",
     {"properties.delegations.[]": {"name": "a", "properties": {"serviceName": "web"}}},
     "InvalidServiceNameOnDelegation"),
    (GROUP_OF_RULES, {"properties.securityRules.[]": {"name": "a/b", "properties": RULE}}, "InvalidResourceName"),
    (GROUP_OF_RULES,
     {"properties.securityRules.[]": {"name": "a", "properties": {**RULE, "description": "d" * 141}}},
     "InvalidParameter"),
    (HOSTS, {"properties.agentUpdate.maintenanceWindows.[].hour": 24}, "InvalidParameter"),
    (HOSTS, {"properties.agentUpdate.maintenanceWindows": [{"hour": 1, "dayOfWeek": "Friday"}] * 3},
     "InvalidParameter"),
    (HOSTS, {"properties.agentUpdate.maintenanceWindowTimeZone": "CET"}, "InvalidParameter"),
]  # fmt: skip
"""Type, values, code of the refusal."""
RIGHT: list[tuple[str, dict[str, Any]]] = [
    (VM, {"properties.userData": "YWJj"}),
    (VM, {"properties.extensionsTimeBudget": "PT1H30M"}),
    (VM, {f"{EVENTS}.terminateNotificationProfile": {"enable": True, "notBeforeTimeout": "PT10M"}}),
    (VM, {f"{WINDOWS}.timeZone": "W. Europe Standard Time"}),
    (VM, {f"{WINDOWS}.patchSettings": {"patchMode": "AutomaticByPlatform", "assessmentMode": "AutomaticByPlatform"}}),
    (VM, {f"{WINDOWS}.patchSettings.patchMode": "Manual", f"{WINDOWS}.enableAutomaticUpdates": False}),
    (VM, {"properties.priority": "Spot", "properties.billingProfile.maxPrice": -1}),
    (VM, {"location": "West Europe"}),
    (DISK, {"sku.name": "UltraSSD_LRS", "properties.diskSizeGB": 1024, "properties.diskIOPSReadWrite": 400_000,
            "properties.diskMBpsReadWrite": 10_000, "properties.creationData.logicalSectorSize": 512}),
    (DISK, {"sku.name": "Premium_LRS", "properties.diskSizeGB": 1024, "properties.burstingEnabled": True}),
    (DEFINITION, {"properties.identifier.sku": "win-11_24h2.x"}),
    (NIC, {"properties.dnsSettings.dnsServers": ["AzureProvidedDNS"]}),
    (NIC, {"properties.dnsSettings.dnsServers": ["10.0.0.4", "10.0.0.5"]}),
    (ADDRESS, {LABEL: "desk-1"}),
    (ADDRESS, {"zones": ["1", "2", "3"]}),
    (NAT, {"zones": ["2"]}),
    (BASTION, {"properties.scaleUnits": 2}),
    (BASTION, {"properties.scaleUnits": 50}),
    (NET, {"properties.flowTimeoutInMinutes": 30}),
    (HOSTS, {"properties.agentUpdate.maintenanceWindowTimeZone": "Pacific Standard Time"}),
]  # fmt: skip
"""Type, values that are accepted."""


@pytest.mark.parametrize(("name", "values", "code"), WRONG, ids=lambda each: str(each)[-60:])
def test_a_value_that_is_none_is_refused(name: str, values: dict[str, Any], code: str) -> None:
    assert refusal(name, **values) == (400, code)


@pytest.mark.parametrize(("name", "values"), RIGHT, ids=lambda each: str(each)[-60:])
def test_a_value_at_the_edge_is_accepted(name: str, values: dict[str, Any]) -> None:
    assert accepted(name, **values)


def ruled() -> list[tuple[ResourceType, str]]:
    return [(kind, path) for kind in TYPES.values() for path in kind.values]


@pytest.mark.parametrize(("kind", "path"), ruled(), ids=lambda each: each if isinstance(each, str) else each.name)
def test_every_rule_is_about_a_property_that_there_is(kind: ResourceType, path: str) -> None:
    shape = kind.models.request("PUT")
    for step in path.split("."):
        assert shape is not None
        shape = shape.members[step.removesuffix("[]").lower()].shape
        shape = shape.items if step.endswith("[]") else shape


@pytest.mark.parametrize(("path", "value"), [("userData", "no base64"), ("licenseType", "None of these"),
                                             ("evictionPolicy", "Delete"), ("extensionsTimeBudget", "PT1M"),
                                             ("availabilitySet", {"id": f"{COMPUTE}/availabilitySets/a"}),
                                             ("platformFaultDomain", 1),
                                             ("diagnosticsProfile", {"bootDiagnostics": {"storageUri": "x"}}),
                                             ("securityProfile", {"encryptionAtHost": True}),
                                             ("osProfile", {"windowsConfiguration": {"timeZone": "CET"}}),
                                             ("osProfile", {"windowsConfiguration": {
                                                 "patchSettings": {"enableHotpatching": True}}}),
                                             ("storageProfile", {"dataDisks": [{"lun": 64, "createOption": "Empty"}]}),
                                             ("storageProfile", {"dataDisks": [
                                                 {"lun": 1, "createOption": "Attach", "managedDisk": {"id": VNET}}]}),
                                             ("networkProfile", {"networkInterfaces": [{"id": f"{VMS}/vm"}]}),
                                             ("networkProfile", {"networkInterfaces": [
                                                 {"id": f"{NETWORK}/networkInterfaces/vm-nic"}] * 2})],
                         ids=lambda each: str(each)[-40:])  # fmt: skip
def test_a_patch_of_a_machine_is_looked_at_as_a_put_is(path: str, value: Any) -> None:
    app = prepared()
    before = app.request("GET", f"{VMS}/vm")
    reply = app.send("PATCH", f"{VMS}/vm", {"properties": {path: value}})
    assert 400 <= reply.status < 500
    assert app.request("GET", f"{VMS}/vm") == before


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("Microsoft.Compute/virtualMachines/extensions", {}, {"properties.publisher": "Microsoft.Powershell"}),
        (DISK, {}, {"properties.creationData.createOption": "Copy"}),
        (DEFINITION, {}, {"properties.osState": "Specialized"}),
        (DEFINITION, {}, {"properties.architecture": "Arm64"}),
        (DEFINITION, {}, {"properties.features.[]": {"name": "IsHibernateSupported", "value": "True"}}),
        ("Microsoft.Compute/capacityReservationGroups/capacityReservations", {}, {"sku.name": "Standard_D4s_v5"}),
        ("Microsoft.Compute/capacityReservationGroups/capacityReservations", {}, {"zones": ["1"]}),
        (ADDRESS, {}, {"sku.name": "Basic", "properties.publicIPAllocationMethod": "Dynamic"}),
        (ADDRESS, {}, {"sku.tier": "Global"}),
        (ADDRESS, {}, {"properties.ipTags.[]": {"ipTagType": "RoutingPreference", "tag": "Internet"}}),
        (NAT, {}, {"sku.name": "StandardV2"}),
        (HOSTS, {}, {"properties.hostPoolType": "Pooled", "properties.loadBalancerType": "DepthFirst"}),
        ("Microsoft.DesktopVirtualization/applicationGroups", {}, {"properties.applicationGroupType": "RemoteApp"}),
        ("Microsoft.DesktopVirtualization/applicationGroups", {}, {"properties.hostPoolArmPath": f"{POOL}2"}),
    ],
    ids=lambda each: str(each)[-50:],
)
def test_what_is_fixed_when_a_resource_is_made_is_refused_later(
    name: str, before: dict[str, Any], after: dict[str, Any]
) -> None:
    app = prepared()
    app.request("PUT", f"{POOL}2", VALID[HOSTS][1])
    path, first = sent(name, **before)
    app.request("PUT", path, first)
    app.advance(7200)
    shown = app.request("GET", path)
    _, other = sent(name, **before, **after)
    reply = app.send("PUT", path, other)
    assert reply.status in {400, 409}, reply.body
    assert json.loads(reply.body)["error"]["code"].endswith(
        ("NotAllowed", "CannotBeModified", "InvalidRequestContent", "InvalidParameter")
    )
    assert app.request("GET", path) == shown


def test_a_patch_names_another_size_of_a_reservation_in_vain() -> None:
    name = "Microsoft.Compute/capacityReservationGroups/capacityReservations"
    app = prepared()
    path, body = sent(name)
    app.request("PUT", path, body)
    app.advance(600)
    assert app.error("PATCH", path, {"sku": {"name": "Standard_D4s_v5", "capacity": 1}}) == (
        409,
        "PropertyChangeNotAllowed",
    )


def test_features_change_when_the_request_says_that_they_may() -> None:
    app = prepared()
    path, body = sent(DEFINITION)
    app.request("PUT", path, body)
    app.advance(600)
    features = {"properties.features.[]": {"name": "IsHibernateSupported", "value": "True"}}
    _, other = sent(DEFINITION, **features, **{"properties.allowUpdateImage": True})
    app.request("PUT", path, other)
    app.advance(600)
    assert app.request("GET", path)["properties"]["features"] == other["properties"]["features"]


def test_a_personal_pool_stays_persistent() -> None:
    app = prepared()
    balanced = {"properties": {"loadBalancerType": "DepthFirst"}}
    assert app.error("PATCH", POOL, balanced) == (400, "InvalidRequestContent")


def test_an_interface_of_a_machine_stays_in_its_network() -> None:
    app = prepared()
    other = {"addressSpace": {"addressPrefixes": ["10.30.0.0/16"]}}
    subnet = {"name": "s", "properties": {"addressPrefix": "10.30.0.0/24"}}
    net = f"{NETWORK}/virtualNetworks/other"
    app.request("PUT", net, {"location": REGION, "properties": {**other, "subnets": [subnet]}})
    app.advance(60)
    path = f"{NETWORK}/networkInterfaces/vm-nic"
    nic = app.request("GET", path)
    moved = with_value(
        nic, ("properties", "ipConfigurations", "[]", "properties", "subnet"), {"id": f"{net}/subnets/s"}
    )
    assert app.error("PUT", path, moved) == (409, "PropertyChangeNotAllowed")
    assert app.request("GET", path) == nic
