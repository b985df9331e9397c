"""Members who lose their place while they work: they are told, have time to save, and are signed off."""

from __future__ import annotations

import json
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from shared.contracts.outcomes import DeclinedError, Done, Pending, Refused
from shared.contracts.spot_groups import (
    PLAN_SPOT_MEMBERS,
    REMOVE_SPOT_GROUP,
    REVOKE_SPOT_MEMBERS,
    MemberRightsOrder,
    SpotGroupOrder,
    SpotPool,
)
from shared.domain.networks.connection import JoinType
from shared.domain.policies.policy import Assignment
from shared.domain.spot.groups.members import MemberStatus, Rights, SpotMember
from shared.domain.tenants.directory import TAKE_EFFECT_WITHIN
from shared.services.policies.reconciling import SWEEP_AFTER
from shared.services.spot import reconciling
from shared.storage.due import Due, DueKind, SpotLook
from tests.integration import desks, things
from tests.integration.asking import ask
from tests.integration.callers import Office
from tests.integration.services import PaperServices, perform

ORDER = SpotGroupOrder(tenant_id="contoso", spot_group_id=desks.GROUP_ID)
POOL_ID = desks.session_host(1).resources.host_pool_id or ""
POOL = SpotPool(
    subscription_id=things.SUBSCRIPTION,
    host_pool_id=POOL_ID,
    application_group_id="/group",
    resource_group="rg",
    join_type=JoinType.AZURE_AD_JOIN,
)
NOTICE = timedelta(minutes=7)
ROLES_END = TAKE_EFFECT_WITHIN
REVIEW = "POST tenants/{tenant}/wizards/{wizard}/review"


@pytest.fixture
async def here(here: Office, monkeypatch: pytest.MonkeyPatch) -> Office:
    """Three members with a place, all at work on one host, and their rights on paper."""
    assigned = (Assignment(id="a", group_id="g1", assigned_at=things.NOW),)
    group = desks.spot_group(quantity=3, assignments=assigned)
    await here.spot_groups.insert(group.but(capacity=group.capacity.but(notice_in_minutes=7)))
    here.directory.groups = {"g1": {"ada", "dan", "fay"}}
    for number, name in enumerate(("ada", "dan", "fay")):
        first = here.clock.now() - timedelta(minutes=9 - number)
        await here.spot_members.insert(
            desks.member(name, id=f"m-{name}", user_id=f"id-{name}", first_seen_date_time=first)
        )

    async def nothing(*_: object) -> None:
        return None

    monkeypatch.setattr("activities.spot.members.remove_role", nothing)
    return here


def at_work(here: PaperServices, **states: str) -> desks.PaperDesks:
    sessions = {f"{name}@contoso.example": state for name, state in states.items()}
    return desks.on_paper(here, h1=desks.Desk(sessions=sessions, began=things.NOW))


async def members(here: PaperServices) -> dict[str, SpotMember]:
    found = here.spot_members.each("contoso", group_id=desks.GROUP_ID)
    return {each.value.user_id.removeprefix("id-"): each.value async for each in found}


async def reconcile(pool: SpotPool = POOL) -> tuple[tuple[str, ...], ...]:
    """Plan the members, and carry out the planned revocations; return the ids of their members."""
    planned = await perform(PLAN_SPOT_MEMBERS, ORDER)
    for ids in planned.revocations:
        order = MemberRightsOrder(tenant_id="contoso", spot_group_id=desks.GROUP_ID, member_ids=ids, pool=pool)
        assert await perform(REVOKE_SPOT_MEMBERS, order) == Done()
    found: tuple[tuple[str, ...], ...] = planned.revocations
    return found


async def lower(here: PaperServices, quantity: int) -> None:
    await here.spot_groups.change("contoso", desks.GROUP_ID, lambda group: group.but(quantity=quantity))


async def is_due(here: PaperServices) -> bool:
    rows = await here.due.due(DueKind.SPOT, here.clock.now())
    return any(row.subject_id == desks.GROUP_ID and row.variant is SpotLook.MEMBERS for row in rows)


async def test_a_lowered_quantity_tells_whom_it_meets_and_ends_their_sessions_later(here: Office) -> None:
    paper = at_work(here, ada="Active", dan="Active", fay="Active")
    await lower(here, 1)
    await reconcile()
    there = await members(here)
    assert [(name, each.status, each.rights) for name, each in sorted(there.items())] == [
        ("ada", MemberStatus.ENTITLED, Rights.GRANTED),
        ("dan", MemberStatus.WAITING, Rights.NONE),
        ("fay", MemberStatus.WAITING, Rights.NONE),
    ]
    assert {user for user, _ in paper.messages} == {"dan@contoso.example", "fay@contoso.example"}
    assert all("about 7 minutes" in body for _, body in paper.messages)
    assert len(paper.desks["spot-1"].sessions) == 3
    assert not await is_due(here)
    assert await reconcile() == ()

    here.hand.advance(NOTICE)
    assert await is_due(here)
    await reconcile()
    assert set(paper.desks["spot-1"].sessions) == {"ada@contoso.example"}
    assert len(paper.messages) == 2
    assert all(each.signed_off_at is None for each in (await members(here)).values())
    assert await reconcile() == ()

    here.hand.advance(ROLES_END - NOTICE)
    await reconcile()  # they could sign in until now
    assert all(each.signing_off is None for each in (await members(here)).values())
    assert len(paper.messages) == 2


@pytest.mark.parametrize("before", [{}, {"dan": "Active"}], ids=["no session before", "one that was ended"])
@pytest.mark.parametrize("later", ["Active", "Disconnected"])
async def test_a_session_that_begins_while_taken_roles_still_count_is_told_and_ended(
    here: Office, before: dict[str, str], later: str
) -> None:
    """Azure lets them in for up to ten minutes after their roles are gone."""
    paper = at_work(here, **before)
    here.directory.groups["g1"] = {"ada", "fay"}
    await reconcile()
    if before:
        here.hand.advance(NOTICE)
        await reconcile()
    assert paper.desks["spot-1"].sessions == {}
    told = len(paper.messages)
    here.hand.advance(timedelta(minutes=3) if not before else timedelta(minutes=1))
    paper.desks["spot-1"].sessions["dan@contoso.example"] = later
    assert await reconcile() == ()

    here.hand.advance(ROLES_END)
    assert await is_due(here)
    await reconcile()
    assert len(paper.messages) == told + (later == "Active")
    assert set(paper.desks["spot-1"].sessions) == {"dan@contoso.example"}
    there = (await members(here))["dan"]
    assert there.signed_off_at == here.clock.now() + NOTICE
    here.hand.advance(NOTICE)
    await reconcile()
    assert paper.desks["spot-1"].sessions == {}
    assert "dan" not in await members(here)


async def test_who_has_no_session_keeps_no_place_while_they_are_looked_for(here: Office) -> None:
    at_work(here)
    here.directory.groups["g1"] = {"ada", "fay", "gus"}
    await reconcile()
    await perform(PLAN_SPOT_MEMBERS, ORDER)
    there = await members(here)
    assert there["gus"].counts
    assert (there["dan"].status, there["dan"].signed_off_at) == (MemberStatus.LEAVING, None)
    here.hand.advance(ROLES_END)
    await reconcile()
    assert "dan" not in await members(here)


async def test_a_leaver_has_the_same_time_to_save_and_keeps_the_place_until_then(here: Office) -> None:
    paper = at_work(here, dan="Active")
    here.directory.groups["g1"] = {"ada", "fay", "gus"}
    await reconcile()
    assert [user for user, _ in paper.messages] == ["dan@contoso.example"]
    await perform(PLAN_SPOT_MEMBERS, ORDER)
    there = await members(here)
    assert (there["dan"].status, there["dan"].rights) == (MemberStatus.LEAVING, Rights.NONE)
    assert there["gus"].status is MemberStatus.WAITING

    here.hand.advance(NOTICE)
    await reconcile()
    assert paper.desks["spot-1"].sessions == {}
    await perform(PLAN_SPOT_MEMBERS, ORDER)
    assert (await members(here))["gus"].counts
    here.hand.advance(ROLES_END - NOTICE)
    await reconcile()
    assert "dan" not in await members(here)


async def test_who_has_a_place_again_before_the_time_is_over_works_on(here: Office) -> None:
    paper = at_work(here, fay="Active")
    await lower(here, 2)
    await reconcile()
    await lower(here, 3)
    here.hand.advance(NOTICE)
    assert await reconcile() == ()
    assert set(paper.desks["spot-1"].sessions) == {"fay@contoso.example"}
    assert (await members(here))["fay"].signing_off is None


async def test_a_session_of_which_nobody_was_told_is_not_ended(here: Office) -> None:
    """Fay was away when the message was shown, and is back when the time is over."""
    paper = at_work(here, fay="Disconnected")
    await lower(here, 2)
    await reconcile()
    assert paper.messages == []
    paper.desks["spot-1"].sessions["fay@contoso.example"] = "Active"
    here.hand.advance(NOTICE)
    await reconcile()
    assert len(paper.messages) == 1
    assert len(paper.desks["spot-1"].sessions) == 1
    here.hand.advance(NOTICE)
    await reconcile()
    assert paper.desks["spot-1"].sessions == {}


async def test_a_message_that_azure_refuses_ends_nothing_and_holds_up_nobody(here: Office) -> None:
    paper = at_work(here, dan="Active", fay="Active")
    tell, refused = paper.tell, {"2"}

    async def broken(group: str, pool: str, name: str, number: str, *, send_message: Any) -> None:
        if number in refused:
            raise DeclinedError(Refused(code="Conflict", message="the host does not answer"))
        await tell(group, pool, name, number, send_message=send_message)

    desktops = paper.desktops(things.SUBSCRIPTION)
    desktops.user_sessions.send_message = broken
    here.desktops = lambda _: desktops  # type: ignore[method-assign,assignment]
    await lower(here, 1)
    await reconcile()
    here.hand.advance(NOTICE)
    await reconcile()
    assert set(paper.desks["spot-1"].sessions) == {"dan@contoso.example"}
    refused.clear()
    for _ in range(2):
        here.hand.advance(NOTICE)
        await reconcile()
    assert paper.desks["spot-1"].sessions == {}
    assert [user for user, _ in paper.messages] == ["fay@contoso.example", "dan@contoso.example"]


async def test_the_users_of_a_group_that_is_deleted_have_time_to_save(here: Office) -> None:
    paper = at_work(here, ada="Active")
    await here.session_hosts.insert(desks.session_host(1))
    deleting = things.NOW
    await here.spot_groups.change("contoso", desks.GROUP_ID, lambda group: group.but(deleting_since=deleting))
    await reconcile(POOL.but(removing=True))
    assert [user for user, _ in paper.messages] == ["ada@contoso.example"]
    waits = await perform(REMOVE_SPOT_GROUP, ORDER, SimpleNamespace())
    assert isinstance(waits, Pending)
    assert "1 user can save their work" in waits.note
    assert (await here.session_hosts.get("contoso", "h1")).value.work is None


async def test_the_review_names_whom_a_lower_quantity_meets(here: Office, routes: dict[str, Any]) -> None:
    form = {"group": {"spotGroupId": desks.GROUP_ID}, "license": {"quantity": 1}}

    answer = await ask(routes[REVIEW], REVIEW, at={"wizard": "edit-spot-group"}, body=json.dumps(form).encode())
    found = {each["concern"]: each for each in json.loads(answer.get_body())["warnings"]}
    assert found["placesLost"]["message"] == (
        "2 users would lose their place: dan@contoso.example, fay@contoso.example. Who of them is signed in is told, "
        "has 7 minutes to save their work, and is then signed off."
    )


async def test_a_reconcile_that_runs_when_the_time_is_over_is_followed_by_another(
    here: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may have planned before that moment."""

    async def no(*_: object, **__: object) -> bool:
        return False

    monkeypatch.setattr(reconciling, "start", no)
    monkeypatch.setattr(reconciling, "end_stalled", no)
    due = Due(DueKind.SPOT, here.clock.now(), "contoso", desks.GROUP_ID)
    assert await reconciling.spot_due(here, None, due) == here.clock.now() + SWEEP_AFTER
