"""Operations: every long-running job that was started over HTTP."""

from __future__ import annotations

from typing import Any

import azure.functions as func

from shared.domain.describing import listing
from shared.domain.operation import Operation
from shared.domain.shown import OPERATION
from shared.workflow import Blueprint
from triggers.http.call import Call, Response, ok
from triggers.http.described import PAGES
from triggers.http.endpoints import endpoint
from triggers.http.paging import listed, top_of

bp = Blueprint()
_OPEN = func.AuthLevel.ANONYMOUS  # the token decides, not a function key


@bp.route(route="tenants/{tenant}/operations", methods=["GET"], auth_level=_OPEN)
@endpoint(
    "Microsoft.CloudPC/operations/read",
    returns=listing(OPERATION, "operation"),
    query=("kind", "resourceId", "status", *PAGES),
)
async def list_operations(call: Call) -> Response:
    """List the operations; ``kind``, ``resourceId`` and ``status`` choose."""
    names = {"kind": "kind", "resourceId": "resource_id", "status": "status"}
    filters = {column: value for name, column in names.items() if (value := call.query(name))}
    page = await call.deps.operations.page(call.tenant.id, top_of(call), call.query("$skiptoken"), **filters)
    return ok(listed(call, (shown(stored.value) for stored in page.items), page.next_token))


@bp.route(route="tenants/{tenant}/operations/{id}", methods=["GET"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/operations/read", returns=OPERATION)
async def get_operation(call: Call) -> Response:
    """Show one operation."""
    stored = await call.deps.operations.get(call.tenant.id, call.param("id"))
    return ok(shown(stored.value), etag=stored.etag)


def shown(operation: Operation) -> dict[str, Any]:
    """Return an operation as JSON; its tenant is in the address."""
    return {name: value for name, value in operation.to_json().items() if name != "tenantId"}


def address(operation: Operation) -> str:
    """Return where an operation is shown."""
    return f"/api/tenants/{operation.tenant_id}/operations/{operation.id}"


def accepted(operation: Operation) -> Response:
    """Response 202 with the operation and its address."""
    return Response(202, shown(operation), {"Location": address(operation), "Retry-After": "5"})
