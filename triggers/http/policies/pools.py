"""Warm pools of provisioning policies: their settings and their status."""

import azure.functions as func

from shared.domain.pools.status import PoolStatus, PoolTimes
from shared.services.pools.reports import pool_statuses, pool_times
from shared.services.pools.setting import PoolsForm, set_pools
from shared.workflow import Blueprint
from triggers.http.call import Call, Response, ok
from triggers.http.endpoints import endpoint
from triggers.http.idempotency import once
from triggers.http.lists import whole_list
from triggers.http.odata import Collection, kinds_of
from triggers.http.openapi_metadata import Page
from triggers.http.views.policies import POLICY, policy_view

bp = Blueprint()
_OPEN = func.AuthLevel.ANONYMOUS  # the token decides, not a function key

POOLS = Collection(
    name="pools",
    kinds=kinds_of(
        *("id", "policyId", "policyName", "servicePlanId", "servicePlanName", "state", "nextAction", "nextStep"),
        numbers="desired size minimum maximum ttlHours eligible starting held parked deleting missing failures",
        flags="useOutdated",
    ),
    searched=("policyName", "servicePlanName"),
)


@bp.route(route="tenants/{tenant}/pools", methods=["GET"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/provisioningPolicies/read", returns=Page(PoolStatus), query=POOLS)
async def list_pools(call: Call) -> Response:
    """List the warm pools: setting, members, hits and misses, times, and the next step with its reason."""
    return await whole_list(call, POOLS, [each.to_json() for each in await pool_statuses(call.context)])


POOL_TIMES = Collection(
    name="poolTimes",
    kinds=kinds_of("policyId", "policyName", numbers="windowInDays claimed missed"),
    searched=("policyName",),
)


@bp.route(route="tenants/{tenant}/poolTimes", methods=["GET"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/provisioningPolicies/read", returns=Page(PoolTimes), query=POOL_TIMES)
async def list_pool_times(call: Call) -> Response:
    """List the times from licence to use by policy: claimed, assigned, usable; median, 95th percentile and number."""
    return await whole_list(call, POOL_TIMES, [each.to_json() for each in await pool_times(call.context)])


@bp.route(route="tenants/{tenant}/provisioningPolicies/{id}/setPools", methods=["POST"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/provisioningPolicies/update", accepts=PoolsForm, returns=POLICY)
async def set_policy_pools(call: Call) -> Response:
    """Replace the warm pools of a policy; pools that the body leaves out are drained."""

    async def replace() -> Response:
        stored = await call.deps.policies.get(call.tenant.id, call.param("id"))
        call.match(stored.etag)
        after = await set_pools(call.context, stored, call.read(PoolsForm, call.json()))
        return ok(policy_view(after.value, call.tenant.settings, {}), etag=after.etag)

    return await once(call, replace)
