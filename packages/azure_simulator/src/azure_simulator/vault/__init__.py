"""Simulated Key Vault: vaults as resources, and the data plane of secrets, one store for every host name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azure_simulator import arm
from azure_simulator.vault import vaults
from azure_simulator.vault.secrets import ROUTES, STATE, Vault
from azure_simulator.vault.service import VaultPlane

if TYPE_CHECKING:
    from azure_simulator.core.cloud import Cloud
    from azure_simulator.core.settings import Shape


def install(cloud: Cloud) -> None:
    """Serve vaults, `/secrets` and `/deletedsecrets`."""
    arm.serve(cloud, vaults.OPERATIONS, vaults.ROUTES)
    cloud.plane(VaultPlane())
    cloud.state(STATE, Vault)
    shape: Shape = {"denied": [str], "rbac": (bool, int), "refuseOutsideDates": bool}
    cloud.setting("vault", shape, "Key Vault: denied (permissions), rbac, refuseOutsideDates")
    cloud.add(ROUTES)
