"""The wizards: what there is to choose from now, and what a form comes to."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType
from typing import Any

from shared.clients.throttling import retry_while_throttled
from shared.domain.images.image import DeviceImageStatus
from shared.domain.policies.locales import LOCALES
from shared.domain.wizards import CREATE_CONNECTION, CREATE_DEVICE_IMAGE, CREATE_PROVISIONING_POLICY, Wizard
from shared.domain.wizards.create_connection import review_connection
from shared.domain.wizards.create_device_image import review_device_image
from shared.domain.wizards.create_provisioning_policy import review_policy
from shared.domain.wizards.reviews import Review
from shared.services.action_context import ActionContext
from shared.services.connections import connection_facts
from shared.services.images import image_facts, offered_images
from shared.services.licenses import licenses
from shared.services.wizard_lookups import policy_facts

_MOST_GROUPS = 50
_USABLE = {DeviceImageStatus.READY, DeviceImageStatus.WARNING}

Choices = dict[str, list[dict[str, Any]]]
"""What may be chosen, by ``step/field``: each with *value* and *title*, and what helps to choose."""


async def choices_of(context: ActionContext, wizard: Wizard, search: str) -> Choices:
    """Return what there is to choose from now; *search* looks for groups."""
    return await _CHOICES[wizard.name](context, search)


async def review(
    context: ActionContext, wizard: Wizard, form: dict[str, Any], through_step: str, *, any_subscription: bool
) -> Review:
    """Return what a form comes to, as far as it is filled in; nothing is saved. *any_subscription*: as of a facts."""
    if wizard.name == CREATE_CONNECTION.name:
        facts = await connection_facts(context, any_subscription=any_subscription)
        return review_connection(form, facts, through_step)[0]
    if wizard.name == CREATE_DEVICE_IMAGE.name:
        return review_device_image(form, await image_facts(context), through_step)[0]
    return review_policy(form, await policy_facts(context, form, with_forecast=True), through_step)[0]


async def _connection_choices(context: ActionContext, search: str) -> Choices:
    del search
    return {
        "site/siteId": await _sites(context),
        "credentials/joinType": [
            {"value": "azureADJoin", "title": "Microsoft Entra join"},
            {"value": "hybridAzureADJoin", "title": "Microsoft Entra hybrid join"},
        ],
        "credentials/network": [{"value": "hosted", "title": "Hosted network (Entra join only)"}],
    }


async def _image_choices(context: ActionContext, search: str) -> Choices:
    del search
    facts = await image_facts(context)
    return {
        "site/siteId": await _sites(context),
        "source/galleryImageId": [{"value": i.id, "title": i.display_name} for i in facts.gallery_images],
        "source/galleryVersionId": [
            {"value": v.id, "title": v.display_name, "regions": list(v.regions)}
            for v in facts.gallery_versions
            if v.offered
        ],
    }


async def _policy_choices(context: ActionContext, search: str) -> Choices:
    graph = context.deps.graph(context.tenant)
    groups = await retry_while_throttled(lambda: graph.groups(search, _MOST_GROUPS))
    return {
        "connection/connectionIds": await _connections(context),
        "image/imageId": await _images(context),
        "configuration/locale": [{"value": locale, "title": locale} for locale in LOCALES],
        "groups/groupIds": [{"value": g.id, "title": g.display_name, "kind": g.kind} for g in groups if g.assignable],
        "groups/servicePlans": [{"value": p.id, "title": p.display_name} for p in (await licenses(context)).values()],
    }


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


_CHOICES: Mapping[str, Callable[[ActionContext, str], Awaitable[Choices]]] = MappingProxyType(
    {
        CREATE_CONNECTION.name: _connection_choices,
        CREATE_DEVICE_IMAGE.name: _image_choices,
        CREATE_PROVISIONING_POLICY.name: _policy_choices,
    }
)
