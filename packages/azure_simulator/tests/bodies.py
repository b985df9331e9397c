"""Request bodies of the resources that most tests need first, and the api-versions that the SDKs send."""

from typing import Any

REGION = "westeurope"
IMAGE = {
    "publisher": "MicrosoftWindowsDesktop",
    "offer": "windows-ent-cpc",
    "sku": "win11-24h2-ent-cpc-m365",
    "version": "latest",
}
TAGS = {"deskwright:cloudpc": "cpc-1"}
VERSIONS = {
    "microsoft.compute/disks": "2026-03-02",
    "microsoft.compute/snapshots": "2026-03-02",
    "microsoft.compute/galleries": "2026-03-03",
    "microsoft.compute/skus": "2021-07-01",
    "microsoft.compute": "2026-04-01",
    "microsoft.network": "2026-03-01",
    "microsoft.authorization/locks": "2020-05-01",
    "microsoft.authorization": "2022-04-01",
    "microsoft.desktopvirtualization": "2024-04-03",
    "": "2024-11-01",
}
"""Beginning of a type -> the api-version the SDKs send; resource groups last."""


def version_for(path: str) -> str:
    """Return an api-version that the resource type of a path supports."""
    kind = path.lower().rpartition("/providers/")[2] if "/providers/" in path else ""
    if kind.count("/") == 0 or kind.endswith("/register"):
        kind = ""
    return next(
        version for beginning, version in VERSIONS.items() if f"{kind}/".startswith(f"{beginning}/") or not beginning
    )


def nic_body(subnet: str, tags: Any = None) -> dict[str, Any]:
    configuration = {"name": "ipconfig1", "properties": {"subnet": {"id": subnet}, "primary": True}}
    return {"location": REGION, "tags": tags or TAGS, "properties": {"ipConfigurations": [configuration]}}


def vm_body(nic: str, **changes: Any) -> dict[str, Any]:
    """Return the body of a Windows machine (docs/notes.md 1.3).

    `changes` replaces `size`, `zone`, `image`, `disk_gb`, `delete`, `computer`, `password`, `identity` or `tags`.
    """
    properties = {
        "hardwareProfile": {"vmSize": changes.get("size", "Standard_D2s_v5")},
        "licenseType": "Windows_Client",
        "storageProfile": {
            "imageReference": changes.get("image", IMAGE),
            "osDisk": {
                "createOption": "FromImage",
                "diskSizeGB": changes.get("disk_gb", 128),
                "deleteOption": changes.get("delete", "Delete"),
                "managedDisk": {"storageAccountType": "Premium_LRS"},
            },
        },
        "osProfile": {
            "computerName": changes.get("computer", "CPC-ABC123"),
            "adminUsername": "localadmin",
            "adminPassword": changes.get("password", "Th1s-is-not-secret"),
            "windowsConfiguration": {"provisionVMAgent": True},
        },
        "securityProfile": {
            "securityType": "TrustedLaunch",
            "uefiSettings": {"secureBootEnabled": True, "vTpmEnabled": True},
        },
        "networkProfile": {
            "networkInterfaces": [
                {"id": nic, "properties": {"primary": True, "deleteOption": changes.get("delete", "Delete")}}
            ]
        },
    }
    body: dict[str, Any] = {
        "location": REGION,
        "tags": changes.get("tags", TAGS),
        "identity": {"type": changes.get("identity", "SystemAssigned")},
        "properties": properties,
    }
    if changes.get("zone"):
        body["zones"] = [changes["zone"]]
    return body
