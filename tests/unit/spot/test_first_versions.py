"""The first versions that are built: copies of gallery versions for the regions of all sites, and of managed images."""

import pytest

from shared.domain.images.image import ImageSource
from shared.domain.spot.images.image_version import VersionStatus, first_version
from tests.integration import image_things, things

GALLERY = ImageSource(gallery_version_id="/galleries/g/images/i/versions/1.0.0")

MANAGED = ImageSource(managed_image_id="/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/images/i")


@pytest.mark.parametrize(
    ("everywhere", "source", "status"),
    [
        ("one site", things.SOURCE, VersionStatus.AVAILABLE),
        ("one site", GALLERY, VersionStatus.AVAILABLE),
        ("all sites", things.SOURCE, VersionStatus.AVAILABLE),
        ("all sites", GALLERY, VersionStatus.REPLICATING),
        ("one site", MANAGED, VersionStatus.REPLICATING),
        ("all sites", MANAGED, VersionStatus.REPLICATING),
    ],
)
def test_only_a_copy_is_built(everywhere: str, source: ImageSource, status: VersionStatus) -> None:
    image_set = image_things.image_set(is_global=everywhere == "all sites", source=source)
    first = first_version(image_set)
    assert first.status is status
    assert (first.image is None) is image_set.copies_first
