"""Messages on ``directory-changes``: somebody joined a group, or was given a licence (docs/notes/product.md 4)."""

from __future__ import annotations

import contextlib
import json
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import azure.functions as func
from pydantic import Field, ValidationError

from shared.dependencies import Dependencies, dependencies
from shared.domain.values import Value
from shared.domain.wizards.forms import parse
from shared.errors import DeskwrightError
from shared.services.directory_subscriptions import tell_changes
from shared.services.reconciling import ask_for_reconcile
from shared.workflow import Blueprint, DurableClient

bp = Blueprint()
QUEUE = "directory-changes"
"""Where everybody who knows of a change puts it."""

_POISON = "directory-changes-poison"
_LAST_TRY = 5  # the host puts a message aside after so many
_MOST_USERS = 100
_MOST_CHARACTERS = 16_000  # of a message that is put aside: the poison queue's messages have a limit too


class ChangeType(StrEnum):
    """What changed."""

    GROUP_MEMBERSHIP = "groupMembership"
    USER_LICENSE = "userLicense"
    GROUP = "group"
    USER = "user"


class DirectoryChange(Value):
    """One message. *tenant_id* is the slug; without *user_ids*, the directory's, the whole tenant is looked at."""

    tenant_id: str
    type: ChangeType
    group_id: str | None = None
    user_ids: tuple[UUID, ...] | None = Field(None, max_length=_MOST_USERS)
    at: datetime


@bp.queue_trigger(arg_name="msg", queue_name="directory-changes", connection="AzureWebJobsStorage")
@bp.durable_client_input(client_name="client")
async def receive_directory_change(msg: func.QueueMessage, client: DurableClient) -> None:
    """Bring to its end what a message says has changed; one that cannot be read is put aside, not tried again.

    One that could be read and not carried out, as often as the host tries, is put aside as well, and says why.
    """
    deps = dependencies()
    text = msg.get_body().decode("utf-8", "replace")
    try:
        change = parse(DirectoryChange, json.loads(text))
    except (ValidationError, ValueError, RecursionError) as error:
        await _put_aside(deps, text, _reason(error))
        return
    if await deps.tenants.find(change.tenant_id) is None:
        await _put_aside(deps, text, f"there is no tenant {change.tenant_id}")
        return
    try:
        await _bring_about(deps, client, change)
    except DeskwrightError as error:
        if (msg.dequeue_count or 0) < _LAST_TRY:
            raise
        await _put_aside(deps, text, f"tried {_LAST_TRY} times: {error}")


async def _bring_about(deps: Dependencies, client: DurableClient, change: DirectoryChange) -> None:
    now = deps.clock.now()
    if change.type is ChangeType.GROUP or not change.user_ids:
        await ask_for_reconcile(deps, client, change.tenant_id, now)
    else:
        await tell_changes(deps, client, change.tenant_id, map(str, change.user_ids), now)


async def put(deps: Dependencies, name: str, message: dict[str, Any]) -> None:
    """Put a message on a queue, which is made when it is the first one."""
    from azure.core.exceptions import ResourceExistsError, ResourceNotFoundError

    queue = deps.queue(name)
    text = json.dumps(message)
    try:
        await queue.send_message(text)
    except ResourceNotFoundError:
        with contextlib.suppress(ResourceExistsError):
            await queue.create_queue()
        await queue.send_message(text)


async def _put_aside(deps: Dependencies, message: str, reason: str) -> None:
    aside = {"message": message[:_MOST_CHARACTERS], "reason": reason, "at": deps.clock.now().isoformat()}
    await put(deps, _POISON, aside)


def _reason(error: Exception) -> str:
    if isinstance(error, ValidationError):
        found = error.errors(include_url=False, include_context=False, include_input=False)
        return "; ".join(f"/{'/'.join(map(str, each['loc']))}: {each['msg']}" for each in found)
    return f"not JSON: {error}"
