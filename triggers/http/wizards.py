"""The wizards: their steps with the choices, the review of a form, and saving it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import azure.functions as func

from shared.domain.tenants.tenant import Tenant
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
    WIZARDS,
    Wizard,
)
from shared.domain.wizards.forms import REVIEW
from shared.domain.wizards.reviews import Review
from shared.errors import InvalidError, NotFoundError, Problem
from shared.services.wizard_choices import choices_of
from shared.services.wizard_values import values_of
from shared.services.wizards import review
from shared.workflow import Blueprint, DurableClient
from triggers.http.call import Call, Response, ok
from triggers.http.connections import may_name_any_subscription, save_connection_edit_form, save_connection_form
from triggers.http.endpoints import endpoint
from triggers.http.idempotency import once
from triggers.http.image_sets import save_image_set_edit_form, save_image_set_form
from triggers.http.image_versions import save_image_version_form
from triggers.http.images import save_device_image_form
from triggers.http.policies import save_policy_edit_form, save_policy_form
from triggers.http.releases import save_spot_group_update_form
from triggers.http.sites import save_site_edit_form, save_site_form
from triggers.http.spot_groups import save_spot_group_edit_form, save_spot_group_form
from triggers.http.tenants import save_tenant_edit_form
from triggers.http.views.connections import CONNECTION
from triggers.http.views.image_sets import IMAGE_SET
from triggers.http.views.operations import OPERATION
from triggers.http.views.policies import POLICY
from triggers.http.views.spot_groups import SPOT_GROUP
from triggers.http.views.tenants import SITE
from triggers.http.views.wizards import FORMS, FORMS_SO_FAR, WizardView, wizard_view

bp = Blueprint()
_OPEN = func.AuthLevel.ANONYMOUS  # the token decides, not a function key


@bp.route(route="tenants/{tenant}/wizards/{wizard}", methods=["GET"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/wizards/read", returns=WizardView, query=("search", "id"))
async def get_wizard(call: Call) -> Response:
    """Show a wizard: its steps, a JSON schema of each, the choices, and what the form begins with.

    ``search`` looks for groups; ``id`` names what is edited, or the image set that gets a version.
    """
    wizard = _wizard(call)
    offer = await choices_of(call.context, wizard, call.query("search") or "")
    may_save = call.may("Microsoft.CloudPC/wizards/save")
    values = await values_of(call.context, wizard, offer, call.query("id"), may_save=may_save)
    return ok(wizard_view(wizard, offer, values))


@bp.route(route="tenants/{tenant}/wizards/{wizard}/review", methods=["POST"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/wizards/review", accepts=FORMS_SO_FAR, returns=Review, mutates=False)
async def review_wizard(call: Call) -> Response:
    """Review a form as far as it is filled in; nothing is saved."""
    wizard = _wizard(call)
    form = call.json()
    through_step = form.pop("throughStep", REVIEW)
    if not isinstance(through_step, str):
        raise InvalidError(Problem("/throughStep", "write the name of a step"))
    wizard.until(through_step)
    any_subscription = may_name_any_subscription(call)
    reviewed = await review(call.context, wizard, form, through_step, any_subscription=any_subscription)
    return ok(reviewed.to_json())


@bp.route(route="tenants/{tenant}/wizards/{wizard}", methods=["POST"], auth_level=_OPEN)
@bp.durable_client_input(client_name="client")
@endpoint(
    "Microsoft.CloudPC/wizards/save",
    accepts=FORMS,
    returns={
        200: (POLICY, CONNECTION, IMAGE_SET, SITE, Tenant),
        201: (POLICY, IMAGE_SET, SPOT_GROUP, SITE),
        202: OPERATION,
    },
)
async def save_wizard(call: Call, client: DurableClient) -> Response:
    """Save a form: 201 with the new resource, 200 with the edited one, or 202 with the operation that does it."""
    wizard = _wizard(call)
    return await once(call, lambda: _SAVES[wizard.name](call, client))


def _wizard(call: Call) -> Wizard:
    try:
        return WIZARDS[call.param("wizard")]
    except KeyError:
        raise NotFoundError(f"there is no such wizard; there are {', '.join(WIZARDS)}") from None


_SAVES: dict[str, Callable[[Call, DurableClient], Awaitable[Response]]] = {
    CREATE_CONNECTION.name: save_connection_form,
    CREATE_DEVICE_IMAGE.name: save_device_image_form,
    CREATE_PROVISIONING_POLICY.name: save_policy_form,
    CREATE_SPOT_GROUP.name: save_spot_group_form,
    EDIT_SPOT_GROUP.name: save_spot_group_edit_form,
    UPDATE_SPOT_GROUP.name: save_spot_group_update_form,
    CREATE_IMAGE_SET.name: save_image_set_form,
    CREATE_IMAGE_VERSION.name: save_image_version_form,
    EDIT_IMAGE_SET.name: save_image_set_edit_form,
    EDIT_CONNECTION.name: save_connection_edit_form,
    EDIT_PROVISIONING_POLICY.name: save_policy_edit_form,
    CREATE_SITE.name: save_site_form,
    EDIT_SITE.name: save_site_edit_form,
    EDIT_TENANT.name: save_tenant_edit_form,
}
