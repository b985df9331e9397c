"""Connections: created, changed, deleted, with the facts against which their forms are checked."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

from shared.domain.networks.connection import WANTED_AFTER_EDIT, Connection, Domain, HealthStatus, JoinType, Network
from shared.domain.operations.operation import Operation, ResourceType
from shared.domain.tenants.tenant import Site
from shared.domain.wizards.create_connection import (
    NAME_TAKEN,
    ConnectionFacts,
    ConnectionNameStep,
    ConnectionSiteStep,
    CredentialsStep,
    DomainStep,
    review_connection,
)
from shared.errors import ConflictError, InvalidError, Problem
from shared.services.networks.connection_checks import (
    CHECK_OPERATION,
    begin_check,
    cloud_pcs_of,
    spot_groups_of,
    start_check,
    users_of,
    wanted_for_now,
)
from shared.services.networks.join_passwords import forget_password, password_of_change, renew_password, stored_password
from shared.services.operations.action_context import ActionContext
from shared.services.operations.in_the_way import Users, refuse_while_used
from shared.services.operations.intents import BegunOperation, Promise, Resource, begin_operation, make_change
from shared.services.operations.writes import (
    RecordWrite,
    WriteEffect,
    deletion,
    insertion,
    name_taken_is,
    no_record,
    replacement,
)
from shared.storage.due import DueKind
from shared.storage.repository import Stored
from shared.workflow import DurableClient


async def connection_facts(context: ActionContext, *, any_subscription: bool) -> ConnectionFacts:
    """Return the records that a form is checked against.

    *any_subscription*: the caller may name any subscription, not only the tenant's.
    """
    deps, tenant = context.deps, context.tenant
    return ConnectionFacts(
        sites=tuple([stored.value async for stored in deps.sites.each(tenant.id)]),
        connections=tuple([stored.value async for stored in deps.connections.each(tenant.id)]),
        subscription_id=tenant.subscription_id,
        any_subscription=any_subscription,
    )


async def create_connection(
    context: ActionContext, client: DurableClient, form: Mapping[str, Any], facts: ConnectionFacts
) -> BegunOperation[Stored[Connection]]:
    """Create a connection from the wizard's form and begin its health checks. Raises: InvalidError.

    First the password is stored in Key Vault; it is deleted again where no record names it then.
    """
    deps, tenant, connection_id = context.deps, context.tenant, context.new_id("connection")
    others = facts.but(connections=tuple(c for c in facts.connections if c.id != connection_id))
    site_step, credentials, name = steps_of(form, others)
    site = next(s for s in facts.sites if s.id == site_step.site_id)
    async with _new_domain(context, credentials.domain, connection_id) as domain:
        connection = _new_connection(context, connection_id, site_step, credentials, name).but(domain=domain)
        with name_taken_is(NAME_TAKEN):
            return await begin_operation(
                context,
                CHECK_OPERATION,
                Resource(ResourceType.CONNECTION, connection_id),
                insertion(context, deps.connections, connection, connection_id),
                promise=partial(
                    deps.due.put, DueKind.RECHECK, context.now + DueKind.RECHECK.checked_after, tenant.id, connection_id
                ),
                start=lambda stored: start_check(
                    deps, client, tenant, site, stored.value, context.operation_id, requested=True
                ),
            )


def _new_connection(
    context: ActionContext,
    connection_id: str,
    site: ConnectionSiteStep,
    credentials: CredentialsStep,
    name: ConnectionNameStep,
) -> Connection:
    return Connection(
        id=connection_id,
        tenant_id=context.tenant.id,
        display_name=name.display_name,
        site_id=site.site_id,
        subscription_id=site.subscription_id or context.tenant.subscription_id,
        join_type=credentials.join_type,
        network=network_of(credentials),
        checks_wanted_until=context.now + WANTED_AFTER_EDIT,
        created_date_time=context.now,
    )


def steps_of(
    form: Mapping[str, Any], facts: ConnectionFacts
) -> tuple[ConnectionSiteStep, CredentialsStep, ConnectionNameStep]:
    """Return the steps of a form in which nothing is missing or wrong. Raises: InvalidError."""
    _, reading = review_connection(form, facts)
    site = reading.value("site", ConnectionSiteStep)
    credentials = reading.value("credentials", CredentialsStep)
    name = reading.value("name", ConnectionNameStep)
    if reading.problems or site is None or credentials is None or name is None:
        raise InvalidError(*reading.problems)
    return site, credentials, name


def network_of(credentials: CredentialsStep) -> Network:
    """Return the network that a form names, the hosted one where it names none."""
    return Network(**credentials.network.model_dump()) if credentials.network else Network()


@asynccontextmanager
async def _new_domain(
    context: ActionContext, step: DomainStep | None, connection_id: str
) -> AsyncIterator[Domain | None]:
    """Store the password in Key Vault and give the domain with the secret's address, for the record that is saved."""
    if step is None:
        yield None
        return
    async with stored_password(context, connection_id, step.ad_domain_password) as secret_url:
        yield domain_of(step, secret_url)


def domain_of(step: DomainStep, secret_url: str) -> Domain:
    """Return the domain that a form names; *secret_url*: where its password is stored."""
    return Domain(**step.model_dump(exclude={"ad_domain_password"}), password_secret_url=secret_url)


_NEEDED = "required with another domain, account or network: the stored password does not follow"


@dataclass(frozen=True, slots=True)
class UpdatedConnection:
    """A connection after a change; *operation*: of its health checks, None where they are not needed."""

    stored: Stored[Connection]
    operation: Operation | None = None


async def update_connection(
    context: ActionContext,
    client: DurableClient,
    stored: Stored[Connection],
    form: Mapping[str, Any],
    password: str | None,
    facts: ConnectionFacts,
) -> UpdatedConnection:
    """Change a connection as the wizard's *form* says; a change on which machines depend is checked before it is used.

    *password*: the new one, None: it stays. Raises: InvalidError, ConflictError, StaleError.
    """
    before = stored.value
    after = changed_connection(before, form, password, facts)
    if after == before and password is None:
        return UpdatedConnection(stored)
    recheck = password is not None or after.but(display_name=before.display_name) != before
    if recheck:
        await _refuse_moving(context, before, after)
        after = after.but(health_check_status=HealthStatus.PENDING, health_checks=(), subnets=())
    after = after.but(checks_wanted_until=wanted_for_now(before, context.now, edited=True))
    if password is None or after.domain is None:
        return await _save(context, client, stored, after, recheck=recheck)
    if _sends_elsewhere(before, after):
        async with password_of_change(context, before.id, after.domain, password) as domain:
            return await _save(context, client, stored, after.but(domain=domain), recheck=True)
    # Whoever loses the race for the record must not have changed the password.
    renew = partial(renew_password, context, after.domain, password)
    return await _save(context, client, stored, after, recheck=True, first=renew)


async def _save(
    context: ActionContext,
    client: DurableClient,
    stored: Stored[Connection],
    after: Connection,
    *,
    recheck: bool,
    first: Promise | None = None,
) -> UpdatedConnection:
    """Replace the record; where it has to be checked again, do *first* and then begin that."""
    write = replacement(stored, after, context.deps.connections.replace)
    with name_taken_is(NAME_TAKEN):
        if not recheck:
            return UpdatedConnection(await make_change(context, Resource(ResourceType.CONNECTION, after.id), write))
        begun = await begin_check(context, client, after, await _site_of(context, after), write, first=first)
        return UpdatedConnection(begun.result, begun.operation)


async def delete_connection(context: ActionContext, stored: Stored[Connection]) -> None:
    """Delete a connection that nothing uses, and its password. Raises: ConflictError, StaleError."""
    deps, connection = context.deps, stored.value
    policies, cloud_pcs = await users_of(deps, connection)
    groups = await spot_groups_of(deps, connection)
    users: Users = {"provisioningPolicies": policies, "spotGroups": groups, "cloudPCs": cloud_pcs}
    refuse_while_used("the connection is in use", users)
    _refuse_while_checked(context, connection)

    await make_change(
        context,
        Resource(ResourceType.CONNECTION, connection.id),
        deletion(stored, deps.connections),
        start=lambda _: forget_password(context, connection),
    )


async def run_health_checks(context: ActionContext, client: DurableClient, connection_id: str) -> Operation:
    """Make all health checks of a connection now, with a probe; return the operation."""
    deps, tenant = context.deps, context.tenant
    connection = (await deps.connections.get(tenant.id, connection_id)).value

    def edit(there: Connection) -> Connection:
        return there.but(checks_wanted_until=wanted_for_now(there, context.now, edited=False))

    async def apply() -> WriteEffect[None]:
        await deps.connections.change(tenant.id, connection_id, edit)
        return WriteEffect(None)

    site = await _site_of(context, connection)
    return (await begin_check(context, client, connection, site, RecordWrite(apply, of_record=False))).operation


async def update_password(
    context: ActionContext, client: DurableClient, connection: Connection, password: str
) -> Operation:
    """Take a new password of the join account, and check it with a probe; return the operation of the checks.

    Builds that run use it from their next join on. The versions before it are disabled once a probe has joined with it.
    Raises: InvalidError for a connection without a join account.
    """
    if connection.join_type is not JoinType.HYBRID_AZURE_AD_JOIN or connection.domain is None:
        raise InvalidError(Problem("/adDomainPassword", "a Microsoft Entra join has no join account"))
    await renew_password(context, connection.domain, password)
    site = await _site_of(context, connection)
    return (await begin_check(context, client, connection, site, no_record())).operation


def changed_connection(
    before: Connection, form: Mapping[str, Any], password: str | None, facts: ConnectionFacts
) -> Connection:
    """Return the connection changed by *form*; anyone may keep its present subscription. Raises: InvalidError."""
    site = form["site"]
    stays = isinstance(site, Mapping) and site.get("subscriptionId") == before.subscription_id
    others = facts.but(
        connections=tuple(c for c in facts.connections if c.id != before.id),
        any_subscription=facts.any_subscription or stays,
    )
    site_step, credentials, name = steps_of(form, others)
    domain = before.domain
    if credentials.domain is not None and domain is not None:
        named = domain_of(credentials.domain, domain.password_secret_url)
        domain = named.but(earlier_secret_urls=domain.earlier_secret_urls)
    after = before.but(
        display_name=name.display_name,
        site_id=site_step.site_id,
        subscription_id=site_step.subscription_id or before.subscription_id,
        network=network_of(credentials),
        domain=domain,
    )
    if password is None and _sends_elsewhere(before, after):
        raise InvalidError(Problem("/credentials/domain/adDomainPassword", _NEEDED, "credentials"))
    return after


def _sends_elsewhere(before: Connection, after: Connection) -> bool:
    """Whether the stored password would be sent to another domain, for another account or through another network.

    Who may change a connection may not know its password: it must not go where they want it.
    """
    return before.domain is not None and _receiver(before) != _receiver(after)


def _receiver(connection: Connection) -> tuple[str, ...]:
    domain, network = connection.domain, connection.network.virtual_network_id
    named = (domain.ad_domain_name, domain.ad_domain_username) if domain else ()
    return tuple(each.casefold() for each in (*named, network or "", connection.subscription_id))


async def _refuse_moving(context: ActionContext, before: Connection, after: Connection) -> None:
    """Refuse a change while the checks run, or of where the Cloud PCs are that use it. Raises: ConflictError."""
    _refuse_while_checked(context, before)
    moves = (before.site_id, before.subscription_id) != (after.site_id, after.subscription_id)
    if moves:
        users: Users = {
            "spotGroups": await spot_groups_of(context.deps, before),
            "cloudPCs": await cloud_pcs_of(context.deps, before),
        }
        refuse_while_used("the connection is in use, so that its site and its subscription stay", users)


def _refuse_while_checked(context: ActionContext, connection: Connection) -> None:
    if connection.being_checked(context.now):
        raise ConflictError("its health checks run; try again when they have ended", connectionId=connection.id)


async def _site_of(context: ActionContext, connection: Connection) -> Site:
    return (await context.deps.sites.get(context.tenant.id, connection.site_id)).value
