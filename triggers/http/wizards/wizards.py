"""The wizards: their steps with the choices, the review of a form, and saving it; a tenant's addresses none yet."""

from __future__ import annotations

import azure.functions as func

from shared.domain.tenants.tenant import Tenant
from shared.domain.wizards.fields import OfferedChoices
from shared.domain.wizards.forms import REVIEW
from shared.domain.wizards.places import CREATE_TENANT
from shared.domain.wizards.reviews import Review
from shared.errors import InvalidError, NotFoundError, Problem
from shared.services.tenants.tenants import create_tenant, new_tenant, review_new_tenant
from shared.services.wizards.choices import choices_of
from shared.services.wizards.wizards import Subject, values_of
from shared.workflow import Blueprint, DurableClient
from triggers.http.call import Call, Response, created, ok
from triggers.http.endpoints import endpoint
from triggers.http.idempotency import once
from triggers.http.views.connections import CONNECTION
from triggers.http.views.images import IMAGE_SET
from triggers.http.views.operations import OPERATION
from triggers.http.views.policies import POLICY
from triggers.http.views.spot_groups import SPOT_GROUP
from triggers.http.views.tenants import SITE
from triggers.http.views.wizards import FORMS, FORMS_SO_FAR, WizardForm, WizardView, wizard_view
from triggers.http.wizards.rows import ROWS, WizardRow

bp = Blueprint()
_OPEN = func.AuthLevel.ANONYMOUS  # the token decides, not a function key


@bp.route(route="tenants/{tenant}/wizards/{wizard}", methods=["GET"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/wizards/read", returns=WizardView, query=("search", "id"))
async def get_wizard(call: Call) -> Response:
    """Show a wizard: its steps, a JSON schema of each, the choices, and the form's initial values.

    ``search`` looks for groups; ``id`` names what is edited, or the image set that gets a version.
    """
    row, subject_id = _row(call), call.query("id")
    offer = await choices_of(call.context, row.wizard.name, row.choices, call.query("search") or "")
    values = values_of(row.proposes(call.tenant), offer)
    if subject_id is not None:
        if row.present is None:
            raise NotFoundError(f"{row.wizard.name} begins with nothing that there is; leave out the id")
        may_save = call.may("Microsoft.CloudPC/wizards/save")
        values |= await row.present(Subject(call.context, offer, subject_id, may_save))
    return ok(wizard_view(row.wizard, offer, values))


@bp.route(route="tenants/{tenant}/wizards/{wizard}/review", methods=["POST"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/wizards/review", accepts=FORMS_SO_FAR, returns=Review, mutates=False)
async def review_wizard(call: Call) -> Response:
    """Review a partly filled form; nothing is saved."""
    row, form = _row(call), call.json()
    through_step = form.pop("throughStep", REVIEW)
    if not isinstance(through_step, str):
        raise InvalidError(Problem("/throughStep", "write the name of a step"))
    row.wizard.until(through_step)
    return ok((await row.review(call, form, through_step)).to_json())


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
    row = _row(call)
    return await once(call, lambda: row.save(call, client))


def _row(call: Call) -> WizardRow:
    try:
        return ROWS[call.param("wizard")]
    except KeyError:
        raise NotFoundError(f"there is no such wizard; there are {', '.join(ROWS)}") from None


_PLACE = "wizards/create-tenant"


@bp.route(route=_PLACE, methods=["GET"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/tenants/create", returns=WizardView)
async def get_tenant_wizard(call: Call) -> Response:
    """Show the wizard that makes a tenant: its steps, and a JSON schema of each."""
    del call
    return ok(wizard_view(CREATE_TENANT, OfferedChoices(), {}))


@bp.route(route=f"{_PLACE}/review", methods=["POST"], auth_level=_OPEN)
@endpoint(
    "Microsoft.CloudPC/tenants/create", accepts=WizardForm(CREATE_TENANT, so_far=True), returns=Review, mutates=False
)
async def review_tenant_wizard(call: Call) -> Response:
    """Review the partly filled form of a new tenant; nothing is saved."""
    form = call.json()
    through_step = form.pop("throughStep", REVIEW)
    if not isinstance(through_step, str):
        raise InvalidError(Problem("/throughStep", "write the name of a step"))
    return ok((await review_new_tenant(call.context, form, through_step)).to_json())


@bp.route(route=_PLACE, methods=["POST"], auth_level=_OPEN)
@bp.durable_client_input(client_name="client")
@endpoint("Microsoft.CloudPC/tenants/create", accepts=WizardForm(CREATE_TENANT), returns={201: Tenant})
async def save_tenant_wizard(call: Call, client: DurableClient) -> Response:
    """Make the tenant of a form; its licensed users are listed at once."""
    tenant = new_tenant(call.json())

    async def create() -> Response:
        stored = await create_tenant(call.context, client, tenant)
        return created(tenant.to_json(), f"/api/tenants/{tenant.id}", etag=stored.etag)

    return await once(call, create)
