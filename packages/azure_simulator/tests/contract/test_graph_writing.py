"""Users, groups and licences as administrators change them through Graph, and the recycle bin."""

from typing import Any

import pytest
from azure_simulator.graph.directory.licenses import SKU_IDS
from azure_simulator.seeds import DOMAIN

from packages.azure_simulator.tests.contract.running import EVENTUAL, Response, Running

pytestmark = pytest.mark.simulator
PLAN = SKU_IDS["CPC_E_2C_4GB_128GB"]
SCARCE = SKU_IDS["CPC_E_4C_16GB_256GB"]
NEW = {
    "accountEnabled": True,
    "displayName": "New One",
    "mailNickname": "new",
    "userPrincipalName": f"new@{DOMAIN}",
    "passwordProfile": {"password": "Th1s-is-not-secret"},
}
TEAM = {"displayName": "Team", "mailEnabled": False, "mailNickname": "team", "securityEnabled": True}


@pytest.fixture
def cloud(administered: Running) -> Running:
    return administered


async def done(cloud: Running, method: str, path: str, body: Any = None) -> dict[str, Any]:
    answer = await cloud.graph(path, method, json=body)
    assert answer.status < 300, answer.body
    return dict(answer.body or {})


async def refused(cloud: Running, method: str, path: str, body: Any = None) -> Response:
    answer = await cloud.graph(path, method, json=body)
    assert answer.status >= 400, answer.body
    return answer


async def id_of(cloud: Running, upn: str) -> str:
    return str((await done(cloud, "GET", f"/users/{upn}?$select=id"))["id"])


async def group_id(cloud: Running, name: str) -> str:
    return str((await done(cloud, "GET", f"/groups?$filter=displayName eq '{name}'"))["value"][0]["id"])


async def licences(cloud: Running, user: str) -> set[str]:
    found = await done(cloud, "GET", f"/users/{user}?$select=assignedLicenses")
    return {each["skuId"] for each in found["assignedLicenses"]}


async def test_a_user_is_created_renamed_and_disabled(cloud: Running) -> None:
    # learn.microsoft.com/graph/api/user-post-users, user-update
    made = await done(cloud, "POST", "/users", NEW)
    assert "passwordProfile" not in made
    assert await done(cloud, "PATCH", f"/users/{made['id']}", {"accountEnabled": False, "department": "IT"}) == {}
    found = await done(cloud, "GET", f"/users/new@{DOMAIN}?$select=id,accountEnabled,department,displayName")
    assert {key: value for key, value in found.items() if key[0] != "@"} == {
        "id": made["id"],
        "accountEnabled": False,
        "department": "IT",
        "displayName": "New One",
    }


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"displayName": None}, "A value is required for property 'displayName' of resource 'User'."),
        ({"passwordProfile": {}}, "A value is required for property 'password' of resource 'User'."),
        ({"userPrincipalName": "new@elsewhere.example"}, "The domain portion of the userPrincipalName"),
        ({"userPrincipalName": f"USER01@{DOMAIN}"}, "Another object with the same value for property"),
        ({"userPrincipalName": "nobody"}, "Property userPrincipalName is invalid."),
        ({"accountEnabled": "yes"}, "Invalid value specified for property 'accountEnabled'"),
        ({"assignedLicenses": []}, "read-only"),
        ({"colour": "red"}, "'colour' does not exist"),
    ],
    ids=str,
)
async def test_a_user_that_makes_no_sense_is_refused(cloud: Running, changes: dict[str, Any], text: str) -> None:
    answer = await refused(cloud, "POST", "/users", {**NEW, **changes})
    assert (answer.status, answer.error) == (400, "Request_BadRequest")
    assert text in answer.body["error"]["message"]


async def test_what_active_directory_masters_is_not_graphs_to_change(cloud: Running) -> None:
    await cloud.sim("graph/users", {"user": f"user01@{DOMAIN}", "onPremisesSyncEnabled": True})
    answer = await refused(cloud, "PATCH", f"/users/user01@{DOMAIN}", {"accountEnabled": False})
    assert "on-premises mastered" in answer.body["error"]["message"]
    await done(cloud, "PATCH", f"/users/user01@{DOMAIN}", {"usageLocation": "DE"})


async def test_a_deleted_user_comes_back_with_groups_and_licences(cloud: Running) -> None:
    # learn.microsoft.com/graph/api/directory-deleteditems-restore
    user = await id_of(cloud, f"user01@{DOMAIN}")
    before = await licences(cloud, user)
    groups = {each["id"] for each in await cloud.pages(f"/users/{user}/memberOf")}
    await done(cloud, "DELETE", f"/users/{user}")
    assert (await refused(cloud, "GET", f"/users/{user}")).status == 404
    binned = await cloud.pages("/directory/deletedItems/microsoft.graph.user?$select=id,userPrincipalName")
    assert [each["id"] for each in binned] == [user]
    back = await done(cloud, "POST", f"/directory/deletedItems/{user}/restore")
    assert back["id"] == user
    assert await licences(cloud, user) == before
    assert {each["id"] for each in await cloud.pages(f"/users/{user}/memberOf")} == groups
    assert await cloud.pages("/directory/deletedItems/microsoft.graph.user") == []


async def test_a_licence_that_was_assigned_meanwhile_is_not_restored(cloud: Running) -> None:
    products = {each["skuId"]: each for each in await cloud.pages("/subscribedSkus")}
    user = await id_of(cloud, f"user02@{DOMAIN}")
    held = next(iter(await licences(cloud, user)))
    part = products[held]["skuPartNumber"]
    await done(cloud, "DELETE", f"/users/{user}")
    await cloud.sim("graph/licences", {"sku": part, "enabled": products[held]["consumedUnits"] - 1})
    await done(cloud, "POST", f"/directory/deletedItems/{user}/restore")
    assert await licences(cloud, user) == set()


async def test_after_thirty_days_a_deleted_user_is_purged(cloud: Running) -> None:
    user = await id_of(cloud, f"user03@{DOMAIN}")
    await done(cloud, "DELETE", f"/users/{user}")
    cloud.advance(30 * 86_400)
    cloud.tokens.clear()
    answer = await refused(cloud, "POST", f"/directory/deletedItems/{user}/restore")
    assert (answer.status, answer.error) == (404, "Request_ResourceNotFound")


async def test_only_microsoft_365_groups_come_back(cloud: Running) -> None:
    project, office = await group_id(cloud, "Project"), await group_id(cloud, "Office")
    for group in (project, office):
        await done(cloud, "DELETE", f"/groups/{group}")
    assert (await refused(cloud, "POST", f"/directory/deletedItems/{office}/restore")).status == 404
    await done(cloud, "POST", f"/directory/deletedItems/{project}/restore")
    assert len(await cloud.pages(f"/groups/{project}/members")) == 2
    await done(cloud, "DELETE", f"/groups/{project}")
    await done(cloud, "DELETE", f"/directory/deletedItems/{project}")
    assert await cloud.pages("/directory/deletedItems/microsoft.graph.group") == []


async def test_members_join_and_leave_by_reference(cloud: Running) -> None:
    # learn.microsoft.com/graph/api/group-post-members, group-delete-members
    one, two = [await id_of(cloud, f"user{number}@{DOMAIN}") for number in ("01", "02")]
    made = await done(cloud, "POST", "/groups", {**TEAM, "members@odata.bind": [f"{cloud.url}/v1.0/users/{one}"]})
    path, reference = f"/groups/{made['id']}/members", {"@odata.id": f"{cloud.url}/v1.0/directoryObjects/{two}"}
    await done(cloud, "POST", f"{path}/$ref", reference)
    assert {each["id"] for each in await cloud.pages(path)} == {one, two}
    again = await refused(cloud, "POST", f"{path}/$ref", reference)
    assert "references already exist" in again.body["error"]["message"]
    await done(cloud, "DELETE", f"{path}/{two}/$ref")
    assert (await refused(cloud, "DELETE", f"{path}/{two}/$ref")).status == 404
    unknown = {"@odata.id": f"{cloud.url}/v1.0/directoryObjects/6a3f0000-0000-4000-8000-000000000000"}
    assert (await refused(cloud, "POST", f"{path}/$ref", unknown)).error == "Request_ResourceNotFound"
    many = {"members@odata.bind": [f"{cloud.url}/v1.0/users/{two}"] * 21}
    assert (await refused(cloud, "PATCH", f"/groups/{made['id']}", many)).status == 400


@pytest.mark.parametrize(
    ("group", "status"), [("Everybody", 403), ("Newsletter", 400)], ids=["dynamic", "distribution list"]
)
async def test_some_groups_are_not_graphs_to_fill(cloud: Running, group: str, status: int) -> None:
    user = await id_of(cloud, f"user25@{DOMAIN}")
    body = {"@odata.id": f"{cloud.url}/v1.0/directoryObjects/{user}"}
    answer = await refused(cloud, "POST", f"/groups/{await group_id(cloud, group)}/members/$ref", body)
    assert answer.status == status


@pytest.mark.parametrize(
    "changes",
    [{"mailEnabled": True}, {"securityEnabled": False}, {"displayName": None}, {"id": "x"}, {"groupTypes": ["Odd"]}],
    ids=str,
)
async def test_a_group_that_makes_no_sense_is_refused(cloud: Running, changes: dict[str, Any]) -> None:
    assert (await refused(cloud, "POST", "/groups", {**TEAM, **changes})).status == 400


async def test_licences_are_assigned_and_removed(cloud: Running) -> None:
    # learn.microsoft.com/graph/api/user-assignlicense
    user = await id_of(cloud, f"user25@{DOMAIN}")
    path, give = f"/users/{user}/assignLicense", {"addLicenses": [{"skuId": PLAN}], "removeLicenses": []}
    await done(cloud, "POST", path, give)
    await done(cloud, "POST", path, give)
    assert await licences(cloud, user) == {PLAN}
    await done(cloud, "POST", path, {"addLicenses": [], "removeLicenses": [PLAN]})
    assert await licences(cloud, user) == set()


async def test_a_licence_is_assigned_without_a_service_plan(cloud: Running) -> None:
    # learn.microsoft.com/graph/api/user-assignlicense: disabledPlans
    user = await id_of(cloud, f"user25@{DOMAIN}")
    bought = (await cloud.graph("/subscribedSkus")).body["value"]
    (plan,) = next(each["servicePlans"] for each in bought if each["skuId"] == PLAN)
    give = {"skuId": PLAN, "disabledPlans": [plan["servicePlanId"]]}
    path = f"/users/{user}/assignLicense"
    for added in (give, {"skuId": PLAN, "disabledPlans": []}):
        await done(cloud, "POST", path, {"addLicenses": [added], "removeLicenses": []})
        shown = (await cloud.graph(f"/users/{user}?$select=assignedLicenses,assignedPlans")).body
        assert shown["assignedLicenses"] == [{"skuId": PLAN, "disabledPlans": added["disabledPlans"]}]
        status = "Deleted" if added["disabledPlans"] else "Enabled"
        assert [each["capabilityStatus"] for each in shown["assignedPlans"]] == [status]
    await done(cloud, "POST", path, {"addLicenses": [], "removeLicenses": [PLAN]})


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ({"addLicenses": [{"skuId": PLAN, "disabledPlans": ["x"]}], "removeLicenses": []}, "is not part of"),
        ({"addLicenses": []}, "removeLicenses"),
        ({"addLicenses": [], "removeLicenses": [PLAN]}, "does not have a corresponding license"),
        ({"addLicenses": [{"skuId": "6a3f"}], "removeLicenses": []}, "does not correspond to a valid company License"),
        ({"addLicenses": [{}], "removeLicenses": []}, "skuId"),
    ],
    ids=str,
)
async def test_licences_that_cannot_be_assigned_or_removed(cloud: Running, body: dict[str, Any], text: str) -> None:
    answer = await refused(cloud, "POST", f"/users/user25@{DOMAIN}/assignLicense", body)
    assert (answer.status, text in answer.body["error"]["message"]) == (400, True)


async def test_without_a_unit_or_a_location_there_is_no_licence(cloud: Running) -> None:
    body = {"addLicenses": [{"skuId": PLAN}], "removeLicenses": []}
    await cloud.sim("graph/users", {"user": f"user24@{DOMAIN}", "usageLocation": None})
    nowhere = await refused(cloud, "POST", f"/users/user24@{DOMAIN}/assignLicense", body)
    assert "invalid usage location" in nowhere.body["error"]["message"]
    await cloud.sim("graph/licences", {"sku": "CPC_E_2C_4GB_128GB", "enabled": 1})
    full = await refused(cloud, "POST", f"/users/user25@{DOMAIN}/assignLicense", body)
    assert full.body["error"]["message"] == f"Subscription with SKU {PLAN} does not have any available licenses."


async def test_a_group_gives_its_members_licences_as_far_as_there_are_units(cloud: Running) -> None:
    group, user = await group_id(cloud, "Back office"), await id_of(cloud, f"user25@{DOMAIN}")
    path = f"/groups/{group}/assignLicense"
    answer = await cloud.graph(path, "POST", json={"addLicenses": [{"skuId": SCARCE}], "removeLicenses": []})
    assert answer.status == 202
    shown = await cloud.pages(
        f"/groups/{group}/members/microsoft.graph.user?$count=true&$select=id,licenseAssignmentStates", headers=EVENTUAL
    )
    states = [state for each in shown for state in each["licenseAssignmentStates"] if state["assignedByGroup"] == group]
    assert {state["error"] for state in states} == {"None", "CountViolation"}
    await done(cloud, "POST", path, {"addLicenses": [], "removeLicenses": [SCARCE]})
    assert SCARCE not in await licences(cloud, user)


async def test_readers_of_another_replica_see_writes_later(cloud: Running) -> None:
    await cloud.sim("config", {"graph": {"replicaLagSeconds": 30}})
    cloud.advance(60)
    made = await done(cloud, "POST", "/users", NEW)
    assert (await refused(cloud, "GET", f"/users/{made['id']}")).status == 404
    assert await cloud.pages(f"/users?$filter=userPrincipalName eq 'new@{DOMAIN}'") == []
    await done(cloud, "PATCH", f"/users/user01@{DOMAIN}", {"displayName": "Renamed"})
    assert (await done(cloud, "GET", f"/users/user01@{DOMAIN}"))["displayName"] == "User 01"
    await done(cloud, "DELETE", f"/users/user02@{DOMAIN}")
    assert len(await cloud.pages("/users?$select=id")) == 25
    cloud.advance(30)
    assert (await done(cloud, "GET", f"/users/user01@{DOMAIN}"))["displayName"] == "Renamed"
    names = {each["userPrincipalName"] for each in await cloud.pages("/users?$select=userPrincipalName")}
    assert (f"new@{DOMAIN}" in names, f"user02@{DOMAIN}" in names) == (True, False)


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("users", {"usageLocation": "XX"}),
        ("users", {"usageLocation": "Netherlands"}),
        ("users", {"givenName": "x" * 65}),
        ("users", {"displayName": "x" * 257}),
        ("groups", {"displayName": "x" * 257}),
        ("groups", {"mailNickname": "x" * 65}),
    ],
    ids=str,
)
async def test_texts_have_their_lengths_and_countries_their_codes(
    cloud: Running, kind: str, body: dict[str, str]
) -> None:
    (thing,) = (await cloud.graph(f"/{kind}?$top=1")).body["value"]
    answer = await cloud.graph(f"/{kind}/{thing['id']}", "PATCH", json=body)
    assert (answer.status, answer.error) == (400, "Request_BadRequest")
    assert next(iter(body)) in str(answer.body)
