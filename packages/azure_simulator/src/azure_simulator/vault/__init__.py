"""Simulated Key Vault: the data plane of secrets, one vault for every host name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azure_simulator.vault.secrets import ROUTES, STATE, Vault
from azure_simulator.vault.service import VaultPlane

if TYPE_CHECKING:
    from azure_simulator.core.cloud import Cloud
    from azure_simulator.core.settings import Shape


def install(cloud: Cloud) -> None:
    """Serve `/secrets` and `/deletedsecrets`."""
    cloud.plane(VaultPlane())
    cloud.state(STATE, Vault)
    shape: Shape = {"denied": [str], "rbac": (bool, int), "refuseOutsideDates": bool}
    cloud.setting("vault", shape, "Key Vault: denied (permissions), rbac, refuseOutsideDates")
    cloud.add(ROUTES)
