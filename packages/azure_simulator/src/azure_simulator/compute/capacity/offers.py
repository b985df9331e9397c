"""Offers and usage: skus with their restrictions, sizes of a region, cores against their quotas."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azure_simulator.arm.reading import need_region
from azure_simulator.arm.regions import REGIONS
from azure_simulator.compute.capacity.counters import counters, matches, quota
from azure_simulator.compute.capacity.sizes import SIZES, Size
from azure_simulator.core.answers import Answer, Json
from azure_simulator.core.routing import Routes

if TYPE_CHECKING:
    from azure_simulator.core.calls import Call
    from azure_simulator.core.world import World

ROUTES = Routes("arm")
COMPUTE = "/subscriptions/{sub}/providers/Microsoft.Compute"


@ROUTES.operation("skus.list", "GET", f"{COMPUTE}/skus")
def list_skus(call: Call) -> Answer:
    """List sizes by region with zones, capabilities and restrictions."""
    wanted = call.query.get("$filter", "").partition("'")[2].rstrip("'").lower()
    regions = [each for each in REGIONS if not wanted or each == wanted]
    value = [_sku(call.world, size, region) for region in regions for size in SIZES.values()]
    return Answer({"value": value})


def _sku(world: World, size: Size, region: str) -> Json:
    zones = list(REGIONS[region])
    capabilities = {
        "vCPUs": str(size.cores),
        "MemoryGB": f"{size.memory_gb:g}",
        "PremiumIO": str(size.premium),
        "HyperVGenerations": size.generations,
        "CpuArchitectureType": "x64",
        "MaxDataDiskCount": str(size.cores * 2),
        "AcceleratedNetworkingEnabled": "True",
        "LowPriorityCapable": "True",
        "HibernationSupported": str(size.hibernates),
        "EncryptionAtHostSupported": "True",
        "CapacityReservationSupported": "True",
    }
    return {
        "resourceType": "virtualMachines",
        "name": size.name,
        "tier": "Standard",
        "size": size.name.removeprefix("Standard_"),
        "family": size.family,
        "locations": [region],
        "locationInfo": [{"location": region, "zones": zones, "zoneDetails": []}],
        "capabilities": [{"name": key, "value": value} for key, value in capabilities.items()],
        "restrictions": _restrictions(world, size, region, zones),
    }


def _restrictions(world: World, size: Size, region: str, zones: list[str]) -> list[Json]:
    entries = world.config.get("restrictions", [])
    found: list[Json] = []
    for entry in entries:
        everywhere = entry.get("zone", "*") == "*"
        hit = [zone for zone in zones if matches(entry, region, zone, size.name)]
        if not hit and not (everywhere and matches(entry, region, "", size.name)):
            continue
        kind = "Location" if everywhere else "Zone"
        info = {"locations": [region]} if everywhere else {"locations": [region], "zones": hit}
        reason = entry.get("reason", "NotAvailableForSubscription")
        values = [region]
        found.append({"type": kind, "values": values, "reasonCode": reason, "restrictionInfo": info})
    return found


@ROUTES.operation("sizes.list", "GET", f"{COMPUTE}/locations/{{location}}/vmSizes", throttle="LowCostGet")
def list_sizes(call: Call) -> Answer:
    """List the sizes of a region."""
    need_region(call)
    return Answer({"value": [shown_size(each) for each in SIZES.values()]})


def shown_size(size: Size) -> Json:
    """Show a size as lists do."""
    return {
        "name": size.name,
        "numberOfCores": size.cores,
        "memoryInMB": int(size.memory_gb * 1024),
        "osDiskSizeInMB": 1_047_552,
        "resourceDiskSizeInMB": 0,
        "maxDataDiskCount": size.cores * 2,
    }


@ROUTES.operation("usages.list", "GET", f"{COMPUTE}/locations/{{location}}/usages")
def list_usages(call: Call) -> Answer:
    """List cores and machines against their limits."""
    world, region, sub = call.world, need_region(call), call.param("sub").lower()
    found = counters(world)
    families = sorted({size.family for size in SIZES.values()})
    rows = [
        _usage("cores", "Total Regional vCPUs", found.cores[sub, region, "cores"], quota(world, region, "cores")),
        _usage("virtualMachines", "Virtual Machines", found.machines[sub, region], 25_000),
    ]
    for family in families:
        used = found.cores[sub, region, family.lower()]
        rows.append(_usage(family, f"{family} vCPUs", used, quota(world, region, family)))
    return Answer({"value": rows})


def _usage(value: str, label: str, used: int, limit: int) -> Json:
    name = {"value": value, "localizedValue": label}
    return {"unit": "Count", "currentValue": used, "limit": limit, "name": name}
