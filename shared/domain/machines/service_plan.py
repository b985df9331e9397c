"""Service plans: what a licence promises (vCPU, memory, disk) and the VM sizes that keep the promise."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from shared.domain.texts import Label
from shared.domain.values import Value, Word, distinct, wrong_at

_PART_NUMBER = re.compile(r"CPC_E_(\d{1,3})C_(\d{1,4})GB_(\d{1,5})(GB|TB)")
_ANY_PART_NUMBER = re.compile(r"[A-Za-z0-9_]{1,100}")
_SIZE_NAME = re.compile(
    r"Standard_(?P<series>[A-Z]{1,4})(?P<cores>\d{1,3})(-\d{1,3})?(?P<more>[a-z]{0,8}(_[A-Za-z0-9]{1,10}){0,3})"
)
_EXCEPTIONS = {"CPC_1": (2, 4, 128), "CPC_2": (2, 8, 128)}  # docs/notes/windows365.md 2.11


def _size_name(value: str) -> str:
    if _SIZE_NAME.fullmatch(value) is None:
        raise ValueError("write the name of an Azure VM size, such as Standard_NV6ads_A10_v5")
    return value


def _distinct(value: tuple[str, ...]) -> tuple[str, ...]:
    distinct(tuple(name.lower() for name in value))
    return value


_SizeName = Annotated[str, Field(max_length=80), AfterValidator(_size_name)]


class ServicePlanRule(Value):
    """What a tenant has set for one licence: its hardware, and the VM sizes to try, the preferred one first."""

    display_name: Label | None = Field(None, title="Name", description="Of the plan; of the licence when left out.")
    v_cpu_count: int = Field(ge=1, le=416, title="vCPUs", description="Of the machine.")
    ram_in_gb: int = Field(alias="ramInGB", ge=1, le=12_000, title="Memory (GB)", description="Of the machine.")
    storage_in_gb: int = Field(
        alias="storageInGB", ge=64, le=4095, description="an OS disk has at most 4,095 GiB", title="OS disk (GB)"
    )
    vm_sizes: Annotated[tuple[_SizeName, ...], Field(min_length=1, max_length=10), AfterValidator(_distinct)] = Field(
        title="VM sizes", description="The preferred first."
    )

    @model_validator(mode="after")
    def _check_known_sizes(self) -> ServicePlanRule:
        """Refuse a size of ours that has less than is promised; what others have, Azure says."""
        for known in (size for name in self.vm_sizes if (size := _known(name))):
            if wrong := shortfall(known.name, known.v_cpu_count, known.ram_in_gb, self):
                raise wrong_at("vmSizes", wrong)
        return self


def _part_numbers(value: dict[str, ServicePlanRule]) -> dict[str, ServicePlanRule]:
    for name in value:
        if not _ANY_PART_NUMBER.fullmatch(name):
            message = "write licences by part number: letters, digits and underscores, such as CPC_E_8C_32GB_512GB"
            raise wrong_at(name, message)
    return value


ServicePlanRules = Annotated[dict[Word, ServicePlanRule], Field(max_length=100), AfterValidator(_part_numbers)]
"""The service plans that a tenant has added or overridden, by the part number of the licence."""


class ServicePlan(Value):
    """A licence's hardware (Graph: cloudPcServicePlan). *id* is the licence's skuId.

    *vm_sizes*: what the tenant has set, in the order in which they are tried; None: the usual ones.
    """

    id: str
    sku_part_number: str
    display_name: str
    v_cpu_count: int
    ram_in_gb: int
    storage_in_gb: int
    vm_sizes: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Size:
    """A VM size with what it really has; *family* is the quota it draws on."""

    name: str
    v_cpu_count: int
    ram_in_gb: float
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
    Size("Standard_D16as_v5", 16, 64, "standardDASv5Family"),
    Size("Standard_D32s_v5", 32, 128, "standardDSv5Family"),
    Size("Standard_D32as_v5", 32, 128, "standardDASv5Family"),
)
_LADDER_LENGTH = 3


def parse_part_number(part_number: str) -> tuple[int, int, int] | None:
    """Return (vCPU, RAM GB, disk GB) of a Cloud PC licence, None for any other licence."""
    if part_number in _EXCEPTIONS:
        return _EXCEPTIONS[part_number]
    found = _PART_NUMBER.fullmatch(part_number)
    if found is None:
        return None
    cores, memory, disk = (int(found.group(n)) for n in (1, 2, 3))
    return cores, memory, disk * (1024 if found.group(4) == "TB" else 1)


def service_plan(sku_id: str, part_number: str, rules: Mapping[str, ServicePlanRule]) -> ServicePlan | None:
    """Return the service plan of a licence, None when it gives no Cloud PC. *rules*: what the tenant has set."""
    rule = rules.get(part_number)
    hardware = (
        (rule.v_cpu_count, rule.ram_in_gb, rule.storage_in_gb) if rule is not None else parse_part_number(part_number)
    )
    if hardware is None:
        return None
    cores, memory, disk = hardware
    kind = "Cloud PC Enterprise" if parse_part_number(part_number) else "Cloud PC"
    return ServicePlan(
        id=sku_id,
        sku_part_number=part_number,
        display_name=(rule and rule.display_name) or f"{kind} {cores}vCPU/{memory}GB/{disk}GB",
        v_cpu_count=cores,
        ram_in_gb=memory,
        storage_in_gb=disk,
        vm_sizes=rule.vm_sizes if rule is not None else None,
    )


def size_ladder(plan: ServicePlan) -> tuple[Size, ...]:
    """Return the VM sizes for *plan* in the order in which they are tried, never with less than promised.

    Of a size that the tenant has named only the name is certain: what it has is read from Azure when it is used.
    """
    if plan.vm_sizes is not None:
        return tuple(_known(name) or _named(name, plan) for name in plan.vm_sizes)
    fitting = (s for s in SIZES if s.v_cpu_count >= plan.v_cpu_count and s.ram_in_gb >= plan.ram_in_gb)
    return tuple(sorted(fitting, key=lambda s: (s.v_cpu_count, s.ram_in_gb)))[:_LADDER_LENGTH]


def shortfall(name: str, v_cpu_count: int, ram_in_gb: float, wanted: ServicePlan | ServicePlanRule) -> str | None:
    """Return what a size lacks of what a licence promises, None when it has enough."""
    if v_cpu_count < wanted.v_cpu_count:
        return f"{name} has {v_cpu_count} vCPUs; name sizes with at least {wanted.v_cpu_count}"
    if ram_in_gb < wanted.ram_in_gb:
        return f"{name} has {ram_in_gb:g} GB of memory; name sizes with at least {wanted.ram_in_gb} GB"
    return None


def _known(name: str) -> Size | None:
    return next((size for size in SIZES if size.name.lower() == name.lower()), None)


def _named(name: str, plan: ServicePlan) -> Size:
    """Return a size as its name tells it: Standard_NV6ads_A10_v5 draws on standardNVADSA10v5Family, as most do.

    Source: learn.microsoft.com/azure/virtual-machines/vm-naming-conventions.
    """
    found = _SIZE_NAME.fullmatch(name)
    series = found["series"] + found["more"].replace("_", "") if found else name
    return Size(name, plan.v_cpu_count, plan.ram_in_gb, f"standard{series}Family")
