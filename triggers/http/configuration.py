"""Configuration that a client needs before a sign-in: without a token, and without reading anything."""

from __future__ import annotations

import hashlib
import json

import azure.functions as func

from shared.config import VERSION
from shared.dependencies import dependencies
from shared.workflow import Blueprint
from triggers.http.answers import http_response
from triggers.http.etags import is_held
from triggers.http.openapi_metadata import returns
from triggers.http.views.me import ConfigurationView

bp = Blueprint()
_HELD = "public, max-age=300"
_NOT_MODIFIED = 304


@bp.route(route="configuration", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@returns({200: ConfigurationView, 304: None})
async def get_configuration(req: func.HttpRequest) -> func.HttpResponse:
    """Show the settings for signing in: authority, client id and scope; and the version of the service."""
    settings = dependencies().settings
    shown: ConfigurationView = {
        "authority": f"{settings.authority_url}/{settings.sign_in_directory}",
        "clientId": settings.sign_in_client_id,
        "scope": settings.asked_scope,
        "version": VERSION,
    }
    body = json.dumps(shown, separators=(",", ":"))
    etag = f'"{hashlib.sha256(body.encode()).hexdigest()[:16]}"'
    headers = {"Cache-Control": _HELD, "ETag": etag}
    if is_held(etag, req.headers.get("if-none-match")):
        return http_response(status=_NOT_MODIFIED, headers=headers)
    return http_response(body, headers=headers, kind="application/json")
