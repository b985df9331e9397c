"""The passwords of join accounts in Key Vault: which of them counts, a connection's record says.

Another password of the same account is a new version of its secret. Another account, domain or network has a secret of
its own, which counts with the record that names it: the stored password never goes to where somebody else's change
leads (docs/decisions/0062).
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from shared.clients.key_vault import join_secret_name, name_in
from shared.clients.pacing import retry_while_throttled
from shared.dependencies import Dependencies
from shared.domain.networks.connection import Connection, Domain
from shared.services.operations.action_context import ActionContext
from shared.services.operations.kept_secrets import delete_secrets, deleted_unless_named


async def _store(context: ActionContext, name: str, password: str) -> str:
    """Make *password* the newest version of the secret *name*; return its address, which stays the same."""
    vault, tags = context.deps.vault(), {"tenant": context.tenant.id}
    return await retry_while_throttled(lambda: vault.store(name, password, tags=tags))


async def renew_password(context: ActionContext, domain: Domain, password: str) -> None:
    """Store *password* as the password of the connection's join account."""
    await _store(context, name_in(domain.password_secret_url), password)


@asynccontextmanager
async def stored_password(context: ActionContext, connection_id: str, password: str) -> AsyncIterator[str]:
    """Store the password of a join account in a secret of its own; give its address, for the record that is saved.

    It counts once that record names it, and is deleted where the record does not name it afterwards.
    """
    deps, name = context.deps, join_secret_name(context.tenant.id, connection_id, context.deps.new_id())
    secret = await _store(context, name, password)

    async def named() -> frozenset[str]:
        there = await deps.connections.find(context.tenant.id, connection_id)
        return frozenset(_secrets_of(there.value)) if there else frozenset()

    async with deleted_unless_named(deps, (secret,), named):
        yield secret


@asynccontextmanager
async def password_of_change(
    context: ActionContext, connection_id: str, domain: Domain, password: str
) -> AsyncIterator[Domain]:
    """Store the password of another join account; give *domain* with its address, for the record that is replaced."""
    earlier = (*domain.earlier_secret_urls, domain.password_secret_url)
    async with stored_password(context, connection_id, password) as secret:
        yield domain.but(password_secret_url=secret, earlier_secret_urls=earlier)


async def forget_password(context: ActionContext, connection: Connection) -> None:
    """Delete the passwords of a connection that is gone."""
    await delete_secrets(context.deps, _secrets_of(connection))


def _secrets_of(connection: Connection) -> tuple[str, ...]:
    domain = connection.domain
    return (domain.password_secret_url, *domain.earlier_secret_urls) if domain else ()


async def forget_earlier_passwords(deps: Dependencies, connection: Connection) -> Connection:
    """Delete the passwords of the accounts that a connection had before; return it without them."""
    if connection.domain is None or not connection.domain.earlier_secret_urls:
        return connection
    gone = connection.domain.earlier_secret_urls
    await delete_secrets(deps, gone)

    def edit(there: Connection) -> Connection | None:
        if there.domain is None:
            return None
        kept = tuple(each for each in there.domain.earlier_secret_urls if each not in gone)
        return there.but(domain=there.domain.but(earlier_secret_urls=kept))

    return await deps.connections.change(connection.tenant_id, connection.id, edit)
