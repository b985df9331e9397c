"""What the policies of a tenant would build today, read for showing drift."""

from __future__ import annotations

from shared.domain.drift import Today
from shared.domain.image import ImageType
from triggers.http.endpoints import Call


async def read_today(call: Call) -> Today:
    """Return what the policies of the addressed tenant would build today."""
    deps, tenant = call.deps, call.tenant
    policies = {stored.value.id: stored.value async for stored in deps.policies.each(tenant.id)}
    custom = any(policy.image_type is ImageType.CUSTOM for policy in policies.values())
    images = {stored.value.id: stored.value async for stored in deps.images.each(tenant.id)} if custom else {}
    return Today(policies, images, tenant.settings)
