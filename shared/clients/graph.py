"""The part of Microsoft Graph that Deskwright needs: a thin client on azure-core's pipeline.

msgraph-sdk costs two to four seconds of cold start and 51 MB (docs/notes/azure.md 4).
"""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from azure.core import AsyncPipelineClient
from azure.core.rest import HttpRequest

from shared.clients.graph_answers import (
    in_batches,
    read_device,
    read_group,
    read_managed_device,
    read_sku,
    read_user,
    read_whole_user,
)
from shared.clients.pacing import graph_limits
from shared.clients.pipeline import cloud_policies, transport
from shared.contracts.outcomes import DeclinedError, MissingError
from shared.domain.tenants.directory import (
    Device,
    DirectoryUser,
    EnrollmentRestriction,
    Group,
    ManagedDevice,
    SubscribedSku,
)
from shared.errors import NotFoundError, UnavailableError

if TYPE_CHECKING:
    from azure.core.credentials_async import AsyncTokenCredential

    from shared.clients.pacing import Pacing

SCOPE = "https://graph.microsoft.com/.default"
_PUBLIC = "https://graph.microsoft.com"
_GROUP = "id,displayName,securityEnabled,mailEnabled,groupTypes"
_USER = "id,userPrincipalName,displayName,accountEnabled,onPremisesUserPrincipalName,assignedLicenses"
_DEVICE = "id,deviceId,displayName,trustType,registrationDateTime"
_MANAGED = "id,deviceName,azureADDeviceId,enrolledDateTime,userId"
_ADVANCED = {
    "ConsistencyLevel": "eventual"
}  # casts and counts need advanced queries: https://learn.microsoft.com/graph/aad-advanced-queries
_GROUPS_PER_CHECK = 20
_PAGE = 999
_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


class Graph:
    """One directory. Raises: DeclinedError, ThrottledError or UnavailableError (shared.clients.pipeline)."""

    def __init__(
        self, credential: AsyncTokenCredential, url: str, *, principal: str, directory: str, pacing: Pacing
    ) -> None:
        self._url = url.rstrip("/")
        limits = graph_limits(principal, directory)
        policies = cloud_policies(credential, SCOPE, pacing=pacing, limits=limits)
        self._client: AsyncPipelineClient[Any, Any] = AsyncPipelineClient(
            self._url, policies=policies, transport=transport()
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()

    # Groups and users
    async def group(self, group_id: str) -> Group:
        """Return a group. Raises: NotFoundError."""
        try:
            return read_group(await self._get(f"/v1.0/groups/{_object(group_id)}", {"$select": _GROUP}))
        except MissingError as missing:
            raise NotFoundError(f"the directory has no group {group_id}") from missing

    async def groups(self, search: str = "", top: int = 100) -> list[Group]:
        """Return the groups whose display name begins with *search*, *top* at most."""
        query = {"$select": _GROUP, "$top": str(min(top, _PAGE)), "$orderby": "displayName", "$count": "true"}
        if search:
            query["$filter"] = f"startswith(displayName,{_quoted(search)})"
        found: list[Group] = []
        async for each in self.pages("/v1.0/groups", query, _ADVANCED):
            found.append(read_group(each))
            if len(found) >= top:
                break
        return found

    async def group_users(self, group_id: str) -> list[DirectoryUser]:
        """Return every user of a group and of its nested groups; all of them or an error.

        Raises: NotFoundError if there is no such group, UnavailableError when any page fails.
        """
        path = f"/v1.0/groups/{_object(group_id)}/transitiveMembers/microsoft.graph.user"
        query = {"$select": _USER, "$top": str(_PAGE), "$count": "true"}
        try:
            return [read_user(each) async for each in self.pages(path, query, _ADVANCED)]
        except MissingError as missing:
            raise NotFoundError(f"the directory has no group {group_id}") from missing

    async def licensed_users(self, sku_ids: Iterable[str]) -> list[DirectoryUser]:
        """Return every user who has one of the licences; all of them or an error."""
        found: dict[str, DirectoryUser] = {}
        for sku_id in sku_ids:
            query = {
                "$select": _USER,
                "$top": str(_PAGE),
                "$count": "true",
                "$filter": f"assignedLicenses/any(l:l/skuId eq {_segment(sku_id)})",
            }
            found |= {each["id"]: read_user(each) async for each in self.pages("/v1.0/users", query, _ADVANCED)}
        return list(found.values())

    async def user(self, id_or_upn: str) -> DirectoryUser:
        """Return a user by id or user principal name. Raises: NotFoundError, UnavailableError for half an answer."""
        if not _GUID.fullmatch(id_or_upn) and "@" not in id_or_upn:  # users/delta is no user
            raise NotFoundError(f"the directory has no user {id_or_upn}")
        try:
            found = await self._get(f"/v1.0/users/{_segment(id_or_upn)}", {"$select": _USER})
        except MissingError as missing:
            raise NotFoundError(f"the directory has no user {id_or_upn}") from missing
        return read_whole_user(found)

    async def usage_location(self, user_id: str) -> str:
        """Return the country of a user (ISO 3166-1 alpha-2), empty without one. Raises: NotFoundError."""
        try:
            found = await self._get(f"/v1.0/users/{_object(user_id)}", {"$select": "usageLocation"})
        except MissingError as missing:
            raise NotFoundError(f"the directory has no user {user_id}") from missing
        return str(found.get("usageLocation") or "")

    async def mail_address(self, user_id: str) -> str:
        """Return the mail address of a user, empty without one. Raises: NotFoundError.

        A principal name is no address, and ``otherMails`` are often private ones, for the reset of a password
        (learn.microsoft.com/graph/api/resources/user).
        """
        try:
            found = await self._get(f"/v1.0/users/{_object(user_id)}", {"$select": "mail"})
        except MissingError as missing:
            raise NotFoundError(f"the directory has no user {user_id}") from missing
        return str(found.get("mail") or "")

    async def users_by_id(self, user_ids: Sequence[str]) -> dict[str, DirectoryUser]:
        """Return these users by id, with one request for twenty; users that do not exist are left out.

        Raises: UnavailableError for half an answer.
        """
        known = [user_id for user_id in user_ids if _GUID.fullmatch(user_id)]
        steps = [{"method": "GET", "url": f"/users/{user_id}?$select={_USER}"} for user_id in known]
        answers = await in_batches(self, steps)
        pairs = zip(known, answers, strict=True)
        return {user_id: read_whole_user(answer) for user_id, answer in pairs if answer is not None}

    async def users(self, search: str = "", top: int = 100) -> list[DirectoryUser]:
        """Return users with a name (display, given, family, principal) that begins with *search*, *top* at most."""
        query = {"$select": _USER, "$top": str(min(top, _PAGE)), "$orderby": "displayName", "$count": "true"}
        if search:
            names = ("displayName", "givenName", "surname", "userPrincipalName")
            query["$filter"] = " or ".join(f"startswith({name},{_quoted(search)})" for name in names)
        found: list[DirectoryUser] = []
        async for each in self.pages("/v1.0/users", query, _ADVANCED):
            found.append(read_user(each))
            if len(found) >= top:
                break
        return found

    async def member_group_ids(self, user_id: str, group_ids: Sequence[str]) -> frozenset[str]:
        """Return the ids of *group_ids* whose members include the user, directly or nested. Raises: NotFoundError."""
        found: set[str] = set()
        for at in range(0, len(group_ids), _GROUPS_PER_CHECK):
            body = {"groupIds": list(group_ids[at : at + _GROUPS_PER_CHECK])}
            try:
                answer = await self.request("POST", f"/v1.0/users/{_segment(user_id)}/checkMemberGroups", body=body)
            except MissingError as missing:
                raise NotFoundError(f"the directory has no user {user_id}") from missing
            if not isinstance(answer.get("value"), list):
                raise UnavailableError("Graph answered about the groups of a user without a list")
            found.update(answer["value"])
        return frozenset(found)

    async def groups_of_users(self, user_ids: Sequence[str], group_ids: Sequence[str]) -> dict[str, frozenset[str]]:
        """Return for each user the ids of *group_ids* that they are in, directly or nested; unknown users are left out.

        One request for twenty users, however many groups: of more than one check takes, all groups of a user are read.
        Graph refuses that for a user in too many: then they are checked, twenty groups at a time.
        """
        known = [user_id for user_id in user_ids if _GUID.fullmatch(user_id)]
        few = len(group_ids) <= _GROUPS_PER_CHECK
        action = "checkMemberGroups" if few else "getMemberGroups"
        body = {"groupIds": list(group_ids)} if few else {"securityEnabledOnly": False}
        steps = [{"method": "POST", "url": f"/users/{user_id}/{action}", "body": body} for user_id in known]
        try:
            answers = await in_batches(self, steps) if group_ids else []
        except DeclinedError:
            if few:
                raise
            parts = [group_ids[at : at + _GROUPS_PER_CHECK] for at in range(0, len(group_ids), _GROUPS_PER_CHECK)]
            found = [await self.groups_of_users(known, part) for part in parts]
            return {user_id: frozenset[str]().union(*(each.get(user_id, ()) for each in found)) for user_id in found[0]}
        wanted = frozenset(group_ids)
        pairs = zip(known, answers, strict=False)
        return {user_id: wanted & frozenset(answer["value"]) for user_id, answer in pairs if answer is not None}

    async def holders(self, names: Sequence[str]) -> dict[str, str]:
        """Return the object id of the user who has each of these principal names now; unknown names are left out."""
        asked = [name for name in names if "@" in name]
        steps = [{"method": "GET", "url": f"/users/{_segment(name)}?$select=id"} for name in asked]
        answers = await in_batches(self, steps)
        return {name: str(answer["id"]) for name, answer in zip(asked, answers, strict=True) if answer is not None}

    async def subscribed_skus(self) -> list[SubscribedSku]:
        """Return the licences the directory has bought."""
        return [read_sku(each) async for each in self.pages("/v1.0/subscribedSkus", {})]

    async def service_principal_id(self, app_id: str) -> str | None:
        """Return the object id of an application's service principal in the directory, None if it has none."""
        query = {"$filter": f"appId eq {_quoted(app_id)}", "$select": "id"}
        found = [each async for each in self.pages("/v1.0/servicePrincipals", query)]
        return str(found[0]["id"]) if found else None

    async def service_principal_name(self, object_id: str) -> str:
        """Return the display name of a service principal. Raises: NotFoundError."""
        try:
            found = await self._get(f"/v1.0/servicePrincipals/{_object(object_id)}", {"$select": "displayName"})
        except MissingError as missing:
            raise NotFoundError(f"the directory has no service principal {object_id}") from missing
        return str(found["displayName"])

    # Devices
    async def devices(self, display_name: str) -> list[Device]:
        """Return the devices with this name: several are normal, since a new join leaves the old device."""
        query = {"$filter": f"displayName eq {_quoted(display_name)}", "$select": _DEVICE}
        return [read_device(each) async for each in self.pages("/v1.0/devices", query)]

    async def set_extension_attribute(self, object_id: str, number: int, value: str) -> None:
        """Set one of a device's fifteen extension attributes. Raises: MissingError."""
        body = {"extensionAttributes": {f"extensionAttribute{number}": value}}
        await self.request("PATCH", f"/v1.0/devices/{_segment(object_id)}", body=body)

    async def delete_device(self, object_id: str) -> None:
        """Delete a device, if it exists."""
        await self._delete(f"/v1.0/devices/{_segment(object_id)}")

    async def managed_devices(
        self, *, device_id: str | None = None, device_name: str | None = None
    ) -> list[ManagedDevice]:
        """Return Intune's devices with this Entra device id, or else with this name."""
        term = (
            f"azureADDeviceId eq {_quoted(device_id)}" if device_id else f"deviceName eq {_quoted(device_name or '')}"
        )
        query = {"$filter": term, "$select": _MANAGED}
        return [read_managed_device(each) async for each in self.pages("/v1.0/deviceManagement/managedDevices", query)]

    async def set_primary_user(self, managed_device_id: str, user_id: str) -> None:
        """Make a user the primary user of a managed device; only the beta API can. Raises: MissingError."""
        path = f"/beta/deviceManagement/managedDevices('{_segment(managed_device_id)}')/users/$ref"
        # A reference has Graph's public address, even if graph_url is another one.
        await self.request("POST", path, body={"@odata.id": f"{_PUBLIC}/beta/users/{_segment(user_id)}"})

    async def delete_managed_device(self, managed_device_id: str) -> None:
        """Delete Intune's record of a device, if it exists."""
        await self._delete(f"/v1.0/deviceManagement/managedDevices/{_segment(managed_device_id)}")

    async def first_managed_device(self) -> None:
        """Read one device from Intune, to check that it answers."""
        await self._get("/v1.0/deviceManagement/managedDevices", {"$top": "1", "$select": "id"})

    async def first_device(self) -> None:
        """Read one device, to check the permission."""
        await self._get("/v1.0/devices", {"$top": "1", "$select": "id"})

    async def windows_restrictions(self) -> list[EnrollmentRestriction]:
        """Return Intune's platform restrictions that block Windows."""
        path = "/v1.0/deviceManagement/deviceEnrollmentConfigurations"
        return [
            EnrollmentRestriction(display_name=each.get("displayName") or "", default=each.get("priority") == 0)
            async for each in self.pages(path, {})
            if (each.get("windowsRestriction") or {}).get("platformBlocked") is True
        ]

    async def directory_sync(self) -> tuple[bool, datetime | None]:
        """Return whether the directory is synchronised with a domain, and the time of the last synchronisation."""
        query = {"$select": "id,onPremisesSyncEnabled,onPremisesLastSyncDateTime"}
        async for each in self.pages("/v1.0/organization", query):
            last = each.get("onPremisesLastSyncDateTime")
            return each.get("onPremisesSyncEnabled") is True, datetime.fromisoformat(last) if last else None
        return False, None

    # Requests and pages
    async def _get(self, path: str, query: dict[str, str]) -> dict[str, Any]:
        return await self.request("GET", path, query=query)

    async def _delete(self, path: str) -> None:
        try:
            await self.request("DELETE", path)
        except MissingError:
            return

    async def pages(
        self, path: str, query: dict[str, str], headers: dict[str, str] | None = None
    ) -> AsyncIterator[dict[str, Any]]:
        """Yield the items of all pages; a page without items, or with a link to another host, is a failed read.

        Raises: UnavailableError, and as `request` does.
        """
        page = await self.request("GET", path, query=query, headers=headers)
        while True:
            if not isinstance(page.get("value"), list):
                raise UnavailableError(f"Graph answered {path} without a list")
            for item in page["value"]:
                yield item
            link = page.get("@odata.nextLink")
            if not link:
                return
            self.refuse_foreign(link)
            page = await self.request("GET", str(link), headers=headers)

    def refuse_foreign(self, link: object) -> None:
        """Refuse a link to another host, so that the bearer token is sent to Graph only.

        Raises: UnavailableError.
        """
        if link and not str(link).startswith(f"{self._url}/"):
            raise UnavailableError("Graph's answer continues at another host")

    async def request(
        self,
        method: str,
        path: str,
        *,
        query: dict[str, str] | None = None,
        body: dict[str, Any] | None = None,
        headers: dict[str, str] | None = None,
    ) -> dict[str, Any]:
        """Send a request and return the object of the response, empty if it has no body. *path* may be a link."""
        url = path if path.startswith("https://") else self._url + path
        request = HttpRequest(method, url, params=query, json=body, headers=headers)
        response = await self._client.send_request(request)
        text = response.text()
        try:
            answer = json.loads(text) if text.strip() else {}
        except ValueError as error:
            raise UnavailableError(f"Graph answered {path} with something that is not JSON") from error
        if not isinstance(answer, dict):
            raise UnavailableError(f"Graph answered {path} with something that is not an object")
        return answer


def _segment(value: str) -> str:
    """Return *value* quoted for a path: an id must not lead to another resource. Raises: NotFoundError."""
    from urllib.parse import quote

    if not value.strip("."):  # quoting leaves dots, and . and .. are other resources
        raise NotFoundError("the directory has no object of this id")
    return quote(value, safe="@")


def _object(value: str) -> str:
    """Return an object id for a path; Graph answers 400 to anything but a GUID. Raises: NotFoundError."""
    if not _GUID.fullmatch(value):
        raise NotFoundError("the directory has no object of this id")
    return value


def _quoted(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
