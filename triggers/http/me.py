"""The caller themselves: their name and rights, whatever their role."""

from __future__ import annotations

import azure.functions as func

from shared.services.tenant_directories import tenants_of
from shared.workflow import Blueprint
from triggers.http.call import Call, Response, ok
from triggers.http.endpoints import endpoint
from triggers.http.permissions import Role, counting_roles, is_provider, verbs_of
from triggers.http.views.me import MeView, me_view, own_tenant_view

bp = Blueprint()
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
    counted = {tenant.id: _KNOWN & counting_roles(caller, provider_directory, tenant) for tenant in tenants}
    roles = (_KNOWN & counting_roles(caller, provider_directory, None)).union(*counted.values())
    seen = [own_tenant_view(tenant, counted[tenant.id]) for tenant in tenants if counted[tenant.id] - {Role.USER}]
    return ok(me_view(caller.actor, caller.directory_id, seen, roles=roles, verbs=verbs_of(roles), cut=cut))
