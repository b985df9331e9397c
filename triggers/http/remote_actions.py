"""Graph's remote actions: reboot, rename, troubleshoot, account type, restore points, resize."""

from __future__ import annotations

from typing import Any

import azure.functions as func

from shared.domain.cloud_pcs.remote_action import Remote
from shared.domain.texts import readable
from shared.errors import NotFoundError
from shared.services.rebuilding import UserAccountType
from shared.services.remote import RemoteActionRequest, act, rename
from shared.services.resizing import resize, verdicts
from shared.workflow import Blueprint, DurableClient
from triggers.http.bodies.reading import Body, is_id
from triggers.http.bodies.remote_actions import (
    LONGEST_NAME,
    MOST_VALIDATED,
    AccountTypeBody,
    CreateSnapshotBody,
    RenameBody,
    ResizeBody,
    RestoreBody,
    ValidateBulkResizeBody,
)
from triggers.http.call import Call, Response, ok
from triggers.http.endpoints import endpoint
from triggers.http.graph import BASE, graph_function, graph_item, graph_whole_list
from triggers.http.idempotency import once
from triggers.http.openapi_metadata import ONE
from triggers.http.operations import address
from triggers.http.response_shapes import Page
from triggers.http.views.remote_actions import (
    SNAPSHOT,
    SNAPSHOTS,
    ResizeVerdictsView,
    RestorePointsView,
    RestorePointView,
    resize_verdicts_view,
    restore_points_view,
)

bp = Blueprint()
_OPEN = func.AuthLevel.ANONYMOUS  # the token decides, not a function key


@bp.route(route=f"{BASE}/cloudPCs/{{id}}/reboot", methods=["POST"], auth_level=_OPEN)
@bp.durable_client_input(client_name="client")
@endpoint("Microsoft.CloudPC/cloudPCs/reboot", graph=True, returns={204: None})
async def reboot_cloud_pc(call: Call, client: DurableClient) -> Response:
    """Restart a Cloud PC's machine; if it is stopped, start it."""
    return await _begun(call, client, RemoteActionRequest(Remote.REBOOT))


@bp.route(route=f"{BASE}/cloudPCs/{{id}}/troubleshoot", methods=["POST"], auth_level=_OPEN)
@bp.durable_client_input(client_name="client")
@endpoint("Microsoft.CloudPC/cloudPCs/troubleshoot", graph=True, returns={204: None})
async def troubleshoot_cloud_pc(call: Call, client: DurableClient) -> Response:
    """Check all that a Cloud PC needs to work, and repair what is safe; the operation's result has the findings."""
    return await _begun(call, client, RemoteActionRequest(Remote.TROUBLESHOOT))


@bp.route(route=f"{BASE}/cloudPCs/{{id}}/rename", methods=["POST"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/cloudPCs/rename", graph=True, accepts=RenameBody, returns={204: None})
async def rename_cloud_pc(call: Call) -> Response:
    """Give a Cloud PC another display name; the computer's name stays."""
    body = Body(call.json())
    value = body.take("displayName")
    name = value.strip() if isinstance(value, str) else ""
    if not 0 < len(name) <= LONGEST_NAME:
        body.wrong("/displayName", f"write 1 to {LONGEST_NAME} characters")
    try:
        readable(name)
    except ValueError as error:
        body.wrong("/displayName", str(error))
    body.settle()

    async def perform() -> Response:
        await call.match_record(call.deps.cloud_pcs)
        operation = await rename(call.context, call.param("id"), name)
        return Response(204, headers={"Operation-Location": address(operation)})

    return await once(call, perform)


@bp.route(route=f"{BASE}/cloudPCs/{{id}}/changeUserAccountType", methods=["POST"], auth_level=_OPEN)
@bp.durable_client_input(client_name="client")
@endpoint("Microsoft.CloudPC/cloudPCs/changeUserAccountType", graph=True, accepts=AccountTypeBody, returns={204: None})
async def change_user_account_type(call: Call, client: DurableClient) -> Response:
    """Make the user a local administrator of their Cloud PC, or a standard user again."""
    body = Body(call.json())
    account = body.take("userAccountType")
    if account not in tuple(UserAccountType):
        body.wrong("/userAccountType", f"write one of {', '.join(UserAccountType)}")
    body.settle()
    administrator = account == UserAccountType.ADMINISTRATOR
    return await _begun(call, client, RemoteActionRequest(Remote.CHANGE_USER_ACCOUNT_TYPE, administrator=administrator))


@bp.route(route=f"{BASE}/cloudPCs/{{id}}/createSnapshot", methods=["POST"], auth_level=_OPEN)
@bp.durable_client_input(client_name="client")
@endpoint(
    "Microsoft.CloudPC/cloudPCs/createSnapshot",
    graph=True,
    accepts=CreateSnapshotBody,
    optional=True,
    returns={204: None},
)
async def create_snapshot(call: Call, client: DurableClient) -> Response:
    """Make a restore point of a Cloud PC; of more than ten the oldest goes."""
    body = Body(call.json_if_any())
    for name in ("storageAccountId", "accessTier"):
        body.only(name, (), "restore points are not exported")
    body.settle()
    return await _begun(call, client, RemoteActionRequest(Remote.CREATE_SNAPSHOT))


@graph_function(bp, f"{BASE}/cloudPCs/{{id}}/retrieveSnapshots")
@endpoint("Microsoft.CloudPC/cloudPCs/read", graph=True, returns=RestorePointsView)
async def retrieve_snapshots(call: Call) -> Response:
    """List the restore points of a Cloud PC, newest first."""
    stored = await call.deps.cloud_pcs.get(call.tenant.id, call.param("id"))
    return ok({"value": restore_points_view(stored.value)})


@bp.route(route=f"{BASE}/snapshots", methods=["GET"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/cloudPCs/read", graph=True, returns=Page(SNAPSHOT), query=SNAPSHOTS)
async def list_snapshots(call: Call) -> Response:
    """List the restore points of all Cloud PCs."""
    return await graph_whole_list(call, SNAPSHOTS, await _snapshots(call))


@bp.route(route=f"{BASE}/snapshots/{{id}}", methods=["GET"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/cloudPCs/read", graph=True, returns=SNAPSHOT, query=ONE)
async def get_snapshot(call: Call) -> Response:
    """Show one restore point."""
    for view in await _snapshots(call):
        if view["id"] == call.param("id"):
            return graph_item(call, SNAPSHOTS, view)
    raise NotFoundError("there is no such restore point")


@bp.route(route=f"{BASE}/cloudPCs/{{id}}/restore", methods=["POST"], auth_level=_OPEN)
@bp.durable_client_input(client_name="client")
@endpoint("Microsoft.CloudPC/cloudPCs/restore", graph=True, accepts=RestoreBody, returns={204: None})
async def restore_cloud_pc(call: Call, client: DurableClient) -> Response:
    """Put the disk of a Cloud PC back to a restore point: changes since then are lost."""
    body = Body(call.json())
    snapshot_id = body.take("cloudPcSnapshotId")
    if not is_id(snapshot_id):
        body.wrong("/cloudPcSnapshotId", "write the id of one of its restore points; retrieveSnapshots() lists them")
    body.settle()
    return await _begun(call, client, RemoteActionRequest(Remote.RESTORE, restore_point_id=str(snapshot_id)))


@bp.route(route=f"{BASE}/cloudPCs/{{id}}/resize", methods=["POST"], auth_level=_OPEN)
@bp.durable_client_input(client_name="client")
@endpoint("Microsoft.CloudPC/cloudPCs/resize", graph=True, accepts=ResizeBody, returns={204: None})
async def resize_cloud_pc(call: Call, client: DurableClient) -> Response:
    """Give a Cloud PC the hardware of another licence; without that licence it waits for it."""
    plan_id = _target(Body(call.json()))

    async def perform() -> Response:
        await call.match_record(call.deps.cloud_pcs)
        operation = await resize(call.context, client, call.param("id"), plan_id)
        return Response(204, headers={"Operation-Location": address(operation)})

    return await once(call, perform)


@bp.route(route=f"{BASE}/cloudPCs/validateBulkResize", methods=["POST"], auth_level=_OPEN)
@endpoint(
    "Microsoft.CloudPC/cloudPCs/resize",
    mutates=False,
    graph=True,
    accepts=ValidateBulkResizeBody,
    returns=ResizeVerdictsView,
)
async def validate_bulk_resize(call: Call) -> Response:
    """Say for each of many Cloud PCs whether it could be resized now; nothing happens."""
    body = Body(call.json())
    value = body.take("cloudPcIds")
    ids: list[Any] = value if isinstance(value, list) else []
    if not 0 < len(ids) <= MOST_VALIDATED:
        body.wrong("/cloudPcIds", f"write a list of 1 to {MOST_VALIDATED} ids")
    for n, each in enumerate(ids):
        if not is_id(each):
            body.wrong(f"/cloudPcIds/{n}", "write the id of a Cloud PC, a text")
    found = await verdicts(call.context, ids, _target(body))
    return ok(resize_verdicts_view(found))


async def _snapshots(call: Call) -> list[RestorePointView]:
    found = call.deps.cloud_pcs.each(call.tenant.id)
    return [view async for stored in found for view in restore_points_view(stored.value)]


def _target(body: Body) -> str:
    plan_id = body.take("targetServicePlanId")
    if not is_id(plan_id):
        body.wrong("/targetServicePlanId", "write the id of one of servicePlans")
    body.settle()
    return str(plan_id)


async def _begun(call: Call, client: DurableClient, request: RemoteActionRequest) -> Response:
    async def perform() -> Response:
        await call.match_record(call.deps.cloud_pcs)
        operation = await act(call.context, client, call.param("id"), request)
        return Response(204, headers={"Operation-Location": address(operation)})

    return await once(call, perform)
