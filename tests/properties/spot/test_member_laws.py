"""Laws of a Spot Group's members: whichever of them a list lacks, nobody loses what the directory does not confirm."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from shared.domain.policies.policy import Assignment
from shared.domain.spot.groups.members import (
    FormerMember,
    MemberPlan,
    Rights,
    Roll,
    SpotMember,
    plan_members,
    seen_users,
)
from shared.domain.tenants.directory import DirectoryUser, SubscribedSku
from shared.domain.tenants.tenant import RemovalBrake, TenantSettings
from shared.errors import NotFoundError, UnavailableError
from shared.services.spot.members import read_members
from tests.integration import desks, things

_AT = datetime(2026, 11, 22, 9, tzinfo=UTC)
_USERS = tuple(f"u{number:02}" for number in range(30))
_ASSIGNED = (Assignment(id="a", group_id="g1", assigned_at=things.NOW),)


class _Directory:
    """Lists some of the members of its one group, and answers about single users, except about those it does not."""

    def __init__(self, listed: frozenset[str], members: frozenset[str], silent: frozenset[str]) -> None:
        self._listed, self._members, self._silent = listed, members, silent

    async def group_users(self, group_id: str) -> list[DirectoryUser]:
        del group_id
        return [_user(each) for each in sorted(self._listed)]

    async def member_group_ids(self, user_id: str, group_ids: list[str]) -> frozenset[str]:
        if user_id in self._silent:
            raise UnavailableError("Graph answered 503")
        return frozenset(group_ids) if user_id in self._members else frozenset()

    async def groups_of_users(self, user_ids: Sequence[str], group_ids: Sequence[str]) -> dict[str, frozenset[str]]:
        if self._silent & set(user_ids):
            raise UnavailableError("Graph answered 503 in a batch")
        return {each: frozenset(group_ids) & ({"g1"} if each in self._members else set()) for each in user_ids}

    async def licensed_users(self, sku_ids: object) -> list[DirectoryUser]:
        del sku_ids
        return []

    async def user(self, id_or_upn: str) -> DirectoryUser:
        raise NotFoundError(id_or_upn)

    async def users_by_id(self, user_ids: Sequence[str]) -> dict[str, DirectoryUser]:
        del user_ids
        return {}

    async def subscribed_skus(self) -> list[SubscribedSku]:
        return []


def _user(user_id: str) -> DirectoryUser:
    return DirectoryUser(
        id=user_id, user_principal_name=f"{user_id}@contoso.com", display_name=user_id, account_enabled=True
    )


def _plan(
    known: Sequence[SpotMember],
    former: Sequence[FormerMember],
    directory: _Directory,
    at: datetime,
    *,
    quantity: int,
    brake: RemovalBrake,
) -> MemberPlan:
    group = desks.spot_group(quantity=quantity, assignments=_ASSIGNED)
    tenant = things.tenant(settings=TenantSettings(removal_brake=brake))
    roll = asyncio.run(read_members(directory, tenant, group, known, former, at))
    return plan_members(group, known, roll, brake=brake, at=at, former=former)


@cache
def _joined(number: int, quantity: int) -> tuple[SpotMember, ...]:
    """Return the members of a group that one user joins each minute; those with a place have their rights."""
    known: tuple[SpotMember, ...] = ()
    group = desks.spot_group(quantity=quantity, assignments=_ASSIGNED)
    for count in range(1, number + 1):
        at = _AT - timedelta(days=1) + timedelta(minutes=count)
        roll = Roll(users=seen_users(map(_user, _USERS[:count])))
        known = plan_members(group, known, roll, brake=RemovalBrake(), at=at).members
    return tuple(each.but(rights=Rights.GRANTED) if each.counts else each for each in known)


def _users(*, of: int) -> st.SearchStrategy[frozenset[str]]:
    return st.frozensets(st.sampled_from(_USERS[:of]))


@given(data=st.data(), number=st.integers(1, 30), quantity=st.integers(1, 30))
def test_nobody_who_is_a_member_by_the_second_answer_loses_anything(
    data: st.DataObject, number: int, quantity: int
) -> None:
    """Any part of the list may be missing, and any answers; the line stays as it was."""
    known = _joined(number, quantity)
    listed, members, silent = data.draw(_users(of=number)), data.draw(_users(of=number)), data.draw(_users(of=number))
    brake = data.draw(st.builds(RemovalBrake, count=st.integers(0, 20), percent=st.integers(0, 100)))
    directory = _Directory(listed, members | listed, silent)
    plan = _plan(known, (), directory, _AT, quantity=quantity, brake=brake)

    stay = listed | members | silent
    assert not {each.user_id for each in (*plan.gone, *plan.revocations)} & stay
    after = {each.user_id: each for each in plan.members}
    for before in known:
        if before.user_id in stay:
            kept = after[before.user_id]
            assert kept.first_seen_date_time == before.first_seen_date_time
            assert kept.counts or not before.counts
            assert kept.rights is before.rights or before.rights is Rights.NONE
    assert {each.user_id for each in plan.gone} <= {each.user_id for each in known} - stay


@given(data=st.data(), number=st.integers(1, 20), quantity=st.integers(1, 20), days=st.integers(0, 6))
def test_who_leaves_and_returns_in_time_stands_in_line_as_before(
    data: st.DataObject, number: int, quantity: int, days: int
) -> None:
    known = _joined(number, quantity)
    listed = data.draw(_users(of=number))
    everybody = frozenset(_USERS[:number])
    brake = RemovalBrake(percent=100)  # holds nothing
    plan = _plan(known, (), _Directory(listed, listed, frozenset()), _AT, quantity=quantity, brake=brake)
    at = _AT + timedelta(days=days)
    back = _plan(
        plan.members, plan.former, _Directory(everybody, everybody, frozenset()), at, quantity=quantity, brake=brake
    )
    assert _line(back.members) == _line(known)
    assert {each.user_id for each in back.members if each.counts} == {each.user_id for each in known if each.counts}


def _line(members: Sequence[SpotMember]) -> list[str]:
    ordered = sorted(members, key=lambda each: (each.first_seen_date_time, each.user_id))
    return [each.user_id for each in ordered]


@given(st.integers(0, 2000), st.integers(0, 100))
def test_the_brake_lets_a_small_fleet_lose_half_at_once_at_most(number: int, percent: int) -> None:
    """Two are always let go, one fleet is treated as another of its size, and a larger one never lets fewer go."""
    brake = RemovalBrake(percent=percent)
    free = [sum(not brake.stops(each, of=of) for each in range(1, of + 1)) for of in (number, number + 1)]
    allowed = max(min(10, max(2, number // 2)), number * percent // 100)
    assert free[0] == min(number, allowed)
    assert all(less <= more for less, more in pairwise(free))
