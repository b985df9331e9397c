"""The marketplace images there are: publisher, offer, sku, versions. `POST /_sim/config` may add `images`."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from azure_simulator.core.answers import Json
    from azure_simulator.core.cloud import Cloud
    from azure_simulator.core.world import World

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
        "windows-10": {
            "win10-22h2-ent": ("19045.6332.250910",),
            "win10-22h2-ent-g2": ("19045.6332.250910",),
        },
    },
    "MicrosoftWindowsServer": {
        "WindowsServer": {
            "2022-datacenter-azure-edition": ("20348.4171.250903",),
            "2025-datacenter-azure-edition": ("26100.6584.250909",),
        },
    },
    "Canonical": {
        "0001-com-ubuntu-server-jammy": {"22_04-lts-gen2": ("22.04.202509100",)},
        "ubuntu-24_04-lts": {"server": ("24.04.202509100",)},
    },
}
"""Publisher -> offer -> sku -> versions, oldest first."""

GENERATION_1 = frozenset({"win10-22h2-ent"})
"""Skus that are generation 1; all others are generation 2 and support Trusted Launch.

Source: learn.microsoft.com/azure/virtual-machines/generation-2 and trusted-launch (Windows 10: `-g2`).
"""

IMAGE_DISK_GB, LINUX_DISK_GB = 127, 30
LINUX = frozenset(
    {
        *("almalinux", "canonical", "coreos", "credativ", "debian", "kinvolk", "microsoftcblmariner", "openlogic"),
        *("oracle", "redhat", "resf", "suse"),
    }
)
"""Publishers of the marketplace whose images are Linux, also those that the settings add."""


def system(publisher: str) -> str:
    """Return the operating system of a publisher's images."""
    return "Linux" if publisher.lower() in LINUX else "Windows"


def disk_gb(publisher: str) -> int:
    """Return the size of the disk of a publisher's images."""
    return LINUX_DISK_GB if system(publisher) == "Linux" else IMAGE_DISK_GB


def images(world: World) -> dict[str, dict[str, dict[str, list[str]]]]:
    """Return the marketplace tree with the additions of the settings."""
    tree: Json = {
        publisher: {offer: dict(skus) for offer, skus in offers.items()} for publisher, offers in IMAGES.items()
    }
    for publisher, offers in world.config.get("images", {}).items():
        for offer, skus in offers.items():
            _child(_child(tree, publisher), offer).update(skus)
    return tree


def _child(level: Json, name: str) -> Json:
    """Return the child of a level by its name in any case, created if it does not exist."""
    found: Json = level.setdefault(next((each for each in level if each.lower() == name.lower()), name), {})
    return found


def numbers(version: str) -> list[tuple[int, str]]:
    """Return the sort key of a version: 9 comes before 10."""
    return [(int(part), "") if part.isdecimal() else (0, part) for part in version.split(".")]


def generation(world: World, sku: str) -> str:
    """Return a sku's `hyperVGeneration`."""
    named = (*GENERATION_1, *world.config.get("generation1Images", ()))
    return "V1" if any(fnmatchcase(sku.lower(), str(glob).lower()) for glob in named) else "V2"


def find_version(world: World, publisher: str, offer: str, sku: str, version: str) -> str | None:
    """Return the exact version of a marketplace image (`latest` included); `None` if unknown."""
    level: Json = images(world)
    for wanted in (publisher, offer):
        level = next((v for k, v in level.items() if k.lower() == wanted.lower()), {})
    versions = next((v for k, v in level.items() if k.lower() == sku.lower()), ())
    if not versions:
        return None
    if version.lower() == "latest":
        return str(max(versions, key=numbers))
    return next((each for each in versions if each == version), None)


def install(cloud: Cloud) -> None:
    """Read the setting that adds images."""
    cloud.setting("generation1Images", [str], "more skus (globs) of marketplace images that are generation 1")
    cloud.setting("images", {"*": dict}, "more marketplace images: publisher, offer, sku, versions")
