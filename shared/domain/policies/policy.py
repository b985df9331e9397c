"""A provisioning policy (Graph: cloudPcProvisioningPolicy) and the snapshot a Cloud PC keeps of it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Annotated

from pydantic import Field

from shared.domain.images.image import DeviceImage, DeviceImageStatus, ImageSource, ImageType, marketplace_image
from shared.domain.networks.connection import Connection, JoinType
from shared.domain.policies.configuration import ConfigurationStep, DecidedConfiguration, PolicyScript
from shared.domain.policies.image_rings import ImageRings
from shared.domain.policies.script import DeviceManagementScript
from shared.domain.policies.warm_pool import PoolKey, WarmPool
from shared.domain.tenants.tenant import Paused, TenantSettings
from shared.domain.values import FlatValue, Inlined, Value, is_empty


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


class Policy(FlatValue):
    """A saved provisioning policy."""

    id: str
    tenant_id: str
    display_name: str
    description: str = ""
    domain_join_configurations: tuple[DomainJoinConfiguration, ...]
    image_type: ImageType
    image_id: str
    image_display_name: str = ""
    configuration: Annotated[ConfigurationStep, Inlined({"namingTemplate": "cloudPcNamingTemplate"})] = Field(
        default_factory=ConfigurationStep
    )
    assignments: tuple[Assignment, ...] = ()
    paused: Paused | None = None
    # Not written while there is none: the rows of earlier releases do not have it.
    pools: tuple[WarmPool, ...] = Field((), exclude_if=is_empty)
    created_date_time: datetime
    last_modified_date_time: datetime

    def pools_of(self, plan_id: str) -> tuple[WarmPool, ...]:
        """Return the warm pools of a service plan, one for each region."""
        return tuple(pool for pool in self.pools if pool.plan.id == plan_id)

    def pool_named(self, key: PoolKey) -> WarmPool | None:
        """Return the warm pool with these names, None when there is none."""
        return next((pool for pool in self.pools if pool.key(self.id) == key), None)

    @property
    def connection_ids(self) -> tuple[str, ...]:
        """The connections in the order in which they are tried."""
        return tuple(j.on_premises_connection_id for j in self.domain_join_configurations)


def image_source(policy: Policy, image: DeviceImage | None) -> ImageSource | None:
    """Return the image source for machines of *policy*, or None if it is unusable. *image*: its custom image."""
    if policy.image_type is ImageType.GALLERY:
        offered = marketplace_image(policy.image_id)
        return ImageSource(marketplace=offered) if offered else None
    if image is None or image.status not in {DeviceImageStatus.READY, DeviceImageStatus.WARNING}:
        return None
    return ImageSource(gallery_version_id=image.gallery_version_id)


class BuiltScript(PolicyScript):
    """A script of a Cloud PC: the version that runs on it, with the name that it has then."""

    display_name: str
    version: int
    digest: str

    @property
    def title(self) -> str:
        """The script in a sentence."""
        return f"{self.display_name} (version {self.version})"


class Snapshot(FlatValue):
    """Settings from which a Cloud PC was built: later edits of the policy do not reach it."""

    policy_id: str
    policy_name: str
    connection_id: str
    connection_name: str
    join_type: JoinType
    image: ImageSource
    image_display_name: str
    configuration: Annotated[DecidedConfiguration, Inlined()]
    # Not written while there is none: the rows of earlier releases do not have it.
    built_scripts: tuple[BuiltScript, ...] = Field((), exclude_if=is_empty)

    def through(self, connection: Connection) -> "Snapshot":
        """Return the snapshot of the same, built through another connection."""
        return self.but(
            connection_id=connection.id, connection_name=connection.display_name, join_type=connection.join_type
        )


def scripts_of(policy: Policy, scripts: Mapping[str, DeviceManagementScript]) -> tuple[BuiltScript, ...] | None:
    """Return the scripts of *policy* in the versions of today, None when one of them is gone."""
    wanted = policy.configuration.scripts
    if any(each.script_id not in scripts for each in wanted):
        return None
    return tuple(
        BuiltScript(**dict(each), display_name=found.display_name, version=found.version, digest=found.digest)
        for each in wanted
        for found in [scripts[each.script_id]]
    )


def snapshot_of(
    policy: Policy,
    connections: Mapping[str, Connection],
    image: ImageSource | None,
    settings: TenantSettings,
    scripts: Mapping[str, DeviceManagementScript] = MappingProxyType({}),
) -> Snapshot | None:
    """Return the snapshot of a Cloud PC of *policy* built today; None when a connection, image or script is gone.

    The first connection that may be used is taken; if none may, the first: the build waits until it is healthy.
    """
    there = [connections[each] for each in policy.connection_ids if each in connections]
    connection = next((each for each in there if each.usable), there[0] if there else None)
    built_scripts = scripts_of(policy, scripts)
    if connection is None or image is None or built_scripts is None:
        return None
    return Snapshot(
        policy_id=policy.id,
        policy_name=policy.display_name,
        connection_id=connection.id,
        connection_name=connection.display_name,
        join_type=connection.join_type,
        image=image,
        image_display_name=policy.image_display_name,
        # built_scripts has the scripts; no machine depends on the rings.
        configuration=policy.configuration.decided(settings).but(scripts=(), image_rings=ImageRings()),
        built_scripts=built_scripts,
    )
