"""The sessions of a Spot Group: listed, told, signed off, and Azure asked once for all hosts of a pool."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.integration.asking import ask, told
from tests.integration.callers import Office
from tests.integration.desks import GROUP_ID, Desk, PaperDesks, on_paper, session_host, spot_group

PLACE = "…/spotGroups/{id}/sessions"
LIST, MESSAGE, LOG_OFF = f"GET {PLACE}", f"POST {PLACE}/message", f"POST {PLACE}/logOff"
NOTICE = {"title": "Soon", "body": "Save your work"}


@pytest.fixture
async def desks(office: Office) -> PaperDesks:
    """Three hosts of a group, one of which is not in its pool yet; three sessions on two of them."""
    await office.spot_groups.insert(spot_group())
    for number in (1, 2, 3):
        await office.session_hosts.insert(session_host(number))
    unregistered = session_host(3).resources.but(session_host=None)
    await office.session_hosts.change("contoso", "h3", lambda host: host.but(resources=unregistered))
    ada_and_bob = {"ada@contoso.example": "Active", "bob@contoso.example": "Disconnected"}
    return on_paper(office, h1=Desk(sessions=ada_and_bob), h2=Desk(sessions={"eve@contoso.example": "Active"}))


async def sent(routes: dict[str, Any], route: str, **body: Any) -> Any:
    return await ask(routes[route], route, body=json.dumps(body).encode(), at={"id": GROUP_ID})


async def test_the_sessions_of_all_hosts_are_one_list_of_azure(desks: PaperDesks, routes: dict[str, Any]) -> None:
    answer = json.loads((await sent(routes, LIST)).get_body())["value"]
    assert {(each["id"], each["sessionHostId"], each["userPrincipalName"], each["state"]) for each in answer} == {
        ("h1-2", "h1", "ada@contoso.example", "Active"),
        ("h1-3", "h1", "bob@contoso.example", "Disconnected"),
        ("h2-2", "h2", "eve@contoso.example", "Active"),
    }
    assert desks.calls == ["list sessions"]


@pytest.mark.parametrize(("chosen", "names"), [(None, ["ada", "bob", "eve"]), (["h1-3", "h2-2"], ["bob", "eve"])])
async def test_those_who_were_chosen_are_told_and_everybody_where_none_was(
    desks: PaperDesks, routes: dict[str, Any], chosen: list[str] | None, names: list[str]
) -> None:
    answer = await sent(routes, MESSAGE, **NOTICE, **({"sessionIds": chosen} if chosen else {}))
    assert json.loads(answer.get_body()) == {"sessions": len(names)}
    assert desks.messages == [(f"{name}@contoso.example", "Save your work") for name in names]
    assert desks.calls == ["list sessions"]


async def test_a_session_that_is_not_there_is_named_and_nobody_is_signed_off(
    desks: PaperDesks, routes: dict[str, Any]
) -> None:
    answer = await sent(routes, LOG_OFF, sessionIds=["h1-2", "h3-2"])
    assert (answer.status_code, [pointer for pointer, _ in told(answer)]) == (400, ["/sessionIds/1"])
    assert len(desks.desks["spot-1"].sessions) == 2

    done = await sent(routes, LOG_OFF, sessionIds=["h1-2"])
    assert json.loads(done.get_body()) == {"sessions": 1}
    assert list(desks.desks["spot-1"].sessions) == ["bob@contoso.example"]
