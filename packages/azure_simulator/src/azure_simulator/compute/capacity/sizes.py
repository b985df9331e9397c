"""What Azure sells: regions, machine sizes with their families, marketplace images.

Shapes follow `resource_skus.list`; the figures are those of the public size pages, cut down to the
sizes that desktops use. `POST /_sim/config` may add `sizes` and `images`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from azure_simulator.core.answers import Json
    from azure_simulator.core.world import World


@dataclass(frozen=True, slots=True)
class Size:
    """A machine size."""

    name: str
    family: str
    cores: int
    memory_gb: float
    premium: bool = True
    max_disk_gb: int = 4095


REGIONS: dict[str, tuple[str, ...]] = {
    "westeurope": ("1", "2", "3"),
    "northeurope": ("1", "2", "3"),
    "germanywestcentral": ("1", "2", "3"),
    "francecentral": ("1", "2", "3"),
    "uksouth": ("1", "2", "3"),
    "swedencentral": ("1", "2", "3"),
    "eastus": ("1", "2", "3"),
    "eastus2": ("1", "2", "3"),
    "centralus": ("1", "2", "3"),
    "westus2": ("1", "2", "3"),
    "westus3": ("1", "2", "3"),
    "southcentralus": ("1", "2", "3"),
    "canadacentral": ("1", "2", "3"),
    "japaneast": ("1", "2", "3"),
    "australiaeast": ("1", "2", "3"),
    "southeastasia": ("1", "2", "3"),
    "westus": (),
    "ukwest": (),
}
"""Region -> availability zones."""


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
        *_series("standardNVADSA10v5Family", "Standard_NV{}ads_A10_v5", 6.11, 6, 12, 18, 36),
    ]
}

IMAGES: dict[str, dict[str, dict[str, tuple[str, ...]]]] = {
    "MicrosoftWindowsDesktop": {
        "windows-11": {
            "win11-23h2-ent": ("22631.5909.250906",),
            "win11-24h2-ent": ("26100.4652.250707", "26100.6584.250913"),
            "win11-24h2-pro": ("26100.6584.250913",),
            "win11-24h2-avd": ("26100.6584.250913",),
            "win11-25h2-ent": ("26200.6899.251008",),
        },
        "office-365": {
            "win11-23h2-avd-m365": ("22631.5909.250906",),
            "win11-24h2-avd-m365": ("26100.4652.250707", "26100.6584.250913"),
            "win11-25h2-avd-m365": ("26200.6899.251008",),
        },
        "windows-ent-cpc": {
            "win11-23h2-ent-cpc": ("22631.5909.250906",),
            "win11-23h2-ent-cpc-m365": ("22631.5909.250906",),
            "win11-24h2-ent-cpc": ("26100.4652.250707", "26100.6584.250913"),
            "win11-24h2-ent-cpc-m365": ("26100.4652.250707", "26100.6584.250913"),
            "win11-25h2-ent-cpc": ("26200.6899.251008",),
            "win11-25h2-ent-cpc-m365": ("26200.6899.251008",),
            "win10-22h2-ent-cpc": ("19045.6332.250910",),
        },
        "windows-10": {"win10-22h2-ent": ("19045.6332.250910",)},
    },
    "MicrosoftWindowsServer": {
        "WindowsServer": {
            "2022-datacenter-azure-edition": ("20348.4171.250903",),
            "2025-datacenter-azure-edition": ("26100.6584.250909",),
        },
    },
}
"""Publisher -> offer -> sku -> versions, oldest first. Every one is generation 2."""

IMAGE_DISK_GB = 127


def size_of(world: World, name: str) -> Size | None:
    """Find a size, whatever the case of its name."""
    added = world.config.get("sizes", {}).get(name)
    return Size(name=name, **added) if added else SIZES.get(name.lower())


def images(world: World) -> dict[str, dict[str, dict[str, list[str]]]]:
    """Give the marketplace tree with what the settings add."""
    tree: Json = {
        publisher: {offer: dict(skus) for offer, skus in offers.items()} for publisher, offers in IMAGES.items()
    }
    for publisher, offers in world.config.get("images", {}).items():
        for offer, skus in offers.items():
            tree.setdefault(publisher, {}).setdefault(offer, {}).update(skus)
    return tree


def numbers(version: str) -> list[tuple[int, str]]:
    """Give what versions are sorted by: 9 comes before 10."""
    return [(int(part), "") if part.isdecimal() else (0, part) for part in version.split(".")]


def find_version(world: World, publisher: str, offer: str, sku: str, version: str) -> str | None:
    """Give the exact version of a marketplace image (`latest` included); `None` if unknown."""
    level: Json = images(world)
    for wanted in (publisher, offer):
        level = next((v for k, v in level.items() if k.lower() == wanted.lower()), {})
    versions = next((v for k, v in level.items() if k.lower() == sku.lower()), ())
    if not versions:
        return None
    if version.lower() == "latest":
        return str(max(versions, key=numbers))
    return next((each for each in versions if each == version), None)
