"""The image versions that the hosts of Spot Groups can be built from."""

from __future__ import annotations

from shared.domain.spot.image_set import HostPoolType
from shared.domain.wizards.spot_group_steps import SpotImage
from shared.services.action_context import ActionContext


async def spot_images(context: ActionContext) -> tuple[SpotImage, ...]:
    """Return the image versions of the tenant, available or not."""
    deps, tenant_id = context.deps, context.tenant.id
    sets = {stored.value.id: stored.value async for stored in deps.image_sets.each(tenant_id)}
    versions = [stored.value async for stored in deps.image_versions.each(tenant_id)]
    return tuple(
        SpotImage(
            image_set_id=version.image_set_id,
            image_set_name=of.display_name,
            version=version.version,
            available=version.image is not None,
            status=version.status.value,
            multi_session=of.host_pool_type is HostPoolType.POOLED,
            regions=version.regions,
        )
        for version in versions
        if (of := sets.get(version.image_set_id)) is not None
    )
