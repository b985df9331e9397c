"""Time zones of Azure regions, for Cloud PCs whose power schedule names no zone. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

ELSEWHERE = "UTC"

ZONES: Mapping[str, str] = MappingProxyType(
    {
        "australiaeast": "Australia/Sydney",
        "brazilsouth": "America/Sao_Paulo",
        "canadacentral": "America/Toronto",
        "centralindia": "Asia/Kolkata",
        "centralus": "America/Chicago",
        "eastasia": "Asia/Hong_Kong",
        "eastus": "America/New_York",
        "eastus2": "America/New_York",
        "francecentral": "Europe/Paris",
        "germanywestcentral": "Europe/Berlin",
        "israelcentral": "Asia/Jerusalem",
        "italynorth": "Europe/Rome",
        "japaneast": "Asia/Tokyo",
        "japanwest": "Asia/Tokyo",
        "koreacentral": "Asia/Seoul",
        "mexicocentral": "America/Mexico_City",
        "newzealandnorth": "Pacific/Auckland",
        "northeurope": "Europe/Dublin",
        "norwayeast": "Europe/Oslo",
        "polandcentral": "Europe/Warsaw",
        "qatarcentral": "Asia/Qatar",
        "southafricanorth": "Africa/Johannesburg",
        "southcentralus": "America/Chicago",
        "southeastasia": "Asia/Singapore",
        "spaincentral": "Europe/Madrid",
        "swedencentral": "Europe/Stockholm",
        "switzerlandnorth": "Europe/Zurich",
        "uaenorth": "Asia/Dubai",
        "uksouth": "Europe/London",
        "westeurope": "Europe/Amsterdam",
        "westus2": "America/Los_Angeles",
        "westus3": "America/Phoenix",
    }
)
"""The zone of the place that Azure names for each region (learn.microsoft.com/azure/reliability/regions-list)."""


def zone_of(region: str) -> str:
    """Return the IANA time zone of an Azure region; UTC if the region is unknown."""
    return ZONES.get(region, ELSEWHERE)
