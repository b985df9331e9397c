"""The service itself: its health, the facts that a client needs before a sign-in, and the caller's identity."""

from __future__ import annotations

import hashlib
import json

import azure.functions as func

from shared.config import VERSION
from shared.dependencies import dependencies
from shared.errors import DeskwrightError
from shared.services.directory.tenants import tenants_of
from shared.workflow import Blueprint
from triggers.http.answers import http_response, is_held
from triggers.http.call import Call, Response, ok
from triggers.http.endpoints import endpoint
from triggers.http.grants import held_in, supported_tenants
from triggers.http.openapi_metadata import returns
from triggers.http.permissions import (
    CONTRACT,
    NOTHING,
    Grants,
    Role,
    counting_roles,
    holds_everything,
    is_provider,
    token_permissions,
    verbs_of,
)
from triggers.http.views.tenants import ConfigurationView, HealthView, MeView, me_view, own_tenant_view

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


_OPEN = func.AuthLevel.ANONYMOUS  # the token decides, not a function key
_MOST_TENANTS = 100
_KNOWN = frozenset(Role)


@bp.route(route="me", methods=["GET"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/me/read", returns=MeView)
async def get_me(call: Call) -> Response:
    """Show the caller: name, roles, permissions, and the tenants in which they count."""
    caller, provider_directory = call.caller, call.deps.settings.provider_tenant_id
    directory = None if is_provider(caller, provider_directory) else caller.directory_id
    tenants, cut = await tenants_of(call.deps, directory, _MOST_TENANTS)
    support = await supported_tenants(call.deps, caller)
    if directory == provider_directory.lower():
        own = {tenant.id for tenant in tenants}
        tenants += [tenant for tenant, _ in support.values() if tenant.id not in own]
    counted = {tenant.id: _KNOWN & counting_roles(caller, provider_directory, tenant) for tenant in tenants}
    roles = (_KNOWN & counting_roles(caller, provider_directory, None)).union(*counted.values())
    held = {
        tenant.id: NOTHING
        if holds_everything(caller, provider_directory, tenant)
        else support[tenant.id][1]
        if tenant.id in support
        else await held_in(call.deps, caller, tenant)
        for tenant in tenants
    }
    by_token = {tenant.id: token_permissions(caller, provider_directory, tenant) for tenant in tenants}
    seen = [
        own_tenant_view(tenant, counted[tenant.id], _scoped(held[tenant.id]) - by_token[tenant.id])
        for tenant in tenants
        if _permissions(held[tenant.id]) or by_token[tenant.id] - CONTRACT
    ]
    verbs = verbs_of(roles, frozenset().union(*map(_permissions, held.values())))
    return ok(me_view(caller.actor, caller.directory_id, seen, roles=roles, verbs=verbs, cut=cut))


def _scoped(grants: Grants) -> frozenset[str]:
    """Return the permissions that grants give in scopes alone."""
    return frozenset(grants.scoped) - grants.permissions


def _permissions(grants: Grants) -> frozenset[str]:
    """Return the permissions of grants, those with a scope too."""
    return grants.permissions.union(grants.scoped)
