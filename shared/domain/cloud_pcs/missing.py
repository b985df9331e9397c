"""Shared resources of machines that are missing: a host pool, its desktop, a hosted network, a gallery. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from shared.domain.cloud_pcs.orphans import OrphanType

CURES: Mapping[OrphanType, str] = MappingProxyType(
    {
        OrphanType.HOST_POOL: "The next build makes it again. The machines that were in it do not come back to it:"
        " reprovision their Cloud PCs, or release the version of the Spot Group again.",
        OrphanType.APPLICATION_GROUP: "The next build makes it again; then troubleshoot the Cloud PCs of its pool:"
        " that gives their users the right to the desktop again.",
        OrphanType.VIRTUAL_NETWORK: "The next build in this region makes it again. What was in it has lost its"
        " network: reprovision the Cloud PCs.",
        OrphanType.NAT_GATEWAY: "The next build in this region makes it again. Until then no machine of the network"
        " reaches the internet.",
        OrphanType.GALLERY: "Nothing can be built from its device images: make new ones, and let the policies use them."
        " Their build makes the gallery again.",
    }
)
"""Advice on each, and whether it is made again on demand."""
