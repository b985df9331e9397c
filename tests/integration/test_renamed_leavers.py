"""Leavers whose principal name was changed: who is signed off a shared host, and whose session stays."""

from __future__ import annotations

import json
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from shared.contracts.outcomes import Done
from shared.contracts.spot_groups import REVOKE_SPOT_MEMBERS, MemberRightsOrder
from shared.errors import UnavailableError
from tests.integration import desks
from tests.integration.asking import ask
from tests.integration.desks import Desk, PaperDesks, on_paper, session_host
from tests.integration.services import PaperServices, perform
from tests.integration.test_spot_members import ORDER, POOL, members, office, plan
from tests.integration.test_spot_members import here as staff

__all__ = ["office", "staff"]
OLD, NEW = "user03@contoso.example", "ada.new@contoso.example"
LIST = "GET …/spotGroups/{id}/sessions"


@pytest.fixture
def here(staff: PaperServices) -> PaperServices:
    """A group with its members; roles are taken on paper."""

    async def get(scope: str, name: str) -> SimpleNamespace:
        return SimpleNamespace(id=f"{scope}/{name}", created_on=None)

    async def delete(scope: str, name: str) -> None:
        del scope, name

    rights: Any = SimpleNamespace(role_assignments=SimpleNamespace(get=get, delete=delete))
    staff.authorization = lambda subscription_id: rights  # type: ignore[method-assign] # noqa: ARG005
    staff.settings = staff.settings.model_copy(update={"trust_client_principal": True})
    return staff


def signed_in(here: PaperServices, *names: str) -> PaperDesks:
    return on_paper(here, h1=Desk(sessions=dict.fromkeys(names, "Active")))


async def leave(here: PaperServices, name: str = "user03") -> None:
    """Let a user leave, and take what they have: their rights at once, their sessions after the notice.

    They are looked for once more when the roles that were taken surely do not count any more.
    """
    here.directory.groups["staff"].discard(name)
    here.directory.licences[name] = ()  # they are in the directory still
    pool = POOL.but(host_pool_id=session_host(1).resources.host_pool_id or "")
    for _ in range(3):
        for ids in (await plan()).revocations:
            order = MemberRightsOrder(tenant_id="contoso", spot_group_id=desks.GROUP_ID, member_ids=ids, pool=pool)
            assert await perform(REVOKE_SPOT_MEMBERS, order) == Done()
        here.hand.advance(timedelta(minutes=5))


@pytest.mark.parametrize("readings", [0, 1, 2], ids=["the new name was never read", "it was read", "it was read twice"])
@pytest.mark.parametrize("shown", [OLD, NEW])
async def test_a_leaver_with_another_name_is_signed_off(here: PaperServices, shown: str, readings: int) -> None:
    """The session shows the name with which they signed in, whether that was before or after the change."""
    there = signed_in(here, shown, "user04@contoso.example")
    here.directory.renamed["user03"] = NEW
    for _ in range(readings):
        await plan()
    await leave(here)
    assert set(there.desks["spot-1"].sessions) == {"user04@contoso.example"}
    assert "user03" not in await members(here)


async def test_who_got_the_name_of_a_leaver_is_not_signed_off(here: PaperServices) -> None:
    """The session's owner cannot be told then; it is nobody's in the list of sessions, too."""
    there = signed_in(here, OLD)
    here.directory.renamed["user03"] = NEW
    await plan()
    here.directory.renamed["user20"] = OLD
    await leave(here)
    assert set(there.desks["spot-1"].sessions) == {OLD}


async def test_who_got_the_name_of_a_leaver_and_is_no_member_is_not_signed_off(here: PaperServices) -> None:
    there = signed_in(here, OLD)
    here.directory.renamed["user03"] = NEW
    await plan()
    here.directory.licences["new"] = ()
    here.directory.renamed["new"] = OLD
    await leave(here)
    assert set(there.desks["spot-1"].sessions) == {OLD}


async def test_a_session_of_a_name_that_is_nobodys_stays(here: PaperServices, caplog: pytest.LogCaptureFixture) -> None:
    there = signed_in(here, "somebody@contoso.example", "", OLD)
    await leave(here)
    assert set(there.desks["spot-1"].sessions) == {"somebody@contoso.example", ""}
    assert "2 sessions of Spot Group" in caplog.text


async def test_a_directory_that_is_silent_leaves_the_leaver_a_member_who_is_signed_off_later(
    here: PaperServices, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = signed_in(here, OLD)

    async def holders(names: list[str]) -> dict[str, str]:
        raise UnavailableError("Graph answered 503")

    with monkeypatch.context() as silent:
        silent.setattr(here.directory, "holders", holders)
        with pytest.raises(UnavailableError):
            await leave(here)
    assert set(there.desks["spot-1"].sessions) == {OLD}
    await leave(here)
    assert there.desks["spot-1"].sessions == {}


async def test_the_list_of_sessions_has_the_object_ids_of_the_users(
    here: PaperServices, routes: dict[str, Any]
) -> None:
    """Also of who has another name since; null where more than one has had the name, or nobody."""
    await here.session_hosts.insert(session_host(1))
    signed_in(here, OLD, "USER04@contoso.example", "user05@contoso.example", "somebody@contoso.example")
    here.directory.renamed |= {"user03": NEW, "user05": "user5@contoso.example"}
    await plan()
    here.directory.renamed["user20"] = "user05@contoso.example"
    await plan()
    answer = await ask(routes[LIST], LIST, at={"id": ORDER.spot_group_id})
    shown = {each["userPrincipalName"]: each["userId"] for each in json.loads(answer.get_body())["value"]}
    nobodys = await ask(routes[LIST], LIST, at={"id": ORDER.spot_group_id}, query={"$filter": "userId eq null"})
    assert len(json.loads(nobodys.get_body())["value"]) == 2
    assert shown == {
        OLD: "id-user03",
        "USER04@contoso.example": "id-user04",
        "user05@contoso.example": None,
        "somebody@contoso.example": None,
    }
