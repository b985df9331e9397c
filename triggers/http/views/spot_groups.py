"""Spot Groups and their members: ours, Graph has neither."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated

from typing_extensions import TypedDict

from shared.domain.spot.engine.state import SpotGroupState, SpotGroupStatus
from shared.domain.spot.groups.group import PROPERTIES as ROWS
from shared.domain.spot.groups.group import SpotGroup
from shared.domain.spot.groups.members import MemberStatus, SpotMember
from shared.domain.spot.notes import Note
from shared.domain.tenants.tenant import Paused
from triggers.http.json_schema import DumpOf, Json, Timestamp, timestamp
from triggers.http.odata import Collection, kinds_of
from triggers.http.openapi_metadata import Entity
from triggers.http.properties import Properties, typed

PROPERTIES = Properties(ROWS, {"": SpotGroup})
SPOT_GROUPS = Collection(
    name="spotGroups",
    kinds=kinds_of(
        *("id", "status"),
        moments="membersReadDateTime createdDateTime lastModifiedDateTime",
        numbers="hostCount onlineHosts builtHosts hostsWithOtherSettings activeSessions disconnectedSessions",
    )
    | PROPERTIES.kinds,
    searched=PROPERTIES.searched,
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


SpotGroupView = typed(
    "SpotGroupView",
    {
        "id": str,
        **PROPERTIES.view_types(),
        "notes": list[Annotated[Json, DumpOf(Note)]],
        "usersPerHost": int,
        "hostCount": int,
        "groupIds": list[str],
        "groups": list[NamedGroupView],
        "status": SpotGroupStatus,
        "statusDetail": str | None,
        "hostPoolId": str | None,
        "poolDrift": list[str],
        "cannotStartOnConnect": str | None,
        "onlineHosts": int,
        "builtHosts": int,
        "hostsWithOtherSettings": int,
        "activeSessions": int,
        "disconnectedSessions": int,
        "paused": Annotated[Json, DumpOf(Paused)] | None,
        "membersReadDateTime": Timestamp | None,
        "createdDateTime": Timestamp,
        "lastModifiedDateTime": Timestamp,
    },
    "A Spot Group: an administrator's settings, and its state.",
)


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


def spot_group_view(group: SpotGroup, state: SpotGroupState | None, names: Names, paused: str | None) -> Json:
    """Return a group with its state. *names*: of directory groups, by id; *paused*: why it stands still."""
    known = (state or SpotGroupState(id=group.id, tenant_id=group.tenant_id)).but_paused(paused)
    return {
        "id": group.id,
        **PROPERTIES.view(group, group),
        "notes": [note.to_json() for note in group.notes],
        "usersPerHost": group.users_per_host,
        "hostCount": group.host_count,
        "groupIds": list(group.group_ids),
        "groups": [{"id": each, "displayName": names.get(each)} for each in group.group_ids],
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
