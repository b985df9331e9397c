"""Connections: the facts against which a form is checked, and creating one."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from shared.clients.key_vault import secret_name
from shared.domain.intent import ResourceType
from shared.domain.networks.connection import WANTED_AFTER_EDIT, Connection, Domain, Network
from shared.domain.wizards.create_connection import (
    NAME_TAKEN,
    ConnectionFacts,
    CredentialsStep,
    DomainStep,
    NameStep,
    SiteStep,
    review_connection,
)
from shared.errors import InvalidError, NameTakenError
from shared.services.action_context import ActionContext
from shared.services.connection_checks import CHECK_OPERATION, start_check
from shared.services.intents import Begun, Resource, begin_operation
from shared.services.join_passwords import forget_password, store_password
from shared.services.writes import insertion
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
) -> Begun[Stored[Connection]]:
    """Create a connection from the wizard's form and begin its health checks. Raises: InvalidError.

    First the password is stored in Key Vault: the same request overwrites it when it is sent again.
    """
    deps, tenant, connection_id = context.deps, context.tenant, context.new_id("connection")
    others = facts.but(connections=tuple(c for c in facts.connections if c.id != connection_id))
    site_step, credentials, name = steps_of(form, others)
    connection = Connection(
        id=connection_id,
        tenant_id=tenant.id,
        display_name=name.display_name,
        site_id=site_step.site_id,
        subscription_id=site_step.subscription_id or tenant.subscription_id,
        join_type=credentials.join_type,
        network=network_of(credentials),
        domain=await _new_domain(context, credentials.domain, connection_id) if credentials.domain else None,
        checks_wanted_until=context.now + WANTED_AFTER_EDIT,
        created_date_time=context.now,
    )
    site = next(s for s in facts.sites if s.id == site_step.site_id)
    try:
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
    except NameTakenError as error:
        await forget_password(context, connection)
        raise InvalidError(NAME_TAKEN) from error


def steps_of(form: Mapping[str, Any], facts: ConnectionFacts) -> tuple[SiteStep, CredentialsStep, NameStep]:
    """Return the steps of a form in which nothing is missing or wrong. Raises: InvalidError."""
    _, reading = review_connection(form, facts)
    site = reading.value("site", SiteStep)
    credentials = reading.value("credentials", CredentialsStep)
    name = reading.value("name", NameStep)
    if reading.problems or site is None or credentials is None or name is None:
        raise InvalidError(*reading.problems)
    return site, credentials, name


def network_of(credentials: CredentialsStep) -> Network:
    """Return the network that a form names, the hosted one where it names none."""
    return Network(**credentials.network.model_dump()) if credentials.network else Network()


async def _new_domain(context: ActionContext, step: DomainStep, connection_id: str) -> Domain:
    """Store the password in Key Vault and return the domain with the secret's address."""
    name = secret_name(context.tenant.id, connection_id)
    return domain_of(step, await store_password(context, name, step.ad_domain_password))


def domain_of(step: DomainStep, secret_url: str) -> Domain:
    """Return the domain that a form names; *secret_url*: where its password is stored."""
    return Domain(
        ad_domain_name=step.ad_domain_name,
        ad_domain_username=step.ad_domain_username,
        organizational_unit=step.organizational_unit,
        password_secret_url=secret_url,
    )
