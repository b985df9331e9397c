"""VM sizes in Azure: regions and zones of each, its properties, and whether our machines start on it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from shared.domain.machines.service_plan import ServicePlan, ServicePlanRule, shortfall
from shared.domain.machines.sizes import Size

if TYPE_CHECKING:
    from azure.mgmt.compute.aio import ComputeManagementClient

_NO = "false"


@dataclass(frozen=True, slots=True)
class SizeOffer:
    """One size in one region: the zones that offer it, whether the region has zones, and the size's hardware.

    *family*, *v_cpu_count* and *ram_in_gb* are None where Azure does not say. *boots*: with Trusted Launch, which needs
    generation 2. *hibernates*: a machine of it can keep its memory on disk.
    """

    zones: frozenset[str]
    has_zones: bool
    family: str | None = None
    v_cpu_count: int | None = None
    ram_in_gb: float | None = None
    boots: bool = True
    hibernates: bool = False

    def of(self, size: Size) -> Size:
        """Return the size as Azure describes it."""
        cores, memory = self.v_cpu_count or size.v_cpu_count, self.ram_in_gb or size.ram_in_gb
        return Size(size.name, cores, memory, self.family or size.family)

    def fault(self, size: Size, plan: ServicePlan | ServicePlanRule) -> str | None:
        """Return why no machine of *plan* may have the size, None if one may."""
        if not self.boots:
            return f"{size.name} cannot start with Trusted Launch, which needs generation 2; name another size"
        real = self.of(size)
        return shortfall(size.name, real.v_cpu_count, real.ram_in_gb, plan)


async def offers_in(compute: ComputeManagementClient, region: str) -> dict[str, SizeOffer]:
    """Return the sizes that a subscription is offered in a region, by size in lower case; the answer is large."""
    found: dict[str, SizeOffer] = {}
    async for sku in compute.resource_skus.list(filter=f"location eq '{region}'"):
        if sku.resource_type == "virtualMachines" and sku.name and (offer := _offer(sku)) is not None:
            found[sku.name.lower()] = offer
    return found


def _offer(sku: Any) -> SizeOffer | None:  # noqa: ANN401 - the SDK's ResourceSku
    zones = {zone for info in sku.location_info or () for zone in info.zones or ()}
    barred: set[str] = set()
    for restriction in sku.restrictions or ():
        if restriction.type == "Location":
            return None
        barred |= set((restriction.restriction_info and restriction.restriction_info.zones) or ())
    has = {str(each.name): str(each.value) for each in sku.capabilities or ()}
    cores = has.get("vCPUsAvailable") or has.get("vCPUs")
    return SizeOffer(
        frozenset(zones - barred),
        has_zones=bool(zones),
        family=sku.family,
        v_cpu_count=int(cores) if cores else None,
        ram_in_gb=float(has["MemoryGB"]) if "MemoryGB" in has else None,
        boots=_boots(has),
        hibernates=has.get("HibernationSupported", _NO).lower() != _NO,
    )


def _boots(has: dict[str, str]) -> bool:
    """Whether a machine with Trusted Launch can start on a size; missing facts count as yes.

    Source: learn.microsoft.com/azure/virtual-machines/trusted-launch (TrustedLaunchDisabled), and its architecture: the
    gallery's Windows images for Cloud PCs are x64.
    """
    generations = has.get("HyperVGenerations", "V2")
    barred = has.get("TrustedLaunchDisabled", _NO).lower() != _NO
    return "V2" in generations and not barred and has.get("CpuArchitectureType", "x64") == "x64"
