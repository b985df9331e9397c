"""The regions there are, with their availability zones."""

from __future__ import annotations

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


def normal(location: str) -> str:
    """Write `West Europe` as `westeurope`."""
    return location.replace(" ", "").lower()
