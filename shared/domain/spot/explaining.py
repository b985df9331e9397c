"""Why a user has, or waits for, a desktop of a Spot Group: in sentences. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from shared.domain.sign_in_rights import count_from
from shared.domain.spot.group import LicenseType, SpotGroup
from shared.domain.spot.host import HostStatus, SessionHost
from shared.domain.spot.members import MemberStatus, Rights, SpotMember
from shared.domain.spot.state import SpotGroupState, SpotGroupStatus
from shared.domain.values import Value


class DesktopExplanation(Value):
    """Availability of a desktop for a user. *place_in_line*: of one who waits for a place, from 1.

    *reasons*: why that is so, what decides first.
    """

    spot_group_id: str
    user_id: str
    user_principal_name: str
    member_status: MemberStatus | None = None
    place_in_line: int | None = None
    may_sign_in: bool = False
    group_status: SpotGroupStatus
    session_host_id: str | None = None
    reasons: tuple[str, ...] = ()
    looked_at: datetime | None = None


def explain_desktop(
    group: SpotGroup,
    state: SpotGroupState,
    members: Sequence[SpotMember],
    hosts: Sequence[SessionHost],
    user: tuple[str, str],
    at: datetime,
) -> DesktopExplanation:
    """Explain the desktop of a *user* (id and principal name) in a group, as it is *at* a moment."""
    member = next((each for each in members if each.user_id == user[0]), None)
    line = sorted(
        (each for each in members if each.status is MemberStatus.WAITING),
        key=lambda each: (each.first_seen_date_time, each.user_id),
    )
    own = next((host for host in hosts if host.assigned_user_id == user[0]), None)
    dedicated = group.license_type is LicenseType.PERSONAL_DEDICATED
    return DesktopExplanation(
        spot_group_id=group.id,
        user_id=user[0],
        user_principal_name=user[1],
        member_status=member.status if member else None,
        place_in_line=line.index(member) + 1 if member in line else None,
        may_sign_in=member is not None and member.may_sign_in(at),
        group_status=SpotGroupStatus.DELETING if group.deleting_since else state.status,
        session_host_id=own.id if own else None,
        reasons=(*_of_member(group, member, line, at), *(_of_host(own) if dedicated else _of_group(state))),
        looked_at=state.planned_at,
    )


def _of_member(group: SpotGroup, member: SpotMember | None, line: Sequence[SpotMember], at: datetime) -> list[str]:
    if member is None:
        return ["The user is in none of the group's groups, as far as they were read."]
    if member.status is MemberStatus.WAITING:
        number = line.index(member) + 1
        taken = f"All {group.quantity} licences of the group are taken"
        return [f"{taken}; the user is number {number} of {len(line)} who wait.", *_of_sign_off(member)]
    if member.status is MemberStatus.LEAVING:
        return ["The user is no longer in the group's groups; their access is being taken.", *_of_sign_off(member)]
    reasons = []
    if member.status is MemberStatus.REMOVAL_HELD:
        reasons.append(f"The removal of the user waits for a confirmation: {member.held_because}.")
    if member.rights is not Rights.GRANTED:
        reasons.append("The user's rights to sign in are being given; Azure may not know the user yet.")
    elif member.rights_given_at is not None and not member.may_sign_in(at):
        until = count_from(member.rights_given_at)
        reasons.append(f"The user's rights to sign in have been given; they count by {until:%H:%M} UTC at the latest.")
    return reasons


def _of_sign_off(member: SpotMember) -> list[str]:
    if member.signing_off is None:
        return []
    return [f"The user was told to save their work, and is signed off at {member.signing_off.at:%H:%M} UTC."]


def _of_group(state: SpotGroupState) -> list[str]:
    counted = f"{state.online} of {state.hosts} hosts are online, with {state.free_seats} free seats."
    return [*([state.cause] if state.cause else []), counted]


def _of_host(host: SessionHost | None) -> list[str]:
    if host is None:
        return [
            "No host has been given to the user yet: hosts are given in the order in which members were first seen."
        ]
    if host.held_back is not None:
        return [host.held_back.sentence]
    if host.kept_until is not None:
        return [f"The host that was the user's is kept until {host.kept_until:%Y-%m-%d %H:%M} UTC; then it is removed."]
    if host.status is not HostStatus.READY:
        waits = f": {host.parked_because}" if host.parked_because else ""
        return [f"The user's host is {host.status.value}{waits}."]
    if host.seen is None:
        return ["The user's host has not been looked at yet."]
    return [f"The user's host is {host.seen.state}; its agent reports {host.seen.agent}."]
