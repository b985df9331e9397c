"""Changes in directories: reported by messages and notifications, or found by asking the directory; settled once."""

import json
import logging
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from pydantic import Field, ValidationError

from shared.clients.graph_directory import LinkExpiredError, changes_since
from shared.clients.storage import first_texts, send
from shared.contracts.reconciling import MOST_SINGLY, SETTLE_CHANGES, ChangesOrder
from shared.dependencies import Dependencies
from shared.domain import naming
from shared.domain.json_text import read_json
from shared.domain.tenants.directory import WATCH, Watch, WatchedResource
from shared.domain.tenants.tenant import Tenant
from shared.domain.values import Value
from shared.domain.wizards.forms import parse, problems_of
from shared.errors import DeskwrightError, InvalidError, RefusedError
from shared.pauses import Places
from shared.services.operations.sweeps import AGAIN_AFTER, end_stalled
from shared.services.policies.reconciling import request_reconcile
from shared.services.spot.reconciling import wake_for_group
from shared.services.tenants.directory_subscriptions import catch_up_soon, is_from_graph, keep_watch
from shared.services.tenants.tenants import tenants_by_directory
from shared.storage.due import EVERYBODY, Due, DueKind, Renewal, next_of
from shared.telemetry import count_set_aside
from shared.workflow import DurableClient, start

QUEUE = "directory-changes"
"""Queue to which every source of changes writes."""

POISON = "directory-changes-poison"
_LAST_TRY = 5  # the host puts a message aside after so many
_FACTS = frozenset(
    {"dequeuecount", "expirationtime", "id", "insertiontime", "nextvisibletime", "popreceipt", "queuetrigger"}
)
"""Storage's facts about a message, in lower case: the host takes a member of the message's JSON for one of them."""
_MOST_USERS = 100
_PLACES = Places(2)
"""Messages that are carried out at once: the host hands over two dozen, and each may name a hundred users."""
_PAUSED = timedelta(hours=6)  # until it is looked again whether a tenant is still paused
_MOST_CHARACTERS = 16_000  # of a message that is put aside: the poison queue's messages have a limit too
_log = logging.getLogger("deskwright.sweeps")


class ChangeType(StrEnum):
    """Kind of change."""

    GROUP_MEMBERSHIP = "groupMembership"
    USER_LICENSE = "userLicense"
    GROUP = "group"
    USER = "user"


class DirectoryChange(Value):
    """One message. *tenant_id* is the slug; without *user_ids*, the directory's, the whole tenant is reconciled."""

    tenant_id: str
    type: ChangeType
    group_id: str | None = None
    user_ids: tuple[UUID, ...] | None = Field(None, max_length=_MOST_USERS)
    at: datetime


@dataclass(frozen=True, slots=True)
class Received:
    """A message as the host hands it over. *id* is the same at each delivery; *tries* counts the deliveries, from 1."""

    id: str
    tries: int
    body: bytes


async def receive_message(deps: Dependencies, client: DurableClient, message: Received) -> None:
    """Process one message of the queue; an unreadable message is set aside, without another try.

    One that was read and could not be carried out in as many tries as the host makes is put aside too, with why.
    A message that states facts about itself says nothing by them, and what the host says of it then is not believed:
    the host, which counts the tries in storage, puts it aside.
    """
    try:
        said = read_json(message.body.decode("utf-8"))
        if isinstance(said, dict) and (claimed := {name for name in said if name.lower() in _FACTS}):
            said = {name: value for name, value in said.items() if name not in claimed}
            message = replace(message, tries=0)
        change = parse(DirectoryChange, said)
    except (ValidationError, InvalidError, ValueError, RecursionError) as error:
        await _put_aside(deps, message, _reason(error))
        return
    try:
        if await deps.tenants.find(change.tenant_id) is None:
            await _put_aside(deps, message, f"there is no tenant {change.tenant_id}")
            return
        async with _PLACES.one(change.tenant_id):
            await _carry_out(deps, client, change)
    except Exception as error:
        if message.tries < _LAST_TRY:
            raise
        known = isinstance(error, DeskwrightError)
        _log.warning("a message is set aside", exc_info=None if known else error)
        await _put_aside(deps, message, f"tried {_LAST_TRY} times: {error if known else type(error).__name__}")


async def _carry_out(deps: Dependencies, client: DurableClient, change: DirectoryChange) -> None:
    now = deps.clock.now()
    if change.type is ChangeType.GROUP or not change.user_ids:
        await request_reconcile(deps, client, change.tenant_id, now)
        await wake_for_group(deps, client, change.tenant_id, change.group_id, now)
    else:
        expected = change.type in (ChangeType.GROUP_MEMBERSHIP, ChangeType.USER_LICENSE)
        await report_changes(deps, client, change.tenant_id, map(str, change.user_ids), now, expected=expected)


async def put_on_queue(deps: Dependencies, name: str, message: dict[str, Any]) -> None:
    """Put a message on one of the service's queues."""
    await send(deps.queue(name), json.dumps(message))


async def _put_aside(deps: Dependencies, message: Received, reason: str) -> None:
    """Put a message on the poison queue, once.

    A process that ends before the host has deleted the message gets it again, ten minutes later.
    """
    if message.tries > 1 and await _is_aside(deps, message.id):
        return
    text = message.body.decode("utf-8", "replace")[:_MOST_CHARACTERS]
    aside = {"message": text, "reason": reason, "at": deps.clock.now().isoformat(), "id": message.id}
    await put_on_queue(deps, POISON, aside)
    count_set_aside()


async def _is_aside(deps: Dependencies, message_id: str) -> bool:
    """Whether one of the first messages of the poison queue is this one; behind them it is not looked for."""
    for text in await first_texts(deps.queue(POISON)):
        with suppress(InvalidError, ValueError, RecursionError):
            aside = read_json(text)
            if isinstance(aside, dict) and aside.get("id") == message_id:
                return True
    return False


def _reason(error: Exception) -> str:
    if isinstance(error, ValidationError):
        return "; ".join(f"{each.pointer}: {each.message}" for each in problems_of(error))
    if isinstance(error, InvalidError):
        return str(error)
    if isinstance(error, UnicodeDecodeError):
        return f"not UTF-8: at byte {error.start}"
    if isinstance(error, json.JSONDecodeError):
        return f"not JSON: {error.msg}, at character {error.pos}"
    return "not JSON that can be read: nested too deep, or a number with too many digits or without an end"


async def report_changes(
    deps: Dependencies,
    client: DurableClient,
    tenant_id: str,
    user_ids: Iterable[str],
    now: datetime,
    *,
    expected: bool = False,
) -> None:
    """Plan users anew who have changed: they are written down first, so that none is lost.

    However many messages come, a tenant has one workflow that settles them, and one due row. *expected*: they have
    joined a group or have a licence, so that a directory that does not show it yet lags.
    """
    await promise_settling(deps, tenant_id, now)
    await deps.changes.add(tenant_id, user_ids, now, expected=expected)
    await settle_changes(client, tenant_id)


async def promise_settling(deps: Dependencies, tenant_id: str, now: datetime) -> None:
    """Write a row by which a sweep checks that all changes are settled: one row for all reports of a minute."""
    soon = now.replace(second=0, microsecond=0) + DueKind.CHANGES.checked_after
    await deps.due.put(DueKind.CHANGES, soon, tenant_id, tenant_id)


async def settle_changes(client: DurableClient, tenant_id: str) -> bool:
    """Start to settle the reported changes; return False if that runs already: it repeats until none is left."""
    return await start(client, SETTLE_CHANGES, ChangesOrder(tenant_id=tenant_id), instance_id=_instance(tenant_id))


def _instance(tenant_id: str) -> str:
    return naming.instance_id(tenant_id, "all", "changes", 0)


async def catch_up(deps: Dependencies, client: DurableClient, tenant: Tenant, now: datetime) -> None:
    """Read the changes of the directory since the last reading, and settle them; the cost grows with the changes only.

    The first time, and when the directory has forgotten how far it was read, everybody is read.
    """
    found = await deps.watches.find(tenant.id, WATCH)
    watch = found.value if found else Watch(tenant_id=tenant.id)
    graph = deps.graph(tenant)
    users: set[str] = set()
    links: dict[str, str] = {}
    everybody = False
    for resource, link in ((WatchedResource.USERS, watch.users_link), (WatchedResource.GROUPS, watch.groups_link)):
        try:
            changes = await changes_since(graph, resource, link)
        except LinkExpiredError:
            everybody = True
            changes = await changes_since(graph, resource, None)
        everybody = everybody or link is None or changes.structure
        users |= changes.user_ids
        links[f"{resource.value}_link"] = changes.link
    # What was found is promised before the links move on: a crash in between finds it again.
    if everybody or len(users) > MOST_SINGLY:
        await request_reconcile(deps, client, tenant.id, now)
        await wake_for_group(deps, client, tenant.id, None, now)
    elif users:
        await report_changes(deps, client, tenant.id, users, now)
    await keep_watch(deps, watch, users_link=links["users_link"], groups_link=links["groups_link"], read_at=now)


async def reread_due(deps: Dependencies, client: DurableClient, due: Due) -> datetime | None:
    """Read a user again who was not shown as entitled, or everybody; the reading plans the next one.

    Users are noted as changed ones are: a tenant has one workflow that reads them, a hundred at a time.
    """
    tenant, now = await deps.tenants.find(due.tenant_id), deps.clock.now()
    if tenant is None:
        return None
    if tenant.value.paused is not None:  # resuming the tenant requests a reconcile
        return now + _PAUSED
    if due.subject_id == EVERYBODY:
        await request_reconcile(deps, client, due.tenant_id, now)
        return None
    await promise_settling(deps, due.tenant_id, now)
    await deps.changes.add_again(due.tenant_id, due.subject_id, now, due.reads)
    await settle_changes(client, due.tenant_id)
    return None


async def changes_due(deps: Dependencies, client: DurableClient, due: Due) -> datetime | None:
    """Settle the reported changes of a tenant's users that are not settled yet."""
    if not await deps.changes.take(due.tenant_id, 1):
        return None
    if await end_stalled(client, SETTLE_CHANGES, _instance(due.tenant_id), deps.clock.now()):
        return deps.clock.now() + AGAIN_AFTER
    await settle_changes(client, due.tenant_id)
    return deps.clock.now() + DueKind.CHANGES.checked_after


async def catch_up_due(deps: Dependencies, client: DurableClient, due: Due) -> datetime | None:
    """Ask a tenant's directory for its changes; if it refuses, everybody is read once a day."""
    tenant = await deps.tenants.find(due.tenant_id)
    if tenant is None:
        return None
    now = deps.clock.now()
    try:
        await catch_up(deps, client, tenant.value, now)
    except RefusedError as refused:
        _log.warning("the directory of %s does not say what has changed: %s", due.tenant_id, refused)
        await deps.due.ensure(DueKind.REREAD, next_of(timedelta(days=1), now, due.tenant_id), due.tenant_id, EVERYBODY)
    every = timedelta(minutes=tenant.value.settings.directory_catch_up_in_minutes)
    await deps.due.put(DueKind.CATCH_UP, next_of(every, now, due.subject_id), due.tenant_id, due.subject_id)
    return None


_notifications_log = logging.getLogger("deskwright.notifications")
_ID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")

MOST_NOTIFICATIONS = 1000
"""Most notifications in one request: a larger one is refused, and reads of the changes find them."""

Notification = Mapping[str, Any]


async def receive_notifications(deps: Dependencies, notifications: Sequence[Notification]) -> None:
    """Pass on the notifications that come from Graph by their clientState; ignore the others.

    Anybody may send them: each is looked at once, and only the directories of tenants are compared.
    """
    now, tenants = deps.clock.now(), await tenants_by_directory(deps)
    genuine: defaultdict[str, list[Notification]] = defaultdict(list)
    for each in notifications:
        directory_id = _text(each.get("tenantId")).lower()
        if directory_id in tenants and await is_from_graph(deps, directory_id, _text(each.get("clientState"))):
            genuine[directory_id].append(each)
    if others := len(notifications) - sum(map(len, genuine.values())):
        _notifications_log.warning("%d of %d notifications of a request were not Graph's", others, len(notifications))
    for directory_id, found in genuine.items():
        for tenant_id in tenants[directory_id]:
            await _pass_on(deps, tenant_id, found, now)


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


async def _pass_on(deps: Dependencies, tenant_id: str, notifications: Sequence[Notification], now: datetime) -> None:
    if any("lifecycleEvent" in each for each in notifications):
        await deps.due.put(DueKind.SUBSCRIBE, now, tenant_id, tenant_id, Renewal.REQUESTED)
        await catch_up_soon(deps, tenant_id, now)  # something may have been missed
    changes = [each for each in notifications if "lifecycleEvent" not in each]
    if any("groups" in _text(each.get("resource")).lower() for each in changes):
        # A new member may be a group of others: reading the changes tells users from groups.
        await catch_up_soon(deps, tenant_id, now)
    users = sorted({user_id for each in changes for user_id in _users(each)})
    for at in range(0, len(users), _MOST_USERS):
        message = {
            "tenantId": tenant_id,
            "type": "user",
            "userIds": users[at : at + _MOST_USERS],
            "at": now.isoformat(),
        }
        await put_on_queue(deps, QUEUE, message)


def _users(notification: Notification) -> Iterator[str]:
    data = notification.get("resourceData")
    if not isinstance(data, dict):
        return
    named = [data] if "user" in _text(data.get("@odata.type")).lower() else []
    members = data.get("members@delta")
    for each in [*named, *(members if isinstance(members, list) else [])]:
        user_id = _text(each.get("id")) if isinstance(each, dict) else ""
        if _ID.fullmatch(user_id):
            yield user_id.lower()
