"""Simulated Retail Prices API: prices of Azure's machines and disks, without a sign-in.

`items` are the prices, `retail_prices` answers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from azure_simulator.prices.retail_prices import ROUTES, RetailPlane

if TYPE_CHECKING:
    from azure_simulator.core.cloud import Cloud


def install(cloud: Cloud) -> None:
    """Serve `/api/retail/prices`."""
    cloud.plane(RetailPlane())
    cloud.setting("prices", {"factor": (int, float)}, "Retail prices: factor (of all amounts)")
    cloud.add(ROUTES)
