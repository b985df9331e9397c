"""VM sizes, and the service plans that each satisfies. Standard library alone: `deployment/` uses it too."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

_PART_NUMBER = re.compile(r"CPC_E_(\d{1,3})C_(\d{1,4})GB_(\d{1,5})(GB|TB)")
SIZE_NAME = re.compile(
    r"Standard_(?P<series>[A-Z]{1,4})(?P<cores>\d{1,3})(-\d{1,3})?(?P<more>[a-z]{0,8}(_[A-Za-z0-9]{1,10}){0,3})"
)
_EXCEPTIONS = {"CPC_1": (2, 4, 128), "CPC_2": (2, 8, 128)}  # docs/notes/windows365.md 2.11


@dataclass(frozen=True, slots=True)
class Size:
    """A VM size with its actual hardware; *family* is the quota it draws on."""

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


def ladder(cores: int, memory: float, names: Iterable[str] | None) -> tuple[Size, ...]:
    """Return the sizes to try for *cores* and *memory* (GB): *names* if given, or else the usual sizes."""
    if names is not None:
        return tuple(known(name) or _size_from_name(name, cores, memory) for name in names)
    fitting = (size for size in SIZES if size.v_cpu_count >= cores and size.ram_in_gb >= memory)
    return tuple(sorted(fitting, key=lambda size: (size.v_cpu_count, size.ram_in_gb)))[:_LADDER_LENGTH]


def known(name: str) -> Size | None:
    """Return one of the usual sizes by its name, None for any other."""
    return next((size for size in SIZES if size.name.lower() == name.lower()), None)


def _size_from_name(name: str, cores: int, memory: float) -> Size:
    """Return a size as its name tells it: Standard_NV6ads_A10_v5 draws on standardNVADSA10v5Family, as most do.

    Source: learn.microsoft.com/azure/virtual-machines/vm-naming-conventions.
    """
    found = SIZE_NAME.fullmatch(name)
    series = found["series"] + found["more"].replace("_", "") if found else name
    return Size(name, cores, memory, f"standard{series}Family")
