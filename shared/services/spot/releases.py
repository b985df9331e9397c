"""Releases of Spot Groups: begun, paused, resumed and cancelled; and their progress in a plan of the engine."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

from shared.dependencies import Dependencies
from shared.domain.cloud_pcs.build import Failure
from shared.domain.operations.operation import Operation, ResourceType
from shared.domain.policies.maintenance_window import window_of
from shared.domain.power.zones import zone_of
from shared.domain.spot.engine.seeing import has_failed
from shared.domain.spot.groups.group import SpotGroup
from shared.domain.spot.hosts.host import HostTask
from shared.domain.spot.hosts.host_plan import HostPlan, Stage
from shared.domain.spot.hosts.observed import ObservedHost
from shared.domain.spot.hosts.release import OPEN, ImageOfGroup, ReleaseEvent, ReleaseStatus, SpotRelease
from shared.domain.spot.notes import noted
from shared.domain.wizards.edit_spot_group import SelectStep
from shared.domain.wizards.spot_group_steps import SpotGroupFacts, SpotGroupImageStep
from shared.domain.wizards.update_spot_group import MethodStep, review_spot_group_update
from shared.errors import ConflictError, InvalidError, NotFoundError, Problem, StaleError
from shared.services.operations.action_context import ActionContext
from shared.services.operations.intents import Resource, begin_operation, make_change
from shared.services.operations.writes import Edit, RecordWrite, WriteEffect, change
from shared.services.spot.reconciling import RECONCILE
from shared.services.spot.session_hosts import start_host_task
from shared.storage.repository import Stored
from shared.workflow import DurableClient

TITLES: Mapping[str, str] = MappingProxyType(
    {
        Stage.WAITING.value: "Wait for the time of the release",
        Stage.CANARY.value: "Build the first host and prove that it works",
        Stage.SURGING.value: "Build further hosts",
        Stage.MOVING.value: "Move users to the new hosts",
    }
)
"""The steps of an operation updateSpotGroup."""


async def note_progress(
    deps: Dependencies,
    group: SpotGroup,
    release: SpotRelease,
    made: HostPlan,
    hosts: Sequence[ObservedHost],
    now: datetime,
) -> None:
    """Save the progress of the group's release that a plan has found, and end its operation with it."""
    if release.status not in OPEN:
        return
    after = await deps.releases.change(
        release.tenant_id, release.id, lambda there: there.seen(made.stage, made.cause, at=now)
    )
    percent = _percent(group, hosts)

    def edit(operation: Operation) -> Operation:
        if after.status is ReleaseStatus.SUCCEEDED:
            return operation.succeeded({"spotGroupId": group.id, "releaseId": after.id, "outcome": "succeeded"}, now)
        if after.status is ReleaseStatus.FAILED:
            return operation.failed(_stopped(after), now)
        if after.status is not ReleaseStatus.RUNNING or after.stage.value not in TITLES:
            return operation
        return operation.at_step(after.stage.value, TITLES, percent=percent, at=now)

    await deps.operations.change(release.tenant_id, release.operation_id, edit)


async def end_release(deps: Dependencies, group: SpotGroup) -> None:
    """End the open release of a group that is being deleted, and its operation."""
    found = await deps.releases.find(group.tenant_id, group.release_id) if group.release_id else None
    if found is None:
        return
    at = deps.clock.now()

    def edit(release: SpotRelease) -> SpotRelease | None:
        return release.after(ReleaseEvent.CANCELED, at=at) if release.status in OPEN else None

    ended = await deps.releases.change(group.tenant_id, found.value.id, edit)
    await end_operation(deps, ended, ended.status.value, at)


async def end_operation(deps: Dependencies, release: SpotRelease, outcome: str, at: datetime) -> None:
    """End the operation that waits for a release, if it has not ended."""

    def edit(operation: Operation) -> Operation | None:
        result = {"spotGroupId": release.spot_group_id, "releaseId": release.id, "outcome": outcome}
        return None if operation.ended else operation.succeeded(result, at)

    await deps.operations.change(release.tenant_id, release.operation_id, edit)


def _stopped(release: SpotRelease) -> Failure:
    return Failure(
        code="releaseStopped",
        message=release.cause or "Hosts of the new version do not work.",
        advice="Users stay on the hosts of the version before. The host that failed stays for a while, to look at "
        "(keepFailedHostInHours of the group). Mend the version and release it, or cancel the release.",
        retriable=False,
    )


def _percent(group: SpotGroup, hosts: Sequence[ObservedHost]) -> int:
    """Return the percentage of hosts that have the new version; 100 only at the release's end."""
    if not hosts:
        return 0
    new = sum(1 for host in hosts if host.version == group.image_version and host.proven)
    return min(99, 100 * new // max(len(hosts), group.host_count))


_STATUS_AFTER = {ReleaseEvent.PAUSED: ReleaseStatus.PAUSED, ReleaseEvent.RESUMED: ReleaseStatus.RUNNING}
RELEASE_OPERATION = "updateSpotGroup"
_MOVING = timedelta(minutes=30)
"""Time in which users are taken to be on the new hosts, once they were signed off: these are there before."""

_NONE_OPEN = "no release of the group is open"


async def begin_release(
    context: ActionContext,
    client: DurableClient,
    form: Mapping[str, Any],
    facts: SpotGroupFacts,
    match: Callable[[str], None],
) -> Operation:
    """Begin a release from the wizard's form; it supersedes an open release. Raises: InvalidError.

    *match* is given the ETag of the group, and raises if the caller means another one.
    """
    _, reading = review_spot_group_update(form, facts, context.now)
    group, image = reading.value("group", SelectStep), reading.value("image", SpotGroupImageStep)
    method = reading.value("method", MethodStep)
    if reading.problems or group is None or image is None or method is None:
        raise InvalidError(*reading.problems)
    stored = await context.deps.spot_groups.get(context.tenant.id, group.spot_group_id)
    match(stored.etag)
    before = stored.value
    method = await _in_window(context, before, method) if method.during_maintenance_window else method
    earlier = await _open(context, before)
    settled = ImageOfGroup(image_set_id=before.image_set_id, image_version=before.image_version)
    wanted = ImageOfGroup(image_set_id=image.image_set_id, image_version=image.image_version)
    release = SpotRelease(
        id=context.new_id("spotRelease"),
        tenant_id=before.tenant_id,
        spot_group_id=before.id,
        image=wanted,
        renews=wanted == settled and (earlier is None or earlier.value.renews),
        before=earlier.value.before if earlier else settled,  # what is superseded was never the group's
        **dict(method),
        operation_id=context.operation_id,
        requested_by=context.actor.name,
        created_date_time=context.now,
        last_modified_date_time=context.now,
    )
    after = before.but(
        **dict(release.image),
        release_id=release.id,
        notes=noted(before.notes, method.notes, by=context.actor.name, at=context.now),
        last_modified_date_time=context.now,
    )
    return await _begin(context, client, stored, after, release)


async def _in_window(context: ActionContext, group: SpotGroup, method: MethodStep) -> MethodStep:
    """Return the method with the time at which users move: in the first opening that the move ends in.

    The first window that applies to a group of users counts. Raises: InvalidError without such an opening.
    """
    deps, place = context.deps, "/method/duringMaintenanceWindow"
    windows = [each.value async for each in deps.maintenance_windows.each(group.tenant_id)]
    window = next((found for each in group.group_ids if (found := window_of(windows, each))), None)
    if window is None:
        raise InvalidError(Problem(place, "no maintenance window is assigned to a group of the Spot Group", "method"))
    site = (await deps.sites.get(group.tenant_id, group.site_id)).value
    needs = timedelta(minutes=method.sign_off_after_in_minutes) + _MOVING
    begin = window.next_begin(zone_of(site.region), max(context.now, method.at or context.now), needs)
    if begin is None:
        raise InvalidError(
            Problem(place, f"{window.display_name} is never open for as long as the move takes", "method")
        )
    return method.but(at=begin)


async def _begin(
    context: ActionContext, client: DurableClient, stored: Stored[SpotGroup], after: SpotGroup, release: SpotRelease
) -> Operation:
    """Write the release, then its id into the group, so that a group never names a missing release."""
    deps, before = context.deps, stored.value

    async def apply() -> WriteEffect[Stored[SpotGroup]]:
        if await deps.releases.find(release.tenant_id, release.id) is None:
            await deps.releases.insert(release)
        try:
            replaced = await deps.spot_groups.replace(after, seen=stored.etag)
        except StaleError:  # it was decided on a group that is another one now
            await deps.releases.remove(release.tenant_id, release.id)
            raise
        if before.release_id and before.release_id != release.id:
            await _supersede(context, before.release_id)
        return WriteEffect(replaced, before, after)

    begun = await begin_operation(
        context,
        RELEASE_OPERATION,
        Resource(ResourceType.SPOT_GROUP, before.id),
        RecordWrite(apply, before, after),
        **RECONCILE.after(context, client, before.id),
    )
    return begun.operation


async def _supersede(context: ActionContext, release_id: str) -> None:
    deps, tenant_id = context.deps, context.tenant.id

    def edit(release: SpotRelease) -> SpotRelease | None:
        return release.after(ReleaseEvent.REPLACED, at=context.now) if release.status in OPEN else None

    earlier = await deps.releases.change(tenant_id, release_id, edit)
    await end_operation(deps, earlier, "superseded", context.now)


def refusal(release: SpotRelease | None, event: ReleaseEvent) -> str | None:
    """Return why the latest *release* of a group cannot be paused, resumed or cancelled; None when it can."""
    if release is not None and event is ReleaseEvent.CANCELED and release.status is ReleaseStatus.CANCELED:
        return None
    if release is None or release.status not in OPEN:
        return _NONE_OPEN
    if release.status is _STATUS_AFTER.get(event):
        return None
    try:
        release.after(event, at=release.last_modified_date_time)
    except ConflictError as why:
        return str(why)
    return None


async def change_release(
    context: ActionContext, client: DurableClient, group: SpotGroup, event: ReleaseEvent
) -> SpotRelease:
    """Pause or resume the open release of a group; a resumed failed release rebuilds its failed hosts.

    Raises: ConflictError where none is open, IllegalTransitionError.
    """
    stored = await open_release(context, group)

    def edit(release: SpotRelease) -> SpotRelease | None:
        return None if release.status is _STATUS_AFTER[event] else release.after(event, at=context.now)

    deps, before = context.deps, stored.value

    async def apply(edited: Edit[SpotRelease]) -> SpotRelease:
        if event is ReleaseEvent.RESUMED and before.status is ReleaseStatus.FAILED:
            await _remove_failed(context, client, before)
        return await deps.releases.change(before.tenant_id, before.id, edited, known=stored)

    write = change(before, edit, apply)
    return await make_change(
        context,
        Resource(ResourceType.RELEASE, before.id),
        write,
        **RECONCILE.after(context, client, group.id),
    )


async def _remove_failed(context: ActionContext, client: DurableClient, release: SpotRelease) -> None:
    """Begin to remove the hosts of a release that did not work: others are tried in their place."""
    deps = context.deps
    for host in await deps.session_hosts.of_group(release.tenant_id, release.spot_group_id):
        of_release = (
            host.image_set_id == release.image.image_set_id and host.image_version == release.image.image_version
        )
        if of_release and not host.excluded and has_failed(host):
            with suppress(NotFoundError):
                await start_host_task(deps, client, host, HostTask.REMOVE, reason="the release is tried again")


async def cancel_release(context: ActionContext, client: DurableClient, stored: Stored[SpotGroup]) -> SpotRelease:
    """Cancel the open release: the group goes back to the version before; who works on a new host stays there.

    Raises: ConflictError where none is open, StaleError.
    """
    deps, group = context.deps, stored.value
    latest = await deps.releases.find(group.tenant_id, group.release_id) if group.release_id else None
    if latest is not None and latest.value.status is ReleaseStatus.CANCELED:
        return latest.value
    release = (await open_release(context, group)).value
    back = group.but(**dict(release.before), last_modified_date_time=context.now)

    async def apply() -> WriteEffect[SpotRelease]:
        await deps.spot_groups.replace(back, seen=stored.etag)
        ended = await deps.releases.change(
            release.tenant_id, release.id, lambda there: there.after(ReleaseEvent.CANCELED, at=context.now)
        )
        await end_operation(deps, release, "canceled", context.now)
        return WriteEffect(ended, group, back)

    return await make_change(
        context,
        Resource(ResourceType.SPOT_GROUP, group.id),
        RecordWrite(apply, group, back),
        **RECONCILE.after(context, client, group.id),
    )


async def open_release(context: ActionContext, group: SpotGroup) -> Stored[SpotRelease]:
    """Return the open release of a group. Raises: ConflictError where there is none."""
    found = await _open(context, group)
    if found is None:
        raise ConflictError(_NONE_OPEN)
    return found


async def _open(context: ActionContext, group: SpotGroup) -> Stored[SpotRelease] | None:
    found = await context.deps.releases.find(group.tenant_id, group.release_id) if group.release_id else None
    return found if found is not None and found.value.status in OPEN else None
