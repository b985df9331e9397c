"""Connections: Graph's onPremisesConnections, and the one way in which a connection comes to be."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import azure.functions as func

from shared.clients.key_vault import secret_name
from shared.clients.throttling import retry_while_throttled
from shared.domain.cloud_pc import CloudPc
from shared.domain.connection import WANTED_AFTER_EDIT, Connection, Domain, Network
from shared.domain.demand import address_forecast
from shared.domain.describing import listing
from shared.domain.graph.bodies import renamed
from shared.domain.graph.connections import CONNECTIONS, POINTERS, connection_form, connection_view
from shared.domain.graph.shapes import CONNECTION, CONNECTION_BODY
from shared.domain.operation import Operation
from shared.domain.wizards.create_connection import (
    ConnectionFacts,
    CredentialsStep,
    DomainStep,
    NameStep,
    SiteStep,
    review_connection,
)
from shared.errors import InvalidError
from shared.services.reconciling import LOOK_AGAIN
from shared.storage.due import DueKind
from shared.workflow import Blueprint, DurableClient
from triggers.http.connection_checks import CHECK_OPERATION, built_through, start_check
from triggers.http.described import ONE
from triggers.http.endpoints import Answer, Call, endpoint
from triggers.http.graph import BASE, graph_created, graph_item, graph_list, telling
from triggers.http.idempotency import once
from triggers.http.operations import accepted, address
from triggers.http.permissions import is_provider

bp = Blueprint()
_OPEN = func.AuthLevel.ANONYMOUS  # the token decides, not a function key


@bp.route(route=f"{BASE}/onPremisesConnections", methods=["GET"], auth_level=_OPEN)
@endpoint(
    "Microsoft.CloudPC/onPremisesConnections/read",
    graph=True,
    returns=listing(CONNECTION, "onPremisesConnection"),
    query=CONNECTIONS,
)
async def list_connections(call: Call) -> Answer:
    """List the connections."""
    shown = await views(call)
    return await graph_list(call, call.deps.connections, CONNECTIONS, shown)


@bp.route(route=f"{BASE}/onPremisesConnections/{{id}}", methods=["GET"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/onPremisesConnections/read", graph=True, returns=CONNECTION, query=ONE)
async def get_connection(call: Call) -> Answer:
    """Show one connection."""
    stored = await call.deps.connections.get(call.tenant.id, call.param("id"))
    shown = await views(call)
    return graph_item(call, CONNECTIONS, shown(stored.value), stored.etag)


@bp.route(route=f"{BASE}/onPremisesConnections", methods=["POST"], auth_level=_OPEN)
@bp.durable_client_input(client_name="client")
@endpoint(
    "Microsoft.CloudPC/onPremisesConnections/create", graph=True, accepts=CONNECTION_BODY, returns={201: CONNECTION}
)
async def create_connection(call: Call, client: DurableClient) -> Answer:
    """Create a connection; its health checks begin."""

    async def create() -> Answer:
        facts = await connection_facts(call)
        form = connection_form(call.json(), facts.sites)
        try:
            connection, operation, etag = await save_connection(call, client, form, facts)
        except InvalidError as error:
            raise renamed(error, POINTERS) from error
        shown = await views(call)
        return telling(graph_created(call, CONNECTIONS, shown(connection), etag), address(operation))

    return await once(call, create)


async def save_connection_form(call: Call, client: DurableClient) -> Answer:
    """Save the wizard's form."""
    _, operation, _ = await save_connection(call, client, call.json(), await connection_facts(call))
    return accepted(operation)


async def connection_facts(call: Call) -> ConnectionFacts:
    """Return what the wizard has to know."""
    return ConnectionFacts(
        sites=tuple([stored.value async for stored in call.deps.sites.each(call.tenant.id)]),
        connections=tuple([stored.value async for stored in call.deps.connections.each(call.tenant.id)]),
        subscription_id=call.tenant.subscription_id,
        any_subscription=is_provider(call.caller, call.deps.settings.provider_tenant_id),
    )


def steps_of(form: Mapping[str, Any], facts: ConnectionFacts) -> tuple[SiteStep, CredentialsStep, NameStep]:
    """Return the steps of a form in which nothing is missing or wrong. Raises: InvalidError."""
    _, reading = review_connection(form, facts)
    site, said, name = (
        reading.value("site", SiteStep),
        reading.value("credentials", CredentialsStep),
        reading.value("name", NameStep),
    )
    if reading.problems or site is None or said is None or name is None:
        raise InvalidError(*reading.problems)
    return site, said, name


async def save_connection(
    call: Call, client: DurableClient, form: Mapping[str, Any], facts: ConnectionFacts
) -> tuple[Connection, Operation, str]:
    """Save a connection and begin its health checks; return it, the operation and the ETag.

    First the password goes to Key Vault, then the due row and the record are written, then the checks start: a
    crash in between leaves a connection that the sweep checks, or a secret that the next try overwrites.
    """
    connection_id = call.new_id("connection")
    others = facts.but(connections=tuple(c for c in facts.connections if c.id != connection_id))
    site, said, name = steps_of(form, others)
    tenant = call.tenant
    connection = Connection(
        id=connection_id,
        tenant_id=tenant.id,
        display_name=name.display_name,
        site_id=site.site_id,
        subscription_id=site.subscription_id or tenant.subscription_id,
        join_type=said.join_type,
        network=Network(**said.network.model_dump()) if said.network else Network(),
        domain=await _domain(call, said.domain, connection_id) if said.domain else None,
        checks_wanted_until=call.now + WANTED_AFTER_EDIT,
        created_date_time=call.now,
    )
    operation = await call.open_operation(CHECK_OPERATION, connection.id)
    await call.deps.due.put(DueKind.RECHECK, call.now + LOOK_AGAIN, tenant.id, connection.id)
    stored = await call.insert(call.deps.connections, connection, connection.id)
    await call.audit("onPremisesConnection", connection.id, after=stored.value)
    where = next(s for s in facts.sites if s.id == site.site_id)
    await start_check(call.deps, client, tenant, where, stored.value, operation.id, asked=True)
    return stored.value, operation, stored.etag


async def _domain(call: Call, said: DomainStep, connection_id: str) -> Domain:
    """Put the password into Key Vault and return the domain with the secret's address."""
    return domain_of(said, await store_password(call, connection_id, said.ad_domain_password))


def domain_of(said: DomainStep, address: str) -> Domain:
    """Return what a form says of the domain, with the address of the password."""
    return Domain(
        ad_domain_name=said.ad_domain_name,
        ad_domain_username=said.ad_domain_username,
        organizational_unit=said.organizational_unit,
        password_secret_url=address,
    )


async def store_password(call: Call, connection_id: str, password: str) -> str:
    """Make *password* the newest version of the connection's secret; return its address, which stays the same."""
    vault, name, tags = call.deps.vault(), secret_name(call.tenant.id, connection_id), {"tenant": call.tenant.id}
    return await retry_while_throttled(lambda: vault.store(name, password, tags=tags))


async def views(call: Call) -> Callable[[Connection], dict[str, Any]]:
    """Return how to show a connection: with its site, who uses it, and the addresses that are still wanted.

    The Cloud PCs are only read when they are asked for. Whether the checks pause shows without: the sweep renews the
    time of a connection that they use.
    """
    deps, tenant_id = call.deps, call.tenant.id
    sites = {stored.value.id: stored.value async for stored in deps.sites.each(tenant_id)}
    used = {i async for stored in deps.policies.each(tenant_id) for i in stored.value.connection_ids}
    asked = call.query("$select") or ""
    cloud_pcs: list[CloudPc] = []
    if "inUseByCloudPc" in asked or "@deskwright.addresses" in asked:
        cloud_pcs = [stored.value async for stored in deps.cloud_pcs.each(tenant_id)]

    def view(connection: Connection) -> dict[str, Any]:
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
