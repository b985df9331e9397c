"""Dry runs of changes: builds, moves and grace periods that would follow."""

from __future__ import annotations

import azure.functions as func

from shared.domain.planning.foresight import Foresight
from shared.services.foreseeing import DryRunForm, dry_run
from shared.workflow import Blueprint
from triggers.http.call import Call, Response, ok
from triggers.http.endpoints import endpoint

bp = Blueprint()
_OPEN = func.AuthLevel.ANONYMOUS  # the token decides, not a function key


@bp.route(route="tenants/{tenant}/dryRun", methods=["POST"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/tenants/dryRun", accepts=DryRunForm, returns=Foresight, mutates=False)
async def foresee_change(call: Call) -> Response:
    """Show the consequences of an assignment, an edit of a policy, settings or a pause; nothing happens."""
    return ok((await dry_run(call.context, call.read(DryRunForm))).to_json())
