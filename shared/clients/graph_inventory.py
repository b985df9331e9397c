"""Devices in Entra ID and Intune by the prefix of their names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from shared.domain.tenants.directory import Device, ManagedDevice

if TYPE_CHECKING:  # azure-core's pipeline is loaded when first used: cold start
    from shared.clients.graph import Graph

_PAGE = 999


async def devices_with_prefix(graph: Graph, prefix: str) -> list[Device]:
    """Return the devices of Entra ID whose names begin with *prefix*; an empty one: all devices."""
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
    """Return the devices of Intune whose names begin with *prefix*; an empty one: all devices."""
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
