"""Endpoints of notices, their deliveries, and types of events."""

from __future__ import annotations

import azure.functions as func

from shared.domain.notices.delivery import Delivery, DeliveryStatus
from shared.domain.notices.endpoint import NoticeEndpoint, NoticeEndpointEdit, NoticeEndpointForm, ReplayForm
from shared.errors import InvalidError, Problem
from shared.services.notices import endpoints
from shared.storage.repository import Stored
from shared.workflow import Blueprint
from triggers.http.call import Call, Response, created, ok
from triggers.http.endpoints import endpoint
from triggers.http.idempotency import once
from triggers.http.lists import listed, top_of, whole_list
from triggers.http.openapi_metadata import Page
from triggers.http.views.notices import (
    ENDPOINTS,
    EVENT_TYPES,
    NewNoticeEndpointView,
    NoticeEndpointView,
    OfferedEventView,
    ReplayedView,
    endpoint_view,
    event_type_views,
)

bp = Blueprint()
_OPEN = func.AuthLevel.ANONYMOUS  # the token decides, not a function key
_ALL = "tenants/{tenant}/noticeEndpoints"
_ONE = f"{_ALL}/{{id}}"


@bp.route(route="tenants/{tenant}/eventTypes", methods=["GET"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/noticeEndpoints/read", returns=Page(OfferedEventView), query=EVENT_TYPES)
async def list_event_types(call: Call) -> Response:
    """List the types of events that endpoints are told of."""
    return await whole_list(call, EVENT_TYPES, event_type_views())


@bp.route(route=_ALL, methods=["GET"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/noticeEndpoints/read", returns=Page(NoticeEndpointView), query=ENDPOINTS)
async def list_notice_endpoints(call: Call) -> Response:
    """List the endpoints of notices with their status and last failure."""
    deps, tenant_id = call.deps, call.tenant.id
    states = {each.value.id: each.value async for each in deps.endpoint_states.each(tenant_id)}
    found = [each.value async for each in deps.notice_endpoints.each(tenant_id)]
    return await whole_list(call, ENDPOINTS, [endpoint_view(each, states.get(each.id)) for each in found])


@bp.route(route=_ALL, methods=["POST"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/noticeEndpoints/create", accepts=NoticeEndpointForm, returns={201: NewNoticeEndpointView})
async def create_notice_endpoint(call: Call) -> Response:
    """Create an endpoint of notices; the answer has its secret, once."""
    secrets: list[str] = []

    async def create() -> Response:
        made = await endpoints.create_endpoint(call.context, call.read(NoticeEndpointForm))
        if made.secret is not None:
            secrets.append(made.secret)
        location = f"/api/tenants/{call.tenant.id}/noticeEndpoints/{made.stored.value.id}"
        return created(endpoint_view(made.stored.value, None), location, etag=made.stored.etag)

    answer = await once(call, create)  # which keeps the answer: the secret is added behind it
    return Response(answer.status, {**answer.body, "secret": secrets[0]}, answer.headers) if secrets else answer


@bp.route(route=_ONE, methods=["GET"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/noticeEndpoints/read", returns=NoticeEndpointView)
async def get_notice_endpoint(call: Call) -> Response:
    """Show an endpoint of notices with its status and last failure."""
    stored = await call.deps.notice_endpoints.get(call.tenant.id, call.param("id"))
    return await _endpoint_response(call, stored)


@bp.route(route=_ONE, methods=["PATCH"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/noticeEndpoints/update", accepts=NoticeEndpointEdit, returns=NoticeEndpointView)
async def update_notice_endpoint(call: Call) -> Response:
    """Change an endpoint of notices; enabling it has the notices sent that waited."""
    stored = await _read(call)
    return await _endpoint_response(
        call, await endpoints.update_endpoint(call.context, stored, call.read(NoticeEndpointEdit))
    )


@bp.route(route=_ONE, methods=["DELETE"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/noticeEndpoints/delete", returns={204: None})
async def delete_notice_endpoint(call: Call) -> Response:
    """Delete an endpoint of notices with its secrets and its deliveries."""
    await endpoints.delete_endpoint(call.context, await _read(call))
    return Response(204)


@bp.route(route=f"{_ONE}/rotateKey", methods=["POST"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/noticeEndpoints/rotateKey", returns=NewNoticeEndpointView)
async def rotate_notice_key(call: Call) -> Response:
    """Give an endpoint another secret, which the answer has, once; the one before signs too for a day."""
    secrets: list[str] = []

    async def rotate() -> Response:
        made = await endpoints.rotate_key(call.context, await _read(call))
        secrets.append(made.secret or "")
        return await _endpoint_response(call, made.stored)

    answer = await once(call, rotate)
    return Response(answer.status, {**answer.body, "secret": secrets[0]}, answer.headers) if secrets else answer


@bp.route(route=f"{_ONE}/test", methods=["POST"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/noticeEndpoints/test", returns=Delivery)
async def test_notice_endpoint(call: Call) -> Response:
    """Send a notice to an endpoint now, once, and answer with how that ended."""

    async def test() -> Response:
        return ok((await endpoints.test_endpoint(call.context, (await _read(call)).value)).to_json())

    return await once(call, test)


@bp.route(route=f"{_ONE}/replay", methods=["POST"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/noticeEndpoints/replay", accepts=ReplayForm, returns={202: ReplayedView})
async def replay_notices(call: Call) -> Response:
    """Send events of the last seven days again, with the ids that they had."""

    async def replay() -> Response:
        stored = await _read(call)
        count = await endpoints.replay(call.context, stored.value, call.read(ReplayForm))
        return Response(202, {"count": count})

    return await once(call, replay)


@bp.route(route=f"{_ONE}/deliveries", methods=["GET"], auth_level=_OPEN)
@endpoint(
    "Microsoft.CloudPC/noticeEndpoints/readDeliveries",
    returns=Page(Delivery),
    query=("$top", "$skiptoken", "status"),
)
async def list_deliveries(call: Call) -> Response:
    """List the deliveries of an endpoint of the last seven days, oldest first."""
    stored = await call.deps.notice_endpoints.get(call.tenant.id, call.param("id"))
    status = call.query("status")
    if status is not None and status not in set(DeliveryStatus):
        raise InvalidError(Problem("status", f"write one of {', '.join(DeliveryStatus)}"))
    page, token = await call.deps.deliveries.page(
        call.tenant.id, stored.value.id, top_of(call), call.query("$skiptoken"), status
    )
    return ok(listed(call, [each.to_json() for each in page], token))


async def _read(call: Call) -> Stored[NoticeEndpoint]:
    stored = await call.deps.notice_endpoints.get(call.tenant.id, call.param("id"))
    call.match(stored.etag)
    return stored


async def _endpoint_response(call: Call, stored: Stored[NoticeEndpoint]) -> Response:
    state = await call.deps.endpoint_states.find(call.tenant.id, stored.value.id)
    return ok(endpoint_view(stored.value, state.value if state else None), etag=stored.etag)
