"""Directories in Microsoft Graph: app roles, consents, devices, and changes.

Source: learn.microsoft.com/graph/api/serviceprincipal-list-approleassignedto. To give one needs
`AppRoleAssignment.ReadWrite.All`, with which an application can give itself any permission: the service has it not.

The service reads service principals (`Application.Read.All`). Delegated permission grants and policies need
`Directory.Read.All` and `Policy.Read.All`, which it does not ask for; where a directory has given them, they are read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from shared.contracts.outcomes import DeclinedError, MissingError
from shared.domain.azure_errors import DELTA_LINK_EXPIRED
from shared.domain.tenants.directory import Device, DirectoryChanges, ManagedDevice, Subscription, WatchedResource
from shared.domain.tenants.needs import REMOTE_DESKTOP, SIGN_IN_SCOPES
from shared.errors import UnavailableError

if TYPE_CHECKING:
    from shared.clients.graph import Graph


@dataclass(frozen=True, slots=True)
class AppRoles:
    """The roles of an application: id -> name; and the assignments of them as Graph has them."""

    principal_id: str
    names: Mapping[str, str]
    assignments: tuple[Mapping[str, Any], ...]


async def app_roles(graph: Graph, client_id: str) -> AppRoles | None:
    """Return the roles of an application and who has them, None where it is not in the directory."""
    path = f"/v1.0/servicePrincipals(appId='{client_id}')"
    try:
        principal = await graph.request("GET", path, query={"$select": "id,appRoles"})
    except MissingError:
        return None
    names = {str(each["id"]): str(each["value"]) for each in principal.get("appRoles") or () if each.get("value")}
    rows = graph.pages(f"/v1.0/servicePrincipals/{principal['id']}/appRoleAssignedTo", {})
    return AppRoles(str(principal["id"]), names, tuple([each async for each in rows]))


_GRAPH = "00000003-0000-0000-c000-000000000000"
_NOT_ALLOWED = "Authorization_RequestDenied"


async def given_permissions(graph: Graph, principal_id: str) -> frozenset[str]:
    """Return the names of the permissions that a service principal (object id) has been given."""
    path = f"/v1.0/servicePrincipals(appId='{_GRAPH}')"
    resource = await graph.request("GET", path, query={"$select": "id,appRoles"})
    names = {str(each["id"]): str(each["value"]) for each in resource.get("appRoles") or ()}
    rows = graph.pages(f"/v1.0/servicePrincipals/{principal_id}/appRoleAssignments", {})
    given = [str(each["appRoleId"]) async for each in rows if each["resourceId"] == resource["id"]]
    return frozenset(names[role] for role in given if role in names)


async def consented_for_everybody(graph: Graph, client_id: str) -> bool | None:
    """Return whether a sign-in with an application needs no consent of the user; None where that may not be read."""
    try:
        principal = await graph.service_principal_id(client_id)
        if principal is None:
            return False
        resource = await graph.service_principal_id(_GRAPH)
        rows = graph.pages(f"/v1.0/servicePrincipals/{principal}/oauth2PermissionGrants", {})
        scopes = [
            str(each.get("scope") or "").split()
            async for each in rows
            if (each["consentType"], each["resourceId"]) == ("AllPrincipals", resource)
        ]
    except DeclinedError as declined:
        _check_forbidden(declined)
        return None
    return any(set(SIGN_IN_SCOPES) <= set(each) for each in scopes)


async def consent_policies(graph: Graph) -> frozenset[str] | None:
    """Return the policies by which users consent for themselves; None where that may not be read."""
    try:
        policy = await graph.request("GET", "/v1.0/policies/authorizationPolicy")
    except DeclinedError as declined:
        _check_forbidden(declined)
        return None
    rights = policy.get("defaultUserRolePermissions") or {}
    return frozenset(str(each) for each in rights.get("permissionGrantPoliciesAssigned") or ())


async def remote_desktop_tokens(graph: Graph) -> dict[str, bool | None]:
    """Return for each application of `REMOTE_DESKTOP` whether Entra ID gives tokens; None where it may not be read."""
    return {app_id: await _remote_desktop(graph, app_id) for app_id in REMOTE_DESKTOP}


async def _remote_desktop(graph: Graph, app_id: str) -> bool | None:
    try:
        principal = await graph.service_principal_id(app_id)
        if principal is None:
            return False
        found = await graph.request("GET", f"/v1.0/servicePrincipals/{principal}/remoteDesktopSecurityConfiguration")
    except MissingError:
        return False
    except DeclinedError as declined:
        _check_forbidden(declined)
        return None
    return found.get("isRemoteDesktopProtocolEnabled") is True


def _check_forbidden(declined: DeclinedError) -> None:
    """Raise a refusal for another reason than the lack of a permission."""
    if declined.code != _NOT_ALLOWED:
        raise declined


_PAGE = 999


async def devices_with_prefix(graph: Graph, prefix: str) -> list[Device]:
    """Return the devices of Entra ID whose names begin with *prefix*; all devices if it is empty."""
    select = "id,deviceId,displayName,trustType,registrationDateTime"
    found = await _all(graph, "/v1.0/devices", "displayName", prefix, select, top=True)
    return [
        Device(
            object_id=each["id"],
            device_id=each.get("deviceId") or "",
            display_name=each.get("displayName") or "",
            trust_type=each.get("trustType"),
            registered_at=each.get("registrationDateTime"),
        )
        for each in found
    ]


async def managed_devices_with_prefix(graph: Graph, prefix: str) -> list[ManagedDevice]:
    """Return the devices of Intune whose names begin with *prefix*; all devices if it is empty."""
    select = "id,deviceName,azureADDeviceId,enrolledDateTime,userId"
    found = await _all(graph, "/v1.0/deviceManagement/managedDevices", "deviceName", prefix, select)
    return [
        ManagedDevice(
            id=each["id"],
            device_name=each.get("deviceName") or "",
            device_id=each.get("azureADDeviceId"),
            enrolled_at=each.get("enrolledDateTime"),
            user_id=each.get("userId") or None,
        )
        for each in found
    ]


async def _all(
    graph: Graph, path: str, name: str, prefix: str, select: str, *, top: bool = False
) -> list[dict[str, Any]]:
    query = {"$select": select}
    if top:
        query["$top"] = str(_PAGE)
    if prefix:
        quoted = prefix.replace("'", "''")
        query["$filter"] = f"startswith({name},'{quoted}')"
    page = await graph.request("GET", path, query=query)
    found: list[dict[str, Any]] = list(page.get("value") or ())
    while link := page.get("@odata.nextLink"):
        graph.refuse_foreign(link)
        page = await graph.request("GET", str(link))
        found += page.get("value") or ()
    return found


_DELTAS = {
    WatchedResource.USERS: "/v1.0/users/delta?$select=accountEnabled,assignedLicenses",
    WatchedResource.GROUPS: "/v1.0/groups/delta?$select=members",
}
_FROM_NOW = "&$deltatoken=latest"
_USER = "#microsoft.graph.user"


class LinkExpiredError(Exception):
    """A delta link has expired: everything has to be read again."""


async def changes_since(graph: Graph, resource: WatchedResource, link: str | None) -> DirectoryChanges:
    """Return the changes since *link*, or start now if it is None. Pages may be empty or repeat a change.

    Raises: LinkExpiredError if Graph no longer accepts the link, UnavailableError if any page fails.
    """
    following: str | None = link or _DELTAS[resource] + _FROM_NOW
    items: list[dict[str, Any]] = []
    while following:
        try:
            page = await graph.request("GET", following)
        except (DeclinedError, MissingError) as declined:
            if declined.code.lower() in DELTA_LINK_EXPIRED:
                raise LinkExpiredError(declined.code) from declined
            raise
        items += page.get("value") or []
        following, end = page.get("@odata.nextLink"), page.get("@odata.deltaLink")
        if not following and not end:
            raise UnavailableError("Graph ended a delta query without a delta link")
        for address in (following, end):
            graph.refuse_foreign(address)
    return _changes(resource, items, str(end))


def _changes(resource: WatchedResource, items: list[dict[str, Any]], link: str) -> DirectoryChanges:
    if resource is WatchedResource.USERS:
        return DirectoryChanges(user_ids=frozenset(str(item["id"]) for item in items), link=link)
    members = [member for item in items for member in item.get("members@delta") or ()]
    users = frozenset(str(member["id"]) for member in members if member.get("@odata.type", _USER) == _USER)
    nested = any(member.get("@odata.type", _USER) != _USER for member in members)
    return DirectoryChanges(user_ids=users, structure=nested or any("@removed" in item for item in items), link=link)


async def subscribe(
    graph: Graph, resource: WatchedResource, url: str, until: datetime, client_state: str
) -> Subscription:
    """Subscribe *url* to change notifications; Graph validates *url* before it answers."""
    body = {
        "changeType": "updated,deleted",
        "notificationUrl": url,
        "lifecycleNotificationUrl": url,
        "resource": f"/{resource.value}",
        "expirationDateTime": _written(until),
        "clientState": client_state,
    }
    return _subscription(resource, await graph.request("POST", "/v1.0/subscriptions", body=body))


async def subscriptions_of(graph: Graph, url: str) -> dict[WatchedResource, Subscription]:
    """Return the subscriptions of our app in the directory that notify *url*."""
    found: dict[WatchedResource, Subscription] = {}
    following: str | None = "/v1.0/subscriptions"
    while following:
        page = await graph.request("GET", following)
        for each in page.get("value") or ():
            watched = str(each.get("resource", "")).strip("/")
            if each.get("notificationUrl") == url and watched in set(WatchedResource):
                found[WatchedResource(watched)] = _subscription(WatchedResource(watched), each)
        following = page.get("@odata.nextLink")
        graph.refuse_foreign(following)
    return found


async def renew(graph: Graph, subscription: Subscription, until: datetime) -> Subscription:
    """Extend a subscription to *until*. Raises: MissingError if Graph has no such subscription."""
    body = {"expirationDateTime": _written(until)}
    answer = await graph.request("PATCH", f"/v1.0/subscriptions/{subscription.id}", body=body)
    return _subscription(subscription.resource, answer)


async def unsubscribe(graph: Graph, subscription: Subscription) -> None:
    """Delete a subscription, if it exists."""
    try:
        await graph.request("DELETE", f"/v1.0/subscriptions/{subscription.id}")
    except MissingError:
        return


def _subscription(resource: WatchedResource, answer: dict[str, Any]) -> Subscription:
    ends = datetime.fromisoformat(str(answer["expirationDateTime"]))
    return Subscription(id=str(answer["id"]), resource=resource, expires_at=ends.astimezone(UTC))


def _written(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
