"""Service plans: the hardware of a licence (vCPU, memory, disk) and the VM sizes that have it (`sizes`)."""

import re
from collections.abc import Mapping
from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from shared.domain.machines.sizes import SIZE_NAME, Size, known, ladder, parse_part_number
from shared.domain.values import Label, Value, Word, distinct, wrong_at

_ANY_PART_NUMBER = re.compile(r"[A-Za-z0-9_]{1,100}")


def _size_name(value: str) -> str:
    if SIZE_NAME.fullmatch(value) is None:
        raise ValueError("write the name of an Azure VM size, such as Standard_NV6ads_A10_v5")
    return value


def _distinct(value: tuple[str, ...]) -> tuple[str, ...]:
    distinct(tuple(name.lower() for name in value))
    return value


_SizeName = Annotated[str, Field(max_length=80), AfterValidator(_size_name)]


class ServicePlanRule(Value):
    """A tenant's settings of one licence: its hardware, and the VM sizes to try, the preferred one first."""

    display_name: Label | None = Field(
        None, title="Name", description="The plan's name. Leave it empty to use the licence's name."
    )
    v_cpu_count: int = Field(ge=1, le=416, title="vCPUs", description="How many virtual CPUs the machine has.")
    ram_in_gb: int = Field(
        alias="ramInGB", ge=1, le=12_000, title="Memory (GB)", description="How much memory the machine has."
    )
    storage_in_gb: int = Field(
        alias="storageInGB", ge=64, le=4095, description="At most 4,095 GB.", title="OS disk (GB)"
    )
    vm_sizes: Annotated[tuple[_SizeName, ...], Field(min_length=1, max_length=10), AfterValidator(_distinct)] = Field(
        title="VM sizes", description="The preferred size first."
    )

    @model_validator(mode="after")
    def _check_known_sizes(self) -> "ServicePlanRule":
        """Refuse a known size that is smaller than the plan promises; Azure describes the other sizes."""
        for size in (found for name in self.vm_sizes if (found := known(name))):
            if wrong := shortfall(size.name, size.v_cpu_count, size.ram_in_gb, self):
                raise wrong_at("vmSizes", wrong)
        return self


def _part_numbers(value: dict[str, ServicePlanRule]) -> dict[str, ServicePlanRule]:
    for name in value:
        if not _ANY_PART_NUMBER.fullmatch(name):
            message = "write licences by part number: letters, digits and underscores, such as CPC_E_8C_32GB_512GB"
            raise wrong_at(name, message)
    return value


NAMED_BY = "x-namedBy"
"""Meaning of the names of a map, for forms: pydantic gives names no title of their own."""

ServicePlanRules = Annotated[
    dict[Word, ServicePlanRule],
    Field(max_length=100, json_schema_extra={NAMED_BY: "Licence (part number)"}),
    AfterValidator(_part_numbers),
]
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


def service_plan(sku_id: str, part_number: str, rules: Mapping[str, ServicePlanRule]) -> ServicePlan | None:
    """Return the service plan of a licence, or None if it is not for a Cloud PC. *rules*: the tenant's own."""
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
    return ladder(plan.v_cpu_count, plan.ram_in_gb, plan.vm_sizes)


def shortfall(name: str, v_cpu_count: int, ram_in_gb: float, wanted: ServicePlan | ServicePlanRule) -> str | None:
    """Return the message that a size is smaller than a licence promises, None when it is large enough."""
    if v_cpu_count < wanted.v_cpu_count:
        return f"{name} has {v_cpu_count} vCPUs; name sizes with at least {wanted.v_cpu_count}"
    if ram_in_gb < wanted.ram_in_gb:
        return f"{name} has {ram_in_gb:g} GB of memory; name sizes with at least {wanted.ram_in_gb} GB"
    return None
