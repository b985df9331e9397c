"""Preview of a Spot Group's change for its members: the plan with it, compared with the plan without. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping
from enum import StrEnum

from shared.domain.spot.groups.members import MemberPlan, MemberStatus, SpotMember
from shared.domain.values import Value, amount

MOST_MEMBERS_SHOWN = 1000


class MemberAction(StrEnum):
    """Foreseen action on a member of a Spot Group."""

    GRANT = "grant"  # gets a place, and may sign in
    WAIT = "wait"  # becomes a member without a place
    REVOKE = "revoke"  # loses the place and the access
    CONFIRM_REMOVAL = "confirmRemoval"  # the removal waits for a confirmation
    LEAVE = "leave"  # waited for a place, and does so no more
    STAY = "stay"  # what would happen without the change does not


class ForeseenMember(Value):
    """Foreseen change of one user. *reason*: why a removal would wait."""

    user_id: str
    user_principal_name: str
    action: MemberAction
    reason: str | None = None


class MembersForesight(Value):
    """Effects of a change on the members of a Spot Group, and the number of hosts by its quantity."""

    spot_group_id: str
    counts: dict[MemberAction, int]
    hosts_before: int
    hosts_after: int
    value: tuple[ForeseenMember, ...]
    more: bool

    @property
    def summary(self) -> str:
        """Say it in a sentence."""
        said = [f"{self.counts[each]} {words}" for each, words in _WORDS.items() if each in self.counts]
        members = f"Of the members {', '.join(said)}." if said else "No member would gain or lose anything."
        if self.hosts_before == self.hosts_after:
            return members
        return f"{members} The group would have {amount(self.hosts_after, 'host')}, not {self.hosts_before}."


_WORDS = {
    MemberAction.GRANT: "would get a place",
    MemberAction.WAIT: "would wait for a place",
    MemberAction.REVOKE: "would lose the access",
    MemberAction.CONFIRM_REMOVAL: "would wait for the confirmation of their removal",
    MemberAction.LEAVE: "would wait no more",
    MemberAction.STAY: "would stay as they are",
}


def members_foresight(
    group_id: str, known: Iterable[SpotMember], now: MemberPlan, then: MemberPlan, hosts: tuple[int, int]
) -> MembersForesight:
    """Return the actions that are in the plan *then* and not in *now*. *hosts*: their numbers, before and after."""
    records = {member.user_id: member for member in known}
    before, after = _actions(now, records), _actions(then, records)
    found = [each for user_id, each in after.items() if before.get(user_id) != each]
    found += [
        each.but(action=MemberAction.STAY, reason=None) for user_id, each in before.items() if user_id not in after
    ]
    order = tuple(MemberAction)
    found.sort(key=lambda each: (order.index(each.action), each.user_principal_name, each.user_id))
    counts = Counter(each.action for each in found)
    return MembersForesight(
        spot_group_id=group_id,
        counts={action: counts[action] for action in order if counts[action]},
        hosts_before=hosts[0],
        hosts_after=hosts[1],
        value=tuple(found[:MOST_MEMBERS_SHOWN]),
        more=len(found) > MOST_MEMBERS_SHOWN,
    )


def _actions(plan: MemberPlan, records: Mapping[str, SpotMember]) -> dict[str, ForeseenMember]:
    """Return the action of a plan for each member that it changes."""
    found = {}
    for member in (*plan.members, *plan.gone):
        record = records.get(member.user_id)
        if record is not None and record.status is member.status:
            continue
        found[member.user_id] = ForeseenMember(
            user_id=member.user_id,
            user_principal_name=member.user_principal_name,
            action=_action(member, record),
            reason=member.held_because,
        )
    return found


def _action(member: SpotMember, record: SpotMember | None) -> MemberAction:
    had_place = record is not None and record.counts
    match member.status:
        case MemberStatus.ENTITLED:
            return MemberAction.STAY if had_place else MemberAction.GRANT
        case MemberStatus.REMOVAL_HELD:
            return MemberAction.CONFIRM_REMOVAL
        case MemberStatus.WAITING:
            return MemberAction.REVOKE if had_place else MemberAction.WAIT
        case _:
            return MemberAction.REVOKE if had_place else MemberAction.LEAVE
