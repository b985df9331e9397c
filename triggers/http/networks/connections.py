"""Connections: Graph's onPremisesConnections."""

from collections.abc import Callable

import azure.functions as func
from pydantic import Field

from shared.domain.cloud_pcs.cloud_pc import CloudPc
from shared.domain.networks.connection import (
    Connection,
)
from shared.domain.planning.entitlements import address_forecast
from shared.domain.values import Value
from shared.domain.wizards.create_connection import (
    ConnectionFacts,
)
from shared.domain.wizards.fields import JoinPassword
from shared.errors import InvalidError
from shared.services.networks import connections
from shared.services.networks.connection_checks import built_through
from shared.services.wizards.edits import edited_connection
from shared.workflow import Blueprint, DurableClient
from triggers.http import scopes
from triggers.http.bodies.connections import ConnectionBody, ConnectionEdit, connection_form, connection_patch, pointers
from triggers.http.bodies.declared import renamed
from triggers.http.call import Call, Response, ok
from triggers.http.endpoints import endpoint
from triggers.http.graph import BASE, graph_created, graph_item, graph_list, with_operation
from triggers.http.idempotency import once
from triggers.http.json_schema import Json
from triggers.http.openapi_metadata import ONE, Page
from triggers.http.operations.operations import accepted
from triggers.http.permissions import is_provider
from triggers.http.views.connections import CONNECTION, CONNECTIONS, connection_view

bp = Blueprint()
_OPEN = func.AuthLevel.ANONYMOUS  # the token decides, not a function key
_ONE = f"{BASE}/onPremisesConnections/{{id}}"


class NewPassword(Value):
    """The join account's new password."""

    ad_domain_password: JoinPassword = Field(repr=False, json_schema_extra={"writeOnly": True})


@bp.route(route=f"{BASE}/onPremisesConnections", methods=["GET"], auth_level=_OPEN)
@endpoint(
    "Microsoft.CloudPC/onPremisesConnections/read",
    graph=True,
    returns=Page(CONNECTION),
    query=CONNECTIONS,
    reach=scopes.CONNECTIONS,
)
async def list_connections(call: Call) -> Response:
    """List the connections."""
    return await graph_list(call, call.deps.connections, CONNECTIONS, await views(call))


@bp.route(route=_ONE, methods=["GET"], auth_level=_OPEN)
@endpoint(
    "Microsoft.CloudPC/onPremisesConnections/read", graph=True, returns=CONNECTION, query=ONE, reach=scopes.CONNECTION
)
async def get_connection(call: Call) -> Response:
    """Show one connection."""
    stored = await call.deps.connections.get(call.tenant.id, call.param("id"))
    view = (await views(call))(stored.value)
    return graph_item(call, CONNECTIONS, view, stored.etag)


@bp.route(route=f"{BASE}/onPremisesConnections", methods=["POST"], auth_level=_OPEN)
@bp.durable_client_input(client_name="client")
@endpoint(
    "Microsoft.CloudPC/onPremisesConnections/create", graph=True, accepts=ConnectionBody, returns={201: CONNECTION}
)
async def create_connection(call: Call, client: DurableClient) -> Response:
    """Create a connection; its health checks begin."""

    async def create() -> Response:
        facts = await _facts(call)
        body = call.json()
        form = connection_form(body, facts.sites, call.tenant.settings.default_site_id)
        try:
            begun = await connections.create_connection(call.context, client, form, facts)
        except InvalidError as error:
            raise renamed(error, pointers(body)) from error
        view = (await views(call))(begun.result.value)
        return with_operation(graph_created(call, CONNECTIONS, view, begun.result.etag), begun.operation)

    return await once(call, create)


@bp.route(route=_ONE, methods=["PATCH"], auth_level=_OPEN)
@bp.durable_client_input(client_name="client")
@endpoint("Microsoft.CloudPC/onPremisesConnections/update", graph=True, accepts=ConnectionEdit, returns=CONNECTION)
async def update_connection(call: Call, client: DurableClient) -> Response:
    """Change a connection. A change that affects builds is checked before the connection is used again."""
    stored = await call.deps.connections.get(call.tenant.id, call.param("id"))
    call.match(stored.etag)
    facts = await _facts(call)
    view = await views(call)
    body = call.json()
    form, password = connection_patch(body, stored.value, view(stored.value), facts.sites)
    try:
        updated = await connections.update_connection(call.context, client, stored, form, password, facts)
    except InvalidError as error:
        raise renamed(error, pointers(body)) from error
    shown = (await views(call))(updated.stored.value)
    return with_operation(graph_item(call, CONNECTIONS, shown, updated.stored.etag), updated.operation)


@bp.route(route=_ONE, methods=["DELETE"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/onPremisesConnections/delete", graph=True, returns={204: None})
async def delete_connection(call: Call) -> Response:
    """Delete a connection that nothing uses, and its password with it."""
    stored = await call.deps.connections.get(call.tenant.id, call.param("id"))
    call.match(stored.etag)
    await connections.delete_connection(call.context, stored)
    return Response(204)


@bp.route(route=f"{_ONE}/runHealthChecks", methods=["POST"], auth_level=_OPEN)
@bp.durable_client_input(client_name="client")
@endpoint(
    "Microsoft.CloudPC/onPremisesConnections/runHealthChecks", graph=True, returns={204: None}, reach=scopes.CONNECTION
)
async def run_health_checks(call: Call, client: DurableClient) -> Response:
    """Make all health checks of a connection now, with a probe."""

    async def run() -> Response:
        await call.match_record(call.deps.connections)
        operation = await connections.run_health_checks(call.context, client, call.param("id"))
        return with_operation(Response(204), operation)

    return await once(call, run)


@bp.route(route=f"{_ONE}/updateAdDomainPassword", methods=["POST"], auth_level=_OPEN)
@bp.durable_client_input(client_name="client")
@endpoint(
    "Microsoft.CloudPC/onPremisesConnections/updateAdDomainPassword",
    graph=True,
    accepts=NewPassword,
    returns={204: None},
)
async def update_ad_domain_password(call: Call, client: DurableClient) -> Response:
    """Take a new password of the join account; builds that run use it from their next join on.

    The versions before it are disabled once a probe has joined with the new one.
    """

    async def update() -> Response:
        stored = await call.deps.connections.get(call.tenant.id, call.param("id"))
        call.match(stored.etag)
        password = call.read(NewPassword).ad_domain_password
        operation = await connections.update_password(call.context, client, stored.value, password)
        return with_operation(Response(204), operation)

    return await once(call, update)


async def save_connection_form(call: Call, client: DurableClient) -> Response:
    """Save the wizard's form."""
    facts = await _facts(call)
    return accepted((await connections.create_connection(call.context, client, call.json(), facts)).operation)


async def save_connection_edit_form(call: Call, client: DurableClient) -> Response:
    """Save the form of edit-connection."""
    stored, form, password = await edited_connection(call.context, call.json())
    call.match(stored.etag)
    facts = await _facts(call)
    updated = await connections.update_connection(call.context, client, stored, form, password, facts)
    view = (await views(call))(updated.stored.value)
    return with_operation(ok(view, etag=updated.stored.etag), updated.operation)


async def _facts(call: Call) -> ConnectionFacts:
    return await connections.connection_facts(call.context, any_subscription=may_name_any_subscription(call))


def may_name_any_subscription(call: Call) -> bool:
    """Whether the caller may name a subscription that is not the tenant's."""
    return is_provider(call.caller, call.deps.settings.provider_tenant_id)


async def views(call: Call) -> Callable[[Connection], Json]:
    """Return a function that shows a connection: with its site, its users, and the addresses that are still needed.

    The Cloud PCs are only read when they are selected. Whether the checks pause shows without: the sweep renews the
    time of a connection that they use.
    """
    deps, tenant_id = call.deps, call.tenant.id
    sites = {stored.value.id: stored.value async for stored in deps.sites.each(tenant_id)}
    used = {i async for stored in deps.policies.each(tenant_id) for i in stored.value.connection_ids}
    selected = call.query("$select") or ""
    cloud_pcs: list[CloudPc] = []
    if "inUseByCloudPc" in selected or "@deskwright.addresses" in selected:
        cloud_pcs = [stored.value async for stored in deps.cloud_pcs.each(tenant_id)]

    def view(connection: Connection) -> Json:
        in_use, by_pc = connection.id in used, any(built_through(pc, connection.id) for pc in cloud_pcs)
        return connection_view(
            connection,
            sites.get(connection.site_id),
            in_use=in_use,
            in_use_by_cloud_pc=by_pc,
            paused=connection.checks_paused(call.now, in_use=in_use or by_pc),
            addresses=address_forecast(connection, cloud_pcs),
        )

    return view
