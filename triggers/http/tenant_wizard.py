"""The wizard by which the provider makes a tenant: it addresses none yet."""

from __future__ import annotations

import azure.functions as func

from shared.domain.tenants.tenant import Tenant
from shared.domain.wizards.forms import REVIEW
from shared.domain.wizards.offers import Offer
from shared.domain.wizards.places import CREATE_TENANT
from shared.domain.wizards.reviews import Review
from shared.errors import InvalidError, Problem
from shared.services.tenant_wizard import new_tenant, review_new_tenant
from shared.services.tenants import create_tenant
from shared.workflow import Blueprint, DurableClient
from triggers.http.call import Call, Response, created, ok
from triggers.http.endpoints import endpoint
from triggers.http.idempotency import once
from triggers.http.views.wizards import WizardForm, WizardView, wizard_view

bp = Blueprint()
_OPEN = func.AuthLevel.ANONYMOUS  # the token decides, not a function key
_PLACE = "wizards/create-tenant"


@bp.route(route=_PLACE, methods=["GET"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/tenants/create", returns=WizardView)
async def get_tenant_wizard(call: Call) -> Response:
    """Show the wizard that makes a tenant: its steps, and a JSON schema of each."""
    del call
    return ok(wizard_view(CREATE_TENANT, Offer(), {}))


@bp.route(route=f"{_PLACE}/review", methods=["POST"], auth_level=_OPEN)
@endpoint(
    "Microsoft.CloudPC/tenants/create", accepts=WizardForm(CREATE_TENANT, so_far=True), returns=Review, mutates=False
)
async def review_tenant_wizard(call: Call) -> Response:
    """Review the form of a new tenant as far as it is filled in; nothing is saved."""
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
