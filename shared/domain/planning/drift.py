"""Drift: the changes that a rebuild would make to a Cloud PC. Editing a policy changes none of them. Pure.

``REBUILT`` says it for each field of the snapshot. What is only written in the record (a name, the length of a grace
period) is no drift: no machine has to be built anew for it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from shared.domain.cloud_pcs.cloud_pc import CloudPc
from shared.domain.cloud_pcs.lifecycle import Status
from shared.domain.images.image import DeviceImage, ImageSource
from shared.domain.policies.policy import Policy, Snapshot, image_source
from shared.domain.tenants.tenant import TenantSettings
from shared.domain.values import Value


class Drift(Value):
    """*differs*: the properties of Graph's provisioningPolicy that a rebuild would change in the machine."""

    drifted: bool
    differs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Today:
    """Sources of a rebuild. *image*: None while the policy's own may not be used."""

    policy: Policy
    image: ImageSource | None
    settings: TenantSettings


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """A field of the snapshot that a rebuild changes in the machine.

    *name*: Graph's property of the policy; *same*: whether a rebuild would leave it as it is.
    """

    name: str
    same: Callable[[Snapshot, _Today], bool]


REBUILT: Mapping[str, Rebuilt | None] = MappingProxyType(
    {
        "policy_id": None,  # of a policy that was deleted: ``drift`` says so by itself
        "policy_name": None,  # a label; the device keeps the one that it was enrolled by (docs/decisions/0015)
        # Any of the policy's connections may be used: an alternate is no drift. Its join type never changes.
        "connection_id": Rebuilt(
            "domainJoinConfigurations", lambda built, today: built.connection_id in today.policy.connection_ids
        ),
        "connection_name": None,
        "join_type": None,
        # While the policy's own image may not be used nothing is rebuilt from it.
        "image": Rebuilt("imageId", lambda built, today: today.image in {None, built.image}),
        "image_display_name": None,
        "locale": Rebuilt("windowsSetting", lambda built, today: built.locale == today.policy.locale),
        "local_admin_enabled": Rebuilt(
            "localAdminEnabled", lambda built, today: built.local_admin_enabled == today.policy.local_admin_enabled
        ),
        "enable_single_sign_on": Rebuilt(
            "enableSingleSignOn",
            lambda built, today: built.enable_single_sign_on == today.policy.enable_single_sign_on,
        ),
        "security_defaults": Rebuilt(
            "@deskwright.securityDefaults",
            lambda built, today: built.security_defaults == today.policy.security_defaults,
        ),
        "naming_template": Rebuilt(
            "cloudPcNamingTemplate",
            lambda built, today: (
                built.naming_template == (today.policy.cloud_pc_naming_template or today.settings.naming_template)
            ),
        ),
        "grace_period_in_hours": None,  # a time in the record: no machine depends on it
    }
)
"""Each field of the snapshot: the change by a rebuild, or None where it makes no difference to a machine."""


@dataclass(frozen=True, slots=True)
class TenantPolicies:
    """Policies and images with which a tenant would build today: policies and device images by id."""

    policies: Mapping[str, Policy]
    images: Mapping[str, DeviceImage]
    settings: TenantSettings

    def drift(self, pc: CloudPc) -> Drift | None:
        """Return the drift of a Cloud PC from its policy; None: it has never been built."""
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
        today = _Today(policy, image_source(policy, self.images.get(policy.image_id)), self.settings)
        return tuple(each.name for each in REBUILT.values() if each is not None and not each.same(built, today))
