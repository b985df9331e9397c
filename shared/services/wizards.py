"""The wizards: what there is to choose from now, and what a form comes to."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from shared.clients.throttling import retry_while_throttled
from shared.domain.images.image import DeviceImageStatus
from shared.domain.policies.locales import LOCALES
from shared.domain.spot.image_set import HostPoolType
from shared.domain.spot.image_version import numbers
from shared.domain.wizards import (
    CREATE_CONNECTION,
    CREATE_DEVICE_IMAGE,
    CREATE_IMAGE_SET,
    CREATE_IMAGE_VERSION,
    CREATE_PROVISIONING_POLICY,
    CREATE_SPOT_GROUP,
    EDIT_SPOT_GROUP,
    UPDATE_SPOT_GROUP,
    Wizard,
)
from shared.domain.wizards.create_connection import review_connection
from shared.domain.wizards.create_device_image import review_device_image
from shared.domain.wizards.create_image_set import ImageSetFacts, recommended, review_image_set
from shared.domain.wizards.create_image_version import VersionFacts, review_image_version
from shared.domain.wizards.create_provisioning_policy import review_policy
from shared.domain.wizards.create_spot_group import review_spot_group
from shared.domain.wizards.edit_spot_group import review_spot_group_edit
from shared.domain.wizards.reviews import Review
from shared.domain.wizards.update_spot_group import review_spot_group_update
from shared.services.action_context import ActionContext
from shared.services.connections import connection_facts
from shared.services.image_sets import image_set_facts
from shared.services.images import image_facts, offered_images
from shared.services.licenses import licenses
from shared.services.spot_choices import (
    image_choices,
    image_set_choices,
    license_choices,
    spot_group_choices,
)
from shared.services.spot_facts import spot_group_facts
from shared.services.wizard_lookups import policy_facts

_MOST_GROUPS = 50
_MORE_GROUPS = (
    f"The directory has more groups than the first {_MOST_GROUPS} by name, of which these can be chosen:"
    " search by how the name begins."
)
_USABLE = {DeviceImageStatus.READY, DeviceImageStatus.WARNING}

Choices = dict[str, list[dict[str, Any]]]
"""What may be chosen, by ``step/field``: each with *value* and *title*, and what helps to choose."""


class Offer(NamedTuple):
    """What there is to choose from. *cut*: why there is more than is shown, by ``step/field``."""

    choices: Choices
    cut: Mapping[str, str] = MappingProxyType({})


async def choices_of(context: ActionContext, wizard: Wizard, search: str) -> Offer:
    """Return what there is to choose from now; *search* looks for groups."""
    return await _CHOICES[wizard.name](context, search)


async def review(
    context: ActionContext, wizard: Wizard, form: dict[str, Any], through_step: str, *, any_subscription: bool
) -> Review:
    """Return what a form comes to, as far as it is filled in; nothing is saved. *any_subscription*: as of a facts."""
    if wizard.name == CREATE_CONNECTION.name:
        facts = await connection_facts(context, any_subscription=any_subscription)
        return review_connection(form, facts, through_step)[0]
    return await _REVIEWS[wizard.name](context, form, through_step)


async def _review_device_image(context: ActionContext, form: dict[str, Any], through_step: str) -> Review:
    return review_device_image(form, await image_facts(context), through_step)[0]


async def _review_image_set(context: ActionContext, form: dict[str, Any], through_step: str) -> Review:
    return review_image_set(form, await image_set_facts(context), through_step)[0]


async def _review_image_version(context: ActionContext, form: dict[str, Any], through_step: str) -> Review:
    facts = await version_facts(context, await image_set_facts(context))
    return review_image_version(form, facts, through_step)[0]


async def _review_policy(context: ActionContext, form: dict[str, Any], through_step: str) -> Review:
    return review_policy(form, await policy_facts(context, form, with_forecast=True), through_step)[0]


async def _review_spot_group(context: ActionContext, form: dict[str, Any], through_step: str) -> Review:
    return review_spot_group(form, await spot_group_facts(context, form, with_forecast=True), through_step)[0]


async def _review_spot_group_edit(context: ActionContext, form: dict[str, Any], through_step: str) -> Review:
    return review_spot_group_edit(form, await spot_group_facts(context, form, with_forecast=True), through_step)[0]


async def _review_spot_group_update(context: ActionContext, form: dict[str, Any], through_step: str) -> Review:
    facts = await spot_group_facts(context, form, with_forecast=True)
    return review_spot_group_update(form, facts, context.now, through_step)[0]


async def _connection_choices(context: ActionContext, search: str) -> Offer:
    del search
    return Offer(
        {
            "site/siteId": await _sites(context),
            "credentials/joinType": [
                {"value": "azureADJoin", "title": "Microsoft Entra join"},
                {"value": "hybridAzureADJoin", "title": "Microsoft Entra hybrid join"},
            ],
            "credentials/network": [{"value": "hosted", "title": "Hosted network (Entra join only)"}],
        }
    )


async def _image_choices(context: ActionContext, search: str) -> Offer:
    del search
    facts = await image_facts(context)
    return Offer(
        {
            "site/siteId": await _sites(context),
            "source/galleryImageId": [{"value": i.id, "title": i.display_name} for i in facts.gallery_images],
            "source/galleryVersionId": [
                {"value": v.id, "title": v.display_name, "regions": list(v.regions)}
                for v in facts.gallery_versions
                if v.offered
            ],
        }
    )


async def version_facts(context: ActionContext, sets: ImageSetFacts) -> VersionFacts:
    """Return what the form of a version is checked against."""
    versions = context.deps.image_versions.each(context.tenant.id)
    return VersionFacts(sets=sets, versions=tuple([stored.value async for stored in versions]))


def _session_host_images(context: ActionContext, facts: ImageSetFacts) -> list[dict[str, Any]]:
    """Return the marketplace images for each type of hosts, those that are recommended first."""
    names = context.tenant.settings.recommended_images
    found = [
        {"value": i.id, "title": i.display_name, "hostPoolType": of.value, "recommended": recommended(i, names)}
        for of in HostPoolType
        for i in facts.images(of)
    ]
    return sorted(found, key=lambda choice: not choice["recommended"])


def _own_images(facts: ImageSetFacts) -> list[dict[str, Any]]:
    return [
        {"value": v.id, "title": v.display_name, "regions": list(v.regions)}
        for v in facts.gallery_versions
        if v.offered
    ]


async def _image_set_choices(context: ActionContext, search: str) -> Offer:
    del search
    facts = await image_set_facts(context)
    types = {HostPoolType.POOLED: "Pooled: multi-session", HostPoolType.PERSONAL: "Personal: single-session"}
    return Offer(
        {
            "site/siteId": await _sites(context),
            "source/hostPoolType": [{"value": each.value, "title": title} for each, title in types.items()],
            "source/galleryImageId": _session_host_images(context, facts),
            "source/galleryVersionId": _own_images(facts),
        }
    )


async def _image_version_choices(context: ActionContext, search: str) -> Offer:
    del search
    facts = await version_facts(context, await image_set_facts(context))
    sets = [
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
    versions = [
        {"value": each.version, "title": f"{each.version} {each.source_name}", "imageSetId": each.image_set_id}
        for each in sorted(facts.versions, key=lambda v: numbers(v.version), reverse=True)
        if each.image is not None
    ]
    return Offer(
        {
            "set/imageSetId": sets,
            "source/sourceVersion": versions,
            "source/galleryImageId": _session_host_images(context, facts.sets),
            "source/galleryVersionId": _own_images(facts.sets),
        }
    )


async def _policy_choices(context: ActionContext, search: str) -> Offer:
    groups, plans = await _groups(context, search), (await licenses(context)).values()
    return Offer(
        {
            "connection/connectionIds": await _connections(context),
            "image/imageId": await _images(context),
            "configuration/locale": [{"value": locale, "title": locale} for locale in LOCALES],
            **groups.choices,
            "groups/servicePlans": [{"value": p.id, "title": p.display_name} for p in plans],
        },
        groups.cut,
    )


async def _spot_group_choices(context: ActionContext, search: str) -> Offer:
    groups = await _groups(context, search)
    return Offer(
        {
            "license/licenseType": await license_choices(context),
            "site/siteId": await _sites(context),
            "site/connectionId": await _connections(context),
            **groups.choices,
            "image/imageSetId": await image_set_choices(context),
            "image/imageVersion": await image_choices(context),
        },
        groups.cut,
    )


async def _spot_group_edit_choices(context: ActionContext, search: str) -> Offer:
    groups = await _groups(context, search)
    return Offer(
        {
            "group/spotGroupId": await spot_group_choices(context),
            "license/quantity": await license_choices(context),
            **groups.choices,
        },
        groups.cut,
    )


async def _spot_group_update_choices(context: ActionContext, search: str) -> Offer:
    del search
    return Offer(
        {
            "group/spotGroupId": await spot_group_choices(context),
            "image/imageSetId": await image_set_choices(context),
            "image/imageVersion": await image_choices(context),
            "method/method": [
                {"value": "opportunistic", "title": "Opportunistic: as users sign in"},
                {"value": "immediate", "title": "Immediate: as soon as new hosts are there"},
                {"value": "scheduled", "title": "Scheduled: at a time"},
            ],
        }
    )


async def _groups(context: ActionContext, search: str) -> Offer:
    """Return the groups whose name begins with *search*, and whether there are more."""
    graph = context.deps.graph(context.tenant)
    found = await retry_while_throttled(lambda: graph.groups(search, _MOST_GROUPS + 1))
    shown = [{"value": g.id, "title": g.display_name, "kind": g.kind} for g in found[:_MOST_GROUPS] if g.assignable]
    more = len(found) > _MOST_GROUPS
    return Offer({"groups/groupIds": shown}, cut={"groups/groupIds": _MORE_GROUPS} if more else {})


async def _connections(context: ActionContext) -> list[dict[str, Any]]:
    return [
        {
            "value": stored.value.id,
            "title": stored.value.display_name,
            "usable": stored.value.usable,
            "healthCheckStatus": stored.value.health_check_status.value,
            "siteId": stored.value.site_id,
        }
        async for stored in context.deps.connections.each(context.tenant.id)
    ]


async def _images(context: ActionContext) -> list[dict[str, Any]]:
    """Return the tenant's own images first, then the gallery's."""
    images = [stored.value async for stored in context.deps.images.each(context.tenant.id)]
    gallery = await offered_images(context)
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
    return [*custom, *({"value": i.id, "title": i.display_name, "imageType": "gallery"} for i in gallery)]


async def _sites(context: ActionContext) -> list[dict[str, Any]]:
    return [
        {"value": s.value.id, "title": s.value.display_name, "regions": list(s.value.regions)}
        async for s in context.deps.sites.each(context.tenant.id)
    ]


_CHOICES: Mapping[str, Callable[[ActionContext, str], Awaitable[Offer]]] = MappingProxyType(
    {
        CREATE_CONNECTION.name: _connection_choices,
        CREATE_DEVICE_IMAGE.name: _image_choices,
        CREATE_PROVISIONING_POLICY.name: _policy_choices,
        CREATE_SPOT_GROUP.name: _spot_group_choices,
        EDIT_SPOT_GROUP.name: _spot_group_edit_choices,
        UPDATE_SPOT_GROUP.name: _spot_group_update_choices,
        CREATE_IMAGE_SET.name: _image_set_choices,
        CREATE_IMAGE_VERSION.name: _image_version_choices,
    }
)

_REVIEWS: Mapping[str, Callable[[ActionContext, dict[str, Any], str], Awaitable[Review]]] = MappingProxyType(
    {
        CREATE_DEVICE_IMAGE.name: _review_device_image,
        CREATE_PROVISIONING_POLICY.name: _review_policy,
        CREATE_IMAGE_SET.name: _review_image_set,
        CREATE_IMAGE_VERSION.name: _review_image_version,
        CREATE_SPOT_GROUP.name: _review_spot_group,
        EDIT_SPOT_GROUP.name: _review_spot_group_edit,
        UPDATE_SPOT_GROUP.name: _review_spot_group_update,
    }
)
"""How a form is reviewed; that of a connection depends on who asks, too."""
