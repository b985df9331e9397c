"""Scenes of provisioning policies: settings of a policy, and a month of its image rings that is halted."""

from __future__ import annotations

from collections.abc import Mapping

from shared.domain.operations.image_rings import Ring, RingMonth, RingStatus
from shared.domain.policies.image_rings import Month
from shared.domain.policies.policy import image_source
from tests.integration import things
from tests.integration.scene import Scene, Trace

SCRIPTS = [{"scriptId": "sc1", "timeoutInMinutes": 20, "onFailure": "block"}]
IMAGE_RINGS = {
    "enabled": False,
    "dayOfMonth": 10,
    "timeZone": "Europe/Berlin",
    "canaryPercent": 10,
    "canaryGroupId": "g2",
    "canaryDays": 5,
    "maxFailures": 1,
}
NOVEMBER = Month("2026-11", things.NOW)
HALTED = (
    RingMonth(
        id="p1",
        tenant_id=things.TENANT_ID,
        month=NOVEMBER.name,
        status=RingStatus.RUNNING,
        image=image_source(things.policy(), None),
        begun_at=NOVEMBER.begins,
        last_modified_date_time=things.NOW,
    )
    .with_part(Ring.CANARY, things.NOW)
    .halted("none of the canary was rebuilt", things.NOW)
)
POLICY_SCENES: Mapping[str, Scene] = {
    "POST tenants/{tenant}/provisioningPolicies/{id}/pause": Scene(Trace.CHANGED, {"reason": "x"}, at={"id": "p1"}),
    "POST tenants/{tenant}/provisioningPolicies/{id}/setPools": Scene(
        Trace.CHANGED, {"pools": [{"servicePlanId": "sku-1", "desired": 0}]}, at={"id": "p1"}
    ),
    "POST tenants/{tenant}/provisioningPolicies/{id}/resume": Scene(Trace.CHANGED, at={"id": "p1"}),
    "POST tenants/{tenant}/provisioningPolicies/{id}/resumeImageRings": Scene(
        Trace.CHANGED, given=(("image_rings", HALTED),), at={"id": "p1"}
    ),
}
