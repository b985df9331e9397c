"""Redundancy of storage accounts by region, and accounts against their limit.

Paths and bodies are those that `az storage sku list` and `az storage account show-usage` read. The setting
`storageAccounts` has how many other accounts a region has already.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from azure_simulator.arm import name_availability
from azure_simulator.arm.reading import need_region
from azure_simulator.arm.regions import REGIONS
from azure_simulator.core.answers import Answer
from azure_simulator.core.routing import Routes
from azure_simulator.storage.accounts import ACCOUNTS, KINDS, MOST, ZONAL

if TYPE_CHECKING:
    from azure_simulator.core.answers import Json
    from azure_simulator.core.calls import Call
    from azure_simulator.core.settings import Shape

ROUTES = Routes("arm")
SETTINGS: dict[str, tuple[Shape, str]] = {
    "storageAccounts": (int, "storage accounts that a region has already, of 250")
}
_STORAGE = "/subscriptions/{sub}/providers/Microsoft.Storage"


@ROUTES.operation("storage.skus", "GET", f"{_STORAGE}/skus")
def list_skus(call: Call) -> Answer:
    """List each redundancy with each region that has it."""
    del call
    rows = [(region, sku) for region, zones in REGIONS.items() for sku in KINDS if zones or sku not in ZONAL]
    return Answer({"value": [_sku(region, sku) for region, sku in rows]})


def _taken(call: Call, name: str) -> str:
    found = any(each.name == name for each in call.world.resources.of_type(ACCOUNTS.name))
    return f"The storage account named {name} is already taken." if found else ""


name_availability.serve(ROUTES, "Microsoft.Storage", _taken)


def _sku(region: str, name: str) -> Json:
    tier = name.partition("_")[0]
    row: Json = {"resourceType": "storageAccounts", "name": name, "tier": tier, "kind": "StorageV2"}
    return {**row, "locations": [region], "capabilities": [], "restrictions": []}


@ROUTES.operation("storage.usages", "GET", f"{_STORAGE}/locations/{{location}}/usages")
def list_usages(call: Call) -> Answer:
    """Show how many storage accounts a region has, and may have."""
    place = (call.param("sub").lower(), need_region(call))
    name = {"value": "StorageAccounts", "localizedValue": "Storage Accounts"}
    current = call.world.config.get("storageAccounts", 0) + call.world.resources.number(ACCOUNTS.by_place, place)
    return Answer({"value": [{"unit": "Count", "currentValue": current, "limit": MOST, "name": name}]})
