"""Spot Groups: their properties, members, pauses and releases. The wizards make and edit them."""

from functools import partial
from typing import Any

import azure.functions as func

from shared.domain.cloud_pcs.progress import DesktopSignIn
from shared.domain.operations.pausing import spot_pause_sentence
from shared.domain.spot.groups.actions import GroupAction
from shared.domain.spot.groups.group import SpotGroup
from shared.domain.spot.groups.members import SpotMember
from shared.domain.spot.hosts.release import OPEN, ReleaseEvent, SpotRelease
from shared.errors import NotFoundError
from shared.services.cloud_pcs.lists import spot_sign_in
from shared.services.directory.names import group_names
from shared.services.spot import groups as spot_groups
from shared.services.spot import groups as spot_pausing
from shared.services.spot import releases
from shared.services.spot.facts import spot_group_facts
from shared.services.spot.groups import pause_of
from shared.storage.repository import Stored
from shared.workflow import Blueprint, DurableClient
from triggers.http import scopes
from triggers.http.call import Call, Response, created, ok
from triggers.http.endpoints import action_endpoint, endpoint
from triggers.http.graph import BASE, graph_item, graph_list, graph_whole_list, with_operation
from triggers.http.idempotency import once
from triggers.http.json_schema import Json
from triggers.http.odata import Collection, kinds_of
from triggers.http.openapi_metadata import ONE, Page
from triggers.http.operations.operations import accepted
from triggers.http.policies.policies import PauseForm
from triggers.http.views.operations import OPERATION
from triggers.http.views.spot_groups import (
    SPOT_GROUP,
    SPOT_GROUPS,
    SPOT_MEMBER,
    SPOT_MEMBERS,
    spot_group_view,
    spot_member_view,
)

bp = Blueprint()
_OPEN = func.AuthLevel.ANONYMOUS  # the token decides, not a function key
_GROUP = f"{BASE}/spotGroups/{{id}}"


@bp.route(route=f"{BASE}/spotGroups", methods=["GET"], auth_level=_OPEN)
@endpoint(
    "Microsoft.CloudPC/spotGroups/read",
    graph=True,
    returns=Page(SPOT_GROUP),
    query=SPOT_GROUPS,
    reach=scopes.SPOT_GROUPS,
)
async def list_spot_groups(call: Call) -> Response:
    """List the Spot Groups."""
    states = {stored.value.id: stored.value async for stored in call.deps.spot_states.each(call.tenant.id)}
    groups = [stored.value async for stored in call.deps.spot_groups.each(call.tenant.id)]
    names = await group_names(call.context, (each for group in groups for each in group.group_ids))
    service = await call.deps.service_state.get()
    views = [
        spot_group_view(group, states.get(group.id), names, spot_pause_sentence(service, call.tenant, group))
        for group in groups
    ]
    return await graph_whole_list(call, SPOT_GROUPS, views)


@bp.route(route=_GROUP, methods=["GET"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/spotGroups/read", graph=True, returns=SPOT_GROUP, query=ONE, reach=scopes.SPOT_GROUP)
async def get_spot_group(call: Call) -> Response:
    """Show one Spot Group."""
    stored = await call.deps.spot_groups.get(call.tenant.id, call.param("id"))
    return graph_item(call, SPOT_GROUPS, await shown(call, stored.value), stored.etag)


@bp.route(route=_GROUP, methods=["DELETE"], auth_level=_OPEN)
@bp.durable_client_input(client_name="client")
@action_endpoint(GroupAction.DELETE, graph=True, returns={202: OPERATION}, query=("confirm",), reach=scopes.SPOT_GROUP)
async def delete_spot_group(call: Call, client: DurableClient) -> Response:
    """Delete a Spot Group: 409 with the losses, until the request says ``confirm=true``."""
    confirmed = call.is_confirmed
    stored = await addressed_group(call)
    return accepted(await spot_groups.delete_spot_group(call.context, client, stored, confirmed=confirmed))


@bp.route(route=f"{_GROUP}/members", methods=["GET"], auth_level=_OPEN)
@endpoint(
    "Microsoft.CloudPC/spotGroups/read",
    graph=True,
    returns=Page(SPOT_MEMBER),
    query=SPOT_MEMBERS,
    reach=scopes.SPOT_GROUP,
)
async def list_spot_members(call: Call) -> Response:
    """List the members of a Spot Group: members with a place, waiting ones, and removals that await a confirmation."""
    group = (await call.deps.spot_groups.get(call.tenant.id, call.param("id"))).value
    view = partial(spot_member_view, now=call.context.now)
    return await graph_list(call, call.deps.spot_members, SPOT_MEMBERS, view, group_id=group.id)


@bp.route(route=f"{_GROUP}/signInDetails", methods=["GET"], auth_level=_OPEN)
@endpoint(
    "Microsoft.CloudPC/spotGroups/readSignInDetails",
    graph=True,
    returns=DesktopSignIn,
    query=("memberId",),
    reach=scopes.SPOT_GROUP,
)
async def get_spot_sign_in_details(call: Call) -> Response:
    """Show the sign-in details of a Spot Group, or with ``memberId`` of one member, with a link to the Windows App."""
    group = (await call.deps.spot_groups.get(call.tenant.id, call.param("id"))).value
    member = await _member(call, group)
    return ok((await spot_sign_in(call.deps, call.tenant, group, member)).to_json())


@bp.route(route=f"{_GROUP}/confirmRemovals", methods=["POST"], auth_level=_OPEN)
@bp.durable_client_input(client_name="client")
@action_endpoint(
    GroupAction.CONFIRM_REMOVALS,
    graph=True,
    returns={202: OPERATION},
    reach=scopes.SPOT_GROUP,
)
async def confirm_removals(call: Call, client: DurableClient) -> Response:
    """Confirm the held removals of members, who then lose their access."""

    async def confirm() -> Response:
        operation, _ = await spot_groups.confirm_member_removals(call.context, client, await addressed_group(call))
        return accepted(operation)

    return await once(call, confirm)


@bp.route(route=f"{_GROUP}/pause", methods=["POST"], auth_level=_OPEN)
@action_endpoint(
    GroupAction.PAUSE, graph=True, accepts=PauseForm, optional=True, returns=SPOT_GROUP, reach=scopes.SPOT_GROUP
)
async def pause_spot_group(call: Call) -> Response:
    """Let a Spot Group start, build and remove nothing, and change no user's access."""
    reason = call.read(PauseForm, call.json_if_any()).reason
    paused = await spot_pausing.pause_spot_group(call.context, await addressed_group(call), reason)
    return ok(await shown(call, paused))


@bp.route(route=f"{_GROUP}/resume", methods=["POST"], auth_level=_OPEN)
@bp.durable_client_input(client_name="client")
@action_endpoint(GroupAction.RESUME, graph=True, returns=SPOT_GROUP, reach=scopes.SPOT_GROUP)
async def resume_spot_group(call: Call, client: DurableClient) -> Response:
    """Let a Spot Group act again."""
    resumed = await spot_pausing.resume_spot_group(call.context, client, await addressed_group(call))
    return ok(await shown(call, resumed))


async def save_spot_group_form(call: Call, client: DurableClient) -> Response:
    """Save the form of create-spot-group."""
    form = call.json()
    facts = await spot_group_facts(call.context, form, with_forecast=False)
    begun = await spot_groups.create_spot_group(call.context, client, form, facts)
    stored = begun.result
    place = "/api/" + BASE.format(tenant=call.tenant.id, version="v1.0")
    view = await shown(call, stored.value)
    return with_operation(created(view, f"{place}/spotGroups/{stored.value.id}", etag=stored.etag), begun.operation)


async def save_spot_group_edit_form(call: Call, client: DurableClient) -> Response:
    """Save the form of edit-spot-group."""
    form = call.json()
    facts = await spot_group_facts(call.context, form, with_forecast=False)
    begun = await spot_groups.edit_spot_group(call.context, client, form, facts, call.match)
    return accepted(begun.operation)


async def _member(call: Call, group: SpotGroup) -> SpotMember | None:
    """Return the member that the request names, or None if it names none. Raises: NotFoundError."""
    named = call.query("memberId")
    if not named:
        return None
    member = (await call.deps.spot_members.get(call.tenant.id, named)).value
    if member.group_id != group.id:
        raise NotFoundError("there is no such member")
    return member


async def shown(call: Call, group: SpotGroup) -> Json:
    """Return a group with its state."""
    state = await call.deps.spot_states.find(group.tenant_id, group.id)
    names = await group_names(call.context, group.group_ids)
    paused = await spot_pausing.pause_of(call.context, group)
    return spot_group_view(group, state.value if state else None, names, paused)


async def addressed_group(call: Call) -> Stored[SpotGroup]:
    """Return the group of the address, as If-Match wants it. Raises: NotFoundError, MismatchError."""
    stored = await call.deps.spot_groups.get(call.tenant.id, call.param("id"))
    call.match(stored.etag)
    return stored


class ReleaseView(SpotRelease):
    """A release. *paused_because*: why it does not proceed while it runs; null if nothing is paused."""

    paused_because: str | None = None


_RELEASE = f"{BASE}/spotGroups/{{id}}/release"
_HISTORY = Collection(
    name="spotGroups/history",
    kinds=kinds_of(
        *("id", "method", "status", "stage", "cause", "pausedBecause", "requestedBy"),
        moments="at createdDateTime lastModifiedDateTime endedDateTime",
    ),
    searched=("cause", "notes", "requestedBy"),
)


@bp.route(route=_RELEASE, methods=["GET"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/spotGroups/read", graph=True, returns=ReleaseView, reach=scopes.SPOT_GROUP)
async def get_release(call: Call) -> Response:
    """Show the open release of a Spot Group; 409 where none is open."""
    group = (await call.deps.spot_groups.get(call.tenant.id, call.param("id"))).value
    stored = await releases.open_release(call.context, group)
    return ok(_view(stored.value, await pause_of(call.context, group)), etag=stored.etag)


@bp.route(route=f"{BASE}/spotGroups/{{id}}/history", methods=["GET"], auth_level=_OPEN)
@endpoint(
    "Microsoft.CloudPC/spotGroups/read", graph=True, returns=Page(ReleaseView), query=_HISTORY, reach=scopes.SPOT_GROUP
)
async def list_releases(call: Call) -> Response:
    """List the releases of a Spot Group, the newest first."""
    group = (await call.deps.spot_groups.get(call.tenant.id, call.param("id"))).value
    found = [each.value async for each in call.deps.releases.each(group.tenant_id, spot_group_id=group.id)]
    newest = sorted(found, key=lambda release: release.created_date_time, reverse=True)
    paused = await pause_of(call.context, group)
    return await graph_whole_list(call, _HISTORY, [_view(release, paused) for release in newest])


@bp.route(route=f"{_RELEASE}/pause", methods=["POST"], auth_level=_OPEN)
@bp.durable_client_input(client_name="client")
@action_endpoint(GroupAction.PAUSE_RELEASE, graph=True, returns=ReleaseView, reach=scopes.SPOT_GROUP)
async def pause_release(call: Call, client: DurableClient) -> Response:
    """Pause the open release: built and moved hosts stay so."""
    return await _change(call, client, ReleaseEvent.PAUSED)


@bp.route(route=f"{_RELEASE}/resume", methods=["POST"], auth_level=_OPEN)
@bp.durable_client_input(client_name="client")
@action_endpoint(GroupAction.RESUME_RELEASE, graph=True, returns=ReleaseView, reach=scopes.SPOT_GROUP)
async def resume_release(call: Call, client: DurableClient) -> Response:
    """Let a release go on that was paused, or was stopped by a failure."""
    return await _change(call, client, ReleaseEvent.RESUMED)


@bp.route(route=f"{_RELEASE}/cancel", methods=["POST"], auth_level=_OPEN)
@bp.durable_client_input(client_name="client")
@action_endpoint(GroupAction.CANCEL_RELEASE, graph=True, returns=ReleaseView, reach=scopes.SPOT_GROUP)
async def cancel_release(call: Call, client: DurableClient) -> Response:
    """Cancel the open release: the group goes back to the version before."""
    stored = await addressed_group(call)
    canceled = await releases.cancel_release(call.context, client, stored)
    return ok(_view(canceled, await pause_of(call.context, stored.value)))


async def save_spot_group_update_form(call: Call, client: DurableClient) -> Response:
    """Save the form of update-spot-group: the release begins."""
    form = call.json()
    facts = await spot_group_facts(call.context, form, with_forecast=False)
    return accepted(await releases.begin_release(call.context, client, form, facts, call.match))


async def _change(call: Call, client: DurableClient, event: ReleaseEvent) -> Response:
    group = (await addressed_group(call)).value
    changed = await releases.change_release(call.context, client, group, event)
    return ok(_view(changed, await pause_of(call.context, group)))


def _view(release: SpotRelease, paused: str | None) -> dict[str, Any]:
    because = paused if release.status in OPEN else None
    return ReleaseView(**dict(release), paused_because=because).to_json()
