"""The review of a form, as far as it is filled in; nothing is saved. Those of edits are in ``wizard_edits.py``."""

from __future__ import annotations

from typing import Any

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
from shared.services.wizard_lookups import policy_facts


async def review_new_connection(
    context: ActionContext, form: dict[str, Any], through_step: str, *, any_subscription: bool
) -> Review:
    """Review a connection to create. *any_subscription*: as ``connection_facts``."""
    facts = await connection_facts(context, any_subscription=any_subscription)
    return review_connection(form, facts, through_step)[0]


async def review_new_device_image(context: ActionContext, form: dict[str, Any], through_step: str) -> Review:
    """Review a device image to create."""
    return review_device_image(form, await image_facts(context), through_step)[0]


async def review_new_image_set(context: ActionContext, form: dict[str, Any], through_step: str) -> Review:
    """Review an image set to create."""
    return review_image_set(form, await image_set_facts(context), through_step)[0]


async def review_set_edit(context: ActionContext, form: dict[str, Any], through_step: str) -> Review:
    """Review the edit of an image set."""
    sets = [stored.value async for stored in context.deps.image_sets.each(context.tenant.id)]
    return review_image_set_edit(form, sets, context.now, through_step)[0]


async def review_new_version(context: ActionContext, form: dict[str, Any], through_step: str) -> Review:
    """Review an image version to create."""
    facts = await version_facts(context, await image_set_facts(context))
    return review_image_version(form, facts, through_step)[0]


async def review_new_policy(context: ActionContext, form: dict[str, Any], through_step: str) -> Review:
    """Review a policy to create."""
    return review_policy(form, await policy_facts(context, form, with_forecast=True), through_step)[0]


async def review_new_spot_group(context: ActionContext, form: dict[str, Any], through_step: str) -> Review:
    """Review a Spot Group to create."""
    return review_spot_group(form, await spot_group_facts(context, form, with_forecast=True), through_step)[0]


async def review_group_edit(context: ActionContext, form: dict[str, Any], through_step: str) -> Review:
    """Review the edit of a Spot Group."""
    return review_spot_group_edit(form, await spot_group_facts(context, form, with_forecast=True), through_step)[0]


async def review_group_update(context: ActionContext, form: dict[str, Any], through_step: str) -> Review:
    """Review a release of a Spot Group."""
    facts = await spot_group_facts(context, form, with_forecast=True)
    return review_spot_group_update(form, facts, context.now, through_step)[0]


async def version_facts(context: ActionContext, sets: ImageSetFacts) -> VersionFacts:
    """Return the records and offers that the form of an image version is checked against."""
    versions = context.deps.image_versions.each(context.tenant.id)
    return VersionFacts(sets=sets, versions=tuple([stored.value async for stored in versions]))
