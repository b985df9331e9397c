"""Watching directories: what is told of their users is settled once, and what may have got lost is asked for."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta

from shared.clients.graph import Graph
from shared.clients.graph_changes import (
    LinkExpiredError,
    changes_since,
    renew,
    subscribe,
    subscriptions_of,
    unsubscribe,
)
from shared.contracts.changes import SETTLE_CHANGES, ChangesOrder
from shared.contracts.refusals import MissingError
from shared.dependencies import Dependencies
from shared.domain import naming
from shared.domain.directory_subscriptions import (
    RENEWED_BEFORE,
    SUBSCRIPTION_LIFE,
    WATCH,
    Resource,
    Subscription,
    Watch,
    client_state,
)
from shared.domain.tenant import Tenant
from shared.errors import ConflictError, UnavailableError
from shared.services.reconciling import ask_for_reconcile
from shared.storage.due import DueKind
from shared.workflow import DurableClient, start

_KEY = "graph-notifications"
_MINUTE = timedelta(minutes=1)
_KEYS: dict[str, tuple[str, datetime]] = {}
"""The key of each vault, and when it was read: a notification has to be answered within three seconds."""


async def tell_changes(
    deps: Dependencies, client: DurableClient, tenant_id: str, user_ids: Iterable[str], now: datetime
) -> None:
    """Bring to its end what was told of some users: written down first, so that nothing of it is lost.

    However many messages come, a tenant has one workflow that settles them, and the sweep one row that watches it.
    """
    await promise_settling(deps, tenant_id, now)
    await deps.changes.add(tenant_id, user_ids, now)
    await settle_changes(client, tenant_id)


async def promise_settling(deps: Dependencies, tenant_id: str, now: datetime) -> None:
    """Promise that a sweep looks whether everything was settled: one row for all that is told within a minute."""
    soon = now.replace(second=0, microsecond=0) + 2 * _MINUTE
    await deps.due.put(DueKind.CHANGES, soon, tenant_id, tenant_id)


async def settle_changes(client: DurableClient, tenant_id: str) -> bool:
    """Start to settle what was told; return False when that runs already: it goes round until nothing is left."""
    order = ChangesOrder(tenant_id=tenant_id)
    instance_id = naming.instance_id(tenant_id, "all", "changes", 0)
    return await start(client, SETTLE_CHANGES, order, instance_id=instance_id)


async def catch_up(deps: Dependencies, client: DurableClient, tenant: Tenant, now: datetime) -> None:
    """Ask the directory what has changed since it was last asked, and settle that. It costs what has changed.

    The first time, and when the directory has forgotten how far it was read, everybody is read.
    """
    found = await deps.watches.find(tenant.id, WATCH)
    watch = found.value if found else Watch(tenant_id=tenant.id)
    graph = deps.graph(tenant)
    users: set[str] = set()
    links: dict[str, str] = {}
    everybody = False
    for resource, link in ((Resource.USERS, watch.users_link), (Resource.GROUPS, watch.groups_link)):
        try:
            changes = await changes_since(graph, resource, link)
        except LinkExpiredError:
            everybody = True
            changes = await changes_since(graph, resource, None)
        everybody = everybody or link is None or changes.structure
        users |= changes.user_ids
        links[f"{resource.value}_link"] = changes.link
    # What was found is promised before the links move on: a crash in between finds it again.
    if everybody:
        await ask_for_reconcile(deps, client, tenant.id, now)
    elif users:
        await tell_changes(deps, client, tenant.id, users, now)
    await _keep(deps, watch, users_link=links["users_link"], groups_link=links["groups_link"], read_at=now)


async def _keep(deps: Dependencies, watch: Watch, **changes: object) -> None:
    try:
        await deps.watches.insert(watch.but(**changes))
    except ConflictError:
        await deps.watches.change(watch.tenant_id, WATCH, lambda there: there.but(**changes))


async def keep_subscribed(deps: Dependencies, tenant: Tenant, url: str, now: datetime, *, renewing: bool) -> None:
    """Make sure that Graph tells of the tenant's users and groups for some weeks to come.

    *renewing*: Graph has asked for it, so that even a subscription that lasts for long is renewed.
    """
    directory_id = tenant.entra_tenant_id  # several tenants may share it: Graph tells of a directory once
    found = await deps.watches.find(directory_id, WATCH)
    watch = found.value if found else Watch(tenant_id=directory_id)
    state = client_state(await notification_key(deps), directory_id)
    last = {resource: watch.subscription(resource) for resource in Resource}
    lasting = (
        {} if renewing else {of: each for of, each in last.items() if each and each.expires_at - now > RENEWED_BEFORE}
    )
    graph = deps.graph(tenant)
    # One that we have forgotten would stand in the way of a new one.
    there = await subscriptions_of(graph, url) if len(lasting) < len(last) else {}
    subscriptions = [
        lasting.get(resource) or await _subscribed(graph, resource, there.get(resource) or known, (url, state), now)
        for resource, known in last.items()
    ]
    await _keep(deps, watch, subscriptions=tuple(subscriptions))


async def _subscribed(
    graph: Graph, resource: Resource, known: Subscription | None, where: tuple[str, str], now: datetime
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
    """Forget how far a tenant's directory was read; with the last tenant of a directory its subscriptions end."""
    await deps.watches.remove(tenant.id, WATCH)
    directory_id = tenant.entra_tenant_id
    found = await deps.watches.find(directory_id, WATCH)
    others = [each async for each in deps.tenants.each(entra_tenant_id=directory_id) if each.value.id != tenant.id]
    if found is None or others:
        return
    for subscription in found.value.subscriptions:
        await unsubscribe(deps.graph(tenant), subscription)
    await deps.watches.remove(directory_id, WATCH)


async def is_from_graph(deps: Dependencies, directory_id: str, said: str, now: datetime) -> bool:
    """Whether a notification's clientState is the directory's. The key is read again at most once a minute."""
    for _ in range(2):
        known = _KEYS.get(deps.settings.key_vault_url)
        if known is not None and hmac.compare_digest(client_state(known[0], directory_id).encode(), _bytes(said)):
            return True
        if known is not None and now - known[1] < _MINUTE:
            return False
        _KEYS[deps.settings.key_vault_url] = (await notification_key(deps), now)
    return False


def _bytes(said: str) -> bytes:
    """Return what anybody may have said, in bytes: text is compared safely in ASCII only."""
    return said.encode("utf-8", "surrogatepass")


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
