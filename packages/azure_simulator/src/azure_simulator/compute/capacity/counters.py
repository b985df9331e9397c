"""Quota (permission) and capacity (hardware): two counters, checked apart (docs/notes.md 1.2).

Settings (`POST /_sim/config`):
`quotas`: `{"westeurope": {"cores": 350, "standardDSv5Family": 100}, "*": {...}}`; limits of cores;
`defaultQuota`: the limit of what is not named (100,000);
`capacity`: `[{"region", "zone", "size", "vms": 10, "error": "", "from": 0, "until": 3600, "every": 86400}]`,
globs; the first entry that matches holds at most `vms` machines at a time; with `error:
"SkuNotAvailable"` the PUT itself is refused. An entry counts from `from` to `until` seconds after
the setting was made (repeatedly with a period of `every`), so capacity comes and goes;
`restrictions`: `[{"region", "zone", "size", "reason"}]` shown in the skus and enforced.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from azure_simulator.core.answers import Json, Problem
from azure_simulator.core.times import SECOND, iso

if TYPE_CHECKING:
    from azure_simulator.compute.capacity.sizes import Size
    from azure_simulator.core.cloud import Cloud
    from azure_simulator.core.settings import Shape
    from azure_simulator.core.world import World

DEFAULT_QUOTA = 100_000
SETTINGS: dict[str, tuple[Shape, str]] = {
    "quotas": ({"*": {"*": int}}, "cores allowed by region (* for the others) and family, or `cores`"),
    "defaultQuota": (int, "cores allowed where `quotas` says nothing (100,000)"),
    "capacity": ([dict], "what the hardware holds: region, zone, size, vms, error, from, until, every"),
    "restrictions": ([dict], "sizes that are not offered: region, zone, size, reason"),
    "sizes": ({"*": dict}, "more sizes: family, cores, memory_gb"),
}


@dataclass(slots=True)
class Counters:
    """Cores and machines by (subscription, region); machines on hardware by (region, zone, size)."""

    cores: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    machines: Counter[tuple[str, str]] = field(default_factory=Counter)
    placed: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    rules_since_us: int = 0


def counters(world: World) -> Counters:
    """Return the counters of a world."""
    found: Counters = world.state("capacity")
    return found


def quota(world: World, region: str, name: str) -> int:
    """Return the limit of a family, or of `cores`, in a region."""
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
    """Add the cores of *count* machines to the usage (negative: subtract); record a broken quota."""
    found = counters(world)
    for name in (size.family.lower(), "cores"):
        key = (sub.lower(), region, name)
        found.cores[key] += number * size.cores
        limit = quota(world, region, name)
        if number > 0 and found.cores[key] > limit:
            finding = {"invariant": "cores within quota", "region": region, "quota": name}
            world.findings.append({**finding, "used": found.cores[key], "at": iso(world.now_us)})


def shortage(world: World, region: str, zone: str, size: str, number: int = 1) -> Problem | None:
    """Return the error of a placement that finds no hardware; `SkuNotAvailable` ones excluded."""
    rule = _rule(world, region, zone, size)
    if rule is None or rule.get("error") == "SkuNotAvailable":
        return None
    placed = sum(number for key, number in counters(world).placed.items() if matches(rule, *key))
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
    restricted = any(matches(entry, region, zone, size.name) for entry in world.config.get("restrictions", []))
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
    """Place *count* machines on hardware (negative: remove them)."""
    counters(world).placed[region, zone, size.lower()] += number


def note_change(world: World, changes: Json) -> None:
    """Let the time windows of the capacity setting begin when it is made."""
    if "capacity" in changes:
        counters(world).rules_since_us = world.now_us


def _rule(world: World, region: str, zone: str, size: str) -> Json | None:
    rules: list[Json] = world.config.get("capacity", [])
    since_s = (world.now_us - counters(world).rules_since_us) / SECOND
    return next((rule for rule in rules if _open(rule, since_s) and matches(rule, region, zone, size)), None)


def _open(rule: Json, since_s: float) -> bool:
    """Return whether a rule's time window is open a number of seconds after its creation."""
    at_s = since_s % rule["every"] if rule.get("every") else since_s
    return bool(rule.get("from", 0) <= at_s < rule.get("until", math.inf))


def matches(rule: Json, region: str, zone: str, size: str) -> bool:
    """Return whether the globs of a rule match a place and a size."""
    facts = {"region": region, "zone": zone, "size": size}
    return all(fnmatchcase(value.lower(), str(rule.get(key, "*")).lower()) for key, value in facts.items())


def install(cloud: Cloud) -> None:
    """Keep the counters, read their settings, show them in `_sim/state?view=capacity`."""
    cloud.state("capacity", Counters)
    for name, (shape, about) in SETTINGS.items():
        cloud.setting(name, shape, about)
    cloud.on("configured", note_change)
    cloud.view("capacity", lambda world, _: _shown(counters(world)))


def _shown(found: Counters) -> Json:
    return {
        "cores": {"/".join(key): number for key, number in found.cores.items() if number},
        "placed": {"/".join(key): number for key, number in found.placed.items() if number},
    }
