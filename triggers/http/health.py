"""Whether the service works: for load balancers and alerts, with a function key and no token."""

from __future__ import annotations

import json

import azure.functions as func

from shared.dependencies import dependencies
from shared.domain.describing import one_of, whole
from shared.errors import DeskwrightError
from shared.workflow import Blueprint
from triggers.http.described import returns

bp = Blueprint()
_HEALTH = whole("health", {"status": one_of("healthy", "unhealthy")})


@bp.route(route="health", methods=["GET"], auth_level=func.AuthLevel.FUNCTION)
@returns({200: _HEALTH, 503: _HEALTH})
async def health(req: func.HttpRequest) -> func.HttpResponse:
    """Response 200 when the records can be read, 503 when they cannot."""
    del req
    try:
        await dependencies().tenants.page(1)
    except DeskwrightError:
        return func.HttpResponse(json.dumps({"status": "unhealthy"}), status_code=503, mimetype="application/json")
    return func.HttpResponse(json.dumps({"status": "healthy"}), mimetype="application/json")
