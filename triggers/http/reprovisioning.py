"""Graph's reprovision: delete the Cloud PC, then make it anew under the policy that wins now."""

from __future__ import annotations

import azure.functions as func

from shared.domain.cloud_pcs.rebuilds import REPROVISION
from shared.services.rebuilding import UserAccountType, rebuild
from shared.services.replacing import ReprovisionForm, reprovision
from shared.workflow import Blueprint, DurableClient
from triggers.http.bodies.reading import Body
from triggers.http.bodies.remote_actions import ReprovisionBody
from triggers.http.call import Call, Response
from triggers.http.endpoints import endpoint
from triggers.http.graph import BASE
from triggers.http.idempotency import once
from triggers.http.operations import accepted, address
from triggers.http.views.operations import OPERATION

bp = Blueprint()
_OPEN = func.AuthLevel.ANONYMOUS  # the token decides, not a function key


@bp.route(route=f"{BASE}/cloudPCs/{{id}}/reprovision", methods=["POST"], auth_level=_OPEN)
@bp.durable_client_input(client_name="client")
@endpoint(
    "Microsoft.CloudPC/cloudPCs/reprovision", graph=True, accepts=ReprovisionBody, optional=True, returns={204: None}
)
async def reprovision_cloud_pc(call: Call, client: DurableClient) -> Response:
    """Delete a Cloud PC and make it anew under the policy that wins now; without one, nothing is deleted."""
    account = account_type(call)

    async def reprovision() -> Response:
        await call.match_record(call.deps.cloud_pcs)
        operation = await rebuild(call.context, client, call.param("id"), REPROVISION, account)
        return Response(204, headers={"Operation-Location": address(operation)})

    return await once(call, reprovision)


@bp.route(route="tenants/{tenant}/cloudPCs/{id}/reprovision", methods=["POST"], auth_level=_OPEN)
@bp.durable_client_input(client_name="client")
@endpoint("Microsoft.CloudPC/cloudPCs/reprovision", accepts=ReprovisionForm, optional=True, returns={202: OPERATION})
async def reprovision_with_options(call: Call, client: DurableClient) -> Response:
    """Make a Cloud PC anew: with buildFirst the user keeps their machine until another has taken its place."""
    form = call.read(ReprovisionForm, call.json_if_any())

    async def begin() -> Response:
        await call.match_record(call.deps.cloud_pcs)
        return accepted(await reprovision(call.context, client, call.param("id"), form))

    return await once(call, begin)


def account_type(call: Call) -> UserAccountType | None:
    """Return the account type of Graph's body; None: as the policy says. Raises: InvalidError."""
    body = Body(call.json_if_any())
    account = body.take("userAccountType")
    body.only("osVersion", ("windows11",), "is the image's, which the policy names")
    if account is not None and account not in tuple(UserAccountType):
        body.wrong("/userAccountType", f"write one of {', '.join(UserAccountType)}")
    body.settle()
    return UserAccountType(account) if account is not None else None
