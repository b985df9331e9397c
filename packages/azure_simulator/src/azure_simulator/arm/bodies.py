"""Which model says what the body of an operation must look like."""

from __future__ import annotations

from functools import cache

from azure_simulator.arm.sdk_models import ANY, Member, Shape, library

COMPUTE = "azure.mgmt.compute"
NETWORK = "azure.mgmt.network"
AUTHORIZATION = "azure.mgmt.authorization.v2022_04_01"
DESKTOPS = "azure.mgmt.desktopvirtualization"

_VM = "Microsoft.Compute/virtualMachines"
_GALLERY = "Microsoft.Compute/galleries"
_RESERVATIONS = "Microsoft.Compute/capacityReservationGroups"
_VNET = "Microsoft.Network/virtualNetworks"
_POOL = "Microsoft.DesktopVirtualization/hostPools"
_APPS = "Microsoft.DesktopVirtualization/applicationGroups"

RESOURCES = {
    _VM: (COMPUTE, "VirtualMachine", "VirtualMachineUpdate"),
    f"{_VM}/extensions": (COMPUTE, "VirtualMachineExtension", "VirtualMachineExtensionUpdate"),
    f"{_VM}/runCommands": (COMPUTE, "VirtualMachineRunCommand", "VirtualMachineRunCommandUpdate"),
    "Microsoft.Compute/disks": (COMPUTE, "Disk", "DiskUpdate"),
    "Microsoft.Compute/snapshots": (COMPUTE, "Snapshot", "SnapshotUpdate"),
    "Microsoft.Compute/images": (COMPUTE, "Image", "ImageUpdate"),
    _RESERVATIONS: (COMPUTE, "CapacityReservationGroup", "CapacityReservationGroupUpdate"),
    f"{_RESERVATIONS}/capacityReservations": (COMPUTE, "CapacityReservation", "CapacityReservationUpdate"),
    _GALLERY: (COMPUTE, "Gallery", "GalleryUpdate"),
    f"{_GALLERY}/images": (COMPUTE, "GalleryImage", "GalleryImageUpdate"),
    f"{_GALLERY}/images/versions": (COMPUTE, "GalleryImageVersion", "GalleryImageVersionUpdate"),
    _VNET: (NETWORK, "VirtualNetwork", "TagsObject"),
    f"{_VNET}/subnets": (NETWORK, "Subnet", ""),
    "Microsoft.Network/networkInterfaces": (NETWORK, "NetworkInterface", "TagsObject"),
    "Microsoft.Network/networkSecurityGroups": (NETWORK, "NetworkSecurityGroup", "TagsObject"),
    "Microsoft.Network/networkSecurityGroups/securityRules": (NETWORK, "SecurityRule", ""),
    "Microsoft.Network/publicIPAddresses": (NETWORK, "PublicIPAddress", "TagsObject"),
    "Microsoft.Network/natGateways": (NETWORK, "NatGateway", "TagsObject"),
    "Microsoft.Authorization/roleAssignments": (AUTHORIZATION, "RoleAssignmentCreateParameters", ""),
    _POOL: (DESKTOPS, "HostPool", "HostPoolPatch"),
    f"{_POOL}/sessionHosts": (DESKTOPS, "SessionHost", "SessionHostPatch"),
    _APPS: (DESKTOPS, "ApplicationGroup", "ApplicationGroupPatch"),
    f"{_APPS}/desktops": (DESKTOPS, "Desktop", "DesktopPatch"),
    "Microsoft.DesktopVirtualization/workspaces": (DESKTOPS, "Workspace", "WorkspacePatch"),
}
"""Type -> package, model of a PUT and of an answer, model of a PATCH."""

ACTIONS = {
    f"{_VM}/runCommand": (COMPUTE, "RunCommandInput"),
    f"{_POOL}/sessionHosts/userSessions/sendMessage": (DESKTOPS, "SendMessage"),
    "Microsoft.Compute/disks/beginGetAccess": (COMPUTE, "GrantAccessData"),
    "Microsoft.Compute/snapshots/beginGetAccess": (COMPUTE, "GrantAccessData"),
}
"""Type and verb -> package, model of the POST."""

_TEXT = Shape("string")


def _object(name: str, /, **members: Shape) -> Shape:
    """Write down a shape no installed SDK knows; the ids every resource has come with it."""
    known = {key.lower(): Member(key, shape) for key, shape in members.items()}
    known |= {key: Member(key, _TEXT, read_only=True) for key in ("id", "name", "type")}
    return Shape("object", name, fixed=known)


_TAGS = Shape("map", items=_TEXT)
_GROUP_PROPERTIES = Shape(
    "object", "ResourceGroupProperties", fixed={"provisioningstate": Member("provisioningState", _TEXT, read_only=True)}
)
_GROUP = _object("ResourceGroup", location=_TEXT, tags=_TAGS, managedBy=_TEXT, properties=_GROUP_PROPERTIES)
_LOCK_PROPERTIES = Shape(
    "object",
    "ManagementLockProperties",
    fixed={
        "level": Member(
            "level",
            Shape(
                "string",
                "LockLevel",
                choices={"cannotdelete": "CanNotDelete", "readonly": "ReadOnly", "notspecified": "NotSpecified"},
            ),
            required=True,
        ),
        "notes": Member("notes", _TEXT),
        "owners": Member("owners", Shape("array", items=ANY)),
    },
)
_LOCK = Shape(
    "object",
    "ManagementLock",
    fixed={
        **_object("ManagementLock").fixed,
        "properties": Member("properties", _LOCK_PROPERTIES, required=True),
        "systemdata": Member("systemData", ANY, read_only=True),
    },
)
WRITTEN = {
    "Microsoft.Resources/resourceGroups": _GROUP,
    "Microsoft.Authorization/locks": _LOCK,
}
"""Types whose SDK (azure-mgmt-resource) is not among ours."""
_WRITTEN = {kind.lower(): shape for kind, shape in WRITTEN.items()}
_RESOURCES = {kind.lower(): models for kind, models in RESOURCES.items()}
_ACTIONS = {kind.lower(): model for kind, model in ACTIONS.items()}


@cache
def shape_of(method: str, kind: str, action: str = "") -> Shape | None:
    """Give the shape of a request; `None` where nothing is known of it, or nothing is sent."""
    key = kind.lower()
    if method == "POST":
        package, model = _ACTIONS.get(f"{key}/{action.lower()}", ("", ""))
    else:
        if key in _WRITTEN and method in {"PUT", "PATCH"}:
            return _WRITTEN[key]
        package, put, patch = _RESOURCES.get(key, ("", "", ""))
        model = {"PUT": put, "PATCH": patch}.get(method, "")
    return library(package).shape(model) if model else None


@cache
def answer_of(kind: str) -> Shape | None:
    """Give the shape of a resource as it is shown."""
    key = kind.lower()
    if key == "microsoft.authorization/roleassignments":
        return library(AUTHORIZATION).shape("RoleAssignment")
    return shape_of("PUT", kind)
