"""The caller's own Cloud PCs in one tenant, as Graph has them below ``/me``: what an SDK's ``client.me`` asks for."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import azure.functions as func

from shared.domain.cloud_pcs.cloud_pc import CloudPc
from shared.domain.cloud_pcs.remote_action import Remote
from shared.domain.cloud_pcs.user_setting import OwnAction
from shared.domain.operations.operation import Operation
from shared.errors import NotFoundError
from shared.services.explanations import read_configuration
from shared.services.own_cloud_pcs import reset
from shared.services.remote import RemoteActionRequest, act, rename
from shared.services.signing_in import ready_sign_in
from shared.workflow import Blueprint, DurableClient
from triggers.http.bodies.reading import Body
from triggers.http.bodies.remote_actions import OwnReprovisionBody
from triggers.http.call import Call, Response, ok
from triggers.http.endpoints import endpoint
from triggers.http.graph import graph_function, graph_item, graph_whole_list
from triggers.http.openapi_metadata import ONE
from triggers.http.own_actions import AccountForm, NameForm, RestoreForm, operation_address, perform_own
from triggers.http.response_shapes import Page
from triggers.http.views.cloud_pcs import (
    MY_CLOUD_PC,
    MY_CLOUD_PCS,
    LaunchDetailView,
    launch_detail_view,
    my_cloud_pc_view,
)

bp = Blueprint()
_OPEN = func.AuthLevel.ANONYMOUS  # the token decides, not a function key
_PLACE = "tenants/{tenant}/{version}/me/cloudPCs"
_ONE = f"{_PLACE}/{{id}}"


@bp.route(route=_PLACE, methods=["GET"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/me/readCloudPCs", graph=True, returns=Page(MY_CLOUD_PC), query=MY_CLOUD_PCS)
async def list_my_cloud_pcs(call: Call) -> Response:
    """List the caller's own Cloud PCs in this tenant."""
    pcs = [stored.value for stored in await call.deps.cloud_pcs.of_user(call.tenant.id, call.caller.actor.id)]
    today = await read_configuration(call.context)
    return await graph_whole_list(call, MY_CLOUD_PCS, [my_cloud_pc_view(pc, today) for pc in pcs])


@bp.route(route=_ONE, methods=["GET"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/me/readCloudPCs", graph=True, returns=MY_CLOUD_PC, query=ONE)
async def get_my_cloud_pc(call: Call) -> Response:
    """Show one of the caller's own Cloud PCs in this tenant."""
    pc = await _own(call)
    return graph_item(call, MY_CLOUD_PCS, my_cloud_pc_view(pc, await read_configuration(call.context)))


@graph_function(bp, f"{_ONE}/retrieveCloudPcLaunchDetail")
@endpoint("Microsoft.CloudPC/me/readCloudPCs", graph=True, returns=LaunchDetailView)
async def retrieve_my_launch_detail(call: Call) -> Response:
    """Show the address that opens the caller's Cloud PC in a browser."""
    pc = await _own(call)
    return ok(launch_detail_view(pc, await ready_sign_in(call.deps, call.tenant, pc)))


@bp.route(route=f"{_ONE}/reboot", methods=["POST"], auth_level=_OPEN)
@bp.durable_client_input(client_name="client")
@endpoint("Microsoft.CloudPC/me/reboot", graph=True, returns={204: None})
async def reboot_my_cloud_pc(call: Call, client: DurableClient) -> Response:
    """Restart the caller's Cloud PC."""
    return await _acted(call, client, OwnAction.REBOOT, RemoteActionRequest(Remote.REBOOT))


@bp.route(route=f"{_ONE}/troubleshoot", methods=["POST"], auth_level=_OPEN)
@bp.durable_client_input(client_name="client")
@endpoint("Microsoft.CloudPC/me/troubleshoot", graph=True, returns={204: None})
async def troubleshoot_my_cloud_pc(call: Call, client: DurableClient) -> Response:
    """Check all that the caller's Cloud PC needs to work, and repair what is safe."""
    return await _acted(call, client, OwnAction.TROUBLESHOOT, RemoteActionRequest(Remote.TROUBLESHOOT))


@bp.route(route=f"{_ONE}/changeUserAccountType", methods=["POST"], auth_level=_OPEN)
@bp.durable_client_input(client_name="client")
@endpoint("Microsoft.CloudPC/me/changeUserAccountType", graph=True, accepts=AccountForm, returns={204: None})
async def change_my_account_type(call: Call, client: DurableClient) -> Response:
    """Make the caller a local administrator of their Cloud PC, or a standard user again."""
    return await _acted(call, client, OwnAction.CHANGE_USER_ACCOUNT_TYPE, call.read(AccountForm).request)


@bp.route(route=f"{_ONE}/restore", methods=["POST"], auth_level=_OPEN)
@bp.durable_client_input(client_name="client")
@endpoint("Microsoft.CloudPC/me/restore", graph=True, accepts=RestoreForm, returns={204: None})
async def restore_my_cloud_pc(call: Call, client: DurableClient) -> Response:
    """Put the disk of the caller's Cloud PC back to a restore point: changes since then are lost."""
    return await _acted(call, client, OwnAction.RESTORE, call.read(RestoreForm).request)


@bp.route(route=f"{_ONE}/reprovision", methods=["POST"], auth_level=_OPEN)
@bp.durable_client_input(client_name="client")
@endpoint(
    "Microsoft.CloudPC/me/reprovision", graph=True, accepts=OwnReprovisionBody, optional=True, returns={204: None}
)
async def reprovision_my_cloud_pc(call: Call, client: DurableClient) -> Response:
    """Reset the caller's Cloud PC: it is removed with all data, and made anew under the policy that wins now."""
    body = Body(call.json_if_any())
    body.only("userAccountType", (), "is what the policy says")
    body.only("osVersion", ("windows11",))
    body.settle()
    return await _allowed(call, OwnAction.REPROVISION, lambda pc: reset(call.context, client, pc))


@bp.route(route=f"{_ONE}/rename", methods=["POST"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/me/rename", graph=True, accepts=NameForm, returns={204: None})
async def rename_my_cloud_pc(call: Call) -> Response:
    """Give the caller's Cloud PC another display name; the computer's name stays."""
    name = call.read(NameForm).display_name
    return await _allowed(call, OwnAction.RENAME, lambda pc: rename(call.context, pc.id, name))


async def _own(call: Call) -> CloudPc:
    """Return the addressed Cloud PC if it is the caller's own. Raises: NotFoundError, also for anybody else's."""
    stored = await call.deps.cloud_pcs.find(call.tenant.id, call.param("id"))
    if stored is None or stored.value.user.id != call.caller.actor.id:
        raise NotFoundError("there is no such Cloud PC of yours")
    return stored.value


async def _acted(call: Call, client: DurableClient, action: OwnAction, request: RemoteActionRequest) -> Response:
    return await _allowed(call, action, lambda pc: act(call.context, client, pc.id, request))


async def _allowed(call: Call, action: OwnAction, perform: Callable[[CloudPc], Awaitable[Operation]]) -> Response:
    """Perform *action* where the settings of the caller allow it."""
    pc = await _own(call)

    async def matched() -> Operation:
        await call.match_record(call.deps.cloud_pcs)
        return await perform(pc)

    def answer(operation: Operation) -> Response:
        return Response(204, headers={"Operation-Location": operation_address(pc, operation)})

    return await perform_own(call, pc, action, matched, answer)
