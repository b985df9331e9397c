"""Users and their own Cloud PCs: found, used as their settings allow, and nobody else's ever."""

import json
from types import SimpleNamespace
from typing import Any

import azure.functions as func
import pytest

from shared.domain.cloud_pcs.actions import OwnAction
from shared.domain.cloud_pcs.lifecycle import Status
from shared.domain.cloud_pcs.user_setting import RestorePointSetting, UserSetting
from shared.domain.machines.restore_points import RestorePoint
from shared.domain.policies.policy import Assignment
from shared.errors import RefusedError, UnavailableError
from shared.services.directory.tenants import _BY_DIRECTORY
from tests.integration import desks, things
from tests.integration.asking import ask
from tests.integration.callers import Office, signed_in
from tests.integration.scenes import MADE

OWN = "me/cloudPCs/{id}"
BODIES: dict[str, Any] = {
    f"POST {OWN}/rename": {"displayName": "Mine"},
    f"POST {OWN}/restore": {"cloudPcSnapshotId": "rp1"},
    f"POST {OWN}/changeUserAccountType": {"userAccountType": "administrator"},
    f"POST {OWN}/keepAwake": {"hours": 2},
}
ACTIONS = [f"POST {OWN}/{action}" for action in OwnAction]
SHOWN_AS = {f"POST {OWN}/rename": "Mine"}
POINT = RestorePoint(id="rp1", created_at=things.NOW, status="ready")
ELSEWHERE = "dddddddd-0000-4000-8000-00000000000d"


def setting(**changes: Any) -> UserSetting:
    value = UserSetting(
        id="s1",
        tenant_id="contoso",
        display_name="Everything",
        self_service_enabled=True,
        local_admin_enabled=True,
        reset_enabled=True,
        restore_point_setting=RestorePointSetting(user_restore_enabled=True),
        assignments=(Assignment(id="a1", group_id="g1", assigned_at=things.NOW),),
        created_date_time=things.NOW,
        last_modified_date_time=things.NOW,
    )
    return value.but(**changes)


def machine(name: str, **changes: Any) -> Any:
    known = {"status": Status.PROVISIONED, "attempt": 1, "resources": MADE, "restore_points": (POINT,)}
    return things.cloud_pc(name, snapshot=things.snapshot(), **{**known, **changes})


EVE, ADA = machine("eve"), machine("ada")


@pytest.fixture
async def home(office: Office) -> Office:
    """Eve and Ada have a Cloud PC each; both are in a group to which everything is allowed."""
    await office.cloud_pcs.insert(EVE)
    await office.cloud_pcs.insert(ADA)
    await office.user_settings.insert(setting())
    await office.operations.insert(things.operation(id="ada-s", resource_id=ADA.id))
    await office.operations.insert(things.operation(id="eve-s", resource_id=EVE.id))
    office.directory.groups["g1"] = {"eve", "ada"}
    office.directory.licences["eve"] = ("sku-1",)
    return office


async def call(routes: dict[str, Any], name: str, addressed: str = EVE.id, /, **at: str) -> func.HttpResponse:
    body = json.dumps(BODIES[name]).encode() if name in BODIES else b""
    at = {"id": addressed, "operation": "eve-s", **at}
    return await ask(routes[name], name, body=body, at=at, headers=signed_in())


def of_one(routes: dict[str, Any]) -> list[str]:
    """Every route below /me that addresses one Cloud PC."""
    return sorted(name for name in routes if f" {OWN}" in name)


async def test_the_list_has_the_callers_own_and_no_other(home: Office, routes: dict[str, Any]) -> None:
    (own,) = json.loads((await call(routes, "GET me/cloudPCs")).get_body())["value"]
    assert (own["id"], own["status"]) == (EVE.id, "provisioned")
    assert {each["action"]: each["possible"] for each in own["actions"]} == dict.fromkeys(OwnAction, True)


async def test_no_route_shows_or_does_anything_with_another_users(home: Office, routes: dict[str, Any]) -> None:
    asked = of_one(routes)
    assert len(asked) >= 10
    for name in asked:
        for id_, operation in ((ADA.id, "ada-s"), (ADA.id, "eve-s"), ("nobody's", "eve-s")):
            answer = await call(routes, name, id_, operation=operation)
            assert answer.status_code == 404, (name, answer.get_body())
            assert b"ada" not in answer.get_body().lower(), name
    there = await home.cloud_pcs.get("contoso", ADA.id)
    assert there.value == ADA
    assert (await call(routes, f"GET {OWN}/operations/{{operation}}", operation="ada-s")).status_code == 404


async def test_the_same_person_of_another_directory_is_somebody_else(
    home: Office, routes: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    await home.tenants.insert(things.tenant(id="fabrikam", entra_tenant_id=ELSEWHERE))
    _BY_DIRECTORY._entries.clear()
    monkeypatch.setattr(things, "DIRECTORY", ELSEWHERE)  # that of the caller's token
    for name in of_one(routes):
        assert (await call(routes, name)).status_code == 404, name
    assert json.loads((await call(routes, "GET me/cloudPCs")).get_body())["value"] == []


@pytest.mark.parametrize("name", ACTIONS)
async def test_what_is_allowed_is_done_in_the_users_name(home: Office, routes: dict[str, Any], name: str) -> None:
    answer = await call(routes, name)
    assert answer.status_code == 202, answer.get_body()
    place = answer.headers["Location"]
    operation = json.loads(answer.get_body())["id"]
    assert place == f"/api/me/cloudPCs/{EVE.id}/operations/{operation}"
    shown = await call(routes, f"GET {OWN}/operations/{{operation}}", operation=operation)
    assert (shown.status_code, json.loads(shown.get_body())["resourceDisplayName"]) == (
        200,
        SHOWN_AS.get(name, EVE.display_name),
    )
    (event,) = [stored.value async for stored in home.audit.each("contoso")]
    assert (event.actor.id, event.activity) == ("id-eve", f"Microsoft.CloudPC/me/{name.rpartition('/')[2]}")


@pytest.mark.parametrize("name", ACTIONS)
@pytest.mark.parametrize("why", ["nothing set", "not in the group", "not allowed"])
async def test_what_is_not_allowed_is_refused_and_written_down(
    home: Office, routes: dict[str, Any], name: str, why: str
) -> None:
    if why == "nothing set":
        await home.user_settings.remove("contoso", "s1")
    elif why == "not in the group":
        home.directory.groups["g1"] = {"ada"}
    else:
        closed = setting(
            self_service_enabled=False,
            local_admin_enabled=False,
            reset_enabled=False,
            restore_point_setting=RestorePointSetting(),
        )
        await home.user_settings.change("contoso", "s1", lambda _: closed)
    assert (await call(routes, name)).status_code == 403
    assert (await home.cloud_pcs.get("contoso", EVE.id)).value == EVE
    (event,) = [stored.value async for stored in home.audit.each("contoso")]
    assert (event.actor.id, event.refused_status, event.resource_id) == ("id-eve", 403, EVE.id)
    own = json.loads((await call(routes, f"GET {OWN}")).get_body())
    assert not any(each["possible"] for each in own["actions"])
    assert {each["reason"] for each in own["actions"]} == {"your organisation does not allow it"}


async def test_of_two_settings_the_first_assigned_holds(home: Office, routes: dict[str, Any]) -> None:
    earlier = Assignment(id="a0", group_id="g2", assigned_at=things.NOW.replace(year=2020))
    home.directory.groups["g2"] = {"eve"}
    await home.user_settings.insert(
        setting(id="s0", display_name="Less", self_service_enabled=False, assignments=(earlier,))
    )
    assert (await call(routes, f"POST {OWN}/reboot")).status_code == 403
    assert (await call(routes, f"POST {OWN}/restore")).status_code == 202


async def test_a_directory_that_fails_hides_no_cloud_pc_and_allows_nothing(
    home: Office, routes: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_: Any) -> Any:
        raise UnavailableError("the directory is away")

    monkeypatch.setattr(home.directory, "member_group_ids", fail)
    (own,) = json.loads((await call(routes, "GET me/cloudPCs")).get_body())["value"]
    assert {(each["possible"], each["reason"][:11]) for each in own["actions"]} == {(False, "what you ma")}
    assert (await call(routes, f"POST {OWN}/reboot")).status_code == 503


async def test_restore_points_and_sign_in_details_are_the_callers_own(home: Office, routes: dict[str, Any]) -> None:
    points = json.loads((await call(routes, f"GET {OWN}/restorePoints")).get_body())["value"]
    assert [each["id"] for each in points] == ["rp1"]
    details = json.loads((await call(routes, f"GET {OWN}/signInDetails")).get_body())
    assert (details["userName"], details["address"]) == ("eve@contoso.example", "https://windows.cloud.microsoft")
    assert "appAddress" not in details  # nobody knows in which pool it is


GROUP = f"/subscriptions/{things.SUBSCRIPTION}/resourceGroups/desks"
POOL = f"{GROUP}/providers/Microsoft.DesktopVirtualization/hostPools/p"
IN_POOL = MADE.but(host_pool_id=POOL)
LINK = f"https://windows.cloud.microsoft/webclient/avd/ws-1/desktop-1?tenant={things.DIRECTORY}"


class PaperPublisher:
    """The part of the SDK's client of Virtual Desktop that lists published desktops."""

    def __init__(self, failure: Exception | None = None) -> None:
        self.failure = failure
        self.asked: list[tuple[str, ...]] = []
        self.workspaces, self.desktops = self, self

    async def get(self, group: str, *names: str) -> Any:
        self.asked.append((group, *names))
        if self.failure is not None:
            raise self.failure
        return SimpleNamespace(object_id="ws-1" if len(names) == 1 else "desktop-1")


async def sign_in(home: Office, routes: dict[str, Any], publisher: PaperPublisher) -> dict[str, Any]:
    home.desktops = lambda _: publisher  # type: ignore[method-assign,assignment,return-value]
    await home.cloud_pcs.change("contoso", EVE.id, lambda pc: pc.with_current(resources=IN_POOL))
    return dict(json.loads((await call(routes, f"GET {OWN}/signInDetails")).get_body()))


async def test_the_link_opens_the_very_desktop_and_azure_is_asked_once(home: Office, routes: dict[str, Any]) -> None:
    publisher = PaperPublisher()
    for _ in range(2):
        details = await sign_in(home, routes, publisher)
        assert (details["address"], LINK in details["text"]) == (LINK, True)
        assert details["appAddress"] == (
            "ms-avd:connect?workspaceid=ws-1&resourceid=desktop-1&username=eve@contoso.example&version=0"
        )
    assert publisher.asked == [("desks", "p-ws"), ("desks", "p-dag", "SessionDesktop")]


@pytest.mark.parametrize("failure", [UnavailableError("away"), RefusedError("AuthorizationFailed", "no")])
async def test_where_azure_does_not_say_the_link_opens_the_page_of_all_desktops(
    home: Office, routes: dict[str, Any], failure: Exception
) -> None:
    details = await sign_in(home, routes, PaperPublisher(failure))
    assert (details["address"], "appAddress" in details) == ("https://windows.cloud.microsoft", False)


async def test_of_two_in_one_pool_no_link_claims_to_know_which(home: Office, routes: dict[str, Any]) -> None:
    other = things.cloud_pc(
        "eve", id="second", plan=things.plan(sku_id="sku-2"), status=Status.PROVISIONED, resources=IN_POOL
    )
    await home.cloud_pcs.insert(other)
    details = await sign_in(home, routes, PaperPublisher())
    assert (details["address"], "appAddress" in details) == ("https://windows.cloud.microsoft", False)


async def test_a_reset_builds_anew_what_the_policy_of_today_says(home: Office, routes: dict[str, Any]) -> None:
    assert (await call(routes, f"POST {OWN}/reprovision")).status_code == 202
    after = (await home.cloud_pcs.get("contoso", EVE.id)).value
    assert (after.status, after.current.generation) == (Status.PENDING_PROVISION, EVE.next_generation)
    again = json.loads((await call(routes, f"GET {OWN}")).get_body())
    (reset,) = (each for each in again["actions"] if each["action"] == "reprovision")
    assert (reset["possible"], "pendingProvision" in reset["reason"]) == (False, True)
    assert (await call(routes, f"POST {OWN}/reprovision")).status_code == 409


async def test_a_reset_without_a_policy_deletes_nothing(home: Office, routes: dict[str, Any]) -> None:
    await home.policies.change("contoso", "p1", lambda policy: policy.but(assignments=()))
    assert (await call(routes, f"POST {OWN}/reprovision")).status_code == 409
    assert (await home.cloud_pcs.get("contoso", EVE.id)).value == EVE


async def test_explain_names_the_settings_of_a_user_and_which_hold(home: Office, routes: dict[str, Any]) -> None:
    earlier = Assignment(id="a0", group_id="g2", assigned_at=things.NOW.replace(year=2020))
    home.directory.groups["g2"] = {"eve"}
    await home.user_settings.insert(setting(id="s0", display_name="Less", assignments=(earlier,)))
    name = "GET tenants/{tenant}/explain"
    answer = await ask(routes[name], name, at={"tenant": "contoso"}, query={"user": "eve"})
    found = json.loads(answer.get_body())["userSettings"]
    assert [(each["userSettingName"], each["groupId"], each["applies"]) for each in found] == [
        ("Less", "g2", True),
        ("Everything", "g1", False),
    ]


async def test_spot_desktops_are_shown_with_where_to_sign_in(home: Office, routes: dict[str, Any]) -> None:
    await home.spot_groups.insert(desks.spot_group())
    for name in ("eve", "ada"):
        await home.spot_members.insert(desks.member(name))
    (desktop,) = json.loads((await call(routes, "GET me/spotDesktops")).get_body())["value"]
    assert desktop["id"] == desks.GROUP_ID
    assert (desktop["address"] is None) == (not desktop["maySignIn"])
