"""Requirements of images for Cloud PCs: one rule, for sources that are offered and for images that were built.

Microsoft: learn.microsoft.com/windows-365/enterprise/device-images, and generation 2 with Trusted Launch, because every
machine of ours is one (docs/notes/azure.md 1.3).
"""

from collections.abc import Mapping
from types import MappingProxyType

from shared.domain.values import Value

LARGEST_IMAGE_IN_GB = 128
"""Size of the smallest disk that a machine gets: Azure makes no disk that is smaller than its image. Images of Windows
have 127 GB, so that the licences of 64 GB get more.
"""


class ImageTraits(Value):
    """Azure's properties of an image: of a version and its definition, of a managed image, of a marketplace image.

    *security_type*: its feature; None: it has none, because it is imported into a definition that supports Trusted
    Launch before a machine is made. *disk_size_in_gb*: 0 where Azure does not say it.
    """

    os_type: str
    os_state: str = "Generalized"
    hyper_v_generation: str
    security_type: str | None = ""
    disk_size_in_gb: int = 0
    data_disks: int = 0


def image_fault(traits: ImageTraits) -> str | None:
    """Return why no Cloud PC can be built from an image; None when one can."""
    if traits.os_type != "Windows":
        return f"it is {traits.os_type}, and a Cloud PC runs Windows"
    if traits.os_state != "Generalized":
        return "it is specialized: run sysprep and capture it as a generalized image"
    if traits.hyper_v_generation != "V2":
        return "it is generation 1, and a Cloud PC needs generation 2"
    if traits.security_type is not None and "TrustedLaunch" not in traits.security_type:
        return "its definition does not support Trusted Launch (SecurityType)"
    return _disk_fault(traits)


def _disk_fault(traits: ImageTraits) -> str | None:
    if traits.disk_size_in_gb > LARGEST_IMAGE_IN_GB:
        return f"its disk has {traits.disk_size_in_gb} GB, and a Cloud PC starts from {LARGEST_IMAGE_IN_GB} GB at most"
    if traits.data_disks:
        return "it has data disks, and a Cloud PC has one disk: capture it from a machine without any"
    return None


VALIDATION_STEPS: Mapping[str, bool] = MappingProxyType(
    {
        "checkWindows": True,
        "checkJoin": True,
        "checkPartitions": False,
        "checkAgents": False,
    }
)
"""Steps that a test machine of an image reports, in this order; True: without it the image cannot be used."""
