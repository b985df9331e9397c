"""Operations: every long-running job, bulk actions, and the due rows that are set aside."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, NotRequired

import azure.functions as func
from typing_extensions import TypedDict

from shared.domain.cloud_pcs.actions import ACTIONS
from shared.domain.cost.forecast import CostChange
from shared.domain.operations.bulk import BulkStatus
from shared.domain.operations.operation import Operation, OperationStatus
from shared.errors import InvalidError, Problem
from shared.services.actions.bulk import (
    BulkForm,
    BulkTarget,
    begin_bulk,
    check,
    cost_of,
    override_maintenance_window,
    steer,
    targets_of,
)
from shared.services.actions.catalogue import BULK_ACTIONS as BULK_FORMS
from shared.services.audit.events import operation_facts
from shared.workflow import Blueprint, DurableClient
from triggers.http import scopes
from triggers.http.call import Call, Response, ok
from triggers.http.endpoints import endpoint
from triggers.http.idempotency import once
from triggers.http.json_schema import DumpOf, Json
from triggers.http.lists import kept_list, whole_list
from triggers.http.openapi_metadata import Page
from triggers.http.views.operations import (
    BULK_ACTIONS,
    BULK_ITEM,
    BULK_ITEMS,
    OPERATION,
    OPERATIONS,
    SET_ASIDE,
    BulkActionView,
    SetAsideView,
    bulk_action_view,
    bulk_item_view,
    operation_address,
    operation_view,
    set_aside_view,
)

bp = Blueprint()
_STATUSES = tuple(status.value for status in OperationStatus)
_OPEN = func.AuthLevel.ANONYMOUS  # the token decides, not a function key


@bp.route(route="tenants/{tenant}/operations", methods=["GET"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/operations/read", returns=Page(OPERATION), query=OPERATIONS, reach=scopes.OPERATIONS)
async def list_operations(call: Call) -> Response:
    """List the operations, the newest first; ``kind``, ``resourceId`` and ``status`` choose."""
    if (call.query("status") or _STATUSES[0]) not in _STATUSES:
        raise InvalidError(Problem("status", f"write one of {', '.join(_STATUSES)}"))
    entries = await call.deps.operations.entries(call.tenant.id)
    facts = await operation_facts(call.context)
    view = lambda operation: operation_view(facts.shown(operation))  # noqa: E731 - as short as its use
    return await kept_list(call, call.deps.operations, OPERATIONS, view, entries)


@bp.route(route="tenants/{tenant}/operations/{id}", methods=["GET"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/operations/read", returns=OPERATION, reach=scopes.OPERATION)
async def get_operation(call: Call) -> Response:
    """Show one operation."""
    stored = await call.deps.operations.get(call.tenant.id, call.param("id"))
    facts = await operation_facts(call.context)
    return ok(operation_view(facts.shown(stored.value)), etag=stored.etag)


def accepted(operation: Operation) -> Response:
    """Answer 202 with the operation and its address."""
    return Response(202, operation_view(operation), {"Location": operation_address(operation), "Retry-After": "5"})


@bp.route(route="setAside", methods=["GET"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/service/read", returns=Page(SetAsideView), query=SET_ASIDE)
async def list_set_aside(call: Call) -> Response:
    """List the work of all tenants that was due and could not be done; each is tried again every hour."""
    rows = sorted(await call.deps.due.aside.all(), key=lambda row: (row.since, row.id))
    return await whole_list(call, SET_ASIDE, map(set_aside_view, rows))


_PLACE = "tenants/{tenant}/bulkActions"


class DryRun(TypedDict):
    """Numbers of Cloud PCs on which an action is possible and is not, with the reasons.

    *monthlyCost*: of a resize, of the new machines and of those that they replace, always on.
    """

    possible: int
    refused: int
    value: list[Annotated[Json, DumpOf(BulkTarget)]]
    monthlyCost: NotRequired[Annotated[Json, DumpOf(CostChange)]]


@bp.route(route=_PLACE, methods=["POST"], auth_level=_OPEN)
@bp.durable_client_input(client_name="client")
@endpoint(
    "Microsoft.CloudPC/bulkActions/create",
    accepts=BulkForm,
    returns={200: DryRun, 202: BulkActionView},
    reach=scopes.CLOUD_PCS,
)
async def begin_bulk_action(call: Call, client: DurableClient) -> Response:
    """Begin one action on many Cloud PCs, or with ``dryRun`` show on which it is possible."""
    form = call.read(BulkForm)
    check(form)
    call.narrow(ACTIONS[form.action].permission)
    await _refuse_parameters(call, form)
    targets = await targets_of(call.context, form, among=call.visible)
    if form.dry_run:
        possible = sum(each.refusal is None for each in targets)
        shown_targets = [each.to_json() for each in targets]
        cost = await cost_of(call.context, form, targets)
        more = {} if cost is None else {"monthlyCost": cost.to_json()}
        return ok({"possible": possible, "refused": len(targets) - possible, "value": shown_targets, **more})

    async def begin() -> Response:
        bulk = await begin_bulk(call.context, client, form, targets)
        place = f"/api/tenants/{call.tenant.id}/bulkActions/{bulk.id}"
        return Response(202, bulk_action_view(bulk), {"Location": place, "Retry-After": "15"})

    return await once(call, begin)


@bp.route(route=_PLACE, methods=["GET"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/bulkActions/read", returns=Page(BulkActionView), query=BULK_ACTIONS)
async def list_bulk_actions(call: Call) -> Response:
    """List the bulk actions, the newest first; ``status`` and ``action`` choose."""
    facts = await operation_facts(call.context)
    bulk_actions = [stored.value async for stored in call.deps.bulk_actions.each(call.tenant.id)]
    found = [bulk_action_view(each, facts.end_of(each)) for each in bulk_actions]
    return await whole_list(call, BULK_ACTIONS, found)


@bp.route(route=f"{_PLACE}/{{id}}", methods=["GET"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/bulkActions/read", returns=BulkActionView, reach=scopes.BULK_ACTION)
async def get_bulk_action(call: Call) -> Response:
    """Show the progress of a bulk action."""
    stored = await call.deps.bulk_actions.get(call.tenant.id, call.param("id"))
    facts = await operation_facts(call.context)
    return ok(bulk_action_view(stored.value, facts.end_of(stored.value)), etag=stored.etag)


@bp.route(route=f"{_PLACE}/{{id}}/items", methods=["GET"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/bulkActions/read", returns=Page(BULK_ITEM), query=BULK_ITEMS, reach=scopes.BULK_ACTION)
async def list_bulk_items(call: Call) -> Response:
    """List the Cloud PCs of a bulk action with their results; ``status`` chooses."""
    bulk = (await call.deps.bulk_actions.get(call.tenant.id, call.param("id"))).value
    items = await call.deps.bulk_items.of(call.tenant.id, bulk.id)
    return await whole_list(call, BULK_ITEMS, [bulk_item_view(stored.value) for stored in items])


@bp.route(route=f"{_PLACE}/{{id}}/pause", methods=["POST"], auth_level=_OPEN)
@bp.durable_client_input(client_name="client")
@endpoint("Microsoft.CloudPC/bulkActions/update", returns=BulkActionView, reach=scopes.BULK_ACTION)
async def pause_bulk_action(call: Call, client: DurableClient) -> Response:
    """Begin with no further Cloud PC; actions that have begun go on to their end."""
    return await _steered(call, client, BulkStatus.PAUSED)


@bp.route(route=f"{_PLACE}/{{id}}/resume", methods=["POST"], auth_level=_OPEN)
@bp.durable_client_input(client_name="client")
@endpoint("Microsoft.CloudPC/bulkActions/update", returns=BulkActionView, reach=scopes.BULK_ACTION)
async def resume_bulk_action(call: Call, client: DurableClient) -> Response:
    """Resume a bulk action that was paused: the caller needs the permission of the action itself, too."""
    _authorize(call, (await call.deps.bulk_actions.get(call.tenant.id, call.param("id"))).value.action)
    return await _steered(call, client, BulkStatus.RUNNING)


@bp.route(route=f"{_PLACE}/{{id}}/cancel", methods=["POST"], auth_level=_OPEN)
@bp.durable_client_input(client_name="client")
@endpoint("Microsoft.CloudPC/bulkActions/update", returns=BulkActionView, reach=scopes.BULK_ACTION)
async def cancel_bulk_action(call: Call, client: DurableClient) -> Response:
    """Cancel a bulk action: pending items are skipped, and actions that have begun run to their end."""
    return await _steered(call, client, BulkStatus.CANCELED)


@bp.route(route=f"{_PLACE}/{{id}}/overrideMaintenanceWindow", methods=["POST"], auth_level=_OPEN)
@bp.durable_client_input(client_name="client")
@endpoint("Microsoft.CloudPC/bulkActions/overrideMaintenanceWindow", returns=BulkActionView, reach=scopes.BULK_ACTION)
async def override_window_of_bulk_action(call: Call, client: DurableClient) -> Response:
    """Begin a bulk action that waits for maintenance windows; the audit log says who did so."""
    _authorize(call, (await call.deps.bulk_actions.get(call.tenant.id, call.param("id"))).value.action)
    await call.match_record(call.deps.bulk_actions)

    async def begin() -> Response:
        return ok(bulk_action_view(await override_maintenance_window(call.context, client, call.param("id"))))

    return await once(call, begin)


async def _steered(call: Call, client: DurableClient, status: BulkStatus) -> Response:
    await call.match_record(call.deps.bulk_actions)
    return ok(bulk_action_view(await steer(call.context, client, call.param("id"), status)))


async def _refuse_parameters(call: Call, form: BulkForm) -> None:
    """Refuse parameters that name things outside of the scope of the caller's role. Raises: InvalidError."""
    parameters = BULK_FORMS[form.action].form.model_validate(form.parameters)
    try:
        await scopes.refuse_other_scopes(call, ACTIONS[form.action].permission, parameters)
    except InvalidError as error:
        raise InvalidError(*(replace(each, pointer=f"/parameters{each.pointer}") for each in error.problems)) from error


def _authorize(call: Call, action: str) -> None:
    call.authorize(ACTIONS[action].permission)
