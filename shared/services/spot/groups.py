"""Spot Groups: created, edited, paused and deleted; and why a user has a place, or none."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from shared.domain import naming
from shared.domain.operations.operation import Operation, ResourceType
from shared.domain.operations.pausing import spot_pause_sentence
from shared.domain.policies.policy import Assignment
from shared.domain.spot.engine.state import DesktopExplanation, SpotGroupState, explain_desktop
from shared.domain.spot.groups.group import HostSettings, Sessions, SpotGroup
from shared.domain.spot.groups.members import MemberStatus, SpotMember
from shared.domain.spot.groups.settings import CapacitySettings
from shared.domain.spot.notes import noted
from shared.domain.tenants.tenant import Paused
from shared.domain.values import amount
from shared.domain.wizards.create_spot_group import NAME_TAKEN, CapacityStep, review_spot_group
from shared.domain.wizards.edit_spot_group import (
    EditGroupsStep,
    EditNotesStep,
    edited,
    review_spot_group_edit,
    selected,
)
from shared.domain.wizards.spot_group_steps import (
    DescriptionStep,
    HostsStep,
    LicenseStep,
    ProfileStep,
    SessionsStep,
    SpotGroupFacts,
    SpotGroupGroupsStep,
    SpotGroupImageStep,
    SpotGroupNameStep,
    SpotGroupSiteStep,
)
from shared.errors import ConflictError, InvalidError
from shared.services.operations.action_context import ActionContext
from shared.services.operations.intents import BegunOperation, Resource, begin_operation, make_change
from shared.services.operations.writes import RecordWrite, WriteEffect, change, insertion, name_taken_is, replacement
from shared.services.spot.reconciling import RECONCILE
from shared.storage.repository import Stored
from shared.workflow import DurableClient


async def pause_of(context: ActionContext, group: SpotGroup) -> str | None:
    """Return why a group stands still, in a sentence: somebody has paused it, its tenant or the service; else None."""
    return spot_pause_sentence(await context.deps.service_state.get(), context.tenant, group)


async def pause_spot_group(context: ActionContext, stored: Stored[SpotGroup], reason: str) -> SpotGroup:
    """Pause a group; sessions that run go on."""
    paused = Paused(by=context.actor.name, at=context.now, reason=reason)
    return await make_change(context, _resource(stored), _setting(context, stored, paused))


async def resume_spot_group(context: ActionContext, client: DurableClient, stored: Stored[SpotGroup]) -> SpotGroup:
    """Let a group act again; waiting work begins."""
    follow = RECONCILE.after(context, client, stored.value.id)
    return await make_change(context, _resource(stored), _setting(context, stored, None), **follow)


def _resource(stored: Stored[SpotGroup]) -> Resource:
    return Resource(ResourceType.SPOT_GROUP, stored.value.id)


def _setting(context: ActionContext, stored: Stored[SpotGroup], paused: Paused | None) -> RecordWrite[SpotGroup]:
    before = stored.value

    def edit(group: SpotGroup) -> SpotGroup | None:
        there = group.paused
        same = there is None if paused is None else there is not None and there.reason == paused.reason
        return None if same else group.but(paused=paused, last_modified_date_time=context.now)

    return change(before, edit, partial(context.deps.spot_groups.change, before.tenant_id, before.id, known=stored))


async def explain_desktop_of(context: ActionContext, group: SpotGroup, id_or_upn: str) -> DesktopExplanation:
    """Explain a user's desktop in a group, named by id or principal name. Raises: NotFoundError."""
    deps = context.deps
    members = [each.value async for each in deps.spot_members.each(group.tenant_id, group_id=group.id)]
    hosts = await deps.session_hosts.of_group(group.tenant_id, group.id)
    found = await deps.spot_states.find(group.tenant_id, group.id)
    known = found.value if found else SpotGroupState(id=group.id, tenant_id=group.tenant_id)
    state = known.but_paused(await pause_of(context, group))
    named = id_or_upn.casefold()
    user = next(
        (
            (each.user_id, each.user_principal_name)
            for each in members
            if named in {each.user_id.casefold(), each.user_principal_name.casefold()}
        ),
        None,
    )
    if user is None:
        there = await deps.graph(context.tenant).user(id_or_upn)
        user = (there.id, there.user_principal_name)
    return explain_desktop(group, state, members, hosts, user, deps.clock.now())


CREATE_OPERATION = "createSpotGroup"
EDIT_OPERATION = "editSpotGroup"
DELETE_OPERATION = "deleteSpotGroup"
CONFIRM_OPERATION = "confirmSpotMemberRemovals"
NONE_HELD = "no removal of a member waits for a confirmation"

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class GroupRemoval:
    """Numbers of the objects that the deletion of a Spot Group removes."""

    members: int
    sessions: int
    hosts: int

    def to_json(self) -> dict[str, int]:
        """Return it as JSON."""
        return {"members": self.members, "sessions": self.sessions, "hosts": self.hosts}


async def create_spot_group(
    context: ActionContext, client: DurableClient, form: Mapping[str, Any], facts: SpotGroupFacts
) -> BegunOperation[Stored[SpotGroup]]:
    """Save a Spot Group from the wizard's form, and begin to build it. Raises: InvalidError."""
    group_id = naming.spot_group_id(context.new_id("spotGroup"))
    group = _group_of(context, group_id, form, _without(facts, group_id))
    with name_taken_is(NAME_TAKEN):
        write = insertion(context, context.deps.spot_groups, group, group_id)
        return await _begin(context, client, CREATE_OPERATION, group_id, write)


async def edit_spot_group(
    context: ActionContext,
    client: DurableClient,
    form: Mapping[str, Any],
    facts: SpotGroupFacts,
    match: Callable[[str], None],
) -> BegunOperation[Stored[SpotGroup]]:
    """Edit a Spot Group by the form, and reconcile it. Raises: InvalidError, StaleError.

    *match* is given the ETag of the group that is changed, and raises if the caller means another one.
    """
    stored, after = await edited_spot_group(context, form, facts)
    match(stored.etag)
    return await _change(context, client, EDIT_OPERATION, stored, after)


async def edited_spot_group(
    context: ActionContext, form: Mapping[str, Any], facts: SpotGroupFacts
) -> tuple[Stored[SpotGroup], SpotGroup]:
    """Return the group that a form of edit-spot-group edits, before and after. Raises: InvalidError."""
    _, reading = review_spot_group_edit(form, facts)
    chosen = selected(reading, facts)
    if reading.problems or chosen is None:
        raise InvalidError(*reading.problems)
    stored = await context.deps.spot_groups.get(context.tenant.id, chosen.id)
    before = stored.value
    groups, notes = reading.value("groups", EditGroupsStep), reading.value("notes", EditNotesStep)
    after = edited(before, reading)
    if groups and groups.group_ids:
        after = after.but(assignments=assignments_of(after, groups.group_ids, context))
    after = after.but(notes=noted(before.notes, notes.notes if notes else "", by=context.actor.name, at=context.now))
    if after != before:
        after = after.but(last_modified_date_time=context.now)
    return stored, after


async def delete_spot_group(
    context: ActionContext, client: DurableClient, stored: Stored[SpotGroup], *, confirmed: bool
) -> Operation:
    """Begin to delete a Spot Group; the losses are shown first.

    Raises: ConflictError with what would be removed, unless that is *confirmed*; StaleError.
    """
    group = stored.value
    removal = await read_removal(context, group)
    if not confirmed and any((removal.members, removal.sessions, removal.hosts)):
        raise ConflictError(
            f"deleting {group.display_name} signs off {amount(removal.sessions, 'session')}, "
            f"removes {amount(removal.hosts, 'host')} and takes the desktop of {amount(removal.members, 'member')}; "
            "repeat it with confirm=true",
            wouldRemove=removal.to_json(),
        )
    after = group if group.deleting_since else group.but(deleting_since=context.now)
    return (await _change(context, client, DELETE_OPERATION, stored, after)).operation


async def read_removal(context: ActionContext, group: SpotGroup) -> GroupRemoval:
    """Return the numbers of members, sessions and hosts that the deletion of a group would remove now."""
    deps = context.deps
    members = [each.value async for each in deps.spot_members.each(group.tenant_id, group_id=group.id)]
    state = await deps.spot_states.find(group.tenant_id, group.id)
    return GroupRemoval(
        members=sum(member.counts for member in members),
        sessions=state.value.active_sessions + state.value.disconnected_sessions if state else 0,
        hosts=state.value.hosts if state else 0,
    )


async def held_members(context: ActionContext, group: SpotGroup) -> list[Stored[SpotMember]]:
    """Return the members of a group whose removal waits for a confirmation."""
    status = MemberStatus.REMOVAL_HELD.value
    found = context.deps.spot_members.each(group.tenant_id, group_id=group.id, status=status)
    return [each async for each in found]


async def confirm_member_removals(
    context: ActionContext, client: DurableClient, stored: Stored[SpotGroup]
) -> tuple[Operation, int]:
    """Confirm the removals of members that wait for it; return the operation, and how many there are.

    Raises: ConflictError where none waits.
    """
    group, members = stored.value, context.deps.spot_members
    held = await held_members(context, group)
    if not held:
        raise ConflictError(NONE_HELD)
    confirmed = [Stored(each.value.but(confirmed_by=context.actor.name), each.etag) for each in held]

    async def confirm() -> WriteEffect[None]:
        await members.save_all(confirmed)
        return WriteEffect(None, None, group)

    write = RecordWrite(confirm, None, group, of_record=False)
    return (await _begin(context, client, CONFIRM_OPERATION, group.id, write)).operation, len(held)


async def _change(
    context: ActionContext, client: DurableClient, kind: str, stored: Stored[SpotGroup], after: SpotGroup
) -> BegunOperation[Stored[SpotGroup]]:
    """Write a group and request its reconcile. Raises: InvalidError for a taken name, StaleError."""
    with name_taken_is(NAME_TAKEN):
        write = replacement(stored, after, context.deps.spot_groups.replace)
        return await _begin(context, client, kind, after.id, write)


async def _begin(
    context: ActionContext, client: DurableClient, kind: str, group_id: str, write: RecordWrite[Result]
) -> BegunOperation[Result]:
    """Make a change of a group and request its reconcile."""
    return await begin_operation(
        context,
        kind,
        Resource(ResourceType.SPOT_GROUP, group_id),
        write,
        **RECONCILE.after(context, client, group_id),
    )


def _group_of(context: ActionContext, group_id: str, form: Mapping[str, Any], facts: SpotGroupFacts) -> SpotGroup:
    """Return the group that the form describes. Raises: InvalidError."""
    _, reading = review_spot_group(form, facts)
    name, profile = reading.value("name", SpotGroupNameStep), reading.value("profile", ProfileStep)
    licence, site = reading.value("license", LicenseStep), reading.value("site", SpotGroupSiteStep)
    groups, image = reading.value("groups", SpotGroupGroupsStep), reading.value("image", SpotGroupImageStep)
    description = reading.value("description", DescriptionStep)
    connection = facts.connection_of(site) if site else None
    if reading.problems or not (
        name and profile and licence and site and groups and image and description and connection
    ):
        raise InvalidError(*reading.problems)
    sessions, hosts = reading.value("sessions", SessionsStep), reading.value("hosts", HostsStep)
    capacity = reading.value("capacity", CapacityStep)
    group = SpotGroup(
        id=group_id,
        tenant_id=context.tenant.id,
        **dict(name),
        profile_path=profile.profile_path,
        data_path=profile.shared_data(profile.profile_path),
        **dict(licence),
        **dict(image),
        description=description.description,
        tags=description.tags,
        notes=noted((), description.notes, by=context.actor.name, at=context.now),
        site_id=site.site_id,
        connection_id=connection.id,
        sessions=Sessions.model_validate(dict(sessions or Sessions())),
        hosts=HostSettings.model_validate(dict(hosts or HostSettings())),
        capacity=CapacitySettings.model_validate(dict(capacity or CapacitySettings())),
        created_date_time=context.now,
        last_modified_date_time=context.now,
    )
    return group.but(assignments=assignments_of(group, groups.group_ids, context))


def assignments_of(group: SpotGroup, group_ids: tuple[str, ...], context: ActionContext) -> tuple[Assignment, ...]:
    """Return the assignments to *group_ids*; groups that stay keep since when."""
    there = {assignment.group_id: assignment for assignment in group.assignments}
    return tuple(
        there.get(each)
        or Assignment(id=naming.derived_id("spotAssignment", group.id, each), group_id=each, assigned_at=context.now)
        for each in group_ids
    )


def _without(facts: SpotGroupFacts, group_id: str) -> SpotGroupFacts:
    return facts.but(spot_groups=tuple(group for group in facts.spot_groups if group.id != group_id))
