"""Members of a Spot Group who have a place, wait, or lose access."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from shared.domain.spot.groups.members import (
    UNANSWERED,
    FormerMember,
    MemberPlan,
    MemberStatus,
    Rights,
    Roll,
    SeenMember,
    SpotMember,
    plan_members,
    suspects,
)
from shared.domain.tenants.tenant import RemovalBrake
from tests.integration import desks

_AT = datetime(2026, 11, 22, 9, tzinfo=UTC)
_BRAKE = RemovalBrake(count=2, percent=20)


def _seen(*users: str) -> tuple[SeenMember, ...]:
    return tuple(SeenMember(user_id=user, user_principal_name=f"{user}@contoso.com") for user in users)


def _planned(
    known: tuple[SpotMember, ...],
    users: tuple[str, ...],
    quantity: int = 3,
    *,
    answered: bool = True,
    empty: frozenset[str] = frozenset(),
    after: timedelta = timedelta(),
    former: tuple[FormerMember, ...] = (),
) -> MemberPlan:
    """Plan *users*; the directory says of everybody else that they have left, if it is *answered*."""
    left = frozenset(member.user_id for member in known) - set(users) if answered else frozenset[str]()
    return plan_members(
        desks.spot_group(quantity=quantity),
        known,
        Roll(users=_seen(*users), left=left, empty=empty),
        brake=_BRAKE,
        at=_AT + after,
        former=former,
    )


def _first(*users: str, quantity: int = 3) -> tuple[SpotMember, ...]:
    """Return members, each first seen a minute after the one before."""
    known: tuple[SpotMember, ...] = ()
    for n in range(len(users)):
        known = _planned(known, users[: n + 1], quantity, after=timedelta(minutes=n)).members
    return tuple(member.but(rights=Rights.GRANTED) if member.counts else member for member in known)


def _statuses(plan: MemberPlan) -> dict[str, str]:
    return {member.user_id: member.status.value for member in plan.members}


def test_the_first_seen_have_a_place_and_the_rest_wait() -> None:
    """The quantity decides how many; when they were first seen decides who."""
    assert _statuses(_planned(_first("d", "c", "b", "a"), ("a", "b", "c", "d"))) == {
        "d": "entitled",
        "c": "entitled",
        "b": "entitled",
        "a": "waiting",
    }


def test_a_leaver_loses_access_before_the_first_waiting_one_gets_their_place() -> None:
    """Never more people have access than the quantity says."""
    known = _first("a", "b", "c", "d")
    plan = _planned(known, ("b", "c", "d"))
    assert [member.user_id for member in plan.gone] == ["a"]
    assert plan.gone[0].status is MemberStatus.LEAVING
    assert [member.user_id for member in plan.revocations] == ["a"]
    assert _statuses(plan) == {"b": "entitled", "c": "entitled", "d": "waiting"}
    assert _statuses(_planned(plan.members, ("b", "c", "d")))["d"] == "entitled"


def test_a_directory_that_shows_nobody_takes_nobodys_access() -> None:
    """Rule 11: an empty answer is not believed."""
    known = _first("a", "b")
    assert _planned(known, ()).gone == ()


def test_an_emptied_group_waits_for_a_confirmation_and_nobody_who_waits_gets_a_place() -> None:
    """It may be what the administrator wants; who waits loses nothing before they say so."""
    plan = _planned(_first("a", "b", "c", "d"), ())
    assert _statuses(plan) == {"a": "removalHeld", "b": "removalHeld", "c": "removalHeld", "d": "waiting"}
    confirmed = tuple(member.but(confirmed_by="x") if member.counts else member for member in plan.members)
    after = _planned(confirmed, ())
    assert {member.user_id for member in after.gone} == {"a", "b", "c", "d"}
    assert after.members == ()
    assert _statuses(_planned(confirmed, ("a", "b", "c", "d"))) == {**dict.fromkeys("abc", "entitled"), "d": "waiting"}


def test_more_leavers_than_the_brake_allows_wait_for_a_confirmation() -> None:
    """They keep their access and their place, with the reason."""
    known = _first("a", "b", "c", "d", "e", quantity=5)
    plan = _planned(known, ("a", "b"), quantity=5)
    assert plan.gone == ()
    held = plan.of(MemberStatus.REMOVAL_HELD)
    assert {member.user_id for member in held} == {"c", "d", "e"}
    assert held[0].held_because == "3 of 5 members would lose access at once"
    confirmed = tuple(member.but(confirmed_by="x") if member in held else member for member in plan.members)
    assert {member.user_id for member in _planned(confirmed, ("a", "b"), quantity=5).gone} == {"c", "d", "e"}


def test_a_group_that_answers_empty_holds_the_removals() -> None:
    """One group that is gone looks like a mistake, however few it concerns."""
    plan = _planned(_first("a", "b"), ("a",), empty=frozenset({"g1"}))
    assert _statuses(plan) == {"a": "entitled", "b": "removalHeld"}


def test_a_held_member_who_is_seen_again_has_access_as_before() -> None:
    """Nothing was taken from them, and a confirmation is forgotten."""
    held = _planned(_first("a", "b"), ("a",), empty=frozenset({"g1"})).members
    again = _planned(held, ("a", "b")).members
    assert {member.status for member in again} == {MemberStatus.ENTITLED}
    assert all(member.held_because is None for member in again)


def test_a_smaller_quantity_takes_the_places_of_those_who_were_seen_last() -> None:
    """They wait from then on."""
    plan = _planned(_first("a", "b", "c"), ("a", "b", "c"), quantity=2)
    assert _statuses(plan) == {"a": "entitled", "b": "entitled", "c": "waiting"}
    assert [member.user_id for member in plan.revocations] == ["c"]


def test_planning_twice_changes_nothing() -> None:
    """The same answer of the directory gives the same records, times included."""
    known = _first("a", "b", "c", "d")
    assert _planned(known, ("a", "b", "c", "d"), after=timedelta(days=1)).members == known


def test_who_the_list_lacks_stays_until_the_directory_says_of_them_that_they_have_left() -> None:
    """They keep their access and their place in line, with the reason; nobody has to confirm anything."""
    known = _first("a", "b", "c", "d")
    plan = _planned(known, ("b", "c"), answered=False)
    assert plan.gone == ()
    assert _statuses(plan) == {"a": "removalHeld", "b": "entitled", "c": "entitled", "d": "waiting"}
    assert {member.held_because for member in plan.of(MemberStatus.REMOVAL_HELD)} == {UNANSWERED}
    assert [member.user_id for member in _planned(plan.members, ("b", "c", "d")).gone] == ["a"]
    assert _planned(plan.members, ("a", "b", "c", "d")).members == known


def test_whose_removal_the_brake_holds_the_directory_is_not_asked() -> None:
    """However many the list lacks, it costs no further request; who only waits is asked about."""
    known = _first("a", "b", "c", "d", quantity=3)
    roll = Roll(users=_seen("x"))
    asked = suspects(known, roll, brake=_BRAKE, former=(), at=_AT)
    assert [member.user_id for member in asked] == ["d"]
    roll = Roll(users=_seen("b", "c"))
    asked = suspects(known, roll, brake=_BRAKE, former=(), at=_AT)
    assert [member.user_id for member in asked] == ["a", "d"]


def test_who_returns_soon_has_the_old_place_in_line_and_who_returns_late_has_not() -> None:
    known = _first("a", "b", "c", "d")
    plan = _planned(known, ("b", "c", "d"))
    rest = _planned(plan.members, ("b", "c", "d")).members  # d has the place now
    (former,) = plan.former
    assert (former.user_id, former.had_place) == ("a", True)

    soon = _planned(rest, ("a", "b", "c", "d"), former=plan.former, after=timedelta(days=6))
    assert _statuses(soon) == {"a": "entitled", "b": "entitled", "c": "entitled", "d": "waiting"}
    assert soon.forgotten == plan.former

    late = _planned(rest, ("a", "b", "c", "d"), former=plan.former, after=timedelta(days=7))
    assert _statuses(late) == {"a": "waiting", "b": "entitled", "c": "entitled", "d": "entitled"}
    assert _planned(rest, ("b", "c", "d"), former=plan.former, after=timedelta(days=6)).forgotten == ()
    assert _planned(rest, ("b", "c", "d"), former=plan.former, after=timedelta(days=7)).forgotten == plan.former


def test_leavers_of_one_hour_count_together_for_the_brake() -> None:
    """Ten messages about one leaver each are as many as one about ten."""
    known, former = _first(*"abcdefghij", quantity=10), tuple[FormerMember, ...]()
    staying, gone = list("abcdefghij"), list[str]()
    for minutes in range(10):
        staying.pop()
        plan = _planned(known, tuple(staying), quantity=10, former=former, after=timedelta(hours=1, minutes=minutes))
        gone += [member.user_id for member in plan.gone]
        known, former = plan.members, (*former, *plan.former)
    assert gone == ["j", "i"]
    assert len([member for member in known if member.status is MemberStatus.REMOVAL_HELD]) == 8
