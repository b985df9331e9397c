"""Actions that users are shown for their own Cloud PC are done, and the rest refused: in every state."""

import json
from types import SimpleNamespace
from typing import Any

import pytest

from shared.domain.cloud_pcs.actions import OwnAction
from shared.domain.cloud_pcs.cloud_pc import CloudPc
from shared.domain.tenants.tenant import Paused
from shared.errors import UnavailableError
from tests.cloud_pcs import edited
from tests.integration import things
from tests.integration.asking import ask
from tests.integration.callers import Office, signed_in
from tests.integration.scenes import EVE_S, NOW, SETTING
from tests.integration.services import IdleHost
from tests.integration.test_supported_actions import SHORT, STATES, WARNED

BODIES: dict[str, dict[str, Any]] = {"rename": {"displayName": "Mine"}, "restore": {"cloudPcSnapshotId": "rp1"}}
BODIES |= {"changeUserAccountType": {"userAccountType": "administrator"}, "keepAwake": {"hours": 2}}


@pytest.fixture
async def home(office: Office) -> Office:
    """Eve may do everything with her Cloud PC, and has its licence."""
    await office.user_settings.insert(SETTING)
    office.directory.groups |= {"of-eve": {"eve"}, "g1": {"eve"}}
    office.directory.licences["eve"] = ("sku-1",)
    return office


async def compare(home: Office, routes: dict[str, Any], pc: CloudPc) -> dict[str, Any]:
    """Perform every action on Eve's *pc* as it was, and compare the results with the actions that were shown."""
    await home.cloud_pcs.insert(pc)
    one = await ask(routes["GET me/cloudPCs/{id}"], "GET me/cloudPCs/{id}", at={"id": pc.id}, headers=signed_in())
    said = {each["action"]: each for each in json.loads(one.get_body())["actions"]}
    assert said.keys() == {*OwnAction}
    for action, shown in said.items():
        name = f"POST me/cloudPCs/{{id}}/{action}"
        body = json.dumps(BODIES[action]).encode() if action in BODIES else b""
        answer = await ask(routes[name], name, body=body, at={"id": pc.id}, headers=signed_in())
        assert shown["possible"] == (answer.status_code < 300), (shown, answer.get_body())
        assert ("reason" not in shown) == shown["possible"], shown
        if shown["possible"]:
            await home.cloud_pcs.change(pc.tenant_id, pc.id, lambda _: pc)
    return said


def of_eve(pc: CloudPc, **changes: Any) -> CloudPc:
    return edited(pc, id=EVE_S.id, user=things.user("eve"), **changes)


@pytest.mark.parametrize("state", [s if s in SHORT else pytest.param(s, marks=pytest.mark.long) for s in STATES])
async def test_users_are_shown_as_possible_exactly_what_is_done(
    home: Office, routes: dict[str, Any], state: str
) -> None:
    await compare(home, routes, of_eve(STATES[state]))


@pytest.mark.parametrize("why", ["steps run again", "paused", "no licence", "no policy", "disabled", "away"])
async def test_users_are_told_what_no_record_of_their_cloud_pc_knows(
    home: Office, routes: dict[str, Any], monkeypatch: pytest.MonkeyPatch, why: str
) -> None:
    async def fail(*_: Any) -> Any:
        raise UnavailableError("the directory is away")

    async def alive(_: IdleHost, instance_id: str, **__: bool) -> Any:
        return SimpleNamespace(runtime_status=SimpleNamespace(value="Running")) if "rerun" in instance_id else None

    match why:
        case "steps run again":
            monkeypatch.setattr(IdleHost, "get_status", alive)
        case "paused":
            await home.tenants.change("contoso", lambda it: it.but(paused=Paused(by="ada", at=NOW, reason="secretly")))
        case "no licence":
            home.directory.licences["eve"] = ()
        case "no policy":
            home.directory.groups["g1"] = set()
        case "disabled":
            home.directory.disabled.add("eve")
        case _:
            monkeypatch.setattr(home.directory, "user", fail)
    said = await compare(home, routes, edited(EVE_S, **WARNED))
    assert said["reboot"]["possible"] == (why != "steps run again")
    assert said["rename"]["possible"]
    reset = said["reprovision"]
    assert reset["possible"] == (why == "steps run again")
    assert "secretly" not in reset.get("reason", "")
    assert ("paused" in reset.get("reason", "")) == (why == "paused")


async def test_a_page_that_asks_again_asks_the_directory_once_a_minute(home: Office, routes: dict[str, Any]) -> None:
    await home.cloud_pcs.insert(EVE_S)
    for _ in range(3):
        assert (await ask(routes["GET me/cloudPCs"], "GET me/cloudPCs", headers=signed_in())).status_code == 200
    assert home.directory.reads.count("user id-eve") == 1
