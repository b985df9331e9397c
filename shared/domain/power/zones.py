"""Time zones of Azure regions and of countries, for Cloud PCs whose power schedule names no zone. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from zoneinfo import ZoneInfo

_SEASONS = (datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 7, 1, tzinfo=UTC))
"""Moments at which zones of one country are compared: in winter and in summer."""

ELSEWHERE = "UTC"

USER_ZONE = "user"
"""The time zone of a schedule with hours in the zone of each user's country."""

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


def zone_of_country(country: str) -> str | None:
    """Return the IANA time zone of a country (ISO 3166-1 alpha-2); None where clocks in it differ, or it is unknown."""
    zones = _by_country().get(country.upper(), ())
    clocks = {tuple(at.astimezone(ZoneInfo(zone)).utcoffset() for at in _SEASONS) for zone in zones}
    return zones[0] if len(clocks) == 1 else None


@cache
def _by_country() -> Mapping[str, tuple[str, ...]]:
    """Return the zones of each country by the time zone database, which comes with the interpreter's (``zone.tab``)."""
    found: dict[str, list[str]] = defaultdict(list)
    for line in (files("tzdata") / "zoneinfo" / "zone.tab").read_text().splitlines():
        if not line.startswith("#"):
            country, _, zone, *_ = line.split("\t")
            found[country].append(zone)
    return {country: tuple(zones) for country, zones in found.items()}


def zone_of(region: str) -> str:
    """Return the IANA time zone of an Azure region; UTC if the region is unknown."""
    return ZONES.get(region, ELSEWHERE)
