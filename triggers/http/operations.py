"""Operations: every long-running job that was started over HTTP."""

from __future__ import annotations

import azure.functions as func

from shared.domain.operations.operation import Operation, OperationStatus
from shared.errors import InvalidError, Problem
from shared.services.operation_facts import operation_facts
from shared.workflow import Blueprint
from triggers.http.call import Call, Response, ok
from triggers.http.endpoints import endpoint
from triggers.http.lists import kept_list
from triggers.http.response_shapes import Page
from triggers.http.views.operations import OPERATION, OPERATIONS, operation_view

bp = Blueprint()
_STATUSES = tuple(status.value for status in OperationStatus)
_OPEN = func.AuthLevel.ANONYMOUS  # the token decides, not a function key


@bp.route(route="tenants/{tenant}/operations", methods=["GET"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/operations/read", returns=Page(OPERATION), query=OPERATIONS)
async def list_operations(call: Call) -> Response:
    """List the operations, the newest first; ``kind``, ``resourceId`` and ``status`` choose."""
    if (call.query("status") or _STATUSES[0]) not in _STATUSES:
        raise InvalidError(Problem("status", f"write one of {', '.join(_STATUSES)}"))
    entries = await call.deps.operations.entries(call.tenant.id)
    facts = await operation_facts(call.context)
    view = lambda operation: operation_view(facts.shown(operation))  # noqa: E731 - as short as its use
    return await kept_list(call, call.deps.operations, OPERATIONS, view, entries)


@bp.route(route="tenants/{tenant}/operations/{id}", methods=["GET"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/operations/read", returns=OPERATION)
async def get_operation(call: Call) -> Response:
    """Show one operation."""
    stored = await call.deps.operations.get(call.tenant.id, call.param("id"))
    facts = await operation_facts(call.context)
    return ok(operation_view(facts.shown(stored.value)), etag=stored.etag)


def address(operation: Operation) -> str:
    """Return the address of an operation."""
    return f"/api/tenants/{operation.tenant_id}/operations/{operation.id}"


def accepted(operation: Operation) -> Response:
    """Answer 202 with the operation and its address."""
    return Response(202, operation_view(operation), {"Location": address(operation), "Retry-After": "5"})
