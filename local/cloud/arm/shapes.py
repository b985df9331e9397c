"""The shapes of request bodies: what type each property known here must have.

A shape is a type, a list of one shape, or an object of shapes; `ANY` accepts everything, and so do
properties a shape does not name. Nulls count as absent, as they do for Azure.
"""

from __future__ import annotations

from typing import Any

from local.cloud.core.answers import Json, Problem

ANY = object
_NAMES = {str: "string", dict: "object", list: "array", bool: "boolean", int: "integer", float: "number"}

REFERENCE = {"id": str}
TRACKED: Json = {"location": str, "tags": dict}
IDENTITY = {"type": str, "userAssignedIdentities": dict}
IP_CONFIGURATION = {
    "name": str,
    "properties": {
        "subnet": REFERENCE,
        "primary": bool,
        "privateIPAddress": str,
        "privateIPAllocationMethod": str,
    },
}
NIC: Json = {
    **TRACKED,
    "properties": {"ipConfigurations": [IP_CONFIGURATION], "networkSecurityGroup": REFERENCE},
}
SUBNET: Json = {
    "addressPrefix": str,
    "addressPrefixes": [str],
    "networkSecurityGroup": REFERENCE,
    "natGateway": REFERENCE,
    "delegations": [dict],
}
VNET: Json = {
    **TRACKED,
    "properties": {
        "addressSpace": {"addressPrefixes": [str]},
        "dhcpOptions": {"dnsServers": [str]},
        "subnets": [{"name": str, "properties": SUBNET}],
    },
}
MACHINE: Json = {
    **TRACKED,
    "zones": [str],
    "identity": IDENTITY,
    "properties": {
        "hardwareProfile": {"vmSize": str},
        "licenseType": str,
        "diagnosticsProfile": dict,
        "securityProfile": {"securityType": str, "uefiSettings": dict},
        "storageProfile": {
            "imageReference": {"id": str, "publisher": str, "offer": str, "sku": str, "version": str},
            "osDisk": {
                "name": str,
                "createOption": str,
                "diskSizeGB": int,
                "deleteOption": str,
                "managedDisk": {"id": str, "storageAccountType": str},
            },
            "dataDisks": [dict],
        },
        "osProfile": {
            "computerName": str,
            "adminUsername": str,
            "adminPassword": str,
            "windowsConfiguration": dict,
            "secrets": [dict],
        },
        "networkProfile": {
            "networkInterfaces": [{"id": str, "properties": {"primary": bool, "deleteOption": str}}],
            "networkInterfaceConfigurations": [
                {
                    "name": str,
                    "properties": {
                        "primary": bool,
                        "deleteOption": str,
                        "ipConfigurations": [IP_CONFIGURATION],
                        "networkSecurityGroup": REFERENCE,
                    },
                }
            ],
        },
    },
}
EXTENSION: Json = {
    **TRACKED,
    "properties": {
        "publisher": str,
        "type": str,
        "typeHandlerVersion": str,
        "autoUpgradeMinorVersion": bool,
        "settings": {"properties": dict},
        "protectedSettings": dict,
    },
}
PARAMETER = {"name": str, "value": str}
RUN_COMMAND: Json = {
    **TRACKED,
    "properties": {
        "source": {"script": str, "scriptUri": str, "commandId": str},
        "parameters": [PARAMETER],
        "protectedParameters": [PARAMETER],
        "asyncExecution": bool,
        "timeoutInSeconds": int,
        "treatFailureAsDeploymentFailure": bool,
    },
}
VERSION: Json = {
    **TRACKED,
    "properties": {
        "publishingProfile": {
            "targetRegions": [{"name": str, "regionalReplicaCount": int, "storageAccountType": str}],
            "excludeFromLatest": bool,
        },
        "storageProfile": {"source": {"id": str, "virtualMachineId": str}},
    },
}
DEFINITION: Json = {
    **TRACKED,
    "properties": {
        "osType": str,
        "osState": str,
        "hyperVGeneration": str,
        "identifier": {"publisher": str, "offer": str, "sku": str},
        "features": [{"name": str, "value": str}],
    },
}
RULE = {"name": str, "properties": dict}

SHAPES: dict[str, Json] = {
    "group.put": TRACKED,
    "vm.create": MACHINE,
    "vm.update": MACHINE,
    "vm.runCommand": {"commandId": str, "script": [str], "parameters": [PARAMETER]},
    "extension.put": EXTENSION,
    "runcommand.put": RUN_COMMAND,
    "disk.update": {"tags": dict, "sku": {"name": str}, "properties": {"diskSizeGB": int}},
    "gallery.put": {**TRACKED, "properties": {"description": str}},
    "gallery.image.put": DEFINITION,
    "gallery.version.put": VERSION,
    "vnet.put": VNET,
    "subnet.put": {"properties": SUBNET},
    "nic.put": NIC,
    "nsg.put": {**TRACKED, "properties": {"securityRules": [RULE]}},
    "nat.put": {**TRACKED, "properties": {"publicIpAddresses": [REFERENCE]}},
    "public_ip.put": {**TRACKED, "properties": {"publicIPAllocationMethod": str}},
    "role.put": {"properties": {"roleDefinitionId": str, "principalId": str, "principalType": str}},
}


def conform(body: object, shape: object, path: str = "") -> Any:  # noqa: ANN401 - JSON in, JSON out
    """Copy a body without the nulls of known properties; refuse one of another shape."""
    if isinstance(shape, dict):
        return _object(_typed(body, dict, path), shape, path)
    if isinstance(shape, list):
        items = _typed(body, list, path)
        return [conform(item, shape[0], f"{path}[{index}]") for index, item in enumerate(items)]
    return body if shape is ANY else _typed(body, shape, path)


def _object(body: Json, shape: Json, path: str) -> Json:
    copy = {}
    for key, value in body.items():
        if value is None:
            continue
        inner = f"{path}.{key}" if path else key
        copy[key] = conform(value, shape[key], inner) if key in shape else value
    return copy


def _typed(value: object, wanted: Any, path: str) -> Any:  # noqa: ANN401 - JSON
    if not isinstance(value, wanted) or (wanted is int and isinstance(value, bool)):
        raise Problem(
            400,
            "InvalidRequestContent",
            "The request content was invalid and could not be deserialized: 'Error converting value "
            f"\"{str(value)[:60]}\" to type '{_NAMES[wanted]}'. Path '{path}'.'.",
            target=path,
        )
    return value
