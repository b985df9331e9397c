"""Whether a tenant is ready for its first Cloud PC, and the template of the role that it has to give."""

from __future__ import annotations

import json

import azure.functions as func

from shared.services.customer_rights import customer_template
from shared.services.readiness import Readiness, readiness
from shared.workflow import Blueprint
from triggers.http.answers import http_response
from triggers.http.call import Call, Response, ok
from triggers.http.endpoints import endpoint
from triggers.http.openapi_metadata import returns
from triggers.http.views.tenants import RoleTemplateView

bp = Blueprint()
_OPEN = func.AuthLevel.ANONYMOUS  # the token decides, not a function key
_PUBLIC = {"Access-Control-Allow-Origin": "*", "Cache-Control": "public, max-age=300"}
"""A browser that shows the Azure portal reads it from there."""


@bp.route(route="tenants/{tenant}/readiness", methods=["GET"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/tenants/readReadiness", returns=Readiness)
async def get_readiness(call: Call) -> Response:
    """Judge the requirements of a tenant's first Cloud PC: consent, permissions, providers, role, licences, quota."""
    return ok((await readiness(call.context)).to_json())


@bp.route(route="templates/customer.json", methods=["GET"], auth_level=_OPEN)
@returns({200: RoleTemplateView})
async def get_customer_template(req: func.HttpRequest) -> func.HttpResponse:
    """Show the ARM template of the service's role in a subscription, to anybody: the Azure portal opens it."""
    del req
    return http_response(json.dumps(customer_template()), headers=_PUBLIC, kind="application/json")
