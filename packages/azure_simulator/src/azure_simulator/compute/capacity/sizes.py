"""The sizes of machines with their families.

The figures are those of learn.microsoft.com/azure/virtual-machines/sizes, for the sizes that desktops use.
`POST /_sim/config` may add `sizes`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from azure_simulator.core.world import World


_HIBERNATES = re.compile(r"Standard_[DE][0-9]+a?d?s_v5", re.IGNORECASE)
_HIBERNATES_WITH_GPU = re.compile(r"Standard_NV[0-9]+ad[m]?s_(A10|V710)_v5", re.IGNORECASE)
_LARGEST_GB, _LARGEST_WITH_GPU_GB = 64, 112


@dataclass(frozen=True, slots=True)
class Size:
    """A machine size."""

    name: str
    family: str
    cores: int
    memory_gb: float
    premium: bool = True
    max_disk_gb: int = 4095
    generations: str = "V1,V2"

    @property
    def hibernates(self) -> bool:
        """Whether its machines can keep their memory on disk.

        Source: learn.microsoft.com/azure/virtual-machines/hibernate-resume (supported VM sizes).
        """
        if _HIBERNATES_WITH_GPU.fullmatch(self.name):
            return self.memory_gb <= _LARGEST_WITH_GPU_GB
        return _HIBERNATES.fullmatch(self.name) is not None and self.memory_gb <= _LARGEST_GB


def _series(family: str, pattern: str, memory_per_core: float, *cores: int) -> list[Size]:
    return [Size(pattern.format(n), family, n, n * memory_per_core) for n in cores]


SIZES: dict[str, Size] = {
    size.name.lower(): size
    for size in [
        *_series("standardDSv5Family", "Standard_D{}s_v5", 4, 2, 4, 8, 16, 32, 48, 64),
        *_series("standardDADSv5Family", "Standard_D{}ads_v5", 4, 2, 4, 8, 16, 32),
        *_series("standardDASv5Family", "Standard_D{}as_v5", 4, 2, 4, 8, 16, 32),
        *_series("standardDDSv5Family", "Standard_D{}ds_v5", 4, 2, 4, 8, 16, 32),
        *_series("StandardDsv6Family", "Standard_D{}s_v6", 4, 2, 4, 8, 16, 32),
        *_series("StandardDasv6Family", "Standard_D{}as_v6", 4, 2, 4, 8, 16, 32),
        *_series("standardDSv4Family", "Standard_D{}s_v4", 4, 2, 4, 8, 16, 32),
        *_series("standardDSv3Family", "Standard_D{}s_v3", 4, 2, 4, 8, 16, 32),
        *_series("standardESv5Family", "Standard_E{}s_v5", 8, 2, 4, 8, 16, 32),
        *_series("standardEASv5Family", "Standard_E{}as_v5", 8, 2, 4, 8, 16, 32),
        *_series("standardFSv2Family", "Standard_F{}s_v2", 2, 2, 4, 8, 16, 32),
        Size("Standard_B1s", "standardBSFamily", 1, 1),
        Size("Standard_B2s", "standardBSFamily", 2, 4),
        Size("Standard_B2ms", "standardBSFamily", 2, 8),
        Size("Standard_B4ms", "standardBSFamily", 4, 16),
        Size("Standard_B8ms", "standardBSFamily", 8, 32),
        *_series("standardBasv2Family", "Standard_B{}as_v2", 4, 2, 4, 8, 16, 32),
        *_series("standardBsv2Family", "Standard_B{}s_v2", 4, 2, 4, 8, 16, 32),
        Size("Standard_NV6", "standardNVFamily", 6, 56, premium=False, generations="V1"),
        *_series("standardNVADSA10v5Family", "Standard_NV{}ads_A10_v5", 6.11, 6, 12, 18, 36),
    ]
}


def size_of(world: World, name: str) -> Size | None:
    """Find a size by its name, without regard to case."""
    added = world.config.get("sizes", {}).get(name)
    return Size(name=name, **added) if added else SIZES.get(name.lower())
