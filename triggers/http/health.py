"""Whether the service works: for load balancers and alerts, with a function key and no token."""

from __future__ import annotations

import json

import azure.functions as func

from shared.dependencies import dependencies
from shared.errors import DeskwrightError
from shared.workflow import Blueprint
from triggers.http.answers import http_response
from triggers.http.openapi_metadata import returns
from triggers.http.views.tenants import HealthView

bp = Blueprint()


@bp.route(route="health", methods=["GET"], auth_level=func.AuthLevel.FUNCTION)
@returns({200: HealthView, 503: HealthView})
async def health(req: func.HttpRequest) -> func.HttpResponse:
    """Answer 200 when the records can be read, 503 when they cannot."""
    del req
    try:
        await dependencies().tenants.page(1)
    except DeskwrightError:
        return http_response(json.dumps({"status": "unhealthy"}), status=503, kind="application/json")
    return http_response(json.dumps({"status": "healthy"}), kind="application/json")
