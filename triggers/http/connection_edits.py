"""Changing a connection: its properties, its password, its health looked at anew, its end."""

from __future__ import annotations

import azure.functions as func
from pydantic import Field

from shared.clients.throttling import retry_while_throttled
from shared.domain.connection import Connection, HealthStatus, JoinType, Network
from shared.domain.graph.bodies import renamed
from shared.domain.graph.connections import CONNECTIONS, POINTERS, connection_patch
from shared.domain.graph.shapes import CONNECTION, CONNECTION_EDIT
from shared.domain.values import Value
from shared.errors import ConflictError, InvalidError, Problem
from shared.services.reconciling import LOOK_AGAIN
from shared.storage.due import DueKind
from shared.storage.repository import Stored
from shared.workflow import Blueprint, DurableClient
from triggers.http.connection_checks import ask_for_check, cloud_pcs_of, users_of, wanted_for_now
from triggers.http.connections import connection_facts, domain_of, steps_of, store_password, views
from triggers.http.endpoints import Answer, Call, endpoint
from triggers.http.graph import BASE, graph_item, telling
from triggers.http.idempotency import once
from triggers.http.operations import address

bp = Blueprint()
_OPEN = func.AuthLevel.ANONYMOUS  # the token decides, not a function key
_ONE = f"{BASE}/onPremisesConnections/{{id}}"
_RESOURCE = "onPremisesConnection"


class NewPassword(Value):
    """The join account's new password."""

    ad_domain_password: str = Field(min_length=1, max_length=256, repr=False, json_schema_extra={"writeOnly": True})


@bp.route(route=_ONE, methods=["PATCH"], auth_level=_OPEN)
@bp.durable_client_input(client_name="client")
@endpoint("Microsoft.CloudPC/onPremisesConnections/update", graph=True, accepts=CONNECTION_EDIT, returns=CONNECTION)
async def update_connection(call: Call, client: DurableClient) -> Answer:
    """Change a connection. What decides whether machines can be built is checked again before it is used again."""
    stored = await call.deps.connections.get(call.tenant.id, call.param("id"))
    call.match(stored.etag)
    before = stored.value
    after, password = await _changed(call, before)
    if after == before and password is None:
        return await _shown(call, stored)
    rechecked = password is not None or after.but(display_name=before.display_name) != before
    if rechecked:
        await _refuse_moving(call, before, after)
        after = after.but(health_check_status=HealthStatus.PENDING, health_checks=(), subnets=())
    after = after.but(checks_wanted_until=wanted_for_now(before, call.now, edited=True))
    if password is not None:
        await store_password(call, before.id, password)
    if rechecked:  # before the record: what is pending and never checked would stay so
        await call.deps.due.put(DueKind.RECHECK, call.now + LOOK_AGAIN, call.tenant.id, before.id)
    replaced = await call.deps.connections.replace(after, seen=stored.etag)
    await call.audit(_RESOURCE, before.id, before=before, after=after)
    operation = await _check(call, client, after) if rechecked else None
    return await _shown(call, replaced, operation)


@bp.route(route=_ONE, methods=["DELETE"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/onPremisesConnections/delete", graph=True, returns={204: None})
async def delete_connection(call: Call) -> Answer:
    """Delete a connection that nothing uses, and its password with it."""
    stored = await call.deps.connections.get(call.tenant.id, call.param("id"))
    call.match(stored.etag)
    connection = stored.value
    policies, cloud_pcs = await users_of(call.deps, connection)
    if policies or cloud_pcs:
        in_the_way = {"provisioningPolicies": policies, "cloudPCs": cloud_pcs}
        raise ConflictError(
            f"the connection is in use by {len(policies)} provisioning policies and {cloud_pcs} Cloud PCs: "
            f"{', '.join(policies) or 'no policy'}",
            inTheWay=in_the_way,
        )
    _refuse_while_checked(call, connection)
    await call.deps.connections.remove(call.tenant.id, connection.id, seen=stored.etag)
    await call.audit(_RESOURCE, connection.id, before=connection)
    if connection.domain is not None:
        vault, secret = call.deps.vault(), connection.domain.password_secret_url
        await retry_while_throttled(lambda: vault.delete(secret))
    return Answer(204)


@bp.route(route=f"{_ONE}/runHealthChecks", methods=["POST"], auth_level=_OPEN)
@bp.durable_client_input(client_name="client")
@endpoint("Microsoft.CloudPC/onPremisesConnections/runHealthChecks", graph=True, returns={204: None})
async def run_health_checks(call: Call, client: DurableClient) -> Answer:
    """Make all health checks of a connection now, with a probe."""

    async def run() -> Answer:
        connection = (await call.deps.connections.get(call.tenant.id, call.param("id"))).value
        await call.deps.connections.change(
            call.tenant.id,
            connection.id,
            lambda there: there.but(checks_wanted_until=wanted_for_now(there, call.now, edited=False)),
        )
        await call.audit(_RESOURCE, connection.id)
        return Answer(204, headers={"Operation-Location": await _check(call, client, connection)})

    return await once(call, run)


@bp.route(route=f"{_ONE}/updateAdDomainPassword", methods=["POST"], auth_level=_OPEN)
@bp.durable_client_input(client_name="client")
@endpoint(
    "Microsoft.CloudPC/onPremisesConnections/updateAdDomainPassword",
    graph=True,
    accepts=NewPassword,
    returns={204: None},
)
async def update_ad_domain_password(call: Call, client: DurableClient) -> Answer:
    """Take a new password of the join account; builds that run use it from their next join on.

    The versions before it are disabled once a probe has joined with the new one.
    """

    async def update() -> Answer:
        connection = (await call.deps.connections.get(call.tenant.id, call.param("id"))).value
        password = call.read(NewPassword).ad_domain_password
        if connection.join_type is not JoinType.HYBRID_AZURE_AD_JOIN:
            raise InvalidError(Problem("/adDomainPassword", "a Microsoft Entra join has no join account"))
        await store_password(call, connection.id, password)
        await call.audit(_RESOURCE, connection.id)
        return Answer(204, headers={"Operation-Location": await _check(call, client, connection)})

    return await once(call, update)


async def _changed(call: Call, before: Connection) -> tuple[Connection, str | None]:
    """Return the connection as the body wants it, and the new password if there is one. Raises: InvalidError."""
    facts = await connection_facts(call)
    view = (await views(call))(before)
    form, password = connection_patch(call.json(), before, view, facts.sites)
    stays = form["site"]["subscriptionId"] == before.subscription_id
    others = facts.but(
        connections=tuple(c for c in facts.connections if c.id != before.id),
        any_subscription=facts.any_subscription or stays,
    )
    try:
        site, said, name = steps_of(form, others)
    except InvalidError as wrong:
        raise renamed(wrong, POINTERS) from wrong
    domain = before.domain
    if said.domain is not None and domain is not None:
        domain = domain_of(said.domain, domain.password_secret_url)
    changed = before.but(
        display_name=name.display_name,
        site_id=site.site_id,
        subscription_id=site.subscription_id or before.subscription_id,
        network=Network(**said.network.model_dump()) if said.network else Network(),
        domain=domain,
    )
    return changed, password


async def _refuse_moving(call: Call, before: Connection, after: Connection) -> None:
    """Refuse a change while the checks run, or of where the Cloud PCs are that use it. Raises: ConflictError."""
    _refuse_while_checked(call, before)
    moves = (before.site_id, before.subscription_id) != (after.site_id, after.subscription_id)
    if moves and (cloud_pcs := await cloud_pcs_of(call.deps, before)):
        raise ConflictError(
            f"{cloud_pcs} Cloud PCs use the connection: its site and its subscription stay",
            inTheWay={"cloudPCs": cloud_pcs},
        )


def _refuse_while_checked(call: Call, connection: Connection) -> None:
    if connection.being_checked(call.now):
        raise ConflictError("its health checks run; try again when they have ended", connectionId=connection.id)


async def _check(call: Call, client: DurableClient, connection: Connection) -> str:
    """Begin the health checks; return the address of their operation."""
    site = (await call.deps.sites.get(call.tenant.id, connection.site_id)).value
    return address(await ask_for_check(call, client, connection, site))


async def _shown(call: Call, stored: Stored[Connection], operation: str | None = None) -> Answer:
    view = (await views(call))(stored.value)
    return telling(graph_item(call, CONNECTIONS, view, stored.etag), operation)
