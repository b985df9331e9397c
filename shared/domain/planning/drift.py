"""Drift: the changes that a rebuild would make to a Cloud PC. Editing a policy does not change existing ones. Pure.

``PROPERTIES`` says it for each field of the configuration (*rebuilt*). What is only written in the record (a name, the
length of a grace period) is no drift: no machine has to be built anew for it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from shared.domain.cloud_pcs.cloud_pc import CloudPc
from shared.domain.cloud_pcs.lifecycle import Status
from shared.domain.images.image import DeviceImage
from shared.domain.policies.graph import PROPERTIES, SCRIPTS
from shared.domain.policies.policy import Policy, Snapshot, image_source, scripts_of
from shared.domain.policies.script import DeviceManagementScript
from shared.domain.tenants.tenant import TenantSettings
from shared.domain.values import Value


class Drift(Value):
    """*differs*: the properties of Graph's provisioningPolicy that a rebuild would change in the machine."""

    drifted: bool
    differs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TenantPolicies:
    """Policies and images with which a tenant would build today: policies and device images by id."""

    policies: Mapping[str, Policy]
    images: Mapping[str, DeviceImage]
    settings: TenantSettings
    scripts: Mapping[str, DeviceManagementScript] = field(default_factory=dict)

    def drift(self, pc: CloudPc) -> Drift | None:
        """Return the drift of a Cloud PC from its policy, or None before its first build."""
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
        """Return the properties that a rebuild would change; a label, such as the policy's name, is not in the machine.

        Any of the policy's connections may be used: an alternate is no drift. While the policy's own image may not be
        used, nothing is rebuilt from it.
        """
        image = image_source(policy, self.images.get(policy.image_id))
        today = policy.configuration.decided(self.settings)
        same = {
            "domainJoinConfigurations": built.connection_id in policy.connection_ids,
            "imageId": image in {None, built.image},
            SCRIPTS: self._has_run(built, policy),
            **{row.name: row.of(built) == getattr(today, row.field) for row in PROPERTIES if row.rebuilt},
        }
        return tuple(name for name, is_same in same.items() if not is_same)

    def _has_run(self, built: Snapshot, policy: Policy) -> bool:
        """Whether the machine has run today's versions of the policy's scripts; also while one of them is gone."""
        today = scripts_of(policy, self.scripts)
        return today is None or [each.digest for each in today] == [each.digest for each in built.built_scripts]
