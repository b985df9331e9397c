"""Releases of Spot Groups: the one that is open, the history, and pausing, resuming or cancelling it."""

from __future__ import annotations

from typing import Any

import azure.functions as func

from shared.domain.spot.actions import GroupAction
from shared.domain.spot.release import OPEN, ReleaseEvent, SpotRelease
from shared.services import releases
from shared.services.spot_facts import spot_group_facts
from shared.services.spot_pausing import pause_of
from shared.workflow import Blueprint, DurableClient
from triggers.http.call import Call, Response, ok
from triggers.http.endpoints import action_endpoint, endpoint
from triggers.http.graph import BASE, graph_whole_list
from triggers.http.odata import Collection, kinds_of
from triggers.http.operations import accepted
from triggers.http.response_shapes import Page
from triggers.http.spot_groups import addressed_group


class ReleaseView(SpotRelease):
    """A release. *paused_because*: why it stands still though it runs; None: nobody has paused its group or tenant."""

    paused_because: str | None = None


bp = Blueprint()
_OPEN = func.AuthLevel.ANONYMOUS  # the token decides, not a function key
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
@endpoint("Microsoft.CloudPC/spotGroups/read", graph=True, returns=ReleaseView)
async def get_release(call: Call) -> Response:
    """Show the open release of a Spot Group; 409 where none is open."""
    group = (await call.deps.spot_groups.get(call.tenant.id, call.param("id"))).value
    stored = await releases.open_release(call.context, group)
    return ok(_view(stored.value, await pause_of(call.context, group)), etag=stored.etag)


@bp.route(route=f"{BASE}/spotGroups/{{id}}/history", methods=["GET"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/spotGroups/read", graph=True, returns=Page(ReleaseView), query=_HISTORY)
async def list_releases(call: Call) -> Response:
    """List the releases of a Spot Group, the newest first."""
    group = (await call.deps.spot_groups.get(call.tenant.id, call.param("id"))).value
    found = [each.value async for each in call.deps.releases.each(group.tenant_id, spot_group_id=group.id)]
    newest = sorted(found, key=lambda release: release.created_date_time, reverse=True)
    paused = await pause_of(call.context, group)
    return await graph_whole_list(call, _HISTORY, [_view(release, paused) for release in newest])


@bp.route(route=f"{_RELEASE}/pause", methods=["POST"], auth_level=_OPEN)
@bp.durable_client_input(client_name="client")
@action_endpoint(GroupAction.PAUSE_RELEASE, graph=True, returns=ReleaseView)
async def pause_release(call: Call, client: DurableClient) -> Response:
    """Pause the open release: built and moved hosts stay so."""
    return await _change(call, client, ReleaseEvent.PAUSED)


@bp.route(route=f"{_RELEASE}/resume", methods=["POST"], auth_level=_OPEN)
@bp.durable_client_input(client_name="client")
@action_endpoint(GroupAction.RESUME_RELEASE, graph=True, returns=ReleaseView)
async def resume_release(call: Call, client: DurableClient) -> Response:
    """Let a release go on that was paused, or was stopped by a failure."""
    return await _change(call, client, ReleaseEvent.RESUMED)


@bp.route(route=f"{_RELEASE}/cancel", methods=["POST"], auth_level=_OPEN)
@bp.durable_client_input(client_name="client")
@action_endpoint(GroupAction.CANCEL_RELEASE, graph=True, returns=ReleaseView)
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
