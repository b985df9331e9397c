"""The wizards: initial values of their forms, their present choices, and the review of a form."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from shared.domain.spot.groups.group import LicenseType, SpotGroup, host_hardware
from shared.domain.wizards.create_connection import review_connection
from shared.domain.wizards.create_device_image import review_device_image
from shared.domain.wizards.create_image_set import ImageSetFacts, review_image_set
from shared.domain.wizards.create_image_version import VersionFacts, review_image_version
from shared.domain.wizards.create_provisioning_policy import new_machines, review_policy
from shared.domain.wizards.create_spot_group import review_spot_group
from shared.domain.wizards.edit_image_set import image_set_values, review_image_set_edit
from shared.domain.wizards.edit_spot_group import review_spot_group_edit
from shared.domain.wizards.edits import connection_values, form_of
from shared.domain.wizards.fields import Form, OfferedChoices
from shared.domain.wizards.places import site_values
from shared.domain.wizards.reviews import Review
from shared.domain.wizards.update_spot_group import review_spot_group_update
from shared.errors import NotFoundError
from shared.services.cost.forecasts import with_cost
from shared.services.images.device_images import image_facts
from shared.services.networks.connections import connection_facts
from shared.services.operations.action_context import ActionContext
from shared.services.policies.facts import policy_facts
from shared.services.spot.facts import spot_group_facts
from shared.services.spot.image_sets import image_set_facts


@dataclass(frozen=True, slots=True)
class Subject:
    """An existing object with which a wizard begins. *id*: of the edited object, or of the set of a new version.

    *may_save*: whether the caller may save it: who may not sees the names of a recipe, and none of its scripts.
    """

    context: ActionContext
    offer: OfferedChoices
    id: str
    may_save: bool


Present: TypeAlias = Callable[[Subject], Awaitable[Form]]

_ALONE = (
    "site/siteId",
    "connection/connectionIds",
    "connection/connectionId",
    "policy/policyId",
    "group/spotGroupId",
    "set/imageSetId",
    "image/imageSetId",
)
"""Fields in which an only choice is chosen."""


def values_of(proposed: Form, offer: OfferedChoices) -> Form:
    """Return the initial form of a wizard: proposed values, and fields that have a single choice."""
    values: Form = {step: dict(fields) for step, fields in proposed.items()}
    for name in _ALONE:
        choices = offer.choices.get(name, [])
        step, _, field = name.partition("/")
        if len(choices) == 1:
            only = choices[0]["value"]
            values.setdefault(step, {})[field] = [only] if field.endswith("Ids") else only
    return values


async def of_version(subject: Subject) -> Form:
    """Return the values of an image set that gets a version. Raises: NotFoundError."""
    chosen = next((each for each in subject.offer.choices["set/imageSetId"] if each["value"] == subject.id), None)
    if chosen is None:
        raise NotFoundError("there is no such image set")
    return {
        "set": {"imageSetId": subject.id},
        "version": {"version": chosen["nextVersion"]},
        "customization": {"byRecipe": chosen["hasRecipe"]},
    }


async def of_set(subject: Subject) -> Form:
    """Return the values of an image set. Raises: NotFoundError."""
    found = await subject.context.deps.image_sets.get(subject.context.tenant.id, subject.id)
    return image_set_values(found.value, with_source=subject.may_save)


async def of_group(subject: Subject) -> Form:
    """Return the values of a Spot Group. Raises: NotFoundError."""
    group: SpotGroup = (await subject.context.deps.spot_groups.get(subject.context.tenant.id, subject.id)).value
    name = {
        "displayName": group.display_name,
        "friendlyName": group.friendly_name,
        "description": group.description,
        "profilePath": group.profile_path,
        "dataPath": None if group.data_path == group.profile_path else group.data_path,
        "sharedDrive": group.data_path is not None,
        "tags": dict(group.tags),
    }
    return {
        "group": {"spotGroupId": group.id},
        "name": {field: value for field, value in name.items() if value is not None},
        "license": {"quantity": group.quantity},
        "groups": {"groupIds": list(group.group_ids)},
        "sessions": {"sessions": group.sessions.to_json()},
        "hosts": {"hosts": group.hosts.to_json()},
        "capacity": {"capacity": group.capacity.to_json()},
    }


async def of_release(subject: Subject) -> Form:
    """Return the values of the release of a Spot Group. Raises: NotFoundError."""
    group: SpotGroup = (await subject.context.deps.spot_groups.get(subject.context.tenant.id, subject.id)).value
    return {
        "group": {"spotGroupId": group.id},
        "image": {"imageSetId": group.image_set_id, "imageVersion": group.image_version},
    }


async def of_policy(subject: Subject) -> Form:
    """Return the values of a policy. Raises: NotFoundError."""
    policy = (await subject.context.deps.policies.get(subject.context.tenant.id, subject.id)).value
    values = {step: fields for step, fields in form_of(policy).items() if step != "groups"}
    return {"policy": {"policyId": policy.id}, **values}


async def of_connection(subject: Subject) -> Form:
    """Return the values of a connection. Raises: NotFoundError."""
    connection = (await subject.context.deps.connections.get(subject.context.tenant.id, subject.id)).value
    return {"connection": {"connectionId": connection.id}, **connection_values(connection)}


async def of_site(subject: Subject) -> Form:
    """Return the values of a site. Raises: NotFoundError."""
    site = (await subject.context.deps.sites.get(subject.context.tenant.id, subject.id)).value
    return {"site": {"siteId": site.id}, **site_values(site)}


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
    facts = await policy_facts(context, form, with_forecast=True)
    reviewed, reading = review_policy(form, facts, through_step)
    region, plans = new_machines(reading, facts)
    return await with_cost(context, reviewed, region, plans)


async def review_new_spot_group(context: ActionContext, form: dict[str, Any], through_step: str) -> Review:
    """Review a Spot Group to create."""
    facts = await spot_group_facts(context, form, with_forecast=True)
    reviewed = review_spot_group(form, facts, through_step)[0]
    details = reviewed.would_happen.details if reviewed.would_happen else {}
    plans = [host_hardware(LicenseType(details["licenseType"]))] * int(details["hosts"]) if details else []
    return await with_cost(context, reviewed, details.get("region"), plans)


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
