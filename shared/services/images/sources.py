"""Sources of images, read through ARM: Azure's offers and quota, and the images that a tenant has already."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection, Iterable
from datetime import timedelta
from functools import partial
from typing import Any

from shared.caching import TtlCache
from shared.clients.arm import ResourceId, parse_id, word
from shared.clients.pacing import all_of, retry_while_throttled
from shared.contracts.outcomes import DeclinedError, MissingError
from shared.dependencies import Dependencies
from shared.domain.images.image import (
    OFFERS,
    PUBLISHER,
    SESSION_HOST_OFFERS,
    GalleryImage,
    MarketplaceImage,
    OwnImage,
    gallery_image,
    session_host_image,
)
from shared.domain.images.validation import ImageTraits, image_fault
from shared.domain.naming import IMPORTS, TENANT_TAG
from shared.domain.tenants.tenant import Site, Tenant
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
    """Return the marketplace images that fit session hosts; *pooled*: multi-session images."""
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


_log = logging.getLogger("deskwright.services")


async def own_images(deps: Dependencies, tenant: Tenant, sites: Iterable[Site]) -> tuple[OwnImage, ...]:
    """Return every image that a tenant may use, with why nothing can be built from some.

    These are versions in galleries and managed images: those of its sites' resource groups and, in a subscription that
    no other tenant has, all that the service may read. What has another tenant's tag is left out.
    """
    groups = {site.resource_group for site in sites}
    found: dict[str, OwnImage] = {}
    for subscription_id in (tenant.subscription_id, *tenant.further_subscription_ids):
        compute = deps.compute(subscription_id)
        alone = await _has_no_neighbour(deps, tenant, subscription_id)
        own_groups = groups if subscription_id == tenant.subscription_id else set()
        for gallery in await _listed(compute.galleries, own_groups, "galleries", everywhere=alone):
            if _is_of(tenant, gallery):
                found |= {each.id.casefold(): each for each in await _versions_in(compute, parse_id(str(gallery.id)))}
        for image in await _listed(compute.images, own_groups, "managed images", everywhere=alone):
            if _is_of(tenant, image):
                found[str(image.id).casefold()] = _managed(image)
    return tuple(found.values())


async def _has_no_neighbour(deps: Dependencies, tenant: Tenant, subscription_id: str) -> bool:
    """Whether no other tenant has the subscription: images of other groups there may be another customer's."""
    others = [each.value async for each in deps.tenants.each() if each.value.id != tenant.id]
    return all(subscription_id not in {each.subscription_id, *each.further_subscription_ids} for each in others)


async def _listed(kind: Any, groups: Collection[str], what: str, *, everywhere: bool) -> list[Any]:  # noqa: ANN401 - the SDK's operations
    """Return the resources of a *kind* in a subscription: in *groups*, or all that the service may read.

    Unreadable resources are left out: a role that was given before they could be read lacks the right.
    """
    try:
        if everywhere:
            return list(await all_of(kind.list))
    except DeclinedError as refused:
        _log.warning("the %s of a subscription could not be listed: %s", what, refused)
    found: list[Any] = []
    for group in sorted(groups):
        try:
            found += await all_of(partial(kind.list_by_resource_group, group))
        except DeclinedError as refused:
            _log.warning("the %s of the group %s could not be listed: %s", what, group, refused)
    return found


def _is_of(tenant: Tenant, resource: Any) -> bool:  # noqa: ANN401 - an SDK's model
    return bool((resource.tags or {}).get(TENANT_TAG, tenant.id) == tenant.id)


async def _versions_in(compute: Any, gallery: ResourceId) -> list[OwnImage]:  # noqa: ANN401 - the SDK's client
    found: list[OwnImage] = []
    for image in await all_of(partial(compute.gallery_images.list_by_gallery, gallery.resource_group, gallery.name)):
        if image.name == IMPORTS:
            continue
        names, traits = (gallery.name, str(image.name)), _traits(image)
        listing = partial(compute.gallery_image_versions.list_by_gallery_image, gallery.resource_group, *names)
        found += [_version(names[1], version, traits) for version in await all_of(listing)]
    return found


def _traits(image: Any) -> ImageTraits:  # noqa: ANN401 - the SDK's GalleryImage
    about = image.properties
    features = {str(each.name): str(each.value) for each in (about.features if about else None) or ()}
    return ImageTraits(
        os_type=word(about.os_type) if about else "",
        os_state=word(about.os_state) if about else "",
        hyper_v_generation=word(about.hyper_v_generation) if about else "",
        security_type=features.get("SecurityType", ""),
    )


def _version(image_name: str, version: Any, definition: ImageTraits) -> OwnImage:  # noqa: ANN401 - the SDK's model
    properties = version.properties
    profile = properties.publishing_profile if properties else None
    targets = profile.target_regions or () if profile else ()
    disks = properties.storage_profile if properties else None
    traits = definition.but(
        disk_size_in_gb=(disks.os_disk_image.size_in_gb or 0) if disks and disks.os_disk_image else 0,
        data_disks=len(disks.data_disk_images or ()) if disks else 0,
    )
    return OwnImage(
        id=str(version.id),
        display_name=f"{image_name} {version.name}",
        regions=tuple(_region(str(target.name)) for target in targets),
        ready=properties is not None and word(properties.provisioning_state) == "Succeeded",
        fault=image_fault(traits),
    )


def _managed(image: Any) -> OwnImage:  # noqa: ANN401 - the SDK's Image
    """Return a managed image as a choice; an image without a generation is of generation 1."""
    properties = image.properties
    disks = properties.storage_profile if properties else None
    disk = disks.os_disk if disks else None
    traits = ImageTraits(
        os_type=word(disk.os_type) if disk else "",
        os_state=word(disk.os_state) if disk else "",
        hyper_v_generation=(word(properties.hyper_v_generation) if properties else "") or "V1",
        security_type=None,
        disk_size_in_gb=(disk.disk_size_gb or 0) if disk else 0,
        data_disks=len(disks.data_disks or ()) if disks else 0,
    )
    return OwnImage(
        id=str(image.id),
        display_name=str(image.name),
        regions=(_region(str(image.location)),),
        ready=properties is not None and word(properties.provisioning_state) == "Succeeded",
        fault=image_fault(traits),
    )


def _region(name: str) -> str:
    return name.lower().replace(" ", "")
