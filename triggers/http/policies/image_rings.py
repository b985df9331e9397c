"""Image rings of provisioning policies: the report of the month, and resuming it after a halt."""

from __future__ import annotations

import azure.functions as func

from shared.domain.operations.image_rings import RingReport
from shared.services.actions.image_rings import resume_rings, ring_report
from shared.workflow import Blueprint
from triggers.http.call import Call, Response, ok
from triggers.http.endpoints import endpoint
from triggers.http.idempotency import once
from triggers.http.openapi_metadata import Without

bp = Blueprint()
_OPEN = func.AuthLevel.ANONYMOUS  # the token decides, not a function key

RING_REPORT = Without(RingReport, ("tenantId", "parts", "holdsBulk", "image"))


@bp.route(route="tenants/{tenant}/provisioningPolicies/{id}/imageRings", methods=["GET"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/provisioningPolicies/read", returns=RING_REPORT)
async def get_image_rings(call: Call) -> Response:
    """Show the latest month of a policy's image rings: each ring, and the Cloud PCs that were not rebuilt, with why."""
    return ok(RING_REPORT.dump(await ring_report(call.context, call.param("id"))))


@bp.route(route="tenants/{tenant}/provisioningPolicies/{id}/resumeImageRings", methods=["POST"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/provisioningPolicies/update", returns=RING_REPORT)
async def resume_image_rings(call: Call) -> Response:
    """Let a halted month of a policy's image rings go on, with the image that the policy has now."""
    repository, id_ = call.deps.image_rings, call.param("id")

    async def resume() -> Response:
        call.match((await repository.get(call.tenant.id, id_)).etag)
        await resume_rings(call.context, id_)
        return ok(RING_REPORT.dump(await ring_report(call.context, id_)))

    return await once(call, resume)
