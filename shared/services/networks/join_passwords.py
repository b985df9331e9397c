"""The passwords of join accounts in Key Vault: which of them counts, a connection's record says.

Another password of the same account is a new version of its secret. Another account, domain or network has a secret of
its own, which counts with the record that names it: the stored password never goes to where somebody else's change
leads (docs/decisions/0062).
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from functools import partial

from shared.clients.key_vault import changed_secret_name, name_in
from shared.clients.pacing import retry_while_throttled
from shared.contracts.outcomes import MissingError
from shared.dependencies import Dependencies
from shared.domain.networks.connection import Connection, Domain
from shared.errors import DeskwrightError
from shared.services.operations.action_context import ActionContext


async def store_password(context: ActionContext, name: str, password: str) -> str:
    """Make *password* the newest version of the secret *name*; return its address, which stays the same."""
    tenant_id = context.tenant.id
    vault, tags = context.deps.vault(), {"tenant": tenant_id}
    return await retry_while_throttled(lambda: vault.store(name, password, tags=tags))


async def renew_password(context: ActionContext, domain: Domain, password: str) -> None:
    """Store *password* as the password of the connection's join account."""
    await store_password(context, name_in(domain.password_secret_url), password)


@asynccontextmanager
async def password_of_change(
    context: ActionContext, connection_id: str, domain: Domain, password: str
) -> AsyncIterator[Domain]:
    """Store the password of another join account; give *domain* with its address, for the record that is replaced.

    It counts once that record names it. Where the record cannot be replaced, it is deleted.
    """
    name = changed_secret_name(context.tenant.id, connection_id, context.deps.new_id())
    secret = await store_password(context, name, password)
    earlier = (*domain.earlier_secret_urls, domain.password_secret_url)
    try:
        yield domain.but(password_secret_url=secret, earlier_secret_urls=earlier)
    except DeskwrightError:
        await _delete(context.deps, (secret,))
        raise


async def forget_password(context: ActionContext, connection: Connection) -> None:
    """Delete the passwords of a connection that is gone, or was not saved."""
    if connection.domain is not None:
        await _delete(context.deps, (connection.domain.password_secret_url, *connection.domain.earlier_secret_urls))


async def forget_earlier_passwords(deps: Dependencies, connection: Connection) -> Connection:
    """Delete the passwords of the accounts that a connection had before; return it without them."""
    if connection.domain is None or not connection.domain.earlier_secret_urls:
        return connection
    gone = connection.domain.earlier_secret_urls
    await _delete(deps, gone)

    def edit(there: Connection) -> Connection | None:
        if there.domain is None:
            return None
        kept = tuple(each for each in there.domain.earlier_secret_urls if each not in gone)
        return there.but(domain=there.domain.but(earlier_secret_urls=kept))

    return await deps.connections.change(connection.tenant_id, connection.id, edit)


async def _delete(deps: Dependencies, secrets: Iterable[str]) -> None:
    vault = deps.vault()
    for each in secrets:
        with suppress(MissingError):
            await retry_while_throttled(partial(vault.delete, each))
