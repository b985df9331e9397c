"""Microsoft's own applications: their service principals are in every directory.

Ids and values of Microsoft Graph's app roles and scopes are those of recorded answers (docs/notes.md 8) and of
learn.microsoft.com/graph/permissions-reference; only those that the simulator checks, or that a client of Cloud PCs
may ask for, are here. Azure Virtual Desktop's is in a real directory once a subscription has registered its provider.
Source: learn.microsoft.com/azure/virtual-desktop/service-principal-assign-roles.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from azure_simulator.graph.directory import registrations

if TYPE_CHECKING:
    from azure_simulator.graph.directory.records import Doc

MICROSOFT_GRAPH = "00000003-0000-0000-c000-000000000000"
VIRTUAL_DESKTOP = "9cdead84-a844-4324-93f2-b2e6bb768d07"
SERVICE_MANAGEMENT = "797f4846-ba00-4fd7-ba43-dac1f8f63013"
WINDOWS_CLOUD_LOGIN = "270efc09-cd0d-444b-a71f-39af4910ec45"
REMOTE_DESKTOP = "a4a365df-50f1-4397-bc59-1a1564b8bb9c"
_NAMES: dict[str, tuple[str, tuple[str, ...]]] = {
    MICROSOFT_GRAPH: ("Microsoft Graph", ("https://graph.microsoft.com/", "https://graph.microsoft.com")),
    VIRTUAL_DESKTOP: ("Azure Virtual Desktop", ("https://www.wvd.microsoft.com",)),
    WINDOWS_CLOUD_LOGIN: ("Windows Cloud Login", ()),
    REMOTE_DESKTOP: ("Microsoft Remote Desktop", ()),
    SERVICE_MANAGEMENT: (
        "Windows Azure Service Management API",
        ("https://management.azure.com/", "https://management.core.windows.net/"),
    ),
}
_MICROSOFT = "f8cdef31-a31e-4b4a-93e4-5f571e91255a"
"""The directory in which Microsoft registers its own applications."""
_GRAPH_ROLES = {
    "AppRoleAssignment.ReadWrite.All": "06b708a9-e830-4db3-a914-8e69da51d44f",
    "Application-RemoteDesktopConfig.ReadWrite.All": "3be0012a-cc4e-426b-895b-f9c836bf6381",
    "Application.Read.All": "9a5d68dd-52b0-4cc2-bd40-abcf44ac3a30",
    "Application.ReadWrite.All": "1bfefb4e-e0b5-418b-a88f-73c46d2cc8e9",
    "Application.ReadWrite.OwnedBy": "18a4783c-866b-4cc7-a460-3d5e5662c884",
    "AuditLog.Read.All": "b0afded3-3588-46d8-8b3d-9842eff778da",
    "CloudPC.Read.All": "a9e09520-8ed4-4cde-838e-4fdea192c227",
    "CloudPC.ReadWrite.All": "3b4349e1-8cf5-45a3-95b7-69d1751d3e6a",
    "DelegatedPermissionGrant.ReadWrite.All": "8e8e4742-1d95-4f68-9d56-6ee75648c72a",
    "Device.Read.All": "7438b122-aefc-4978-80ed-43db9fcc7715",
    "Device.ReadWrite.All": "1138cb37-bd11-4084-a2b7-9f71582aeddb",
    "DeviceManagementManagedDevices.PrivilegedOperations.All": "5b07b0dd-2377-4e44-a38d-703f09a0dc3c",
    "DeviceManagementManagedDevices.Read.All": "2f51be20-0bb4-4fed-bf7b-db946066c75e",
    "DeviceManagementManagedDevices.ReadWrite.All": "243333ab-4d21-40cb-a475-36241daa0842",
    "DeviceManagementServiceConfig.Read.All": "06a5fe6d-c49d-46a7-b082-56b1b14103c7",
    "DeviceManagementServiceConfig.ReadWrite.All": "5ac13192-7ace-4fcf-b828-1a26f28068ee",
    "Directory.Read.All": "7ab1d382-f21e-4acd-a863-ba3e13f7da61",
    "Directory.ReadWrite.All": "19dbc75e-c2e2-444c-a770-ec69d8559fc7",
    "Group.Create": "bf7b1a76-6e77-406b-b258-bf5c7720e98f",
    "Group.Read.All": "5b567255-7703-4780-807c-7be8301ae99b",
    "Group.ReadWrite.All": "62a82d76-70ea-41e2-9197-370581804d09",
    "GroupMember.Read.All": "98830695-27a2-44f7-8c18-0c3ebc9698f6",
    "GroupMember.ReadWrite.All": "dbaae8cf-10b5-4b86-a4a1-f871c94c6695",
    "LicenseAssignment.Read.All": "e2f98668-2877-4f38-a2f4-8202e0717aa1",
    "LicenseAssignment.ReadWrite.All": "5facf0c1-8979-4e95-abcf-ff3d079771c0",
    "Mail.Send": "b633e1c5-b582-4048-a93e-9f11b44c7e96",
    "Organization.Read.All": "498476ce-e0fe-48b0-b801-37ba7e2685c6",
    "Policy.Read.All": "246dd0d5-5bd0-4def-940b-0421030a5b68",
    "User.DeleteRestore.All": "eccc023d-eccf-4e7b-9683-8813ab36cecc",
    "User.EnableDisableAccount.All": "3011c876-62b7-4ada-afa2-506cbbecc68c",
    "User.Invite.All": "09850681-111b-4a89-9bed-3f2cae46d706",
    "User.Read.All": "df021288-bdef-4463-88db-98f22de89214",
    "User.ReadWrite.All": "741f803b-c850-494e-b5df-cde7c675a1ca",
}
_GRAPH_SCOPES = {
    "Application.Read.All": ("c79f8feb-a9db-4090-85f9-90d820caa0eb", "Admin"),
    "Application.ReadWrite.All": ("bdfbf15f-ee85-4955-8675-146e8e5296b5", "Admin"),
    "CloudPC.Read.All": ("5252ec4e-fd40-4d92-8c68-89dd1d3c6110", "User"),
    "CloudPC.ReadWrite.All": ("9d77138f-f0e2-47ba-ab33-cd246c8b79d1", "Admin"),
    "Directory.Read.All": ("06da0dbc-49e2-44d2-8312-53f166ab848a", "Admin"),
    "Directory.ReadWrite.All": ("c5366453-9fb0-48a5-a156-24f0c49a4b84", "Admin"),
    "Group.Read.All": ("5f8c59db-677d-491f-a6b8-5f174b11ec1d", "Admin"),
    "Group.ReadWrite.All": ("4e46008b-f24c-477d-8fff-7bb4ec7aafe0", "Admin"),
    "GroupMember.Read.All": ("bc024368-1153-4739-b217-4326f2e966d0", "Admin"),
    "Organization.Read.All": ("4908d5b9-3fb2-4b1e-9336-1888b7937185", "Admin"),
    "User.Read": ("e1fe6dd8-ba31-4d61-89e7-88639da4683d", "User"),
    "User.Read.All": ("a154be20-db9c-4678-8ab7-66f6cc099a59", "Admin"),
    "User.ReadBasic.All": ("b340eb25-3456-403f-be2f-af7a0d370277", "User"),
    "User.ReadWrite.All": ("204e0828-b5ca-4ad8-b9f3-f32a958e7cc4", "Admin"),
    "email": ("64a6cdd6-aab1-4aaf-94b8-3cc8405e90d0", "User"),
    "offline_access": ("7427e0e9-2fba-42fe-b0c0-848c9e6a8182", "User"),
    "openid": ("37f7f235-527c-4136-accd-4a02d197296e", "User"),
    "profile": ("14dad69e-099b-42c9-810b-d002981feec1", "User"),
}
_SERVICE_MANAGEMENT_SCOPES = {"user_impersonation": ("41094075-9dad-400e-a0bd-54e686782033", "User")}
APPLICATIONS = frozenset(_NAMES)
_CLIENTS = {
    "04b07795-8ddb-461a-bbee-02f9e1bf7b46": "Microsoft Azure CLI",
    "1950a258-227b-4e31-a9cf-717495945fc2": "Microsoft Azure PowerShell",
}
"""Microsoft's own programs that people sign in to, in any directory and without a consent."""


def client(app_id: str) -> tuple[str, Doc] | None:
    """Return one of Microsoft's programs as a registered application, with the directory that it is registered in."""
    name = _CLIENTS.get(app_id.lower())
    if name is None:
        return None
    made = registrations.application(app_id.lower(), app_id.lower(), name, "microsoft.com", 0)
    return _MICROSOFT, {**made, "isFallbackPublicClient": True, "publicClient": {"redirectUris": ["http://localhost"]}}


def service_principal(app_id: str, key: str) -> Doc:
    """Return the service principal of one of Microsoft's applications in a directory, under the id `key`."""
    name, names = _NAMES[app_id]
    scopes = {MICROSOFT_GRAPH: _GRAPH_SCOPES, SERVICE_MANAGEMENT: _SERVICE_MANAGEMENT_SCOPES}.get(app_id, {})
    roles = _GRAPH_ROLES if app_id == MICROSOFT_GRAPH else {}
    return {
        **registrations.service_principal(key, app_id, name),
        "appOwnerOrganizationId": _MICROSOFT,
        "servicePrincipalNames": [app_id, *names],
        "appRoles": [_role(value, role_id) for value, role_id in roles.items()],
        "oauth2PermissionScopes": [_scope(value, *about) for value, about in scopes.items()],
    }


def _role(value: str, role_id: str) -> Doc:
    return {
        "allowedMemberTypes": ["Application"],
        "description": value,
        "displayName": value,
        "id": role_id,
        "isEnabled": True,
        "origin": "Application",
        "value": value,
    }


def _scope(value: str, scope_id: str, who: str) -> Doc:
    texts = ("adminConsentDescription", "adminConsentDisplayName", "userConsentDescription", "userConsentDisplayName")
    return {**dict.fromkeys(texts, value), "id": scope_id, "isEnabled": True, "type": who, "value": value}
