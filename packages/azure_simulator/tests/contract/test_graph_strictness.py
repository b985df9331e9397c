"""Refusals of Graph: batches, queries, ids, roles, limits, Intune's own ways."""

from typing import Any

import pytest
from azure_simulator.certificates import Certificates
from azure_simulator.graph.enrollment.intune import ZEROS
from azure_simulator.seeds import DOMAIN, demo_seed

from packages.azure_simulator.tests.contract.running import EVENTUAL, Running, running

pytestmark = pytest.mark.simulator
MANAGED = "/deviceManagement/managedDevices"
NOBODY = "6a3f0000-0000-4000-8000-000000000000"


def step(name: str, url: str, **more: Any) -> dict[str, Any]:
    return {"id": name, "method": "GET", "url": url, **more}


async def batched(cloud: Running, *steps: dict[str, Any]) -> dict[str, Any]:
    answer = await cloud.graph("/$batch", "POST", json={"requests": steps})
    assert answer.status == 200, answer.body
    return {each["id"]: each for each in answer.body["responses"]}


@pytest.mark.parametrize(
    "steps",
    [
        [],
        ["x"],
        [{"id": "a"}],
        [step("a", "/users"), step("a", "/groups")],
        [step("a", "https://graph.microsoft.com/v1.0/users")],
        [step("a", "/$batch")],
        [step("a", "/users", method="HEAD")],
        [step("a", "/users", dependsOn=["b"]), step("b", "/users")],
        [step("a", "/users", method="POST", body={"displayName": "x"})],
        [step(str(number), "/users") for number in range(21)],
    ],
    ids=lambda steps: str(steps)[:60],
)
async def test_a_batch_that_makes_no_sense_is_refused_as_a_whole(cloud: Running, steps: list[Any]) -> None:
    # learn.microsoft.com/graph/json-batching
    answer = await cloud.graph("/$batch", "POST", json={"requests": steps})
    assert (answer.status, answer.error) == (400, "BadRequest")


async def test_what_depends_on_a_failure_fails_the_rest_does_not(cloud: Running) -> None:
    found = await batched(
        cloud,
        step("1", f"/users/user01@{DOMAIN}?$select=id"),
        step("2", f"/users/{NOBODY}", dependsOn=["1"]),
        step("3", "/users", dependsOn=["2"]),
        step("4", "users?$top=1"),
    )
    assert {name: each["status"] for name, each in found.items()} == {"1": 200, "2": 404, "3": 424, "4": 200}


async def test_a_batch_costs_nothing_by_itself(cloud: Running) -> None:
    answer = await cloud.graph("/$batch", "POST", json={"requests": [step("a", "/users?$top=1&$select=id")]})
    alone = await cloud.graph("/users?$top=1&$select=id")
    (inner,) = answer.body["responses"]
    assert "x-ms-resource-unit" not in answer.headers
    assert inner["headers"]["x-ms-resource-unit"] == alone.headers["x-ms-resource-unit"]


@pytest.mark.parametrize(
    ("path", "listed"),
    [
        ("/users", "/users"),
        ("/groups", "/groups"),
        ("/devices", "/devices"),
        ("/groups/{group}/members", "/groups/{group}/members"),
        ("/groups/{group}/transitiveMembers", "/groups/{group}/transitiveMembers"),
        ("/groups/{group}/members/microsoft.graph.user", "/groups/{group}/members/microsoft.graph.user"),
    ],
)
async def test_a_collection_counts_itself(cloud: Running, path: str, listed: str) -> None:
    # learn.microsoft.com/graph/aad-advanced-queries: GET /users/$count with ConsistencyLevel: eventual
    groups = (await cloud.graph("/groups")).body["value"]
    path, listed = (each.format(group=groups[0]["id"]) for each in (path, listed))
    counted = await cloud.graph(f"{path}/$count", headers=EVENTUAL)
    rows = await cloud.graph(f"{listed}?$count=true&$top=999", headers=EVENTUAL)
    assert counted.headers["Content-Type"].startswith("text/plain")
    assert counted.body == len(rows.body["value"])
    refused = await cloud.graph(f"{path}/$count")
    assert (refused.status, refused.error) == (400, "Request_BadRequest")


@pytest.mark.parametrize(
    "path",
    ["/users", "/groups", "/devices", f"/users/user01@{DOMAIN}", "/users/{user}/memberOf", "/groups/{group}/members"],
)
async def test_what_cannot_be_expanded_is_refused_and_not_ignored(cloud: Running, path: str) -> None:
    (group, *_), (user, *_) = [(await cloud.graph(each)).body["value"] for each in ("/groups", "/users")]
    answer = await cloud.graph(f"{path.format(group=group['id'], user=user['id'])}?$expand=manager")
    assert (answer.status, answer.error) == (400, "NotSupportedBySimulator")


async def test_a_list_without_members_is_empty_and_never_null(cloud: Running) -> None:
    lists = "businessPhones,imAddresses,otherMails,proxyAddresses,provisionedPlans,identities,assignedPlans"
    (user,) = (await cloud.graph(f"/users?$top=1&$select={lists}")).body["value"]
    assert {name: type(user[name]) for name in lists.split(",")} == dict.fromkeys(lists.split(","), list)


async def test_sign_ins_need_their_own_role(cloud: Running) -> None:
    for path in ("/users?$select=signInActivity", f"/users/{NOBODY}?$select=id,signInActivity"):
        answer = await cloud.graph(path)
        assert (answer.status, answer.error) == (403, "Authentication_MSGraphPermissionMissing")
    assert "signInActivity" not in (await cloud.graph("/users?$top=1")).body["value"][0]


@pytest.mark.parametrize(
    ("path", "status"), [("/users", 200), ("/nowhere", 400), ("/users/nobody", 404), ("/users?$top=x", 400)]
)
async def test_every_answer_names_its_request(cloud: Running, path: str, status: int) -> None:
    answer = await cloud.graph(path, headers={"client-request-id": NOBODY})
    assert answer.status == status
    assert answer.headers["request-id"]
    assert answer.headers["client-request-id"] == NOBODY
    if status != 200:
        inner = answer.body["error"]["innerError"]
        assert (inner["request-id"], inner["client-request-id"]) == (answer.headers["request-id"], NOBODY)


@pytest.mark.parametrize("text", ["(" * 400 + "id eq 'x'" + ")" * 400, "not " * 900 + "(id eq 'x')"], ids=["(", "not"])
async def test_a_filter_may_be_deep_and_breaks_nothing(cloud: Running, text: str) -> None:
    answer = await cloud.graph(f"/users?$count=true&$filter={text}", headers=EVENTUAL)
    assert answer.status in {200, 400}
    many = " or ".join(["displayName eq 'x'"] * 200)
    assert (await cloud.graph(f"/users?$filter={many}")).status == 200


async def test_one_request_of_a_batch_can_be_throttled_or_broken(cloud: Running) -> None:
    limited = {"kind": "http", "status": 429, "code": "TooManyRequests", "headers": {"Retry-After": "7"}}
    await cloud.sim("faults", {"id": "f", "match": {"op": "graph.group.list"}, "do": limited})
    await cloud.sim("faults", {"id": "g", "match": {"op": "graph.device.list"}, "do": {"kind": "malformed_body"}})
    await cloud.sim("faults", {"id": "h", "match": {"op": "graph.user.get"}, "do": {"kind": "drop_before"}})
    paths = ("/users", "/groups", "/devices", "/users/x")
    found = await batched(cloud, *(step(path, path) for path in paths))
    assert [found[path]["status"] for path in paths] == [200, 429, 502, 504]
    assert found["/groups"]["headers"]["Retry-After"] == "7"


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/users?$select=colour", "BadRequest"),
        ("/users?$expand=manager", "NotSupportedBySimulator"),
        ("/users?$skip=5", "Request_BadRequest"),
        ("/users?$top=0", "Request_BadRequest"),
        ("/users?$top=1000", "Request_BadRequest"),
        ("/users?$count=maybe", "BadRequest"),
        ("/users?$orderby=department", "Request_UnsupportedQuery"),
        ("/users?$orderby=displayName sideways", "Request_UnsupportedQuery"),
        ("/users?$filter=licenseAssignmentStates/any(l:l/state eq 'Active')", "Request_UnsupportedQuery"),
        ("/users?$filter=colour eq 'red'", "Request_BadRequest"),
        ("/users?$filter=displayName eq", "Request_BadRequest"),
        ("/devices?$orderby=displayName", "Request_UnsupportedQuery"),
        ("/devices?$filter=not(displayName eq 'x')", "Request_UnsupportedQuery"),
        ("/subscribedSkus?$top=1", "Request_BadRequest"),
        ("/subscribedSkus?$select=colour", "Request_BadRequest"),
        ("/groups/not-a-guid", "Request_BadRequest"),
        ("/groups/not-a-guid/members", "Request_BadRequest"),
        ("/devices/not-a-guid", "Request_BadRequest"),
        ("/devices(deviceId='not-a-guid')", "Request_BadRequest"),
        (f"{MANAGED}/not-a-guid", "BadRequest"),
        ("/colours", "BadRequest"),
    ],
)
async def test_what_graph_does_not_understand_is_400(cloud: Running, path: str, code: str) -> None:
    answer = await cloud.graph(path)
    assert (answer.status, answer.error) == (400, code)


@pytest.mark.parametrize(
    ("path", "code"),
    [
        (f"/users/{NOBODY}", "Request_ResourceNotFound"),
        ("/users/not-a-guid", "Request_ResourceNotFound"),
        (f"/groups/{NOBODY}", "Request_ResourceNotFound"),
        (f"/groups/{NOBODY}/transitiveMembers", "Request_ResourceNotFound"),
        (f"/devices/{NOBODY}", "Request_ResourceNotFound"),
        (f"/devices(deviceId='{NOBODY}')", "Request_ResourceNotFound"),
        (f"{MANAGED}/{NOBODY}", "ResourceNotFound"),
        (f"/directory/deletedItems/{NOBODY}", "Request_ResourceNotFound"),
        (f"/subscriptions/{NOBODY}", "ResourceNotFound"),
    ],
)
async def test_what_is_not_there_is_404(cloud: Running, path: str, code: str) -> None:
    answer = await cloud.graph(path)
    assert (answer.status, answer.error) == (404, code)


async def test_the_directory_counts_only_in_advanced_queries(cloud: Running) -> None:
    assert "@odata.count" not in (await cloud.graph("/users?$count=true")).body
    assert (await cloud.graph("/users?$count=true", headers=EVENTUAL)).body["@odata.count"] == 25


async def test_the_roles_that_are_missing(certificates: Certificates, monkeypatch: pytest.MonkeyPatch) -> None:
    tenant = demo_seed(5)["tenants"][0]
    tenant["apps"] = [{"displayName": "poor", "managedIdentity": True, "roles": ["User.Read.All"]}]
    async with running(certificates, monkeypatch, tenants=[tenant]) as cloud:
        for method, path in (("GET", "/groups"), ("GET", "/subscribedSkus"), ("DELETE", f"/users/user01@{DOMAIN}")):
            answer = await cloud.graph(path, method)
            assert (answer.status, answer.error) == (403, "Authorization_RequestDenied")
        intune = await cloud.graph(MANAGED)
    assert (intune.status, intune.error) == (403, "Forbidden")
    assert "DeviceManagementManagedDevices.Read.All" in intune.body["error"]["message"]


async def test_a_429_says_what_ran_out_and_may_ask_for_a_fraction_of_a_second(cloud: Running) -> None:
    # learn.microsoft.com/graph/throttling-limits#identity-and-access-service-limits
    await cloud.sim("config", {"graph": {"fractionalRetryAfter": True}})
    assert (await cloud.graph("/users")).status == 200
    await cloud.sim("buckets/close", {"policy": "DirectoryUnits", "seconds": 10})
    answer = await cloud.graph("/users")
    assert (answer.status, answer.error) == (429, "activityLimitReached")
    assert answer.headers["x-ms-throttle-information"] == "ResourceUnitLimitExceeded"
    assert answer.headers["x-ms-throttle-scope"].startswith("Tenant_Application/ReadWrite/")
    assert 10 <= float(answer.headers["Retry-After"]) < 11
    assert "." in answer.headers["Retry-After"]


@pytest.mark.parametrize(
    ("query", "cost"),
    [("", 2), ("?$select=id", 1), ("?$top=10", 1), ("?$select=id&$top=10", 1), ("?$top=20", 2)],
)
async def test_what_a_list_of_users_costs(cloud: Running, query: str, cost: int) -> None:
    assert (await cloud.graph(f"/users{query}")).headers["x-ms-resource-unit"] == str(cost)


async def enrolled(cloud: Running, name: str) -> dict[str, Any]:
    vm_id = cloud.add_machine(name)
    cloud.cloud.world.publish("entra_joined", vm_id=vm_id, computer_name=name, mdm=True, vm_uuid="u")
    found = await cloud.pages(f"{MANAGED}?$filter=deviceName eq '{name}'")
    assert len(found) == 1
    return dict(found[0])


async def test_a_primary_user_can_be_set_only_after_a_while(cloud: Running) -> None:
    # docs/notes.md 6, scenario 37
    await cloud.sim("config", {"graph": {"primaryUserLagSeconds": 90}})
    record = await enrolled(cloud, "CPC-LATE")
    user = (await cloud.graph(f"/users/user01@{DOMAIN}?$select=id")).body["id"]
    path = f"/beta{MANAGED}('{record['id']}')/users/$ref"
    body = {"@odata.id": f"https://graph.microsoft.com/beta/users/{user}"}
    assert (await cloud.graph(path, "POST", json=body)).status == 404
    cloud.advance(90)
    assert (await cloud.graph(path, "POST", json=body)).status == 204
    for wrong in ({}, {"@odata.id": "https://graph.microsoft.com/beta/groups/x"}):
        assert (await cloud.graph(path, "POST", json=wrong)).status == 400
    unknown = {"@odata.id": f"https://graph.microsoft.com/beta/users/{NOBODY}"}
    assert (await cloud.graph(path, "POST", json=unknown)).status == 404


async def test_a_record_may_never_learn_its_device(cloud: Running) -> None:
    await cloud.sim("config", {"graph": {"enrolments": {"CPC-NULL": "zeros"}}})
    record = await enrolled(cloud, "CPC-NULL")
    cloud.advance(80_000)
    again = (await cloud.graph(f"{MANAGED}/{record['id']}")).body
    assert (again["azureADDeviceId"], again["deviceRegistrationState"]) == (ZEROS, "notRegistered")
    by_zeros = await cloud.pages(f"{MANAGED}?$filter=azureADDeviceId eq '{ZEROS}'")
    assert [each["id"] for each in by_zeros] == [record["id"]]


async def test_a_lookup_by_key_finds_what_a_search_finds(cloud: Running) -> None:
    record = await enrolled(cloud, "CPC-0001")
    await enrolled(cloud, "CPC-0002")
    device = record["azureADDeviceId"]
    for path in (
        f"{MANAGED}?$filter=azureADDeviceId eq '{device.upper()}'",
        f"{MANAGED}?$filter=deviceName eq 'cpc-0001'",
        f"{MANAGED}?$filter=(deviceName eq 'cpc-0001') and azureADDeviceId eq '{device}'",
    ):
        assert [each["id"] for each in await cloud.pages(path)] == [record["id"]]
    for path in (f"/devices?$filter=deviceId eq '{device}'", "/devices?$filter=displayName eq 'cpc-0001'"):
        assert [each["deviceId"] for each in await cloud.pages(path)] == [device]


async def test_a_deleted_machine_never_checks_in_to_be_wiped(cloud: Running) -> None:
    await cloud.sim("config", {"latency": {"intune.checkin": {"value": 60}}})
    gone, there = await enrolled(cloud, "CPC-GONE"), await enrolled(cloud, "CPC-HERE")
    cloud.cloud.world.resources.remove(str(cloud.add_machine("CPC-GONE")))
    for record in (gone, there):
        assert (await cloud.graph(f"{MANAGED}/{record['id']}/wipe", "POST")).status == 204
    cloud.advance(61)
    found = {each["deviceName"]: each["managementState"] for each in await cloud.pages(MANAGED)}
    assert found == {"CPC-GONE": "wipePending"}


async def test_several_devices_may_have_one_name(cloud: Running) -> None:
    for _ in range(2):
        await cloud.sim("graph/devices", {"displayName": "TWIN"})
    twins = await cloud.pages("/devices?$filter=displayName eq 'TWIN'")
    assert len({each["id"] for each in twins}) == len({each["deviceId"] for each in twins}) == 2
    assert not {each["id"] for each in twins} & {each["deviceId"] for each in twins}
    assert (await cloud.graph(f"/devices/{twins[0]['id']}", "DELETE")).status == 204
    assert len(await cloud.pages("/devices?$filter=displayName eq 'TWIN'")) == 1
