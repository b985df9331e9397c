"""Who of a Spot Group has a place, who waits, and who loses access."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from shared.domain.spot.members import MemberPlan, MemberStatus, Rights, Roll, Seen, SpotMember, plan_members
from shared.domain.tenants.tenant import RemovalBrake

_AT = datetime(2026, 11, 22, 9, tzinfo=UTC)
_BRAKE = RemovalBrake(count=2, percent=20)


def _seen(*users: str) -> tuple[Seen, ...]:
    return tuple(Seen(user_id=user, user_principal_name=f"{user}@contoso.com") for user in users)


def _planned(
    known: tuple[SpotMember, ...],
    users: tuple[str, ...],
    quantity: int = 3,
    *,
    complete: bool = True,
    empty: frozenset[str] = frozenset(),
    after: timedelta = timedelta(),
) -> MemberPlan:
    return plan_members(
        known,
        Roll(users=_seen(*users), complete=complete, empty=empty),
        quantity=quantity,
        brake=_BRAKE,
        at=_AT + after,
        new_id={user: f"id-{user}" for user in users},
        tenant_id="contoso",
        group_id="g",
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
    assert _planned(known, ("a",), complete=False).members == known


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
