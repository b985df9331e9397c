"""Subscriptions to a directory's change notifications: kept alive, ended, and the key that proves who sends."""

from __future__ import annotations

import hmac
import logging
import secrets
from datetime import datetime, timedelta

from shared.caching import TtlCache
from shared.clients.graph import Graph
from shared.clients.graph_directory import renew, subscribe, subscriptions_of, unsubscribe
from shared.contracts.outcomes import MissingError
from shared.dependencies import Dependencies
from shared.domain.tenants.directory import (
    RENEWED_BEFORE,
    SUBSCRIPTION_LIFE,
    WATCH,
    Subscription,
    Watch,
    WatchedResource,
    client_state,
)
from shared.domain.tenants.tenant import Tenant
from shared.errors import ConflictError, RefusedError, UnavailableError
from shared.storage.due import Due, DueKind, Renewal, next_of
from shared.workflow import DurableClient

_KEY = "graph-notifications"
_log = logging.getLogger("deskwright.sweeps")

_KEYS: TtlCache[str] = TtlCache(timedelta(days=1))
"""The vault's key: a notification has to be answered within three seconds."""

_JUST_READ: TtlCache[bool] = TtlCache(timedelta(minutes=1))
"""Whether the key was read just now: anybody can send a notification that does not match."""


async def keep_watch(deps: Dependencies, watch: Watch, **changes: object) -> None:
    """Save *changes* of a directory's watch."""
    try:
        await deps.watches.insert(watch.but(**changes))
    except ConflictError:
        await deps.watches.change(watch.tenant_id, WATCH, lambda there: there.but(**changes))


async def keep_subscribed(deps: Dependencies, tenant: Tenant, url: str, now: datetime, *, renewing: bool) -> None:
    """Make sure that Graph sends notifications of the tenant's users and groups for some weeks to come.

    *renewing*: Graph requires it, so that even a subscription that lasts for long is renewed.
    """
    directory_id = tenant.entra_tenant_id  # several tenants may share it: Graph has one subscription of a directory
    found = await deps.watches.find(directory_id, WATCH)
    watch = found.value if found else Watch(tenant_id=directory_id)
    state = client_state(await notification_key(deps), directory_id)
    last = {resource: watch.subscription(resource) for resource in WatchedResource}
    lasting = (
        {} if renewing else {of: each for of, each in last.items() if each and each.expires_at - now > RENEWED_BEFORE}
    )
    graph = deps.graph(tenant)
    # One that is not in our records would conflict with a new one.
    there = await subscriptions_of(graph, url) if len(lasting) < len(last) else {}
    subscriptions = [
        lasting.get(resource) or await _subscribed(graph, resource, there.get(resource) or known, (url, state), now)
        for resource, known in last.items()
    ]
    await keep_watch(deps, watch, subscriptions=tuple(subscriptions))


async def _subscribed(
    graph: Graph, resource: WatchedResource, known: Subscription | None, where: tuple[str, str], now: datetime
) -> Subscription:
    """Renew the subscription that is known, or make one."""
    url, state = where
    until = now + SUBSCRIPTION_LIFE
    if known is not None and known.expires_at > now:
        try:
            return await renew(graph, known, until)
        except MissingError:
            pass
    return await subscribe(graph, resource, url, until, state)


async def stop_watching(deps: Dependencies, tenant: Tenant) -> None:
    """Remove the reading position of a tenant's directory; with its last tenant the subscriptions end."""
    await deps.watches.remove(tenant.id, WATCH)
    directory_id = tenant.entra_tenant_id
    found = await deps.watches.find(directory_id, WATCH)
    others = [each async for each in deps.tenants.each(entra_tenant_id=directory_id) if each.value.id != tenant.id]
    if found is None or others:
        return
    for subscription in found.value.subscriptions:
        await unsubscribe(deps.graph(tenant), subscription)
    await deps.watches.remove(directory_id, WATCH)


async def is_from_graph(deps: Dependencies, directory_id: str, state: str) -> bool:
    """Whether a notification's clientState is the directory's. The key is read again at most once a minute."""
    for _ in range(2):
        key = _KEYS.get(deps, _KEY)
        if key is not None and hmac.compare_digest(client_state(key, directory_id).encode(), _bytes(state)):
            return True
        if key is not None and _JUST_READ.get(deps, _KEY):
            return False
        _KEYS.put(deps, _KEY, await notification_key(deps))
        _JUST_READ.put(deps, _KEY, value=True)
    return False


def _bytes(state: str) -> bytes:
    """Return a client state, which anybody may have sent, as bytes: text can be compared safely in ASCII only."""
    return state.encode("utf-8", "surrogatepass")


async def notification_key(deps: Dependencies) -> str:
    """Return the key from which each directory's clientState is derived; the key vault keeps it."""
    vault = deps.vault()
    address = f"{deps.settings.key_vault_url}/secrets/{_KEY}"
    try:
        return await vault.read(address)
    except MissingError:
        await vault.store(_KEY, secrets.token_urlsafe(48))
    key: str = await vault.read(address)
    if not key:
        raise UnavailableError("the key vault gave an empty key")
    return key


async def subscription_due(deps: Dependencies, client: DurableClient, due: Due) -> datetime | None:
    """Renew the subscriptions to a tenant's directory; where Graph refuses, changes are read more often meanwhile."""
    del client
    tenant, url = await deps.tenants.find(due.tenant_id), deps.settings.notification_url
    if tenant is None or url is None:
        return None
    now, every, variant = deps.clock.now(), timedelta(days=1), Renewal.REGULAR
    try:
        await keep_subscribed(deps, tenant.value, url, now, renewing=due.variant is Renewal.REQUESTED)
    except RefusedError as refused:  # not allowed, or our answer to the handshake did not arrive
        _log.warning("no notifications of the directory of %s: %s", due.tenant_id, refused)
        # What Graph wants renewed stays so, however long our record says that it lasts.
        every = min(every, timedelta(minutes=tenant.value.settings.directory_catch_up_in_minutes))
        variant = Renewal(due.variant)
    await deps.due.put(DueKind.SUBSCRIBE, next_of(every, now, due.subject_id), due.tenant_id, due.subject_id, variant)
    return None
