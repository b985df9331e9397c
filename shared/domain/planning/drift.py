"""Drift: the changes that a rebuild would make to a Cloud PC. Editing a policy does not change existing ones. Pure.

``PROPERTIES`` says it for each field of the configuration (*rebuilt*). What is only written in the record (a name, the
length of a grace period) is no drift: no machine has to be built anew for it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from shared.domain.cloud_pcs.cloud_pc import CloudPc
from shared.domain.cloud_pcs.lifecycle import Status
from shared.domain.images.image import DeviceImage
from shared.domain.planning.in_place import WantedSettings, changes_in_place, has_run
from shared.domain.policies.graph import PROPERTIES, SCRIPTS
from shared.domain.policies.policy import Policy, Snapshot, image_source, scripts_of
from shared.domain.policies.script import DeviceManagementScript
from shared.domain.tenants.tenant import TenantSettings
from shared.domain.values import Value


class Drift(Value):
    """*differs*: the properties of Graph's provisioningPolicy that a rebuild would change in the machine.

    *in_place*: those of them that ``applySettings`` brings to the machine without a rebuild.
    """

    drifted: bool
    differs: tuple[str, ...] = ()
    in_place: tuple[str, ...] = ()


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
        if policy is None:
            return Drift(drifted=True, differs=("provisioningPolicyId",))
        wanted = self.wanted(policy)
        differs = self._differs(pc.current.snapshot, policy, wanted)
        changes = {each.name for each in changes_in_place(pc.current.snapshot, wanted)}
        in_place = tuple(name for name in differs if name in changes)
        return Drift(drifted=bool(differs), differs=differs, in_place=in_place)

    def wanted(self, policy: Policy) -> WantedSettings:
        """Return the settings that a policy wants today."""
        return WantedSettings(
            configuration=policy.configuration.decided(self.settings), scripts=scripts_of(policy, self.scripts)
        )

    def policy_name(self, pc: CloudPc) -> str | None:
        """Return the name of a Cloud PC's policy: its name today, or when it was deleted."""
        if pc.current.snapshot is None:
            return None
        policy = self.policies.get(pc.current.snapshot.policy_id)
        return policy.display_name if policy else pc.current.snapshot.policy_name

    def _differs(self, built: Snapshot, policy: Policy, wanted: WantedSettings) -> tuple[str, ...]:
        """Return the properties that a rebuild would change; a label, such as the policy's name, is not in the machine.

        Any of the policy's connections may be used: an alternate is no drift. While the policy's own image may not be
        used, nothing is rebuilt from it.
        """
        image = image_source(policy, self.images.get(policy.image_id))
        same = {
            "domainJoinConfigurations": built.connection_id in policy.connection_ids,
            "imageId": image in {None, built.image},
            SCRIPTS: has_run(built, wanted.scripts),
            **{
                row.name: row.of(built) == getattr(wanted.configuration, row.field) for row in PROPERTIES if row.rebuilt
            },
        }
        return tuple(name for name, is_same in same.items() if not is_same)
