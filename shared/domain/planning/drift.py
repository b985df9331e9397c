"""Drift: how a Cloud PC differs from what its policy would build today. Editing a policy changes none of them. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from shared.domain.cloud_pcs.cloud_pc import CloudPc
from shared.domain.cloud_pcs.lifecycle import Status
from shared.domain.images.image import DeviceImage
from shared.domain.policies.policy import Policy, Snapshot, image_source
from shared.domain.tenants.tenant import TenantSettings
from shared.domain.values import Value


class Drift(Value):
    """*differs*: the properties of Graph's provisioningPolicy that a Cloud PC built today would not share."""

    drifted: bool
    differs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TenantPolicies:
    """What the policies of a tenant would build today: policies and device images by id."""

    policies: Mapping[str, Policy]
    images: Mapping[str, DeviceImage]
    settings: TenantSettings

    def drift(self, pc: CloudPc) -> Drift | None:
        """Return how a Cloud PC differs from what its policy would build; None: nothing is built from one."""
        if pc.current.snapshot is None or pc.status is Status.NOT_PROVISIONED:
            return None
        policy = self.policies.get(pc.current.snapshot.policy_id)
        differs = self._differs(pc.current.snapshot, policy) if policy else ("provisioningPolicyId",)
        return Drift(drifted=bool(differs), differs=differs)

    def policy_name(self, pc: CloudPc) -> str | None:
        """Return the name of a Cloud PC's policy: its name today, or when it was deleted."""
        if pc.current.snapshot is None:
            return None
        policy = self.policies.get(pc.current.snapshot.policy_id)
        return policy.display_name if policy else pc.current.snapshot.policy_name

    def _differs(self, built: Snapshot, policy: Policy) -> tuple[str, ...]:
        same = {
            "displayName": built.policy_name == policy.display_name,
            # Any of the policy's connections may be used: an alternate is no drift.
            "domainJoinConfigurations": built.connection_id in policy.connection_ids,
            "imageId": built.image == image_source(policy, self.images.get(policy.image_id)),
            "windowsSetting": built.locale == policy.locale,
            "localAdminEnabled": built.local_admin_enabled == policy.local_admin_enabled,
            "enableSingleSignOn": built.enable_single_sign_on == policy.enable_single_sign_on,
            "@deskwright.securityDefaults": built.security_defaults == policy.security_defaults,
            "cloudPcNamingTemplate": built.naming_template
            == (policy.cloud_pc_naming_template or self.settings.naming_template),
            "gracePeriodInHours": built.grace_period_in_hours
            == (policy.grace_period_in_hours or self.settings.grace_period_in_hours),
        }
        return tuple(name for name, is_same in same.items() if not is_same)
