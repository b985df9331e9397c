"""All devices whose names begin alike, in Entra ID and in Intune, read in pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from shared.domain.directory import Device, ManagedDevice

if TYPE_CHECKING:  # azure-core's pipeline is loaded when first used: cold start
    from shared.clients.graph import Graph

_MOST = 999


async def devices_with_prefix(graph: Graph, beginning: str) -> list[Device]:
    """Return the devices of Entra ID whose names begin so; an empty beginning: all there are."""
    select = "id,deviceId,displayName,trustType,registrationDateTime"
    found = await _all(graph, "/v1.0/devices", "displayName", beginning, select, top=True)
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


async def managed_devices_with_prefix(graph: Graph, beginning: str) -> list[ManagedDevice]:
    """Return the devices of Intune whose names begin so; an empty beginning: all there are."""
    select = "id,deviceName,azureADDeviceId,enrolledDateTime,userId"
    found = await _all(graph, "/v1.0/deviceManagement/managedDevices", "deviceName", beginning, select)
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
    graph: Graph, path: str, name: str, beginning: str, select: str, *, top: bool = False
) -> list[dict[str, Any]]:
    query = {"$select": select}
    if top:
        query["$top"] = str(_MOST)
    if beginning:
        quoted = beginning.replace("'", "''")
        query["$filter"] = f"startswith({name},'{quoted}')"
    page = await graph.request("GET", path, query=query)
    found: list[dict[str, Any]] = list(page.get("value") or ())
    while link := page.get("@odata.nextLink"):
        graph.refuse_foreign(link)
        page = await graph.request("GET", str(link))
        found += page.get("value") or ()
    return found
