"""Cloud PCs: Graph's cloudPCs with timeline, sign-in details, retry and rerun; grace periods; orphans."""

from __future__ import annotations

from collections.abc import Mapping

import azure.functions as func

from shared.domain.cloud_pcs.cloud_pc import CloudPc
from shared.domain.cloud_pcs.orphans import LAST
from shared.domain.cloud_pcs.progress import SignInDetails
from shared.domain.cloud_pcs.use import CloudPcUse
from shared.domain.planning.drift import TenantPolicies
from shared.domain.power.record import CloudPcPower
from shared.services.cloud_pcs.lists import cloud_pc_entries, ready_sign_in
from shared.services.cloud_pcs.orphans import begin_removal, request_scan
from shared.services.operations.estimating import estimates_of, estimates_with_places
from shared.services.policies.policies import read_configuration
from shared.services.usage.cloud_pcs import latest_uses
from shared.workflow import Blueprint, DurableClient
from triggers.http import scopes
from triggers.http.call import Call, Response, ok
from triggers.http.endpoints import endpoint
from triggers.http.graph import BASE, graph_function, graph_item, graph_kept_list, query_of
from triggers.http.idempotency import once
from triggers.http.lists import whole_list
from triggers.http.openapi_metadata import ONE, Page
from triggers.http.operations.operations import accepted
from triggers.http.views.actions import (
    ORPHANS,
    REMOVALS,
    OrphanScanView,
    OrphanView,
    PendingRemovalView,
    orphan_scan_view,
    orphan_view,
    pending_removal_view,
)
from triggers.http.views.cloud_pcs import (
    CLOUD_PC,
    CLOUD_PCS,
    OF_TODAY,
    CloudPcView,
    LaunchDetailView,
    StatusCountsView,
    cloud_pc_view,
    count_by_status,
    launch_detail_view,
    use_properties,
)
from triggers.http.views.operations import OPERATION, TimelineView, timeline_view
from triggers.http.views.power import power_properties

_POWER = frozenset({"powerState", "@deskwright.power"})
"""The properties for which the power of Cloud PCs is read."""
_USE = frozenset({"lastLoginResult", "lastLogoffDateTime"})
"""The properties for which the use of Cloud PCs is read."""

bp = Blueprint()
_OPEN = func.AuthLevel.ANONYMOUS  # the token decides, not a function key


@bp.route(route=f"{BASE}/cloudPCs", methods=["GET"], auth_level=_OPEN)
@endpoint(
    "Microsoft.CloudPC/cloudPCs/read", graph=True, returns=Page(CLOUD_PC), query=CLOUD_PCS, reach=scopes.CLOUD_PCS
)
async def list_cloud_pcs(call: Call) -> Response:
    """List the Cloud PCs."""
    configuration = await _configuration(call)
    powers, uses = await _powers(call), await _uses(call)
    entries = await cloud_pc_entries(call.context)
    estimates = await estimates_of(call.deps, call.tenant.id, entries)

    def view(pc: CloudPc) -> CloudPcView:
        power = None if powers is None else power_properties(powers.get(pc.id), call.now)
        use = None if uses is None else use_properties(uses.get(pc.id))
        return cloud_pc_view(pc, call.now, configuration, estimates, power, use)

    return await graph_kept_list(call, call.deps.cloud_pcs, CLOUD_PCS, view, entries)


@graph_function(bp, f"{BASE}/cloudPCs/retrieveCloudPcCountByStatus")
@endpoint("Microsoft.CloudPC/cloudPCs/read", graph=True, returns=StatusCountsView, reach=scopes.CLOUD_PCS)
async def count_cloud_pcs(call: Call) -> Response:
    """Count the Cloud PCs by status."""
    return ok({"value": count_by_status([*filter(call.sees, await call.deps.cloud_pcs.entries(call.tenant.id))])})


@bp.route(route=f"{BASE}/cloudPCs/{{id}}", methods=["GET"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/cloudPCs/read", graph=True, returns=CLOUD_PC, query=ONE, reach=scopes.CLOUD_PC)
async def get_cloud_pc(call: Call) -> Response:
    """Show one Cloud PC."""
    stored = await call.deps.cloud_pcs.get(call.tenant.id, call.param("id"))
    configuration = await _configuration(call)
    found = await call.deps.cloud_pc_powers.find(call.tenant.id, stored.value.id)
    power = power_properties(found.value if found else None, call.now)
    estimates = await estimates_with_places(call.deps, call.tenant.id, [stored.value])
    use = use_properties((await latest_uses(call.deps, call.tenant.id, call.now)).get(stored.value.id))
    shown = cloud_pc_view(stored.value, call.now, configuration, estimates, power, use)
    return graph_item(call, CLOUD_PCS, shown, stored.etag)


@graph_function(bp, f"{BASE}/cloudPCs/{{id}}/retrieveCloudPcLaunchDetail")
@endpoint("Microsoft.CloudPC/cloudPCs/readSignInDetails", graph=True, returns=LaunchDetailView, reach=scopes.CLOUD_PC)
async def retrieve_launch_detail(call: Call) -> Response:
    """Show the address that opens a Cloud PC in a browser."""
    pc = await _present(call)
    return ok(launch_detail_view(pc, await ready_sign_in(call.deps, call.tenant, pc)))


@bp.route(route="tenants/{tenant}/cloudPCs/{id}/timeline", methods=["GET"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/cloudPCs/read", returns=TimelineView, reach=scopes.CLOUD_PC)
async def get_timeline(call: Call) -> Response:
    """Show every step of a Cloud PC: start, end, attempt, Azure ids, error; and when it should be ready."""
    pc = await _present(call)
    entries = await call.deps.timeline.entries(call.tenant.id, pc.id)
    estimates = await estimates_with_places(call.deps, call.tenant.id, [pc])
    return ok(timeline_view(pc, entries, call.now, estimates))


@bp.route(route="tenants/{tenant}/cloudPCs/{id}/signInDetails", methods=["GET"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/cloudPCs/readSignInDetails", returns=SignInDetails, reach=scopes.CLOUD_PC)
async def get_sign_in_details(call: Call) -> Response:
    """Show the sign-in details of the user, with a text for the administrator to pass on."""
    return ok((await ready_sign_in(call.deps, call.tenant, await _present(call))).to_json())


async def _configuration(call: Call) -> TenantPolicies:
    """Return the configuration for drift; nothing is read for callers who did not select a property that needs it."""
    selected = query_of(call, CLOUD_PCS).select
    if selected is not None and OF_TODAY.isdisjoint(selected):
        return TenantPolicies({}, {}, call.tenant.settings)
    return await read_configuration(call.context)


async def _powers(call: Call) -> dict[str, CloudPcPower] | None:
    """Return the power of all Cloud PCs by id, or None for callers who did not select it."""
    selected = query_of(call, CLOUD_PCS).select
    if selected is None or _POWER.isdisjoint(selected):
        return None
    return {each.value.id: each.value async for each in call.deps.cloud_pc_powers.each(call.tenant.id)}


async def _uses(call: Call) -> Mapping[str, CloudPcUse] | None:
    """Return the use of all Cloud PCs by id, or None for callers who did not select it."""
    selected = query_of(call, CLOUD_PCS).select
    if selected is None or _USE.isdisjoint(selected):
        return None
    return await latest_uses(call.deps, call.tenant.id, call.now)


async def _present(call: Call) -> CloudPc:
    return (await call.deps.cloud_pcs.get(call.tenant.id, call.param("id"))).value


@bp.route(route="tenants/{tenant}/removals", methods=["GET"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/cloudPCs/read", returns=Page(PendingRemovalView), query=REMOVALS, reach=scopes.BY_CLOUD_PC)
async def list_removals(call: Call) -> Response:
    """List the Cloud PCs whose removal waits to be confirmed, with cause and reason."""
    found = [stored.value for stored in await call.deps.cloud_pcs.with_removals(call.tenant.id)]
    return await whole_list(call, REMOVALS, [pending_removal_view(pc) for pc in found])


_PLACE = "tenants/{tenant}/orphans"


@bp.route(route=_PLACE, methods=["GET"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/orphans/read", returns=Page(OrphanView, {"scan": OrphanScanView}), query=ORPHANS)
async def list_orphans(call: Call) -> Response:
    """List the orphans, and the areas that the last scan covered; ``type`` and ``cloudPcId`` choose."""
    found = [orphan_view(stored.value, call.now) async for stored in call.deps.orphans.each(call.tenant.id)]
    scan = await call.deps.orphan_scans.find(call.tenant.id, LAST)
    return await whole_list(call, ORPHANS, found, {"scan": orphan_scan_view(scan.value) if scan else None})


@bp.route(route=f"{_PLACE}/scan", methods=["POST"], auth_level=_OPEN)
@bp.durable_client_input(client_name="client")
@endpoint("Microsoft.CloudPC/orphans/scan", returns={202: OPERATION})
async def scan_for_orphans(call: Call, client: DurableClient) -> Response:
    """Compare now the resources in Azure, Entra ID and Intune with the records of the Cloud PCs."""

    async def scan() -> Response:
        return accepted(await request_scan(call.context, client))

    return await once(call, scan)


@bp.route(route=f"{_PLACE}/{{id}}/remove", methods=["POST"], auth_level=_OPEN)
@bp.durable_client_input(client_name="client")
@endpoint("Microsoft.CloudPC/orphans/remove", returns={202: OPERATION})
async def remove_orphan_by_hand(call: Call, client: DurableClient) -> Response:
    """Remove an orphan of a Cloud PC of which nothing should be left; take a computer account off the list."""

    async def remove() -> Response:
        return accepted(await begin_removal(call.context, client, call.param("id")))

    return await once(call, remove)
