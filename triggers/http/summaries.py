"""A tenant at a glance: counts of its Cloud PCs, its licences, its quotas."""

from __future__ import annotations

import azure.functions as func

from shared.services.summaries import CloudPcCounts, License, Quota, count_cloud_pcs, licenses_used, quotas
from shared.workflow import Blueprint
from triggers.http.call import Call, Response, ok
from triggers.http.endpoints import endpoint
from triggers.http.lists import whole_list
from triggers.http.odata import Collection, kinds_of
from triggers.http.response_shapes import Page

bp = Blueprint()
_OPEN = func.AuthLevel.ANONYMOUS  # the token decides, not a function key
_LICENSES = Collection(
    name="licenses",
    kinds=kinds_of("servicePlanId", "displayName", "skuPartNumber", numbers="total used free cloudPcs"),
    searched=("displayName", "skuPartNumber"),
    key=("servicePlanId",),
)
_QUOTAS = Collection(
    name="quotas", kinds=kinds_of("subscriptionId", "region", "error"), key=("subscriptionId", "region")
)


@bp.route(route="tenants/{tenant}/summary", methods=["GET"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/cloudPCs/read", returns=CloudPcCounts)
async def get_summary(call: Call) -> Response:
    """Count the Cloud PCs by status, policy, service plan, region and connection."""
    return ok((await count_cloud_pcs(call.context)).to_json())


@bp.route(route="tenants/{tenant}/licenses", methods=["GET"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/servicePlans/read", returns=Page(License), query=_LICENSES)
async def list_licenses(call: Call) -> Response:
    """List the licences for Cloud PCs: how many there are, used and free."""
    return await whole_list(call, _LICENSES, [each.to_json() for each in await licenses_used(call.context)])


@bp.route(route="tenants/{tenant}/quotas", methods=["GET"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/servicePlans/read", returns=Page(Quota), query=_QUOTAS)
async def list_quotas(call: Call) -> Response:
    """List the vCPU quotas of the subscriptions and regions in which the tenant builds."""
    return await whole_list(call, _QUOTAS, [each.to_json() for each in await quotas(call.context)])
