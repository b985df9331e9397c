"""Operations: every long-running job that was started over HTTP."""

from __future__ import annotations

import azure.functions as func

from shared.domain.operations.operation import Operation, OperationStatus
from shared.errors import InvalidError, Problem
from shared.workflow import Blueprint
from triggers.http.call import Call, Response, ok
from triggers.http.endpoints import endpoint
from triggers.http.openapi_metadata import PAGES
from triggers.http.paging import listed, top_of
from triggers.http.response_shapes import Page
from triggers.http.views.operations import OPERATION, operation_view

bp = Blueprint()
_STATUSES = tuple(status.value for status in OperationStatus)
_OPEN = func.AuthLevel.ANONYMOUS  # the token decides, not a function key


@bp.route(route="tenants/{tenant}/operations", methods=["GET"], auth_level=_OPEN)
@endpoint(
    "Microsoft.CloudPC/operations/read",
    returns=Page(OPERATION),
    query=("kind", "resourceId", "status", *PAGES),
)
async def list_operations(call: Call) -> Response:
    """List the operations; ``kind``, ``resourceId`` and ``status`` choose."""
    names = {"kind": "kind", "resourceId": "resource_id", "status": "status"}
    filters = {column: value for name, column in names.items() if (value := call.query(name))}
    if filters.get("status", _STATUSES[0]) not in _STATUSES:
        raise InvalidError(Problem("status", f"write one of {', '.join(_STATUSES)}"))
    page = await call.deps.operations.page(call.tenant.id, top_of(call), call.query("$skiptoken"), **filters)
    return ok(listed(call, (operation_view(stored.value) for stored in page.items), page.next_token))


@bp.route(route="tenants/{tenant}/operations/{id}", methods=["GET"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/operations/read", returns=OPERATION)
async def get_operation(call: Call) -> Response:
    """Show one operation."""
    stored = await call.deps.operations.get(call.tenant.id, call.param("id"))
    return ok(operation_view(stored.value), etag=stored.etag)


def address(operation: Operation) -> str:
    """Return where an operation is shown."""
    return f"/api/tenants/{operation.tenant_id}/operations/{operation.id}"


def accepted(operation: Operation) -> Response:
    """Answer 202 with the operation and its address."""
    return Response(202, operation_view(operation), {"Location": address(operation), "Retry-After": "5"})
