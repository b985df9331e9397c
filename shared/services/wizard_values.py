"""Initial values of a form: defaults, only choices, and the present values of the edited object."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeAlias

from shared.domain.spot.group import SpotGroup
from shared.domain.wizards.edit_image_set import image_set_values
from shared.domain.wizards.edit_provisioning_policy import form_of
from shared.domain.wizards.edits import connection_values
from shared.domain.wizards.offers import Form, Offer
from shared.domain.wizards.places import site_values
from shared.errors import NotFoundError
from shared.services.action_context import ActionContext


@dataclass(frozen=True, slots=True)
class Subject:
    """An existing object with which a wizard begins. *id*: of what is edited, or gets a version.

    *may_save*: whether the caller may save it: who may not sees the names of a recipe, and none of its scripts.
    """

    context: ActionContext
    offer: Offer
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


def values_of(proposed: Form, offer: Offer) -> Form:
    """Return the form with which a wizard begins: what it proposes, and only choices."""
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
