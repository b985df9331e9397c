"""The VM sizes that a Spot Group names: judged when they are saved, and by the engine when Azure has changed since."""

from __future__ import annotations

import json
from typing import Any

import pytest

from shared.domain.spot.engine.state import SpotGroupStatus
from shared.domain.spot.groups.group import HostSettings
from shared.domain.spot.hosts.host_plan import EngineAction
from tests.integration import things
from tests.integration.asking import ask
from tests.integration.callers import Office
from tests.integration.desks import GROUP_ID, on_paper, spot_group, with_a_host
from tests.integration.engine_runs import run
from tests.integration.services import PaperServices
from tests.integration.test_spot_engine import office

__all__ = ["office"]
SAVE = "POST tenants/{tenant}/wizards/{wizard}"
GOOD = {"sizes": ["Standard_D8s_v5"]}


@pytest.fixture
async def there(here: Office) -> Office:
    await with_a_host(here)
    on_paper(here)
    return here


async def saved(routes: dict[str, Any], hosts: dict[str, Any]) -> tuple[int, list[tuple[str, str]]]:
    """Edit the group; return the status and the errors, by pointer and message."""
    form = {"group": {"spotGroupId": GROUP_ID}, "hosts": {"hosts": hosts}}
    answer = await ask(routes[SAVE], SAVE, at={"wizard": "edit-spot-group"}, body=json.dumps(form).encode())
    told = json.loads(answer.get_body())
    return answer.status_code, [(each["pointer"], each["message"]) for each in told.get("errors", ())]


@pytest.mark.parametrize(
    ("size", "more", "says"),
    [
        ("Standard_Nope_v9", {}, "Azure offers Standard_Nope_v9 to the subscription in none of"),
        ("Standard_D2s_v5", {}, "has 2 vCPU"),
    ],
)
async def test_a_size_that_no_host_can_have_is_refused(
    there: Office, routes: dict[str, Any], size: str, more: dict[str, Any], says: str
) -> None:
    """A size that the region does not have, or that has less than the licence promises."""
    status, ((pointer, message),) = await saved(routes, {**more, "sizes": ["Standard_D8s_v5", size]})
    assert (status, pointer) == (400, "/hosts/hosts/sizes/1")
    assert says in message
    assert (await saved(routes, GOOD))[0] == 202


async def test_a_size_that_cannot_hibernate_is_refused_for_hosts_that_do(there: Office, routes: dict[str, Any]) -> None:
    personal = spot_group().license_type.PERSONAL
    await there.spot_groups.change("contoso", GROUP_ID, lambda group: group.but(license_type=personal))
    status, ((pointer, message),) = await saved(routes, {"hibernate": True, "sizes": ["Standard_D8as_v5"]})
    assert (status, pointer) == (400, "/hosts/hosts/sizes/0")
    assert "cannot hibernate" in message
    assert (await saved(routes, {**GOOD, "hibernate": True}))[0] == 202


async def test_nothing_is_built_of_sizes_that_azure_has_taken_away_and_the_group_says_so(office: PaperServices) -> None:
    async def names(*sizes: str) -> list[EngineAction]:
        hosts = HostSettings(sizes=sizes)
        await office.spot_groups.change("contoso", GROUP_ID, lambda group: group.but(hosts=hosts))
        return [step.action for step in (await run()).steps]

    assert await names("Standard_Nope_v9") == []
    state = (await office.spot_states.get("contoso", GROUP_ID)).value
    assert state.cause == "Azure offers none of the group's VM sizes (Standard_Nope_v9): no host can be built."
    assert state.status is not SpotGroupStatus.AVAILABLE
    assert set(await names("Standard_Nope_v9", "Standard_D8s_v5")) == {EngineAction.BUILD}


async def test_a_group_that_names_no_sizes_reads_no_site(
    office: PaperServices, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run of the engine comes each minute: what Azure offers matters only where sizes are named."""
    read: list[str] = []
    find = office.sites.find

    async def counted(*ids: str) -> Any:
        read.append(ids[-1])
        return await find(*ids)

    monkeypatch.setattr(office.sites, "find", counted)
    await run()
    assert read == []
    hosts = HostSettings(sizes=("Standard_D8s_v5",))
    await office.spot_groups.change(things.TENANT_ID, GROUP_ID, lambda there: there.but(hosts=hosts))
    await run()
    assert len(read) == 1
