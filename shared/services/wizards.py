"""The wizards: their present choices, and the review of a form."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType
from typing import Any

from shared.domain.wizards import (
    CREATE_CONNECTION,
    CREATE_DEVICE_IMAGE,
    CREATE_IMAGE_SET,
    CREATE_IMAGE_VERSION,
    CREATE_PROVISIONING_POLICY,
    CREATE_SITE,
    CREATE_SPOT_GROUP,
    EDIT_CONNECTION,
    EDIT_IMAGE_SET,
    EDIT_PROVISIONING_POLICY,
    EDIT_SITE,
    EDIT_SPOT_GROUP,
    EDIT_TENANT,
    UPDATE_SPOT_GROUP,
    Wizard,
)
from shared.domain.wizards.create_connection import review_connection
from shared.domain.wizards.create_device_image import review_device_image
from shared.domain.wizards.create_image_set import ImageSetFacts, review_image_set
from shared.domain.wizards.create_image_version import VersionFacts, review_image_version
from shared.domain.wizards.create_provisioning_policy import review_policy
from shared.domain.wizards.create_spot_group import review_spot_group
from shared.domain.wizards.edit_image_set import review_image_set_edit
from shared.domain.wizards.edit_spot_group import review_spot_group_edit
from shared.domain.wizards.reviews import Review
from shared.domain.wizards.update_spot_group import review_spot_group_update
from shared.services.action_context import ActionContext
from shared.services.connections import connection_facts
from shared.services.image_sets import image_set_facts
from shared.services.images import image_facts
from shared.services.spot_facts import spot_group_facts
from shared.services.wizard_edits import (
    review_connection_edit,
    review_new_site,
    review_policy_edit,
    review_site_edit,
    review_tenant,
)
from shared.services.wizard_lookups import policy_facts


async def review(
    context: ActionContext, wizard: Wizard, form: dict[str, Any], through_step: str, *, any_subscription: bool
) -> Review:
    """Return the review of a form, as far as it is filled in; nothing is saved.

    *any_subscription*: as ``connection_facts``.
    """
    if wizard.name == EDIT_CONNECTION.name:
        return await review_connection_edit(context, form, through_step, any_subscription=any_subscription)
    if wizard.name == EDIT_TENANT.name:
        return await review_tenant(context, form, through_step, any_subscription=any_subscription)
    if wizard.name == CREATE_CONNECTION.name:
        facts = await connection_facts(context, any_subscription=any_subscription)
        return review_connection(form, facts, through_step)[0]
    return await _REVIEWS[wizard.name](context, form, through_step)


async def _review_device_image(context: ActionContext, form: dict[str, Any], through_step: str) -> Review:
    return review_device_image(form, await image_facts(context), through_step)[0]


async def _review_image_set(context: ActionContext, form: dict[str, Any], through_step: str) -> Review:
    return review_image_set(form, await image_set_facts(context), through_step)[0]


async def _review_image_set_edit(context: ActionContext, form: dict[str, Any], through_step: str) -> Review:
    sets = [stored.value async for stored in context.deps.image_sets.each(context.tenant.id)]
    return review_image_set_edit(form, sets, context.now, through_step)[0]


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


async def version_facts(context: ActionContext, sets: ImageSetFacts) -> VersionFacts:
    """Return the records and offers that the form of an image version is checked against."""
    versions = context.deps.image_versions.each(context.tenant.id)
    return VersionFacts(sets=sets, versions=tuple([stored.value async for stored in versions]))


_REVIEWS: Mapping[str, Callable[[ActionContext, dict[str, Any], str], Awaitable[Review]]] = MappingProxyType(
    {
        CREATE_DEVICE_IMAGE.name: _review_device_image,
        CREATE_PROVISIONING_POLICY.name: _review_policy,
        CREATE_IMAGE_SET.name: _review_image_set,
        CREATE_IMAGE_VERSION.name: _review_image_version,
        EDIT_IMAGE_SET.name: _review_image_set_edit,
        CREATE_SPOT_GROUP.name: _review_spot_group,
        EDIT_SPOT_GROUP.name: _review_spot_group_edit,
        UPDATE_SPOT_GROUP.name: _review_spot_group_update,
        EDIT_PROVISIONING_POLICY.name: review_policy_edit,
        CREATE_SITE.name: review_new_site,
        EDIT_SITE.name: review_site_edit,
    }
)
"""Review functions of forms; those of connections and of the tenant depend on the caller, too."""
