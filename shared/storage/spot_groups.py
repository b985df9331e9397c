"""Repositories of Spot Groups and image sets."""

from __future__ import annotations

from shared.domain.spot.engine.state import Decisions, SpotGroupState
from shared.domain.spot.groups.group import SpotGroup
from shared.domain.spot.groups.members import FormerMember, SpotMember
from shared.domain.spot.hosts.host import SessionHost
from shared.domain.spot.hosts.release import SpotRelease
from shared.domain.spot.images.image_set import ImageSet
from shared.domain.spot.images.image_version import ImageVersion
from shared.domain.wizards.fields import folded
from shared.storage.named import NamedRepository
from shared.storage.repository import Repository, Shape
from shared.storage.tables import Tables

_SETS = Shape(
    table="imagesets",
    noun="image set",
    model=ImageSet,
    place=lambda image_set: (image_set.tenant_id, image_set.id),
    columns={
        "display_name": lambda image_set: image_set.display_name,
        "home_site_id": lambda image_set: image_set.home_site_id,
        "host_pool_type": lambda image_set: image_set.host_pool_type.value,
    },
)
_VERSIONS = Shape(
    table="imageversions",
    noun="image version",
    model=ImageVersion,
    place=lambda version: (version.tenant_id, version.id),
    columns={
        "image_set_id": lambda version: version.image_set_id,
        "version": lambda version: version.version,
        "status": lambda version: version.status.value,
    },
)


def image_sets(tables: Tables) -> Repository[ImageSet]:
    """Return the repository of image sets."""
    return NamedRepository(tables, _SETS, lambda image_set: folded(image_set.display_name))


def image_versions(tables: Tables) -> Repository[ImageVersion]:
    """Return the repository of image versions: a set has each number once."""
    return NamedRepository(tables, _VERSIONS, lambda version: f"{version.image_set_id} {version.version}")


_GROUPS = Shape(
    table="spotgroups",
    noun="Spot Group",
    model=SpotGroup,
    place=lambda group: (group.tenant_id, group.id),
    columns={
        "display_name": lambda group: group.display_name,
        "site_id": lambda group: group.site_id,
        "connection_id": lambda group: group.connection_id,
        "image_set_id": lambda group: group.image_set_id,
    },
)
_MEMBERS = Shape(
    table="spotmembers",
    noun="member",
    model=SpotMember,
    place=lambda member: (member.tenant_id, member.id),
    columns={
        "group_id": lambda member: member.group_id,
        "user_id": lambda member: member.user_id,
        "status": lambda member: member.status.value,
    },
)
_FORMER = Shape(
    table="spotformermembers",
    noun="former member",
    model=FormerMember,
    place=lambda former: (former.tenant_id, former.id),
    columns={"group_id": lambda former: former.group_id},
)
_HOSTS = Shape(
    table="sessionhosts",
    noun="session host",
    model=SessionHost,
    place=lambda host: (host.tenant_id, host.id),
    columns={
        "spot_group_id": lambda host: host.spot_group_id,
        "status": lambda host: host.status.value,
        "image_version": lambda host: host.image_version,
    },
)
_RELEASES = Shape(
    table="releases",
    noun="release",
    model=SpotRelease,
    place=lambda release: (release.tenant_id, release.id),
    columns={
        "spot_group_id": lambda release: release.spot_group_id,
        "status": lambda release: release.status.value,
    },
)
_STATES = Shape(
    table="spotstates",
    noun="Spot Group",
    model=SpotGroupState,
    place=lambda state: (state.tenant_id, state.id),
    columns={"status": lambda state: state.status.value},
    unseen=("planned_at", "next_look_at", "arrivals"),
)

_DECISIONS = Shape(
    table="spotdecisions",
    noun="Spot Group",
    model=Decisions,
    place=lambda decisions: (decisions.tenant_id, decisions.id),
)


class SessionHosts(Repository[SessionHost]):
    """The session hosts of the Spot Groups."""

    def __init__(self, tables: Tables) -> None:
        super().__init__(tables, _HOSTS)

    async def of_group(self, tenant_id: str, group_id: str) -> list[SessionHost]:
        """Return the hosts of a Spot Group, in the order of their ids."""
        return [each.value async for each in self.each(tenant_id, spot_group_id=group_id)]


def spot_groups(tables: Tables) -> Repository[SpotGroup]:
    """Return the repository of Spot Groups."""
    return NamedRepository(tables, _GROUPS, lambda group: folded(group.display_name))


def spot_members(tables: Tables) -> Repository[SpotMember]:
    """Return the repository of the members of Spot Groups."""
    return Repository(tables, _MEMBERS)


def former_members(tables: Tables) -> Repository[FormerMember]:
    """Return the repository of users who have left Spot Groups not long ago."""
    return Repository(tables, _FORMER)


def spot_states(tables: Tables) -> Repository[SpotGroupState]:
    """Return the repository of the states of Spot Groups."""
    return Repository(tables, _STATES)


def spot_decisions(tables: Tables) -> Repository[Decisions]:
    """Return the repository of the engine's decisions for Spot Groups."""
    return Repository(tables, _DECISIONS)


def releases(tables: Tables) -> Repository[SpotRelease]:
    """Return the repository of the releases of Spot Groups."""
    return Repository(tables, _RELEASES)
