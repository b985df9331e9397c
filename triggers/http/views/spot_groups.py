"""Spot Groups and their members: ours, Graph has neither."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated

from typing_extensions import TypedDict

from shared.domain.spot.engine.state import SpotGroupState, SpotGroupStatus
from shared.domain.spot.groups.group import HostSettings, LicenseType, Sessions, SpotGroup
from shared.domain.spot.groups.members import MemberStatus, SpotMember
from shared.domain.spot.groups.settings import CapacitySettings
from shared.domain.spot.notes import Note
from shared.domain.tenants.tenant import Paused
from triggers.http.json_schema import DumpOf, Json, Timestamp, timestamp
from triggers.http.odata import Collection, kinds_of
from triggers.http.openapi_metadata import Entity

SPOT_GROUPS = Collection(
    name="spotGroups",
    kinds=kinds_of(
        *("id", "displayName", "friendlyName", "description", "licenseType", "siteId", "connectionId", "imageSetId"),
        *("imageVersion", "status"),
        moments="membersReadDateTime createdDateTime lastModifiedDateTime",
        numbers="quantity hostCount onlineHosts builtHosts hostsWithOtherSettings activeSessions disconnectedSessions",
    ),
    searched=("displayName", "friendlyName", "description"),
)
SPOT_MEMBERS = Collection(
    name="spotGroups/members",
    kinds=kinds_of(
        *("id", "userId", "userPrincipalName", "displayName", "status", "heldBecause"),
        moments="firstSeenDateTime",
        flags="maySignIn",
    ),
    searched=("userPrincipalName", "displayName"),
)


class NamedGroupView(TypedDict):
    """A group of the directory; its name is null where the directory does not say it."""

    id: str
    displayName: str | None


class SpotGroupView(TypedDict):
    """A Spot Group: an administrator's settings, and its state."""

    id: str
    displayName: str
    friendlyName: str
    description: str
    notes: list[Annotated[Json, DumpOf(Note)]]
    tags: dict[str, str]
    profilePath: str
    dataPath: str | None
    licenseType: LicenseType
    quantity: int
    usersPerHost: int
    hostCount: int
    siteId: str
    connectionId: str
    groupIds: list[str]
    groups: list[NamedGroupView]
    imageSetId: str
    imageVersion: str
    sessions: Annotated[Json, DumpOf(Sessions)]
    hosts: Annotated[Json, DumpOf(HostSettings)]
    capacity: Annotated[Json, DumpOf(CapacitySettings)]
    status: SpotGroupStatus
    statusDetail: str | None
    hostPoolId: str | None
    poolDrift: list[str]
    cannotStartOnConnect: str | None
    onlineHosts: int
    builtHosts: int
    hostsWithOtherSettings: int
    activeSessions: int
    disconnectedSessions: int
    paused: Annotated[Json, DumpOf(Paused)] | None
    membersReadDateTime: Timestamp | None
    createdDateTime: Timestamp
    lastModifiedDateTime: Timestamp


class SpotMemberView(TypedDict):
    """A user of a Spot Group."""

    id: str
    userId: str
    userPrincipalName: str
    displayName: str
    status: MemberStatus
    maySignIn: bool
    firstSeenDateTime: Timestamp
    heldBecause: str | None
    confirmedBy: str | None
    signOffDateTime: Timestamp | None


Names = Mapping[str, str]
SPOT_GROUP, SPOT_MEMBER = Entity(SpotGroupView), Entity(SpotMemberView)


def spot_group_view(group: SpotGroup, state: SpotGroupState | None, names: Names, paused: str | None) -> SpotGroupView:
    """Return a group with its state. *names*: of directory groups, by id; *paused*: why it stands still."""
    known = (state or SpotGroupState(id=group.id, tenant_id=group.tenant_id)).but_paused(paused)
    return {
        "id": group.id,
        "displayName": group.display_name,
        "friendlyName": group.friendly_name,
        "description": group.description,
        "notes": [note.to_json() for note in group.notes],
        "tags": dict(group.tags),
        "profilePath": group.profile_path,
        "dataPath": group.data_path,
        "licenseType": group.license_type,
        "quantity": group.quantity,
        "usersPerHost": group.users_per_host,
        "hostCount": group.host_count,
        "siteId": group.site_id,
        "connectionId": group.connection_id,
        "groupIds": list(group.group_ids),
        "groups": [{"id": each, "displayName": names.get(each)} for each in group.group_ids],
        "imageSetId": group.image_set_id,
        "imageVersion": group.image_version,
        "sessions": group.sessions.to_json(),
        "hosts": group.hosts.to_json(),
        "capacity": group.capacity.to_json(),
        "status": SpotGroupStatus.DELETING if group.deleting_since else known.status,
        "statusDetail": known.cause,
        "hostPoolId": known.host_pool_id,
        "poolDrift": list(known.drift),
        "cannotStartOnConnect": known.cannot_start_on_connect,
        "onlineHosts": known.online,
        "builtHosts": known.hosts,
        "hostsWithOtherSettings": known.other_settings,
        "activeSessions": known.active_sessions,
        "disconnectedSessions": known.disconnected_sessions,
        "paused": group.paused.to_json() if group.paused else None,
        "membersReadDateTime": timestamp(known.members_seen_at) if known.members_seen_at else None,
        "createdDateTime": timestamp(group.created_date_time),
        "lastModifiedDateTime": timestamp(group.last_modified_date_time),
    }


def spot_member_view(member: SpotMember, now: datetime) -> SpotMemberView:
    """Return the view of a member at *now*."""
    return {
        "id": member.id,
        "userId": member.user_id,
        "userPrincipalName": member.user_principal_name,
        "displayName": member.display_name,
        "status": member.status,
        "maySignIn": member.may_sign_in(now),
        "firstSeenDateTime": timestamp(member.first_seen_date_time),
        "heldBecause": member.held_because,
        "confirmedBy": member.confirmed_by,
        "signOffDateTime": timestamp(member.signed_off_at),
    }
