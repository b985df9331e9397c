"""Image sets and versions to store, all alike except for the values that a test gives."""

from typing import Any

from shared.domain.spot.images.image_set import HostPoolType, ImageSet, Recipe, RecipeStep
from shared.domain.spot.images.image_version import ImageVersion, VersionStatus
from tests.integration import things

RECIPE = Recipe(steps=(RecipeStep(name="Fonts", script="Get-Date"), RecipeStep(name="Zip", package_id="7zip.7zip")))


def image_set(**changes: Any) -> ImageSet:
    value = ImageSet(
        id="5e700000",
        tenant_id=things.TENANT_ID,
        display_name="Teachers",
        host_pool_type=HostPoolType.POOLED,
        home_site_id="west",
        source=things.SOURCE,
        source_name="Windows 11",
        created_date_time=things.NOW,
        last_modified_date_time=things.NOW,
    )
    return value.but(**changes)


def version(**changes: Any) -> ImageVersion:
    value = ImageVersion(
        id="v1",
        tenant_id=things.TENANT_ID,
        image_set_id="5e700000",
        version="0.0.1",
        status=VersionStatus.CUSTOMIZING,
        source=things.SOURCE,
        source_name="Windows 11",
        operation_id="op-1",
        created_date_time=things.NOW,
        last_modified_date_time=things.NOW,
    )
    return value.but(**changes)
