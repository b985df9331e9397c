"""The wizards, a row each: steps, readers of the fields' choices, initial values, review and save."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from shared.domain.tenants.tenant import Tenant
from shared.domain.wizards.create_connection import CREATE_CONNECTION
from shared.domain.wizards.create_device_image import CREATE_DEVICE_IMAGE
from shared.domain.wizards.create_image_set import CREATE_IMAGE_SET
from shared.domain.wizards.create_image_version import CREATE_IMAGE_VERSION
from shared.domain.wizards.create_provisioning_policy import CREATE_PROVISIONING_POLICY
from shared.domain.wizards.create_spot_group import CREATE_SPOT_GROUP
from shared.domain.wizards.edit_image_set import EDIT_IMAGE_SET
from shared.domain.wizards.edit_spot_group import EDIT_SPOT_GROUP
from shared.domain.wizards.edits import EDIT_CONNECTION, EDIT_PROVISIONING_POLICY
from shared.domain.wizards.fields import Form
from shared.domain.wizards.forms import Wizard
from shared.domain.wizards.places import CREATE_SITE, EDIT_SITE, EDIT_TENANT, tenant_values
from shared.domain.wizards.reviews import Review
from shared.domain.wizards.update_spot_group import UPDATE_SPOT_GROUP
from shared.services.images import choices as image_choices
from shared.services.operations.action_context import ActionContext
from shared.services.spot import facts
from shared.services.wizards import choices as wizard_choices
from shared.services.wizards import edits, wizards
from shared.services.wizards.choices import SEARCHED, Read
from shared.services.wizards.wizards import Present
from shared.workflow import DurableClient
from triggers.http.call import Call, Response
from triggers.http.images.images import save_device_image_form
from triggers.http.json_schema import Json
from triggers.http.networks.connections import (
    may_name_any_subscription,
    save_connection_edit_form,
    save_connection_form,
)
from triggers.http.policies.policies import save_policy_edit_form, save_policy_form
from triggers.http.spot.groups import save_spot_group_edit_form, save_spot_group_form, save_spot_group_update_form
from triggers.http.spot.image_sets import save_image_set_edit_form, save_image_set_form, save_image_version_form
from triggers.http.tenants.tenants import save_site_edit_form, save_site_form, save_tenant_edit_form

Reviewing: TypeAlias = Callable[[Call, Json, str], Awaitable[Review]]
Saving: TypeAlias = Callable[[Call, DurableClient], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class WizardRow:
    """One wizard. *choices*: the reader of each field's choices, or None for groups found by the request's search.

    *proposes*: the values that its form begins with, beside the defaults of the fields, which count when a field is
    left out. *present*: the values of the existing object with which it begins, None where it begins with none.
    """

    wizard: Wizard
    review: Reviewing
    save: Saving
    choices: Mapping[str, Read | None] = field(default_factory=dict)
    proposes: Callable[[Tenant], Form] = lambda _: {}
    present: Present | None = None


def _by(review: Callable[[ActionContext, Json, str], Awaitable[Review]]) -> Reviewing:
    """Return a review that does not depend on the caller's rights."""
    return lambda call, form, through_step: review(call.context, form, through_step)


def _by_caller(review: Callable[..., Awaitable[Review]]) -> Reviewing:
    """Return a review for which it counts whether the caller may name any subscription."""
    return lambda call, form, through_step: review(
        call.context, form, through_step, any_subscription=may_name_any_subscription(call)
    )


_CONNECTION = wizard_choices.OF_CONNECTION
_ROWS = (
    WizardRow(
        CREATE_CONNECTION,
        _by_caller(wizards.review_new_connection),
        save_connection_form,
        _CONNECTION,
        lambda tenant: {
            "credentials": {"joinType": "azureADJoin", "network": "hosted"},
            "site": {"subscriptionId": tenant.subscription_id},
        },
    ),
    WizardRow(
        EDIT_CONNECTION,
        _by_caller(edits.review_connection_edit),
        save_connection_edit_form,
        {
            "connection/connectionId": wizard_choices.connections,
            **{name: read for name, read in _CONNECTION.items() if name != "credentials/joinType"},
        },
        present=wizards.of_connection,
    ),
    WizardRow(
        CREATE_DEVICE_IMAGE,
        _by(wizards.review_new_device_image),
        save_device_image_form,
        {
            "name/displayName": image_choices.device_image_names,
            "site/siteId": wizard_choices.sites,
            "source/galleryImageId": image_choices.marketplace_images,
            "source/galleryVersionId": image_choices.own_gallery_versions,
            "source/managedImageId": image_choices.managed_images,
        },
        lambda _: {"version": {"version": "1.0.0"}},
    ),
    WizardRow(
        CREATE_PROVISIONING_POLICY,
        _by(wizards.review_new_policy),
        save_policy_form,
        {**wizard_choices.OF_POLICY, "groups/groupIds": SEARCHED, "groups/servicePlans": wizard_choices.plans},
        lambda _: {"image": {"imageType": "gallery"}},
    ),
    WizardRow(
        EDIT_PROVISIONING_POLICY,
        _by(edits.review_policy_edit),
        save_policy_edit_form,
        {"policy/policyId": wizard_choices.policies, **wizard_choices.OF_POLICY},
        present=wizards.of_policy,
    ),
    WizardRow(
        CREATE_IMAGE_SET,
        _by(wizards.review_new_image_set),
        save_image_set_form,
        {
            "site/siteId": wizard_choices.sites,
            "source/hostPoolType": wizard_choices.POOLS,
            **wizard_choices.OF_SET_IMAGES,
        },
        lambda _: {"source": {"hostPoolType": "pooled"}},
    ),
    WizardRow(
        CREATE_IMAGE_VERSION,
        _by(wizards.review_new_version),
        save_image_version_form,
        {
            "set/imageSetId": image_choices.image_sets,
            "source/sourceVersion": image_choices.image_versions,
            **wizard_choices.OF_SET_IMAGES,
        },
        present=wizards.of_version,
    ),
    WizardRow(
        EDIT_IMAGE_SET,
        _by(wizards.review_set_edit),
        save_image_set_edit_form,
        {"set/imageSetId": image_choices.image_sets},
        present=wizards.of_set,
    ),
    WizardRow(
        CREATE_SPOT_GROUP,
        _by(wizards.review_new_spot_group),
        save_spot_group_form,
        {
            "license/licenseType": facts.license_choices,
            "site/siteId": wizard_choices.sites,
            "site/connectionId": wizard_choices.connections,
            "groups/groupIds": SEARCHED,
            "image/imageSetId": facts.image_set_choices,
            "image/imageVersion": facts.image_choices,
        },
        lambda _: {"license": {"licenseType": "pooled"}},
    ),
    WizardRow(
        EDIT_SPOT_GROUP,
        _by(wizards.review_group_edit),
        save_spot_group_edit_form,
        {"group/spotGroupId": facts.spot_group_choices, "groups/groupIds": SEARCHED},
        present=wizards.of_group,
    ),
    WizardRow(
        UPDATE_SPOT_GROUP,
        _by(wizards.review_group_update),
        save_spot_group_update_form,
        {
            "group/spotGroupId": facts.spot_group_choices,
            "image/imageSetId": facts.image_set_choices,
            "image/imageVersion": facts.image_choices,
            "method/method": wizard_choices.METHODS,
        },
        lambda _: {"method": {"method": "opportunistic"}},
        wizards.of_release,
    ),
    WizardRow(CREATE_SITE, _by(edits.review_new_site), save_site_form, wizard_choices.OF_SITE),
    WizardRow(
        EDIT_SITE,
        _by(edits.review_site_edit),
        save_site_edit_form,
        {"site/siteId": wizard_choices.sites, **wizard_choices.OF_SITE},
        present=wizards.of_site,
    ),
    WizardRow(EDIT_TENANT, _by_caller(edits.review_tenant), save_tenant_edit_form, proposes=tenant_values),
)
ROWS: Mapping[str, WizardRow] = {row.wizard.name: row for row in _ROWS}
