"""A Spot Group shows at once that its tenant is paused, and so do its release, its hosts and what is explained."""

from __future__ import annotations

import json
from typing import Any

import pytest

from shared.domain.spot.engine.state import SpotGroupState, SpotGroupStatus
from shared.domain.tenants.tenant import Paused
from tests.integration import desks, things
from tests.integration.asking import ask
from tests.integration.callers import Office
from tests.integration.test_release_progress import release

GROUP = "GET …/spotGroups/{id}"
WHY = "Tenant Contoso is paused: an audit."


@pytest.fixture
async def here(here: Office) -> Office:
    """A group whose engine has not looked since its tenant was paused, with a release that runs, and a host."""
    await here.spot_groups.insert(desks.spot_group(release_id="r1"))
    state = SpotGroupState(id=desks.GROUP_ID, tenant_id=things.TENANT_ID, status=SpotGroupStatus.AVAILABLE)
    await here.spot_states.insert(state)
    await here.releases.insert(release())
    await here.session_hosts.insert(desks.session_host(1))
    await here.spot_members.insert(desks.member("ada"))
    paused = Paused(by="Eve", at=things.NOW, reason="an audit")
    await here.tenants.change(things.TENANT_ID, lambda tenant: tenant.but(display_name="Contoso", paused=paused))
    return here


async def shown(routes: dict[str, Any], route: str, **at: Any) -> Any:
    answer = await ask(routes[route], route, at={"id": desks.GROUP_ID}, **at)
    assert answer.status_code == 200, answer.get_body()
    return json.loads(answer.get_body())


@pytest.mark.usefixtures("here")
async def test_a_paused_tenant_shows_in_its_groups_releases_and_hosts(routes: dict[str, Any]) -> None:
    group = await shown(routes, GROUP)
    (listed,) = (await shown(routes, "GET …/spotGroups"))["value"]
    assert {(each["status"], each["statusDetail"]) for each in (group, listed)} == {("paused", WHY)}
    opened = await shown(routes, f"{GROUP}/release")
    (past,) = (await shown(routes, f"{GROUP}/history"))["value"]
    (host,) = (await shown(routes, f"{GROUP}/hosts"))["value"]
    assert {each["pausedBecause"] for each in (opened, past, host)} == {WHY}
    explained = await shown(routes, f"{GROUP}/explain", query={"user": "ada@contoso.example"})
    assert explained["groupStatus"] == "paused"
    assert WHY in explained["reasons"]


async def test_what_is_over_stands_still_for_no_reason(here: Office, routes: dict[str, Any]) -> None:
    await here.releases.change(things.TENANT_ID, "r1", lambda there: there.but(status="succeeded"))
    (past,) = (await shown(routes, f"{GROUP}/history"))["value"]
    assert "pausedBecause" not in past
