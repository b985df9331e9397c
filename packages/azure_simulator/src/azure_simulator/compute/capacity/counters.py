"""Quota (permission) and capacity (hardware): two counters, checked apart (azure.md 1.2).

Settings (`POST /_sim/config`):
`quotas`: `{"westeurope": {"cores": 350, "standardDSv5Family": 100}, "*": {...}}`; limits of cores;
`defaultQuota`: the limit of what is not named (100,000);
`capacity`: `[{"region", "zone", "size", "vms": 10, "error": "", "from": 0, "until": 3600, "every": 86400}]`,
globs; the first entry that matches holds at most `vms` machines at a time; with `error:
"SkuNotAvailable"` the PUT itself is refused. An entry counts from `from` to `until` seconds after
the setting was made (again and again with a period of `every`), so capacity comes and goes;
`restrictions`: `[{"region", "zone", "size", "reason"}]` shown in the skus and enforced.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from azure_simulator.arm.reading import need_region
from azure_simulator.compute.capacity.sizes import REGIONS, SIZES, Size
from azure_simulator.core.answers import Answer, Json, Problem
from azure_simulator.core.routing import Routes
from azure_simulator.core.times import SECOND, iso

if TYPE_CHECKING:
    from azure_simulator.core.calls import Call
    from azure_simulator.core.world import World

ROUTES = Routes("arm")
DEFAULT_QUOTA = 100_000
COMPUTE = "/subscriptions/{sub}/providers/Microsoft.Compute"


@dataclass(slots=True)
class Counters:
    """Cores and machines by (subscription, region); machines on hardware by (region, zone, size)."""

    cores: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    machines: Counter[tuple[str, str]] = field(default_factory=Counter)
    placed: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    rules_since_us: int = 0


def counters(world: World) -> Counters:
    """Give the counters of a world."""
    found: Counters = world.state("capacity")
    return found


def quota(world: World, region: str, name: str) -> int:
    """Give the limit of a family, or of `cores`, in a region."""
    quotas = world.config.get("quotas", {})
    for place in (region, "*"):
        limits = {key.lower(): value for key, value in quotas.get(place, {}).items()}
        if name.lower() in limits:
            return int(limits[name.lower()])
    return int(world.config.get("defaultQuota", DEFAULT_QUOTA))


def check_quota(
    world: World, sub: str, region: str, size: Size, *, instead_of: Size | None = None, number: int = 1
) -> None:
    """Refuse machines whose cores do not fit the family's or the region's quota."""
    used, wanted = counters(world).cores, size.cores * number
    for name, label in ((size.family, f"{size.family} Cores"), ("cores", "Total Regional Cores")):
        freed = 0
        if instead_of is not None and name in {instead_of.family, "cores"}:
            freed = instead_of.cores
        now = used[sub.lower(), region, name.lower()]
        limit = quota(world, region, name)
        if now - freed + wanted > limit:
            raise Problem(
                409,
                "OperationNotAllowed",
                f"Operation could not be completed as it results in exceeding approved {label} "
                f"quota. Additional details - Deployment Model: Resource Manager, Location: "
                f"{region}, Current Limit: {limit}, Current Usage: {now}, Additional Required: "
                f"{wanted - freed}, (Minimum) New Limit Required: {now - freed + wanted}.",
            )


def count_machine(world: World, sub: str, region: str, sign: int) -> None:
    """Add a machine to the usage (sign 1) or take it out (sign -1)."""
    counters(world).machines[sub.lower(), region] += sign


def count(world: World, sub: str, region: str, size: Size, number: int) -> None:
    """Add the cores of so many machines to the usage (negative: take them out); note a quota broken."""
    found = counters(world)
    for name in (size.family.lower(), "cores"):
        key = (sub.lower(), region, name)
        found.cores[key] += number * size.cores
        limit = quota(world, region, name)
        if number > 0 and found.cores[key] > limit:
            finding = {"invariant": "cores within quota", "region": region, "quota": name}
            world.findings.append({**finding, "used": found.cores[key], "at": iso(world.now_us)})


def shortage(world: World, region: str, zone: str, size: str, number: int = 1) -> Problem | None:
    """Give the error of a placement that finds no hardware; `SkuNotAvailable` ones excluded."""
    rule = _rule(world, region, zone, size)
    if rule is None or rule.get("error") == "SkuNotAvailable":
        return None
    placed = sum(number for key, number in counters(world).placed.items() if _matches(rule, *key))
    if placed + number <= rule.get("vms", 0):
        return None
    if zone:
        return Problem(
            200,
            "ZonalAllocationFailed",
            "Allocation failed. We do not have sufficient capacity for the requested VM size in "
            "this zone. Read more about improving likelihood of allocation success at "
            "http://aka.ms/allocation-guidance",
        )
    return Problem(
        200,
        "AllocationFailed",
        "Allocation failed. We do not have sufficient capacity for the requested VM size in this "
        "region. Read more about improving likelihood of allocation success at "
        "http://aka.ms/allocation-guidance",
    )


def check_offered(world: World, region: str, zone: str, size: Size) -> None:
    """Refuse a size that the region, the zone or the subscription does not offer."""
    restricted = any(_matches(entry, region, zone, size.name) for entry in world.config.get("restrictions", []))
    rule = _rule(world, region, zone, size.name)
    if restricted or (rule is not None and rule.get("error") == "SkuNotAvailable"):
        place = f"location '{region}'" + (f" zone '{zone}'" if zone else "")
        raise Problem(
            409,
            "SkuNotAvailable",
            f"The requested VM size for resource 'Following SKUs have failed for Capacity "
            f"Restrictions: {size.name}' is currently not available in {place}. Please try another "
            "size or deploy to a different location or different zone.",
        )


def place(world: World, region: str, zone: str, size: str, number: int) -> None:
    """Put so many machines on hardware (negative: take them off)."""
    counters(world).placed[region, zone, size.lower()] += number


def note_change(world: World, changes: Json) -> None:
    """Let the time windows of the capacity setting begin when it is made."""
    if "capacity" in changes:
        counters(world).rules_since_us = world.now_us


def _rule(world: World, region: str, zone: str, size: str) -> Json | None:
    rules: list[Json] = world.config.get("capacity", [])
    since_s = (world.now_us - counters(world).rules_since_us) / SECOND
    return next((rule for rule in rules if _open(rule, since_s) and _matches(rule, region, zone, size)), None)


def _open(rule: Json, since_s: float) -> bool:
    """Tell whether a rule's time window is open so many seconds after it was made."""
    at_s = since_s % rule["every"] if rule.get("every") else since_s
    return bool(rule.get("from", 0) <= at_s < rule.get("until", math.inf))


def _matches(rule: Json, region: str, zone: str, size: str) -> bool:
    facts = {"region": region, "zone": zone, "size": size}
    return all(fnmatchcase(value.lower(), str(rule.get(key, "*")).lower()) for key, value in facts.items())


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
        "HyperVGenerations": "V1,V2",
        "CpuArchitectureType": "x64",
        "MaxDataDiskCount": str(size.cores * 2),
        "AcceleratedNetworkingEnabled": "True",
        "LowPriorityCapable": "True",
        "HibernationSupported": "True",
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
        whole = entry.get("zone", "*") == "*"
        hit = [zone for zone in zones if _matches(entry, region, zone, size.name)]
        if not hit and not (whole and _matches(entry, region, "", size.name)):
            continue
        kind = "Location" if whole else "Zone"
        info = {"locations": [region]} if whole else {"locations": [region], "zones": hit}
        reason = entry.get("reason", "NotAvailableForSubscription")
        values = [region]
        found.append({"type": kind, "values": values, "reasonCode": reason, "restrictionInfo": info})
    return found


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
