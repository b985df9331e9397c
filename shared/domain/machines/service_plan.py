"""Service plans: what a licence promises (vCPU, memory, disk) and the VM sizes that keep the promise."""

from __future__ import annotations

import re
from dataclasses import dataclass

from shared.domain.values import Value

_PART_NUMBER = re.compile(r"^CPC_E_(\d+)C_(\d+)GB_(\d+)(GB|TB)$")
_EXCEPTIONS = {"CPC_1": (2, 4, 128), "CPC_2": (2, 8, 128)}  # docs/notes/windows365.md 2.11


class ServicePlan(Value):
    """A licence's hardware (Graph: cloudPcServicePlan). *id* is the licence's skuId."""

    id: str
    sku_part_number: str
    display_name: str
    v_cpu_count: int
    ram_in_gb: int
    storage_in_gb: int


@dataclass(frozen=True, slots=True)
class Size:
    """A VM size with what it really has; *family* is the quota it draws on."""

    name: str
    v_cpu_count: int
    ram_in_gb: int
    family: str


# Windows 365 does not publish its VM sizes; these are the general-purpose sizes with at least the
# licence's vCPU and memory, cheapest first. A fall-back never has less of either.
SIZES: tuple[Size, ...] = (
    Size("Standard_B2s", 2, 4, "standardBSFamily"),
    Size("Standard_B2s_v2", 2, 8, "standardBsv2Family"),
    Size("Standard_D2s_v5", 2, 8, "standardDSv5Family"),
    Size("Standard_D2as_v5", 2, 8, "standardDASv5Family"),
    Size("Standard_D4s_v5", 4, 16, "standardDSv5Family"),
    Size("Standard_D4as_v5", 4, 16, "standardDASv5Family"),
    Size("Standard_D8s_v5", 8, 32, "standardDSv5Family"),
    Size("Standard_D8as_v5", 8, 32, "standardDASv5Family"),
    Size("Standard_D16s_v5", 16, 64, "standardDSv5Family"),
    Size("Standard_D32s_v5", 32, 128, "standardDSv5Family"),
)
_LADDER_LENGTH = 3


def parse_part_number(part_number: str) -> tuple[int, int, int] | None:
    """Return (vCPU, RAM GB, disk GB) of a Cloud PC licence, None for any other licence."""
    if part_number in _EXCEPTIONS:
        return _EXCEPTIONS[part_number]
    found = _PART_NUMBER.match(part_number)
    if found is None:
        return None
    cores, memory, disk = (int(found.group(n)) for n in (1, 2, 3))
    return cores, memory, disk * (1024 if found.group(4) == "TB" else 1)


def service_plan(sku_id: str, part_number: str) -> ServicePlan | None:
    """Return the service plan of a licence, None when the licence gives no Cloud PC."""
    hardware = parse_part_number(part_number)
    if hardware is None:
        return None
    cores, memory, disk = hardware
    return ServicePlan(
        id=sku_id,
        sku_part_number=part_number,
        display_name=f"Cloud PC Enterprise {cores}vCPU/{memory}GB/{disk}GB",
        v_cpu_count=cores,
        ram_in_gb=memory,
        storage_in_gb=disk,
    )


def size_ladder(plan: ServicePlan) -> tuple[Size, ...]:
    """Return the VM sizes for *plan* in the order in which they are tried, never with less than promised."""
    fitting = (s for s in SIZES if s.v_cpu_count >= plan.v_cpu_count and s.ram_in_gb >= plan.ram_in_gb)
    return tuple(sorted(fitting, key=lambda s: (s.v_cpu_count, s.ram_in_gb)))[:_LADDER_LENGTH]
