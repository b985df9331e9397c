"""An administrator sees how users of a Spot Group sign in: address, link, and a text to pass on."""

from __future__ import annotations

import json
from typing import Any

from shared.domain.spot.engine.state import SpotGroupState
from shared.domain.spot.groups.members import Rights
from tests.integration import desks
from tests.integration.asking import ask
from tests.integration.callers import Office
from tests.integration.test_own_cloud_pcs import PaperPublisher

SIGN_IN = "GET …/spotGroups/{id}/signInDetails"
AT = {"tenant": "contoso", "version": "v1.0", "id": desks.GROUP_ID}
LINK = "https://windows.cloud.microsoft/webclient/avd/ws-1/desktop-1"


async def asked(routes: dict[str, Any], **query: str) -> tuple[int, Any]:
    answer = await ask(routes[SIGN_IN], SIGN_IN, at=AT, query=query)
    return answer.status_code, json.loads(answer.get_body())


async def with_a_pool(here: Office) -> None:
    here.desktops = lambda _: PaperPublisher()  # type: ignore[method-assign,assignment,return-value]
    await here.spot_groups.insert(desks.spot_group())
    pool = f"/subscriptions/s/resourceGroups/r/providers/Microsoft.DesktopVirtualization/hostPools/{desks.GROUP_ID}"
    await here.spot_states.insert(SpotGroupState(id=desks.GROUP_ID, tenant_id="contoso", host_pool_id=pool))


async def test_the_text_for_everybody_has_the_link_to_the_very_desktop(here: Office, routes: dict[str, Any]) -> None:
    await with_a_pool(here)
    status, details = await asked(routes)
    assert status == 200
    assert details["address"].startswith(LINK)
    assert details["address"] in details["text"]
    assert "appAddress" not in details


async def test_of_a_member_it_has_their_name_and_the_link_to_the_app(here: Office, routes: dict[str, Any]) -> None:
    await with_a_pool(here)
    await here.spot_members.insert(desks.member("ada"))
    status, details = await asked(routes, memberId="m-ada")
    assert (status, details["userName"]) == (200, "ada@contoso.example")
    assert "ada@contoso.example" in details["text"]
    assert details["appAddress"].startswith("ms-avd:connect?workspaceid=ws-1")


async def test_who_may_not_sign_in_gets_no_text(here: Office, routes: dict[str, Any]) -> None:
    await with_a_pool(here)
    await here.spot_members.insert(desks.member("dan", rights=Rights.NONE))
    assert (await asked(routes, memberId="m-dan"))[0] == 409


async def test_a_member_of_another_group_is_not_found(here: Office, routes: dict[str, Any]) -> None:
    await with_a_pool(here)
    await here.spot_members.insert(desks.member("eve", group_id="other"))
    assert (await asked(routes, memberId="m-eve"))[0] == 404


async def test_a_group_without_a_pool_has_nothing_to_pass_on(here: Office, routes: dict[str, Any]) -> None:
    await here.spot_groups.insert(desks.spot_group())
    assert (await asked(routes))[0] == 409
