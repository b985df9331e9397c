"""Common parts of the Graph-shaped routes: their address, lists, items, creations, dry runs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any, TypeVar

import azure.functions as func

from shared.domain.filtering import Row
from shared.domain.operations.operation import Operation
from shared.domain.planning.foresight import Foresight
from shared.domain.values import Value
from shared.services.wizards.foreseeing import DryRunForm, dry_run
from shared.storage.repository import Repository
from shared.workflow import Blueprint
from triggers.http.call import Call, Response, created, ok, parts_of
from triggers.http.endpoints import endpoint
from triggers.http.lists import USUAL, kept_list, list_query, whole_list
from triggers.http.odata import Collection, Query, context, selected
from triggers.http.openapi_metadata import shown_elsewhere
from triggers.http.views.operations import operation_address

bp = Blueprint()
_OPEN = func.AuthLevel.ANONYMOUS  # the token decides, not a function key


@bp.route(route="tenants/{tenant}/dryRun", methods=["POST"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/tenants/dryRun", accepts=DryRunForm, returns=Foresight, mutates=False)
async def foresee_change(call: Call) -> Response:
    """Show the consequences of an assignment, an edit of a policy, settings or a pause; nothing happens."""
    return ok((await dry_run(call.context, call.read(DryRunForm))).to_json())


BASE = "tenants/{tenant}/{version}/deviceManagement/virtualEndpoint"

Entry = Callable[[func.HttpRequest, func.Context], Awaitable[func.HttpResponse]]
V = TypeVar("V", bound=Value)
View = Callable[[V], Mapping[str, Any]]


def graph_function(bp: Blueprint, route: str) -> Callable[[Entry], Entry]:
    """Register a handler as a function of Graph's: clients call it with its parentheses, its reference without."""

    def register(handler: Entry) -> Entry:
        @shown_elsewhere
        async def called(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
            return await handler(req, context)

        called.__name__ = called.__qualname__ = f"{handler.__name__}_without_parentheses"
        for address_, entry in ((f"{route}()", handler), (route, called)):
            bp.route(route=address_, methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)(entry)
        return handler

    return register


def base_of(call: Call) -> str:
    """Return the address that stands for https://graph.microsoft.com/{version} here."""
    parts = parts_of(call.request)
    return f"{parts.scheme}://{parts.netloc}/api/tenants/{call.tenant.id}/{call.param('version')}"


def resource(call: Call, collection: Collection, id: str) -> str:  # noqa: A002 - the word of every record
    """Return the address of one resource."""
    version = call.param("version")
    return f"/api/tenants/{call.tenant.id}/{version}/{collection.within}/{collection.name}/{id}"


async def graph_list(
    call: Call, repository: Repository[V], collection: Collection, view: View[V], **own: str
) -> Response:
    """Answer with a page of records, of which there are few; *own*: columns by which the list is always filtered."""
    found = repository.each(call.tenant.id, **own)
    return await graph_whole_list(call, collection, [view(stored.value) async for stored in found])


async def graph_whole_list(
    call: Call, collection: Collection, views: Iterable[Mapping[str, Any]], *, usual: int = USUAL
) -> Response:
    """Answer with a page of a list that was read as a whole; *usual*: how many items are on it if nobody says it."""
    return await whole_list(call, collection, views, _context(call, collection), usual)


async def graph_kept_list(
    call: Call, repository: Repository[V], collection: Collection, view: View[V], entries: Iterable[Row]
) -> Response:
    """Answer with a page of records of which there may be many: only its own are read."""
    return await kept_list(call, repository, collection, view, entries, _context(call, collection))


def graph_item(call: Call, collection: Collection, view: Mapping[str, Any], etag: str | None = None) -> Response:
    """Answer with one resource."""
    query = query_of(call, collection)
    head = {"@odata.context": f"{context(base_of(call), collection, query)}/$entity"}
    return ok({**head, **({"@odata.etag": etag} if etag else {}), **selected(view, query, collection)}, etag=etag)


def graph_created(call: Call, collection: Collection, view: Mapping[str, Any], etag: str) -> Response:
    """Answer 201 with the new resource."""
    head = {"@odata.context": f"{context(base_of(call), collection, Query())}/$entity", "@odata.etag": etag}
    body = {**head, **selected(view, Query(), collection)}
    return created(body, resource(call, collection, str(view["id"])), etag=etag)


def with_operation(response: Response, operation: Operation | None) -> Response:
    """Return *response* with the address of the operation that it began, if there is one."""
    header = {"Operation-Location": operation_address(operation)} if operation else {}
    return Response(response.status, response.body, {**(response.headers or {}), **header})


def graph_changed(call: Call, collection: Collection, view: Mapping[str, Any], etag: str) -> Response:
    """Answer a PATCH: 204 as Graph does, or with ``Prefer: return=representation`` 200 with the changed resource."""
    preferences = {each.strip() for each in (call.request.headers.get("prefer") or "").lower().split(",")}
    if "return=representation" not in preferences:
        return Response(204, headers={"ETag": etag})
    body = graph_item(call, collection, view, etag)
    return Response(200, body.body, {**(body.headers or {}), "Preference-Applied": "return=representation"})


def query_of(call: Call, collection: Collection) -> Query:
    """Return the OData options of a request. Raises: InvalidError."""
    return list_query(call, collection)


def _context(call: Call, collection: Collection) -> dict[str, Any]:
    return {"@odata.context": context(base_of(call), collection, query_of(call, collection))}
