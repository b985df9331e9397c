"""Actions on the temporary machine of an image version, and its due rows: no access stays open by mistake."""

import logging
from datetime import datetime
from functools import partial
from ipaddress import IPv4Address
from typing import Annotated

from pydantic import AfterValidator, Field

from shared.clients.key_vault import one_time_secret_name
from shared.clients.pacing import retry_while_throttled
from shared.contracts.image_versions import (
    BUILD_VERSION,
    REMOVE_VERSION,
    RUN_VERSION_ACTION,
    SEAL_VERSION,
    VersionActionOrder,
)
from shared.dependencies import Dependencies
from shared.domain import naming
from shared.domain.operations.operation import Operation, OperationStatus, ResourceType
from shared.domain.spot.images.image_version import (
    ImageVersion,
    VersionAction,
    VersionActionName,
    VersionEvent,
    VersionStatus,
)
from shared.domain.values import Value
from shared.errors import ConflictError
from shared.services.operations.action_context import ActionContext
from shared.services.operations.intents import Resource, begin_operation, resume_operation
from shared.services.operations.sweeps import AGAIN_AFTER, end_stalled
from shared.services.operations.writes import change
from shared.services.spot.image_versions import (
    build_instance,
    refuse_while_acting,
    removal_instance,
    seal_instance,
    start_build,
    start_removal,
    start_seal,
    version_order,
)
from shared.storage.due import ACT_EVERY, Due, DueKind
from shared.storage.repository import Stored
from shared.workflow import DurableClient, is_alive, start

_log = logging.getLogger("deskwright.sweeps")
_KINDS_OF_CHARACTERS = 3


def public_address(text: str) -> str:
    """Return an IPv4 address of the internet. Raises: ValueError for anything else."""
    try:
        address = IPv4Address(text)
    except ValueError as error:
        raise ValueError("write an IPv4 address, such as 20.50.2.10") from error
    if not address.is_global or address.is_multicast:
        raise ValueError("must be an address of the internet: the one from which you will connect")
    return text


def _strong(text: str) -> str:
    kinds = (any(map(str.islower, text)), any(map(str.isupper, text)), any(map(str.isdigit, text)))
    if not text.isprintable() or sum(kinds) + (not text.isalnum()) < _KINDS_OF_CHARACTERS:
        raise ValueError("needs three of: small letters, capitals, digits, signs; and no control character")
    return text


PublicAddress = Annotated[str, Field(max_length=15), AfterValidator(public_address)]
AdministratorPassword = Annotated[
    str, Field(min_length=12, max_length=123, json_schema_extra={"writeOnly": True}), AfterValidator(_strong)
]
"""As Azure wants it of an administrator."""


class ConnectForm(Value):
    """Access for a caller. *address*: the address they connect from; left out: the address of this request."""

    password: AdministratorPassword = Field(repr=False)
    address: PublicAddress | None = None
    minutes: int = Field(60, ge=5, le=480)


async def act_on_version(
    context: ActionContext,
    client: DurableClient,
    stored: Stored[ImageVersion],
    name: VersionActionName,
    form: ConnectForm | None = None,
) -> Operation:
    """Begin an action on the machine of a version; return its operation. Raises: ConflictError.

    The password is in the vault, under a name of its own, until Windows has it.
    """
    deps, before = context.deps, stored.value
    resource = Resource(ResourceType.IMAGE_VERSION, before.id)
    begin = partial(start_action, deps, client)
    resumed = await resume_operation(
        context,
        resource,
        partial(begin, before),
        begun=lambda id_: before.action is not None and before.action.operation_id == id_,
    )
    if resumed is not None:
        return resumed
    refuse_without_machine(before)
    action = await _action(context, name, form)

    def edit(version: ImageVersion) -> ImageVersion:
        refuse_without_machine(version)
        return version.but(action=action, last_modified_date_time=context.now)

    write = change(before, edit, partial(deps.image_versions.change, before.tenant_id, before.id))
    kind, at = f"{name.value}ImageVersion", context.now + DueKind.IMAGE_VERSION.checked_after
    promise = partial(deps.due.put, DueKind.IMAGE_VERSION, at, before.tenant_id, before.id)
    try:
        return (await begin_operation(context, kind, resource, write, promise=promise, start=begin)).operation
    except ConflictError:
        if (secret_url := action.secret_url) is not None:
            await retry_while_throttled(lambda: deps.vault().delete(secret_url))
        raise


async def _action(context: ActionContext, name: VersionActionName, form: ConnectForm | None) -> VersionAction:
    """Return the action to record; the password of *form* is put into the vault."""
    plain = VersionAction(name=name, operation_id=context.operation_id, begun_at=context.now)
    if form is None:
        return plain
    secret_url = await _keep_for_once(context, form.password)
    return plain.but(address=form.address, minutes=form.minutes, secret_url=secret_url)


def refuse_without_machine(version: ImageVersion) -> None:
    """Raise ConflictError unless the version has a machine that is customised by hand, and no action is under way."""
    refuse_while_acting(version)
    if version.status is not VersionStatus.CUSTOMIZING or not version.by_hand:
        raise ConflictError("there is no machine to customise", status=version.status.value)


async def _keep_for_once(context: ActionContext, password: str) -> str:
    vault, name = context.deps.vault(), one_time_secret_name(context.tenant.id, context.operation_id)
    tags = {"tenant": context.tenant.id}
    return await retry_while_throttled(lambda: vault.store(name, password, tags=tags))


async def start_action(deps: Dependencies, client: DurableClient, version: ImageVersion) -> bool:
    """Start the action that the record shows; return False when it runs already, or there is none."""
    action = version.action
    about = await version_order(deps, version) if action else None
    if action is None or about is None:
        return False
    order = VersionActionOrder(
        tenant_id=version.tenant_id,
        version_id=version.id,
        operation_id=action.operation_id,
        name=action.name,
        machine=about.machine,
        address=action.address,
        minutes=action.minutes,
        secret_url=action.secret_url,
    )
    return await start(client, RUN_VERSION_ACTION, order, instance_id=_instance(version, action))


def _instance(version: ImageVersion, action: VersionAction) -> str:
    return naming.instance_id(version.tenant_id, version.id, f"act-{action.operation_id}", 0)


async def image_version_due(deps: Dependencies, client: DurableClient, due: Due) -> datetime | None:
    """Begin saved, broken-off and timed work of an image version; work that is under way is left alone."""
    found = await deps.image_versions.find(due.tenant_id, due.subject_id)
    if found is None or found.value.status in {VersionStatus.AVAILABLE, VersionStatus.FAILED}:
        return None
    version = found.value
    if version.status is VersionStatus.DELETING:
        return await _while_deleted(deps, client, version)
    if not version.by_hand or version.status is VersionStatus.CREATING_VM:
        return await _while_built(deps, client, version)
    if version.status is VersionStatus.CUSTOMIZING:
        return await _while_customized(deps, client, version)
    return await _while_sealed(deps, client, version)


async def _while_deleted(deps: Dependencies, client: DurableClient, version: ImageVersion) -> datetime:
    """Start a removal that was not begun, or broke off."""
    now = deps.clock.now()
    if await end_stalled(client, REMOVE_VERSION, removal_instance(version), now):
        return now + AGAIN_AFTER
    await start_removal(deps, client, version)
    return now + DueKind.IMAGE_VERSION.checked_after


async def _while_sealed(deps: Dependencies, client: DurableClient, version: ImageVersion) -> datetime:
    """Start a seal that has not begun or broke off; it resumes after the capture if that was reached."""
    now = deps.clock.now()
    if await end_stalled(client, SEAL_VERSION, seal_instance(version), now):
        return now + AGAIN_AFTER
    await start_seal(deps, client, version)
    return now + DueKind.IMAGE_VERSION.checked_after


async def _while_built(deps: Dependencies, client: DurableClient, version: ImageVersion) -> datetime | None:
    """Start a build that has not begun; restart a build that broke off, after removing its resources."""
    now = deps.clock.now()
    if await end_stalled(client, BUILD_VERSION, build_instance(version), now):
        return now + AGAIN_AFTER
    operation = await deps.operations.find(version.tenant_id, version.operation_id)
    begun = operation is not None and operation.value.status is OperationStatus.RUNNING
    if begun and await is_alive(client, build_instance(version)):
        return now + DueKind.IMAGE_VERSION.checked_after
    if begun:
        _log.warning("the build of version %s/%s had broken off; started again", version.tenant_id, version.id)
        edit = partial(_begun_anew, at=now)
        version = await deps.image_versions.change(version.tenant_id, version.id, edit)
    await start_build(deps, client, version, broken_off=begun)
    return now + DueKind.IMAGE_VERSION.checked_after


def _begun_anew(version: ImageVersion, at: datetime) -> ImageVersion | None:
    if version.by_hand or version.is_first or version.status is VersionStatus.CREATING_VM:
        return None
    return version.after(VersionEvent.BROKE_OFF, at=at, gallery_version_id=None)


async def _while_customized(deps: Dependencies, client: DurableClient, version: ImageVersion) -> datetime | None:
    """Resume an action that broke off, close an expired way in, and shut the machine down after its days."""
    now, action = deps.clock.now(), version.action
    if action is not None:
        if await end_stalled(client, RUN_VERSION_ACTION, _instance(version, action), now):
            return now + AGAIN_AFTER
        if await start_action(deps, client, version) and now - action.begun_at >= ACT_EVERY:
            _log.warning("%s of version %s/%s had broken off; resumed", action.name, version.tenant_id, version.id)
        return now + ACT_EVERY
    if version.shut_down_at is not None and version.shut_down_at <= now:
        return await _begin_by_itself(deps, client, version, VersionActionName.SHUT_DOWN)
    if version.access is not None and version.access.until <= now:
        return await _begin_by_itself(deps, client, version, VersionActionName.DISCONNECT)
    moments = [version.access.until] if version.access else []
    return min([*moments, *([version.shut_down_at] if version.shut_down_at else [])], default=None)


async def _begin_by_itself(
    deps: Dependencies, client: DurableClient, version: ImageVersion, name: VersionActionName
) -> datetime:
    """Begin an action that nobody has asked for: it has no operation."""
    now = deps.clock.now()
    id_ = naming.derived_id("versionAction", version.tenant_id, version.id, name.value, now.isoformat())
    action = VersionAction(name=name, operation_id=id_, begun_at=now)

    def edit(there: ImageVersion) -> ImageVersion | None:
        free = there.action is None and there.status is VersionStatus.CUSTOMIZING
        return there.but(action=action, last_modified_date_time=now) if free else None

    after = await deps.image_versions.change(version.tenant_id, version.id, edit)
    await start_action(deps, client, after)
    return now + ACT_EVERY
