"""Subscriptions to a directory's change notifications: kept alive, ended, and the key that proves who sends."""

from __future__ import annotations

import hmac
import logging
import secrets
from datetime import datetime, timedelta

from shared.caching import TtlCache
from shared.clients.graph import Graph
from shared.clients.graph_directory import renew, subscribe, subscriptions_of, unsubscribe
from shared.contracts.outcomes import DeclinedError, MissingError
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

_KEYS: TtlCache[tuple[str, ...]] = TtlCache(timedelta(hours=1))
"""The keys of each directory's notifications: a notification has to be answered within three seconds."""

_JUST_READ: TtlCache[bool] = TtlCache(timedelta(minutes=1))
"""Whether the keys were read just now: anybody can send a notification that does not match."""


async def catch_up_soon(deps: Dependencies, tenant_id: str, now: datetime) -> None:
    """Have the directory's changes read: once for all requests of a minute."""
    await deps.due.put(DueKind.CATCH_UP, next_of(timedelta(minutes=1), now, tenant_id), tenant_id, tenant_id)


async def keep_watch(deps: Dependencies, watch: Watch, **changes: object) -> None:
    """Save *changes* of a directory's watch."""
    try:
        await deps.watches.insert(watch.but(**changes))
    except ConflictError:
        await deps.watches.change(watch.tenant_id, WATCH, lambda there: there.but(**changes))


async def keep_subscribed(deps: Dependencies, tenant: Tenant, url: str, now: datetime, *, renewing: bool) -> None:
    """Make sure that Graph sends notifications of the tenant's users and groups for some weeks to come.

    *renewing*: Graph requires it, so that even a subscription that lasts for long is renewed. One that was made with
    another version of the key is replaced (docs/decisions/0253).
    """
    directory_id = tenant.entra_tenant_id  # several tenants may share it: Graph has one subscription of a directory
    found = await deps.watches.find(directory_id, WATCH)
    watch = found.value if found else Watch(tenant_id=directory_id)
    key, version = await notification_key(deps)
    last = {resource: watch.subscription(resource) for resource in WatchedResource}
    lasting = (
        {}
        if renewing
        else {
            of: each
            for of, each in last.items()
            if each and each.expires_at - now > RENEWED_BEFORE and each.key_version == version
        }
    )
    graph = deps.graph(tenant)
    # One that is not in our records would conflict with a new one.
    there = await subscriptions_of(graph, url) if len(lasting) < len(last) else {}
    found_there = {resource: _with_version(each, last[resource]) for resource, each in there.items()}
    current = {
        resource: known
        for resource in last
        if (known := found_there.get(resource) or last[resource]) is not None and known.expires_at > now
    }
    outdated = [each for each in current.values() if each.key_version != version]
    if outdated:
        # A change between two subscriptions has no notification. Its reading is promised before the first one ends.
        await _catch_up_all(deps, directory_id, now)
    for each in outdated:  # Graph refuses a second one for the same resource, and changes no clientState
        await unsubscribe(graph, each)
        del current[each.resource]
    state = client_state(key, directory_id)
    subscriptions = [
        lasting.get(resource) or await _subscribed(graph, resource, current.get(resource), (url, state), now)
        for resource in last
    ]
    made = tuple(each.but(key_version=version) for each in subscriptions)
    await keep_watch(deps, watch, subscriptions=made)
    if outdated:
        await _catch_up_all(deps, directory_id, deps.clock.now())


def _with_version(found: Subscription, recorded: Subscription | None) -> Subscription:
    """Return a subscription that Graph has, with the version of the key where it is recorded."""
    return recorded.but(expires_at=found.expires_at) if recorded and recorded.id == found.id else found


async def _catch_up_all(deps: Dependencies, directory_id: str, now: datetime) -> None:
    """Have all tenants of a directory read its changes."""
    async for tenant in deps.tenants.each(entra_tenant_id=directory_id):
        await catch_up_soon(deps, tenant.value.id, now)


async def _subscribed(
    graph: Graph, resource: WatchedResource, known: Subscription | None, where: tuple[str, str], now: datetime
) -> Subscription:
    """Renew the subscription that is known, or make one."""
    url, state = where
    until = now + SUBSCRIPTION_LIFE
    if known is not None:
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
    """Whether a notification's clientState is the directory's. The keys are read again at most once a minute."""
    for _ in range(2):
        keys = _KEYS.get(deps, directory_id)
        states = [client_state(key, directory_id).encode() for key in keys or ()]
        if any(hmac.compare_digest(each, _bytes(state)) for each in states):
            return True
        if keys is not None and _JUST_READ.get(deps, directory_id):
            return False
        _KEYS.put(deps, directory_id, await _keys_of(deps, directory_id))
        _JUST_READ.put(deps, directory_id, value=True)
    return False


async def _keys_of(deps: Dependencies, directory_id: str) -> tuple[str, ...]:
    """Return the newest key, and those with which subscriptions of a directory were made that have not ended.

    A version that somebody has disabled or removed counts no longer.
    """
    key, newest = await notification_key(deps)
    found, now = await deps.watches.find(directory_id, WATCH), deps.clock.now()
    made_with = {each.key_version for each in found.value.subscriptions if each.expires_at > now} if found else set()
    keys = [key]
    for version in sorted(each for each in made_with if each and each != newest):
        try:
            keys.append((await deps.vault().read_version(_address(deps), version))[0])
        except (MissingError, DeclinedError):
            _log.warning("a version of the notification key is disabled or gone: its notifications do not count")
    return tuple(keys)


def _address(deps: Dependencies) -> str:
    return f"{deps.settings.key_vault_url}/secrets/{_KEY}"


def _bytes(state: str) -> bytes:
    """Return a client state, which anybody may have sent, as bytes: text can be compared safely in ASCII only."""
    return state.encode("utf-8", "surrogatepass")


async def notification_key(deps: Dependencies) -> tuple[str, str]:
    """Return the key from which each directory's clientState is derived, and its version; the key vault keeps it."""
    vault = deps.vault()
    try:
        return await vault.read_version(_address(deps))
    except MissingError:
        await vault.store(_KEY, secrets.token_urlsafe(48))
    key, version = await vault.read_version(_address(deps))
    if not key:
        raise UnavailableError("the key vault gave an empty key")
    return key, version


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
