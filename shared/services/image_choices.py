"""The images of all kinds that the wizards offer to choose from."""

from __future__ import annotations

from typing import Any

from shared.domain.images.image import DeviceImageStatus
from shared.domain.spot.image_set import HostPoolType
from shared.domain.spot.image_version import next_version, numbers
from shared.domain.wizards.create_image_set import ImageSetFacts, recommended
from shared.domain.wizards.create_image_version import VersionFacts
from shared.services import marketplace
from shared.services.action_context import ActionContext

_USABLE = {DeviceImageStatus.READY, DeviceImageStatus.WARNING}
Choices = list[dict[str, Any]]


async def device_image_names(context: ActionContext) -> Choices:
    """Return the names that device images have, each with the version that would be its next."""
    versions: dict[str, list[str]] = {}
    async for stored in context.deps.images.each(context.tenant.id):
        versions.setdefault(stored.value.display_name, []).append(stored.value.version)
    return [{"value": name, "title": name, "nextVersion": next_version(of)} for name, of in versions.items()]


async def marketplace_images(context: ActionContext) -> Choices:
    """Return the marketplace images that fit a Cloud PC, of the first site's region; without a site none."""
    async for stored in context.deps.sites.each(context.tenant.id):
        found = await marketplace.gallery_images(context.deps, context.tenant, stored.value.region)
        return [{"value": each.id, "title": each.display_name} for each in found]
    return []


async def images_of_policies(context: ActionContext) -> Choices:
    """Return what a policy may name: the tenant's own images first, then the gallery's."""
    images = [stored.value async for stored in context.deps.images.each(context.tenant.id)]
    custom = [
        {
            "value": image.id,
            "title": f"{image.display_name} {image.version}",
            "imageType": "custom",
            "regions": list(image.regions),
        }
        for image in images
        if image.status in _USABLE
    ]
    return [*custom, *({**each, "imageType": "gallery"} for each in await marketplace_images(context))]


async def own_gallery_versions(context: ActionContext) -> Choices:
    """Return the versions in galleries of the sites' resource groups from which something can be built."""
    sites = [stored.value async for stored in context.deps.sites.each(context.tenant.id)]
    if not sites:
        return []
    found = await marketplace.gallery_versions(context.deps, context.tenant, sites)
    return [{"value": v.id, "title": v.display_name, "regions": list(v.regions)} for v in found if v.offered]


async def session_host_images(context: ActionContext) -> Choices:
    """Return the marketplace images for each type of hosts, those that are recommended first."""
    names, found = context.tenant.settings.recommended_images, Choices()
    async for stored in context.deps.sites.each(context.tenant.id):
        for of in HostPoolType:
            images = await marketplace.session_host_images(
                context.deps, context.tenant, stored.value.region, pooled=of is HostPoolType.POOLED
            )
            found += [
                {"value": i.id, "title": i.display_name, "hostPoolType": of.value, "recommended": recommended(i, names)}
                for i in images
            ]
        break  # the marketplace is that of the first site's region
    return sorted(found, key=lambda choice: not choice["recommended"])


async def _known_versions(context: ActionContext) -> VersionFacts:
    """Return the sets and their versions as the records have them; no cloud is asked."""
    sets = tuple([stored.value async for stored in context.deps.image_sets.each(context.tenant.id)])
    facts = ImageSetFacts(sites=(), image_sets=sets, pooled_images=(), personal_images=(), gallery_versions=())
    versions = context.deps.image_versions.each(context.tenant.id)
    return VersionFacts(sets=facts, versions=tuple([stored.value async for stored in versions]))


async def image_sets(context: ActionContext) -> Choices:
    """Return the image sets, each with the number of its next version."""
    facts = await _known_versions(context)
    return [
        {
            "value": each.id,
            "title": each.display_name,
            "hostPoolType": each.host_pool_type.value,
            "nextVersion": facts.next(each.id),
            "hasRecipe": bool(each.recipe.steps),
            "usable": facts.replicating(each.id) is None,
        }
        for each in facts.sets.image_sets
    ]


async def image_versions(context: ActionContext) -> Choices:
    """Return the versions to start from, the newest first."""
    facts = await _known_versions(context)
    return [
        {"value": each.version, "title": f"{each.version} {each.source_name}", "imageSetId": each.image_set_id}
        for each in sorted(facts.versions, key=lambda v: numbers(v.version), reverse=True)
        if each.image is not None
    ]
