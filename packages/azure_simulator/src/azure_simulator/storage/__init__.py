"""Microsoft.Storage as Resource Manager sees it: accounts, containers, queues, limits. No data is kept here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azure_simulator import arm
from azure_simulator.storage import accounts, offers, services

if TYPE_CHECKING:
    from azure_simulator.core.cloud import Cloud


def install(cloud: Cloud) -> None:
    """Serve storage accounts, their containers and queues, skus and usages."""
    for name, (shape, about) in offers.SETTINGS.items():
        cloud.setting(name, shape, about)
    arm.serve(cloud, accounts.OPERATIONS, *services.OPERATIONS, offers.ROUTES)
