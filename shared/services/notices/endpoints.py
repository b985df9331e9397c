"""Endpoints of notices: create, change, delete, rotate the secret, test, and send again."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from shared.clients.key_vault import notice_secret_name
from shared.clients.pacing import retry_while_throttled
from shared.dependencies import Dependencies
from shared.domain.notices.delivery import KEPT, Delivery, DeliveryStatus, place_of
from shared.domain.notices.endpoint import (
    MAILING,
    SECRETS_OVERLAP,
    EndpointKind,
    NoticeEndpoint,
    NoticeEndpointEdit,
    NoticeEndpointForm,
    ReplayForm,
    shown_address,
    wrong_receivers,
)
from shared.domain.notices.events import EventType, NoticeEvent
from shared.domain.notices.payloads import SECRET_BYTES, secret_text
from shared.domain.operations.operation import ResourceType
from shared.errors import ConflictError, InvalidError, NotFoundError, Problem
from shared.services.notices.relaying import delivery_of, watch
from shared.services.notices.sending import send_notice
from shared.services.operations.action_context import ActionContext
from shared.services.operations.intents import Resource, make_change
from shared.services.operations.kept_secrets import delete_secrets, deleted_unless_named
from shared.services.operations.writes import deletion, insertion, name_taken_is, no_record, replacement
from shared.storage.due import Delivering, DueKind
from shared.storage.repository import Stored

NAME_TAKEN = Problem("/displayName", "an endpoint of this name exists; choose another name")
USERS_TAKEN = Problem("/kind", "there is an endpoint that mails the users; change that one")
_MOST_REPLAYED = 10_000


@dataclass(frozen=True, slots=True)
class EndpointWithSecret:
    """An endpoint that was written, and its secret, which is shown once; None where it was made before."""

    stored: Stored[NoticeEndpoint]
    secret: str | None


async def create_endpoint(context: ActionContext, form: NoticeEndpointForm) -> EndpointWithSecret:
    """Save an endpoint, with a secret of its own. Raises: InvalidError."""
    id_ = context.new_id("noticeEndpoint")
    signs = form.kind is EndpointKind.WEBHOOK
    kept = {"address": form.address, "key": _new_secret() if signs else form.password}
    async with _stored_secrets(context, id_, kept) as urls:
        endpoint = NoticeEndpoint(
            id=id_,
            tenant_id=context.tenant.id,
            created_date_time=context.now,
            last_modified_date_time=context.now,
            address=shown_address(form.address) if form.address else "",
            mail=form.mail,
            address_secret_url=urls["address"],
            secret_url=urls["key"],
            key_set_at=context.now if signs else None,
            display_name=form.display_name,
            kind=form.kind,
            event_types=form.event_types,
            format=form.format,
            locale=form.locale,
            enabled=form.enabled,
        )
        write = insertion(context, context.deps.notice_endpoints, endpoint, id_)
        with name_taken_is(USERS_TAKEN if form.kind is EndpointKind.USERS else NAME_TAKEN):
            stored = await make_change(context, _resource(id_), write)
    ours = stored.value.secret_url == urls["key"]
    return EndpointWithSecret(stored, kept["key"] if ours and signs else None)


async def update_endpoint(
    context: ActionContext, stored: Stored[NoticeEndpoint], edit: NoticeEndpointEdit
) -> Stored[NoticeEndpoint]:
    """Apply the changes that *edit* names; ``enabled`` also takes back ``disabled``. Raises: InvalidError."""
    before = stored.value
    given = {name: getattr(edit, name) for name in edit.model_fields_set if getattr(edit, name) is not None}
    address, password = given.pop("address", None), given.pop("password", None)
    _refuse_other_kind(before, edit)
    if given.get("enabled") and before.disabled:
        given["disabled"] = None
    async with _stored_secrets(context, before.id, {"address": address, "key": password}) as urls:
        if address:
            given |= {"address": shown_address(address), "address_secret_url": urls["address"]}
        if password:
            given["secret_url"] = urls["key"]
        after = before.but(**given)
        after = after if after == before else after.but(last_modified_date_time=context.now)
        saved = await _save(context, stored, after)
    replaced = ((address, before.address_secret_url), (password, before.secret_url))
    if gone := [url for new, url in replaced if new and url]:
        await delete_secrets(context.deps, gone)
    if after.takes_notices and not before.takes_notices:
        await _reopen(context.deps, after)
    return saved


def _refuse_other_kind(before: NoticeEndpoint, edit: NoticeEndpointEdit) -> None:
    """Refuse changes that another kind of endpoint has, and a password that would go to another server.

    Raises: InvalidError.
    """
    mail = edit.mail or before.mail
    if edit.address and before.kind in MAILING:
        raise InvalidError(Problem("/address", "an endpoint that mails has no address"))
    if edit.mail and before.kind not in MAILING:
        raise InvalidError(Problem("/mail", "only an endpoint that mails has it"))
    if edit.mail and (why := wrong_receivers(before.kind, edit.mail)):
        raise InvalidError(Problem("/mail", why))
    signed_in = mail is not None and mail.user_name is not None
    if edit.password and not signed_in:
        raise InvalidError(Problem("/password", "SMTP with a user name has a password, and nothing else"))
    moved = before.mail and edit.mail and before.mail.signs_in_at != edit.mail.signs_in_at
    if signed_in and not edit.password and (moved or before.secret_url is None):
        raise InvalidError(Problem("/password", "another server or user name needs its password"))


async def _reopen(deps: Dependencies, endpoint: NoticeEndpoint) -> None:
    """Send the notices that waited while an endpoint was disabled."""
    if await deps.endpoint_states.find(endpoint.tenant_id, endpoint.id) is not None:
        opened = {"failures": 0, "closed_until": None, "opened_at": deps.clock.now()}
        await deps.endpoint_states.change(endpoint.tenant_id, endpoint.id, lambda there: there.but(**opened))
    await watch(deps, endpoint.tenant_id, endpoint.id)
    await deps.notice_queue.wake(endpoint.tenant_id, endpoint.id)


async def delete_endpoint(context: ActionContext, stored: Stored[NoticeEndpoint]) -> None:
    """Delete an endpoint with its secrets, its state and its deliveries. Raises: StaleError."""
    endpoint, deps = stored.value, context.deps
    await make_change(context, _resource(endpoint.id), deletion(stored, deps.notice_endpoints))
    await delete_secrets(deps, endpoint.secrets)
    await deps.endpoint_states.remove(endpoint.tenant_id, endpoint.id)
    await deps.deliveries.remove_of(endpoint.tenant_id, endpoint.id)


async def rotate_key(context: ActionContext, stored: Stored[NoticeEndpoint]) -> EndpointWithSecret:
    """Give an endpoint another secret; the one before signs too for a day. Raises: ConflictError, StaleError."""
    before, deps = stored.value, context.deps
    if before.kind is not EndpointKind.WEBHOOK:
        raise ConflictError("only webhooks are signed")
    kept = {"key": _new_secret()}
    until = context.now + SECRETS_OVERLAP
    async with _stored_secrets(context, before.id, kept) as urls:
        after = before.but(
            secret_url=urls["key"],
            key_set_at=context.now,
            previous_secret_url=before.secret_url,
            previous_until=until,
            last_modified_date_time=context.now,
        )
        await deps.due.put(DueKind.DELIVER, until, before.tenant_id, before.id, Delivering.SECRET)
        saved = await _save(context, stored, after)
    if before.previous_secret_url:
        await delete_secrets(deps, [before.previous_secret_url])
    return EndpointWithSecret(saved, kept["key"])


async def forget_previous_secret(deps: Dependencies, endpoint: NoticeEndpoint) -> datetime | None:
    """Delete the secret before the present one once it no longer signs; return when to look again."""
    if endpoint.previous_secret_url is None or endpoint.previous_until is None:
        return None
    if deps.clock.now() < endpoint.previous_until:
        return endpoint.previous_until
    gone = endpoint.previous_secret_url
    await delete_secrets(deps, [gone])

    def edit(there: NoticeEndpoint) -> NoticeEndpoint | None:
        return there.but(previous_secret_url=None, previous_until=None) if there.previous_secret_url == gone else None

    await deps.notice_endpoints.change(endpoint.tenant_id, endpoint.id, edit)
    return None


async def test_endpoint(context: ActionContext, endpoint: NoticeEndpoint) -> Delivery:
    """Send a notice to an endpoint now, once, whether it is enabled or not; return how that ended.

    An endpoint that mails the users mails the caller.
    """
    deps = context.deps
    event = NoticeEvent(
        id=context.new_id("event", "test"),
        tenant_id=endpoint.tenant_id,
        type=EventType.ENDPOINT_TEST.value,
        time=context.now,
        subject=f"noticeEndpoints/{endpoint.id}",
        data={"tenantId": endpoint.tenant_id, "id": endpoint.id, "displayName": endpoint.display_name},
        person=context.actor.id,
    )
    key = place_of(event, f"{event.id}-test")
    delivery = delivery_of(endpoint, key, event).but(test=True)
    tried: list[Delivery] = []

    async def send(_: object) -> None:
        tried.append(delivery.after(await send_notice(deps, endpoint, [delivery]), context.now))
        await deps.deliveries.put(tried, event.id)

    await make_change(context, _resource(endpoint.id), no_record(), start=send)
    return tried[0]


async def replay(context: ActionContext, endpoint: NoticeEndpoint, form: ReplayForm) -> int:
    """Send events of the last days again, with their ids; return their number. Raises: InvalidError, NotFoundError."""
    deps, tenant_id = context.deps, endpoint.tenant_id
    chosen = await _chosen(context, endpoint, form)

    async def send(_: object) -> None:
        await deps.deliveries.put(chosen, context.operation_id)
        await deps.notice_queue.wake(tenant_id, endpoint.id)

    promise = partial(watch, deps, tenant_id, endpoint.id)
    await make_change(context, _resource(endpoint.id), no_record(), promise=promise, start=send)
    return len(chosen)


async def _chosen(context: ActionContext, endpoint: NoticeEndpoint, form: ReplayForm) -> list[Delivery]:
    """Return the deliveries that are sent again. Raises: InvalidError, NotFoundError."""
    deps, tenant_id = context.deps, endpoint.tenant_id
    chosen: list[Delivery] = []
    until = form.until or context.now
    if form.since is not None and form.since > until:
        raise InvalidError(Problem("/until", "must not be before since"))
    async for kept in deps.events.between(tenant_id, form.since or until - KEPT, until):
        wanted = kept.event.id in form.event_ids if form.event_ids else endpoint.wants(kept.event.type)
        if wanted and endpoint.may_have(kept.event.type) and len(chosen) < _MOST_REPLAYED:
            chosen.append(delivery_of(endpoint, kept.key, kept.event))
    if form.event_ids and len(chosen) < len(set(form.event_ids)):
        raise NotFoundError("there is no such event of the last days")
    if form.only_failed:
        chosen = [each for each in chosen if await _has_failed(deps, each)]
    return chosen


async def _has_failed(deps: Dependencies, delivery: Delivery) -> bool:
    try:
        there = await deps.deliveries.read(delivery.tenant_id, delivery.endpoint_id, delivery.key)
    except NotFoundError:
        return False
    return there.status is DeliveryStatus.FAILED


@asynccontextmanager
async def _stored_secrets(
    context: ActionContext, endpoint_id: str, values: Mapping[str, str | None]
) -> AsyncIterator[dict[str, str | None]]:
    """Store secrets under random names; give their addresses, for the record that is saved.

    They count once the record names them, and are deleted where it does not name them afterwards.
    """
    deps, tenant_id = context.deps, context.tenant.id
    vault, urls = deps.vault(), dict.fromkeys(values)
    for kind, value in values.items():
        if value is not None:
            name = notice_secret_name(tenant_id, endpoint_id, deps.new_id())
            store = partial(vault.store, name, value, tags={"tenant": tenant_id})
            urls[kind] = await retry_while_throttled(store)

    async def named() -> frozenset[str]:
        there = await deps.notice_endpoints.find(tenant_id, endpoint_id)
        return frozenset(there.value.secrets) if there else frozenset()

    async with deleted_unless_named(deps, [url for url in urls.values() if url], named):
        yield urls


async def _save(
    context: ActionContext, stored: Stored[NoticeEndpoint], after: NoticeEndpoint
) -> Stored[NoticeEndpoint]:
    write = replacement(stored, after, context.deps.notice_endpoints.replace)
    with name_taken_is(NAME_TAKEN):
        return await make_change(context, _resource(after.id), write)


def _resource(endpoint_id: str) -> Resource:
    return Resource(ResourceType.NOTICE_ENDPOINT, endpoint_id)


def _new_secret() -> str:
    return secret_text(secrets.token_bytes(SECRET_BYTES))
