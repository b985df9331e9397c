"""The images of all kinds that the wizards offer to choose from."""

from __future__ import annotations

from typing import Any

from shared.domain.images.image import DeviceImageStatus, is_managed_image, recommended
from shared.domain.spot.images.image_set import HostPoolType
from shared.domain.spot.images.image_version import next_version, numbers
from shared.domain.wizards.create_image_set import ImageSetFacts
from shared.domain.wizards.create_image_version import VersionFacts
from shared.services.images import sources
from shared.services.operations.action_context import ActionContext

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
        found = await sources.gallery_images(context.deps, context.tenant, stored.value.region)
        return [{"value": each.id, "title": each.display_name} for each in found]
    return []


async def images_of_policies(context: ActionContext) -> Choices:
    """Return the images that a policy may name: the tenant's own images first, then the gallery's."""
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
    """Return the versions in the tenant's galleries; unusable ones come last, with the reason."""
    return await _own(context, managed=False)


async def managed_images(context: ActionContext) -> Choices:
    """Return the managed images of the tenant, as ``own_gallery_versions``."""
    return await _own(context, managed=True)


async def _own(context: ActionContext, *, managed: bool) -> Choices:
    sites = [stored.value async for stored in context.deps.sites.each(context.tenant.id)]
    if not sites:
        return []
    found = await sources.own_images(context.deps, context.tenant, sites)
    choices: Choices = [
        {
            "value": v.id,
            "title": v.display_name if v.why_not is None else f"{v.display_name}: {v.why_not}",
            "regions": list(v.regions),
            "usable": v.offered,
        }
        for v in found
        if is_managed_image(v.id) is managed
    ]
    return sorted(choices, key=lambda choice: not choice["usable"])


async def session_host_images(context: ActionContext) -> Choices:
    """Return the marketplace images for each type of host, recommended ones first."""
    names, found = context.tenant.settings.recommended_images, Choices()
    async for stored in context.deps.sites.each(context.tenant.id):
        for of in HostPoolType:
            pooled = of is HostPoolType.POOLED
            images = await sources.session_host_images(context.deps, context.tenant, stored.value.region, pooled=pooled)
            chosen = recommended(images, names, pooled=pooled, today=context.now.date())
            found += [
                {"value": i.id, "title": i.display_name, "hostPoolType": of.value, "recommended": i.id in chosen}
                for i in images
            ]
        break  # the marketplace is that of the first site's region
    return sorted(found, key=lambda choice: not choice["recommended"])


async def _known_versions(context: ActionContext) -> VersionFacts:
    """Return the sets and their versions as the records have them; no cloud is asked."""
    sets = tuple([stored.value async for stored in context.deps.image_sets.each(context.tenant.id)])
    facts = ImageSetFacts(sites=(), image_sets=sets, pooled_images=(), personal_images=(), own_images=())
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
