"""The actions on Cloud PCs: a route for each row of ``ACTIONS``, and routes for users on their own Cloud PC.

A user has two: below ``/api/me``, for all tenants, and in Graph's shape below the ``/me`` of one tenant.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import azure.functions as func

from shared.contracts.calls import on_behalf_of
from shared.domain.cloud_pcs.action_forms import Nothing
from shared.domain.cloud_pcs.actions import ACTIONS, RESOURCE, Action, OwnAction
from shared.domain.cloud_pcs.cloud_pc import CloudPc
from shared.domain.operations.operation import Operation
from shared.domain.values import Value
from shared.services.actions.catalogue import PERFORMERS
from shared.services.actions.own import allow, perform_own
from shared.services.actions.performing import Result
from shared.workflow import Blueprint, DurableClient
from triggers.http import scopes
from triggers.http.bodies.cloud_pcs import GraphBody
from triggers.http.call import Call, Response, ok
from triggers.http.cloud_pcs import graph_me
from triggers.http.cloud_pcs import own as own_cloud_pcs
from triggers.http.endpoints import Handler, endpoint
from triggers.http.graph import BASE
from triggers.http.idempotency import once
from triggers.http.openapi_metadata import Node
from triggers.http.operations.operations import accepted
from triggers.http.views.actions import GraceChangeView, PendingRemovalView, grace_change_view, pending_removal_view
from triggers.http.views.operations import OPERATION, operation_address, operation_view

bp = Blueprint()
_OPEN = func.AuthLevel.ANONYMOUS  # the token decides, not a function key
_OURS = "tenants/{tenant}/cloudPCs/{id}"
_BODY_REQUIRED = frozenset({"rerunStep"})
"""Forms that may be empty but not left out: empty means every step."""

_VIEWS: Mapping[str, tuple[Node, Callable[[CloudPc, Call], Any]]] = MappingProxyType(
    {
        "extendGrace": (GraceChangeView, lambda pc, call: grace_change_view(pc, call.now)),
        "holdGrace": (GraceChangeView, lambda pc, call: grace_change_view(pc, call.now)),
        "confirmRemoval": (PendingRemovalView, lambda pc, _: pending_removal_view(pc)),
    }
)
"""Views of the Cloud PC in the answers of actions that are done at once."""


def _may_be_empty(form: type[Value]) -> bool:
    return not any(field.is_required() for field in form.model_fields.values())


def _register(
    place: str,
    name: str,
    about: str,
    verb: str,
    handler: Handler,
    **described: Any,  # noqa: ANN401 - as of endpoint
) -> None:
    """Register *handler* as the function *name*."""
    handler.__name__, handler.__doc__ = name, about
    entry = bp.durable_client_input(client_name="client")(endpoint(verb, **described)(handler))
    bp.route(route=place, methods=["POST"], auth_level=_OPEN)(entry)


def _read(call: Call, form: type[Value], *, taken: bool, optional: bool) -> Value:
    """Return the form that the body is, an empty one where no body is *taken*. Raises: InvalidError."""
    return call.read(form, call.json_if_any() if optional else None) if taken else form()


def _accepted(form: type[Value], *, graph: bool) -> Node:
    return GraphBody(form) if graph else form


def _add(action: Action) -> None:
    """Add the route of an action."""
    performer = PERFORMERS[action.name]
    form, taken = performer.form, performer.form is not Nothing
    optional = taken and _may_be_empty(form) and action.name not in _BODY_REQUIRED

    async def handle(call: Call, client: DurableClient) -> Response:
        given = _read(call, form, taken=taken, optional=optional)
        await scopes.refuse_other_scopes(call, action.permission, given)

        async def perform() -> Response:
            await call.match_record(call.deps.cloud_pcs)
            result = await performer.perform(call.context, client, call.param("id"), given)
            return _answer(call, action, result)

        return await once(call, perform)

    view = _VIEWS.get(action.name)
    _register(
        f"{BASE}/cloudPCs/{{id}}/{action.address}" if action.graph else f"{_OURS}/{action.address}",
        action.operation,
        action.about,
        action.permission,
        handle,
        graph=action.graph,
        accepts=_accepted(form, graph=action.graph) if taken else None,
        optional=optional,
        action={
            "resource": RESOURCE,
            "name": action.name,
            "destroys": action.destroys,
            "bulk": action.bulk,
            "own": action.own is not None,
        },
        returns={204: None} if action.graph else view[0] if view else {202: OPERATION},
        reach=scopes.CLOUD_PC,
    )


def _answer(call: Call, action: Action, result: Result) -> Response:
    if isinstance(result, CloudPc):
        return ok(_VIEWS[action.name][1](result, call))
    return (
        Response(204, headers={"Operation-Location": operation_address(result)}) if action.graph else accepted(result)
    )


def _add_own(action: Action, about: str, *, graph: bool) -> None:
    """Add a route of a user's own. Graph's compares If-Match; ours takes a form only where a field is required."""
    performer, own = PERFORMERS[action.name], OwnAction(action.name)
    form = performer.own_form or performer.form
    taken = form is not Nothing and (graph or not _may_be_empty(form))
    optional = taken and _may_be_empty(form)

    async def handle(call: Call, client: DurableClient) -> Response:
        given = _read(call, form, taken=taken, optional=optional)
        pc = await (graph_me.addressed_own(call) if graph else own_cloud_pcs.addressed_own(call))

        async def perform() -> Response:
            if graph:
                await call.match_record(call.deps.cloud_pcs)
            return _own_answer(pc, await perform_own(call.context, client, pc, own, given), graph=graph)

        with on_behalf_of(pc.tenant_id):
            await allow(call.deps, call.tenant, call.caller.actor.id, own)
            return await once(call, perform)

    _register(
        f"{graph_me.PLACE if graph else own_cloud_pcs.PLACE}/{action.address}",
        action.own_operation("my" if graph else "own"),
        about,
        action.own_permission,
        handle,
        graph=graph,
        accepts=_accepted(form, graph=graph) if taken else None,
        optional=optional,
        action={"resource": "me", "name": action.name, "destroys": action.destroys},
        returns={204: None} if graph else {202: OPERATION},
    )


def _own_answer(pc: CloudPc, operation: Operation, *, graph: bool) -> Response:
    """Answer with the address at which the caller reads how far an operation on their Cloud PC is."""
    place = f"/api/me/cloudPCs/{pc.id}/operations/{operation.id}"
    if graph:
        return Response(204, headers={"Operation-Location": place})
    return Response(202, operation_view(operation), {"Location": place, "Retry-After": "5"})


for _row in ACTIONS.values():
    _add(_row)
    if _row.own is not None:
        for _graph in (True, False):
            _add_own(_row, _row.own.about, graph=_graph)
