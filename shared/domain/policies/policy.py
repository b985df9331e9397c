"""A provisioning policy (Graph: cloudPcProvisioningPolicy) and the snapshot a Cloud PC keeps of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from pydantic import Field

from shared.domain.images.image import DeviceImage, DeviceImageStatus, ImageSource, ImageType, marketplace_image
from shared.domain.networks.connection import Connection, JoinType
from shared.domain.tenants.tenant import Paused, TenantSettings
from shared.domain.values import Value


class DomainJoinConfiguration(Value):
    """One connection of a policy; the list is tried in order (Graph: cloudPcDomainJoinConfiguration).

    *region_name*, *region_group*: as they were written when the connection was chosen; its site decides.
    """

    domain_join_type: JoinType
    on_premises_connection_id: str
    region_name: str | None = None
    region_group: str | None = None


def with_regions(
    joins: tuple[DomainJoinConfiguration, ...], regions: Sequence[tuple[str | None, str | None]]
) -> tuple[DomainJoinConfiguration, ...]:
    """Return *joins*, each with the region and the group of regions that were written for it."""
    pairs = zip(joins, regions, strict=True)
    return tuple(join.but(region_name=region, region_group=group) for join, (region, group) in pairs)


class Assignment(Value):
    """A group the policy is assigned to. *assigned_at* decides which policy wins; it survives a replaced set."""

    id: str
    group_id: str
    assigned_at: datetime


class SecurityDefaults(Value):
    """Redirections of the user's own device, and protection of Windows; the defaults are Windows 365's."""

    clipboard: bool = Field(
        False, title="Clipboard", description="Text and files can be copied between the user's device and the Cloud PC."
    )
    drives: bool = Field(False, title="Drives", description="The user's drives appear in the Cloud PC.")
    printers: bool = Field(False, title="Printers", description="The user's printers appear in the Cloud PC.")
    usb_devices: bool = Field(
        False, title="USB devices", description="USB and other Plug and Play devices can be connected."
    )
    virtualization_based_security: bool = Field(
        True,
        title="Virtualization-based security",
        description="With Credential Guard and memory integrity, after the next start of Windows.",
    )

    @property
    def redirections(self) -> tuple[str, ...]:
        """The redirections that are allowed, as their script names them."""
        named = {"clipboard": self.clipboard, "drives": self.drives, "printers": self.printers, "usb": self.usb_devices}
        return tuple(name for name, allowed in named.items() if allowed)


class Policy(Value):
    """A saved provisioning policy."""

    id: str
    tenant_id: str
    display_name: str
    description: str = ""
    domain_join_configurations: tuple[DomainJoinConfiguration, ...]
    image_type: ImageType
    image_id: str
    image_display_name: str = ""
    locale: str = "en-US"
    local_admin_enabled: bool = False
    enable_single_sign_on: bool = True
    security_defaults: SecurityDefaults = Field(default_factory=SecurityDefaults)
    cloud_pc_naming_template: str | None = None
    grace_period_in_hours: int | None = Field(None, ge=1, le=8760)
    assignments: tuple[Assignment, ...] = ()
    paused: Paused | None = None
    created_date_time: datetime
    last_modified_date_time: datetime

    @property
    def connection_ids(self) -> tuple[str, ...]:
        """The connections in the order in which they are tried."""
        return tuple(j.on_premises_connection_id for j in self.domain_join_configurations)


def image_source(policy: Policy, image: DeviceImage | None) -> ImageSource | None:
    """Return the source of machines of *policy*; *image*: its own image, as it is today. None: it cannot be used."""
    if policy.image_type is ImageType.GALLERY:
        offered = marketplace_image(policy.image_id)
        return ImageSource(marketplace=offered) if offered else None
    if image is None or image.status not in {DeviceImageStatus.READY, DeviceImageStatus.WARNING}:
        return None
    return ImageSource(gallery_version_id=image.gallery_version_id)


class Snapshot(Value):
    """Settings from which a Cloud PC was built: later edits of the policy do not reach it."""

    policy_id: str
    policy_name: str
    connection_id: str
    connection_name: str
    join_type: JoinType
    image: ImageSource
    image_display_name: str
    locale: str
    local_admin_enabled: bool
    enable_single_sign_on: bool = True
    security_defaults: SecurityDefaults = Field(default_factory=SecurityDefaults)
    naming_template: str
    grace_period_in_hours: int


def snapshot_of(
    policy: Policy, connections: Mapping[str, Connection], image: ImageSource | None, settings: TenantSettings
) -> Snapshot | None:
    """Return the snapshot of a Cloud PC of *policy* built today; None when its connections or its image are gone.

    The first connection that may be used is taken; if none may, the first: the build waits until it is healthy.
    """
    there = [connections[each] for each in policy.connection_ids if each in connections]
    connection = next((each for each in there if each.usable), there[0] if there else None)
    if connection is None or image is None:
        return None
    return Snapshot(
        policy_id=policy.id,
        policy_name=policy.display_name,
        connection_id=connection.id,
        connection_name=connection.display_name,
        join_type=connection.join_type,
        image=image,
        image_display_name=policy.image_display_name,
        locale=policy.locale,
        local_admin_enabled=policy.local_admin_enabled,
        enable_single_sign_on=policy.enable_single_sign_on,
        security_defaults=policy.security_defaults,
        naming_template=policy.cloud_pc_naming_template or settings.naming_template,
        grace_period_in_hours=policy.grace_period_in_hours or settings.grace_period_in_hours,
    )
