"""The removals that the removal brake has stopped, and that wait to be confirmed."""

from __future__ import annotations

import azure.functions as func

from shared.workflow import Blueprint
from triggers.http.call import Call, Response
from triggers.http.endpoints import endpoint
from triggers.http.lists import whole_list
from triggers.http.response_shapes import Page
from triggers.http.views.graces import (
    REMOVALS,
    PendingRemovalView,
    pending_removal_view,
)

bp = Blueprint()
_OPEN = func.AuthLevel.ANONYMOUS  # the token decides, not a function key


@bp.route(route="tenants/{tenant}/removals", methods=["GET"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/cloudPCs/read", returns=Page(PendingRemovalView), query=REMOVALS)
async def list_removals(call: Call) -> Response:
    """List the Cloud PCs whose removal waits to be confirmed, with cause and reason."""
    found = [stored.value for stored in await call.deps.cloud_pcs.with_removals(call.tenant.id)]
    return await whole_list(call, REMOVALS, [pending_removal_view(pc) for pc in found])
