"""Routes with Graph's own names: functions, restore points of all Cloud PCs, and the caller's own Cloud PCs."""

import json
from typing import Any

import pytest

from shared.domain.cloud_pcs.build import Failure
from shared.domain.cloud_pcs.lifecycle import Status
from tests.cloud_pcs import edited
from tests.integration import things
from tests.integration.asking import ask
from tests.integration.callers import Office, signed_in
from tests.integration.scenes import EVE_S, SETTING

FAILURE = Failure(code="AllocationFailed", message="no capacity", evidence="an id of Azure")
MINE = "tenants/{tenant}/{version}/me/cloudPCs"
FUNCTIONS = (
    "…/cloudPCs/retrieveCloudPcCountByStatus",
    "…/cloudPCs/{id}/retrieveSnapshots",
    "…/cloudPCs/{id}/retrieveCloudPcLaunchDetail",
    "…/auditEvents/getAuditActivityTypes",
    "…/deviceImages/getSourceImages",
    f"{MINE}/{{id}}/retrieveCloudPcLaunchDetail",
)


@pytest.fixture
async def home(office: Office) -> Office:
    """Eve has a Cloud PC with a restore point, and may do everything with it; so has somebody else."""
    await office.cloud_pcs.insert(EVE_S)
    await office.cloud_pcs.insert(edited(EVE_S, id="ada-s", user=things.user("ada"), restore_points=()))
    await office.user_settings.insert(SETTING)
    office.directory.groups |= {"of-eve": {"eve"}, "g1": {"ada", "eve"}}
    office.directory.licences["eve"] = ("sku-1",)
    return office


async def said(routes: dict[str, Any], name: str, body: Any = None, **more: Any) -> tuple[int, Any]:
    raw = b"" if body is None else json.dumps(body).encode()
    answer = await ask(routes[name], name, body=raw, **more)
    return answer.status_code, json.loads(answer.get_body() or b"null")


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize("function", FUNCTIONS)
async def test_a_function_is_called_with_its_parentheses_or_without(routes: dict[str, Any], function: str) -> None:
    with_them = await said(routes, f"GET {function}()", at={"id": EVE_S.id})
    assert with_them[0] == 200, with_them
    assert await said(routes, f"GET {function}", at={"id": EVE_S.id}) == with_them


async def test_the_activity_types_are_what_callers_can_do(office: Office, routes: dict[str, Any]) -> None:
    del office
    _, types = await said(routes, "GET …/auditEvents/getAuditActivityTypes()")
    assert "Microsoft.CloudPC/provisioningPolicies/assign" in types["value"]
    assert [each for each in types["value"] if each.endswith("/read")] == []


@pytest.mark.usefixtures("home")
async def test_the_restore_points_of_all_cloud_pcs_are_listed_and_shown(routes: dict[str, Any]) -> None:
    _, listed = await said(routes, "GET …/snapshots", query={"$filter": f"cloudPcId eq '{EVE_S.id}'"})
    assert [each["id"] for each in listed["value"]] == ["rp1"]
    _, one = await said(routes, "GET …/snapshots/{id}", at={"id": "rp1"})
    assert (one["cloudPcId"], one["status"]) == (EVE_S.id, "ready")
    assert (await said(routes, "GET …/snapshots/{id}", at={"id": "none"}))[0] == 404


@pytest.mark.usefixtures("home")
async def test_callers_see_their_own_cloud_pcs_below_graph_s_address(routes: dict[str, Any]) -> None:
    eve = signed_in()  # without any role
    _, listed = await said(routes, f"GET {MINE}", headers=eve)
    status, one = await said(routes, f"GET {MINE}/{{id}}", at={"id": EVE_S.id}, headers=eve)
    other, _ = await said(routes, f"GET {MINE}/{{id}}", at={"id": "ada-s"}, headers=eve)
    assert ([each["id"] for each in listed["value"]], status, other) == ([EVE_S.id], 200, 404)
    assert [name for name in one if name.startswith("@deskwright.")] == []


async def test_who_is_of_another_directory_finds_no_tenant(home: Office, routes: dict[str, Any]) -> None:
    await home.tenants.change("contoso", lambda tenant: tenant.but(entra_tenant_id="9" * 8 + things.DIRECTORY[8:]))
    home.settings = home.settings.model_copy(update={"provider_tenant_id": things.DIRECTORY})
    assert (await said(routes, f"GET {MINE}", headers=signed_in()))[0] == 404


async def test_an_error_s_findings_are_for_administrators(home: Office, routes: dict[str, Any]) -> None:
    await home.cloud_pcs.change("contoso", EVE_S.id, lambda pc: edited(pc, status=Status.FAILED, last_error=FAILURE))
    _, one = await said(routes, f"GET {MINE}/{{id}}", at={"id": EVE_S.id}, headers=signed_in())
    assert (one["status"], one["statusDetail"]) == ("failed", None)


async def test_a_user_does_in_graph_s_shape_what_their_settings_allow(home: Office, routes: dict[str, Any]) -> None:
    eve, at = signed_in(), {"id": EVE_S.id}
    status, _ = await said(routes, f"POST {MINE}/{{id}}/rename", {"displayName": "Mine"}, at=at, headers=eve)
    assert (status, (await home.cloud_pcs.get("contoso", EVE_S.id)).value.display_name) == (204, "Mine")
    kept, _ = await said(routes, f"POST {MINE}/{{id}}/reboot", at={"id": "ada-s"}, headers=eve)
    await home.user_settings.change("contoso", "s1", lambda setting: setting.but(self_service_enabled=False))
    refused, _ = await said(routes, f"POST {MINE}/{{id}}/reboot", at=at, headers=eve)
    assert (kept, refused) == (404, 403)


async def test_one_licence_is_shown_as_in_the_list(home: Office, routes: dict[str, Any]) -> None:
    status, listed = await said(routes, "GET …/servicePlans")
    assert (status, len(listed["value"])) == (200, 2)
    for each in listed["value"]:
        status, one = await said(routes, "GET …/servicePlans/{id}", at={"id": each["id"]})
        assert (status, {name: one[name] for name in each}) == (200, each)
        assert one["@odata.context"].endswith("servicePlans/$entity")
    status, none = await said(routes, "GET …/servicePlans/{id}", at={"id": "sku-9"})
    assert (status, none["error"]["code"]) == (404, "ResourceNotFound")
