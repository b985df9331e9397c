"""Initial values of a form: defaults, only choices, and the present values of the edited object."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType

from shared.domain.spot.group import SpotGroup
from shared.domain.wizards import Wizard
from shared.domain.wizards.edit_image_set import image_set_values
from shared.domain.wizards.edit_provisioning_policy import form_of
from shared.domain.wizards.edits import connection_values
from shared.domain.wizards.offers import Form, Offer
from shared.domain.wizards.places import site_values, tenant_values
from shared.errors import NotFoundError
from shared.services.action_context import ActionContext

_WITH_SOURCE = "edit-image-set"
_FIRST_VERSION = "1.0.0"
_USUAL: Mapping[str, Form] = MappingProxyType(
    {
        "create-connection": {"credentials": {"joinType": "azureADJoin", "network": "hosted"}},
        "create-device-image": {"version": {"version": _FIRST_VERSION}},
        "create-provisioning-policy": {"image": {"imageType": "gallery"}},
        "create-image-set": {"source": {"hostPoolType": "pooled"}},
        "create-spot-group": {"license": {"licenseType": "pooled"}},
        "update-spot-group": {"method": {"method": "opportunistic"}},
    }
)
"""Defaults that are a proposal: the schema has those that count when a field is left out."""

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


async def values_of(
    context: ActionContext, wizard: Wizard, offer: Offer, subject_id: str | None, *, may_save: bool
) -> Form:
    """Return the form with which a wizard begins. *subject_id*: of what is edited, or gets a version.

    *may_save*: whether the caller may save it: who may not sees the names of a recipe, and none of its scripts.

    Raises: NotFoundError where there is none of this id, or where the wizard begins with nothing that there is.
    """
    values: Form = {step: dict(fields) for step, fields in _USUAL.get(wizard.name, {}).items()}
    for name in _ALONE:
        choices = offer.choices.get(name, [])
        step, _, field = name.partition("/")
        if len(choices) == 1:
            only = choices[0]["value"]
            values.setdefault(step, {})[field] = [only] if field.endswith("Ids") else only
    if wizard.name == "create-connection":
        values.setdefault("site", {})["subscriptionId"] = context.tenant.subscription_id
    if wizard.name == "edit-tenant":
        values |= tenant_values(context.tenant)
    if subject_id is None:
        return values
    if wizard.name not in _PRESENT and wizard.name != _WITH_SOURCE:
        raise NotFoundError(f"{wizard.name} begins with nothing that there is; leave out the id")
    if wizard.name == _WITH_SOURCE:
        return {**values, **await _of_set(context, subject_id, with_source=may_save)}
    return {**values, **await _PRESENT[wizard.name](context, offer, subject_id)}


async def _of_version(context: ActionContext, offer: Offer, subject_id: str) -> Form:
    del context
    chosen = next((each for each in offer.choices["set/imageSetId"] if each["value"] == subject_id), None)
    if chosen is None:
        raise NotFoundError("there is no such image set")
    return {
        "set": {"imageSetId": subject_id},
        "version": {"version": chosen["nextVersion"]},
        "customization": {"byRecipe": chosen["hasRecipe"]},
    }


async def _of_set(context: ActionContext, subject_id: str, *, with_source: bool) -> Form:
    found = await context.deps.image_sets.get(context.tenant.id, subject_id)
    return image_set_values(found.value, with_source=with_source)


async def _of_group(context: ActionContext, offer: Offer, subject_id: str) -> Form:
    del offer
    group: SpotGroup = (await context.deps.spot_groups.get(context.tenant.id, subject_id)).value
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


async def _of_release(context: ActionContext, offer: Offer, subject_id: str) -> Form:
    del offer
    group: SpotGroup = (await context.deps.spot_groups.get(context.tenant.id, subject_id)).value
    return {
        "group": {"spotGroupId": group.id},
        "image": {"imageSetId": group.image_set_id, "imageVersion": group.image_version},
    }


async def _of_policy(context: ActionContext, offer: Offer, subject_id: str) -> Form:
    del offer
    policy = (await context.deps.policies.get(context.tenant.id, subject_id)).value
    values = {step: fields for step, fields in form_of(policy).items() if step != "groups"}
    return {"policy": {"policyId": policy.id}, **values}


async def _of_connection(context: ActionContext, offer: Offer, subject_id: str) -> Form:
    del offer
    connection = (await context.deps.connections.get(context.tenant.id, subject_id)).value
    return {"connection": {"connectionId": connection.id}, **connection_values(connection)}


async def _of_site(context: ActionContext, offer: Offer, subject_id: str) -> Form:
    del offer
    site = (await context.deps.sites.get(context.tenant.id, subject_id)).value
    return {"site": {"siteId": site.id}, **site_values(site)}


_PRESENT: Mapping[str, Callable[[ActionContext, Offer, str], Awaitable[Form]]] = MappingProxyType(
    {
        "create-image-version": _of_version,
        "edit-spot-group": _of_group,
        "edit-provisioning-policy": _of_policy,
        "edit-connection": _of_connection,
        "edit-site": _of_site,
        "update-spot-group": _of_release,
    }
)
