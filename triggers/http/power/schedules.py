"""Power schedules: the hours in which Cloud PCs are on."""

from __future__ import annotations

import azure.functions as func

from shared.domain.power.settings import PowerSchedule, PowerScheduleEdit, PowerScheduleForm
from shared.services.power.schedules import create_power_schedule, delete_power_schedule, update_power_schedule
from shared.storage.repository import Stored
from shared.workflow import Blueprint
from triggers.http.bodies.power import power_schedule_body, power_schedule_changes
from triggers.http.call import Call, Response
from triggers.http.endpoints import endpoint
from triggers.http.graph import BASE, graph_changed, graph_created, graph_item, graph_list
from triggers.http.idempotency import once
from triggers.http.openapi_metadata import ONE, Page
from triggers.http.views.power import POWER_SCHEDULE, POWER_SCHEDULES, power_schedule_view

bp = Blueprint()
_OPEN = func.AuthLevel.ANONYMOUS  # the token decides, not a function key
_ALL = f"{BASE}/powerSchedules"
_ONE = f"{_ALL}/{{id}}"


@bp.route(route=_ALL, methods=["GET"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/powerSchedules/read", graph=True, returns=Page(POWER_SCHEDULE), query=POWER_SCHEDULES)
async def list_power_schedules(call: Call) -> Response:
    """List the power schedules."""
    return await graph_list(call, call.deps.power_schedules, POWER_SCHEDULES, power_schedule_view)


@bp.route(route=_ONE, methods=["GET"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/powerSchedules/read", graph=True, returns=POWER_SCHEDULE, query=ONE)
async def get_power_schedule(call: Call) -> Response:
    """Show one power schedule."""
    stored = await _read(call)
    return graph_item(call, POWER_SCHEDULES, power_schedule_view(stored.value), stored.etag)


@bp.route(route=_ALL, methods=["POST"], auth_level=_OPEN)
@endpoint(
    "Microsoft.CloudPC/powerSchedules/create", graph=True, accepts=PowerScheduleForm, returns={201: POWER_SCHEDULE}
)
async def add_power_schedule(call: Call) -> Response:
    """Create a power schedule; it applies to nobody until a policy refers to it."""

    async def create() -> Response:
        stored = await create_power_schedule(call.context, power_schedule_body(call.json()))
        return graph_created(call, POWER_SCHEDULES, power_schedule_view(stored.value), stored.etag)

    return await once(call, create)


@bp.route(route=_ONE, methods=["PATCH"], auth_level=_OPEN)
@endpoint(
    "Microsoft.CloudPC/powerSchedules/update",
    graph=True,
    accepts=PowerScheduleEdit,
    returns={200: POWER_SCHEDULE, 204: None},
)
async def change_power_schedule(call: Call) -> Response:
    """Change the properties of a power schedule that the body names; its Cloud PCs follow at once."""
    stored = await _read(call)
    given = power_schedule_changes(call.json(), power_schedule_view(stored.value))
    after = await update_power_schedule(call.context, stored, given)
    return graph_changed(call, POWER_SCHEDULES, power_schedule_view(after.value), after.etag)


@bp.route(route=_ONE, methods=["DELETE"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/powerSchedules/delete", graph=True, returns={204: None})
async def remove_power_schedule(call: Call) -> Response:
    """Delete a power schedule that no policy refers to."""
    await delete_power_schedule(call.context, await _read(call))
    return Response(204)


async def _read(call: Call) -> Stored[PowerSchedule]:
    stored = await call.deps.power_schedules.get(call.tenant.id, call.param("id"))
    call.match(stored.etag)
    return stored
