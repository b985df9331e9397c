"""What an image must be for a Cloud PC: one rule, for sources that are offered and for images that were built.

Microsoft: learn.microsoft.com/windows-365/enterprise/device-images, and generation 2 with Trusted Launch, because every
machine of ours is one (docs/notes/azure.md 1.3).
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from shared.domain.values import Value


class ImageTraits(Value):
    """What Azure says of an image: of its definition, or of a marketplace image. *security_type* is its feature."""

    os_type: str
    os_state: str = "Generalized"
    hyper_v_generation: str
    security_type: str = ""


def image_fault(traits: ImageTraits) -> str | None:
    """Return why no Cloud PC can be built from an image; None when one can."""
    if traits.os_type != "Windows":
        return f"it is {traits.os_type}, and a Cloud PC runs Windows"
    if traits.os_state != "Generalized":
        return "it is specialized: run sysprep and capture it into a definition whose state is Generalized"
    if traits.hyper_v_generation != "V2":
        return "it is generation 1, and a Cloud PC needs generation 2"
    if "TrustedLaunch" not in traits.security_type:
        return "its definition does not support Trusted Launch (SecurityType)"
    return None


VALIDATION_STEPS: Mapping[str, bool] = MappingProxyType(
    {
        "checkWindows": True,
        "checkJoin": True,
        "checkPartitions": False,
        "checkAgents": False,
    }
)
"""What a test machine of an image reports, in this order; True: without it the image cannot be used."""
