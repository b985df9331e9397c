"""Simulated Key Vault: the data plane of secrets, one vault for all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from local.cloud.vault.secrets import ROUTES, SHELF, Vault
from local.cloud.vault.service import VaultPlane

if TYPE_CHECKING:
    from local.cloud.core.cloud import Cloud
    from local.cloud.core.settings import Shape


def install(cloud: Cloud) -> None:
    """Serve `/secrets` and `/deletedsecrets`."""
    cloud.plane(VaultPlane())
    cloud.shelf(SHELF, Vault)
    shape: Shape = {"denied": [str], "rbac": (bool, int), "refuseOutsideDates": bool}
    cloud.setting("vault", shape, "Key Vault: denied (permissions), rbac, refuseOutsideDates")
    cloud.add(ROUTES)
