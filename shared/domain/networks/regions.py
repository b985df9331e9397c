"""The Azure regions Windows 365 supports (Graph: cloudPcSupportedRegion); docs/notes/windows365.md 2.11."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SupportedRegion:
    """A region a site may be in. *region_status* is ``restricted`` where Microsoft admits customers one by one."""

    id: str
    display_name: str
    region_status: str
    region_group: str


_RESTRICTED = frozenset({"qatarcentral", "westus2"})
_GROUPS: dict[str, tuple[str, ...]] = {
    "default": ("South Africa North", "Qatar Central"),
    "asia": ("East Asia", "Southeast Asia"),
    "japan": ("Japan East", "Japan West"),
    "southKorea": ("Korea Central",),
    "australia": ("Australia East",),
    "newZealand": ("New Zealand North",),
    "canada": ("Canada Central",),
    "mexico": ("Mexico Central",),
    "france": ("France Central",),
    "germany": ("Germany West Central",),
    "europeUnion": ("North Europe", "West Europe"),
    "italy": ("Italy North",),
    "norway": ("Norway East",),
    "poland": ("Poland Central",),
    "spain": ("Spain Central",),
    "sweden": ("Sweden Central",),
    "switzerland": ("Switzerland North",),
    "unitedKingdom": ("UK South",),
    "india": ("Central India",),
    "israel": ("Israel Central",),
    "middleEast": ("UAE North",),
    "southAmerica": ("Brazil South",),
    "usCentral": ("Central US", "South Central US"),
    "usEast": ("East US", "East US 2"),
    "usWest": ("West US 2", "West US 3"),
}


def _region(name: str, group: str) -> SupportedRegion:
    code = name.lower().replace(" ", "")
    status = "restricted" if code in _RESTRICTED else "available"
    return SupportedRegion(id=code, display_name=name, region_status=status, region_group=group)


SUPPORTED_REGIONS: tuple[SupportedRegion, ...] = tuple(
    sorted((_region(name, group) for group, names in _GROUPS.items() for name in names), key=lambda r: r.id)
)
"""Every supported region, by its Azure name; Azure names a region like its title without blanks."""
