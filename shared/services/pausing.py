"""Whether somebody has paused what a Cloud PC belongs to: its policy, its tenant, or everything."""

from __future__ import annotations

from shared.dependencies import Dependencies
from shared.domain.cloud_pc import CloudPc
from shared.domain.pausing import held
from shared.domain.tenant import Tenant


async def why_paused(deps: Dependencies, tenant: Tenant, pc: CloudPc) -> str | None:
    """Return why nothing of *pc* may begin now, under the policy that it was built from; None: it may."""
    policy = await deps.policies.find(tenant.id, pc.snapshot.policy_id) if pc.snapshot else None
    return held(await deps.service_state.get(), tenant, policy.value if policy else None)
