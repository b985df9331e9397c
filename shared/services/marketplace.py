"""Azure's offers of images, and the remaining quota, read through ARM."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from functools import partial

from shared.caching import TtlCache
from shared.clients.arm import word
from shared.clients.throttling import all_of, retry_while_throttled
from shared.contracts.refusals import MissingError
from shared.dependencies import Dependencies
from shared.domain.images.image import (
    OFFERS,
    PUBLISHER,
    SESSION_HOST_OFFERS,
    GalleryImage,
    MarketplaceImage,
    gallery_image,
    session_host_image,
)
from shared.domain.images.validation import ImageTraits, image_fault
from shared.domain.tenants.tenant import Tenant
from shared.domain.wizards.forecast import Usage

_BOOTS: TtlCache[bool] = TtlCache(timedelta(days=1))
"""Whether a sku can start with Trusted Launch; the versions of a sku do not differ in that."""
_IMAGES: TtlCache[tuple[GalleryImage, ...]] = TtlCache(timedelta(minutes=10))
"""The marketplace changes monthly; a wizard needs it on every page."""

Fits = Callable[[str, str], GalleryImage | None]
"""Returns the image of (offer, sku) as a choice, None when its name says that it does not fit."""


async def gallery_images(deps: Dependencies, tenant: Tenant, region: str) -> tuple[GalleryImage, ...]:
    """Return the marketplace images that fit a Cloud PC, newest Windows first."""
    key = ("cloudPc", tenant.subscription_id, region)
    read = partial(_offered, deps, tenant.subscription_id, region, OFFERS, gallery_image)
    return await _IMAGES.get_or(deps, key, read)


async def session_host_images(
    deps: Dependencies, tenant: Tenant, region: str, *, pooled: bool
) -> tuple[GalleryImage, ...]:
    """Return the marketplace images that fit session hosts: multi-session ones if they are *pooled*."""
    key = ("pooled" if pooled else "personal", tenant.subscription_id, region)
    fits = partial(session_host_image, pooled=pooled)
    read = partial(_offered, deps, tenant.subscription_id, region, SESSION_HOST_OFFERS, fits)
    return await _IMAGES.get_or(deps, key, read)


async def _offered(
    deps: Dependencies, subscription_id: str, region: str, offers: tuple[str, ...], fits: Fits
) -> tuple[GalleryImage, ...]:
    images = deps.compute(subscription_id).virtual_machine_images

    async def skus(offer: str) -> list[GalleryImage]:
        try:
            listed = await retry_while_throttled(lambda: images.list_skus(region, PUBLISHER, offer))
        except MissingError:  # not every region has every offer
            return []
        named = [found for sku in listed if (found := fits(offer, str(sku.name)))]
        boots = await asyncio.gather(*(_boots(deps, subscription_id, region, each.image) for each in named))
        return [each for each, starts in zip(named, boots, strict=True) if starts]

    found = [image for each in await asyncio.gather(*map(skus, offers)) for image in each]
    return tuple(sorted(found, key=lambda i: (offers.index(i.image.offer), i.display_name)))


async def _boots(deps: Dependencies, subscription_id: str, region: str, image: MarketplaceImage) -> bool:
    """Return whether a VM with Trusted Launch starts from the image; the name of a sku is no evidence."""
    key = (subscription_id, region, image.offer, image.sku)
    return await _BOOTS.get_or(deps, key, lambda: _supports_trusted_launch(deps, subscription_id, region, image))


async def _supports_trusted_launch(
    deps: Dependencies, subscription_id: str, region: str, image: MarketplaceImage
) -> bool:
    images, names = deps.compute(subscription_id).virtual_machine_images, (image.publisher, image.offer, image.sku)
    newest = await retry_while_throttled(lambda: images.list(region, *names, top=1, orderby="name desc"))
    if not newest:
        return False
    found = await retry_while_throttled(lambda: images.get(region, *names, str(newest[0].name)))
    features = {str(each.name): str(each.value) for each in found.features or ()}
    traits = ImageTraits(
        os_type=word(found.os_disk_image.operating_system) if found.os_disk_image else "",
        hyper_v_generation=word(found.hyper_v_generation),
        security_type=features.get("SecurityType", ""),
    )
    return image_fault(traits) is None


async def usages(deps: Dependencies, subscription_id: str, region: str) -> tuple[Usage, ...]:
    """Return how much of its vCPU quotas a subscription uses in a region."""
    compute = deps.compute(subscription_id)
    return tuple(
        Usage(
            subscription_id=subscription_id,
            region=region,
            family=str(usage.name.value),
            used=int(usage.current_value),
            limit=int(usage.limit),
        )
        for usage in await all_of(partial(compute.usage.list, region))
    )
