"""Graph's reprovision: delete the Cloud PC, then make it anew under the policy that wins today."""

from __future__ import annotations

import azure.functions as func

from shared.domain.graph.bodies import Body
from shared.domain.graph.shapes import REPROVISION_BODY
from shared.domain.shown import OPERATION
from shared.services.rebuilding import REPROVISION, UserAccountType, rebuild
from shared.services.replacing import ReprovisionForm, reprovision
from shared.workflow import Blueprint, DurableClient
from triggers.http.endpoints import Answer, Call, endpoint
from triggers.http.graph import BASE
from triggers.http.idempotency import once
from triggers.http.operations import accepted, address

bp = Blueprint()
_OPEN = func.AuthLevel.ANONYMOUS  # the token decides, not a function key


@bp.route(route=f"{BASE}/cloudPCs/{{id}}/reprovision", methods=["POST"], auth_level=_OPEN)
@bp.durable_client_input(client_name="client")
@endpoint(
    "Microsoft.CloudPC/cloudPCs/reprovision", graph=True, accepts=REPROVISION_BODY, optional=True, returns={204: None}
)
async def reprovision_cloud_pc(call: Call, client: DurableClient) -> Answer:
    """Delete a Cloud PC and make it anew under the policy that wins today; without one, nothing is deleted."""
    account = account_type(call)

    async def reprovision() -> Answer:
        operation = await rebuild(call, client, call.param("id"), REPROVISION, account)
        return Answer(204, headers={"Operation-Location": address(operation)})

    return await once(call, reprovision)


@bp.route(route="tenants/{tenant}/cloudPCs/{id}/reprovision", methods=["POST"], auth_level=_OPEN)
@bp.durable_client_input(client_name="client")
@endpoint("Microsoft.CloudPC/cloudPCs/reprovision", accepts=ReprovisionForm, optional=True, returns={202: OPERATION})
async def reprovision_as_wished(call: Call, client: DurableClient) -> Answer:
    """Make a Cloud PC anew: with buildFirst the user keeps the machine he has until another has taken its place."""
    form = call.read(ReprovisionForm, call.json_if_any())

    async def begin() -> Answer:
        return accepted(await reprovision(call, client, call.param("id"), form))

    return await once(call, begin)


def account_type(call: Call) -> UserAccountType | None:
    """Return what Graph's body says of the user's account; None: as the policy says. Raises: InvalidError."""
    body = Body(call.json_if_any())
    said = body.take("userAccountType")
    body.only("osVersion", ("windows11",), "is the image's, which the policy names")
    if said is not None and said not in set(UserAccountType):
        body.wrong("/userAccountType", f"one of {', '.join(UserAccountType)}")
    body.settle()
    return UserAccountType(said) if said is not None else None
