"""Graph's directory as documented: users, groups, licences, paging, batch, delta, limits, faults."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from azure_simulator.certificates import Certificates
from azure_simulator.graph.directory.licenses import SKU_IDS
from azure_simulator.seeds import TENANT_ID, demo_seed

from packages.azure_simulator.tests.contract.running import EVENTUAL, Running, running

pytestmark = pytest.mark.simulator
CAST = "microsoft.graph.user?$count=true"


@pytest.fixture
async def cloud(certificates: Certificates, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Running]:
    async with running(certificates, monkeypatch) as found:
        yield found


async def group_id(cloud: Running, name: str = "Cloud PC users") -> str:
    answer = await cloud.graph(f"/groups?$filter=displayName eq '{name}'&$select=id")
    return str(answer.body["value"][0]["id"])


async def below(cloud: Running, group: str) -> set[str]:
    found = await cloud.pages(f"/groups/{group}/transitiveMembers/{CAST}&$select=userPrincipalName", headers=EVENTUAL)
    return {each["userPrincipalName"] for each in found}


async def test_a_user_is_found_by_id_and_by_name(cloud: Running) -> None:
    by_name = await cloud.graph("/users/user01@contoso.example")
    by_id = await cloud.graph(f"/users/{by_name.body['id']}")
    assert by_id.body["userPrincipalName"] == "user01@contoso.example"


async def test_unselected_properties_of_a_user_are_not_shown(cloud: Running) -> None:
    # learn.microsoft.com/graph/api/user-get: only a default set comes without $select
    answer = await cloud.graph("/users/user01@contoso.example")
    assert "accountEnabled" not in answer.body
    assert {"id", "displayName", "userPrincipalName", "mail"} <= set(answer.body)


async def test_selected_properties_come_even_when_they_are_null(cloud: Running) -> None:
    path = "/users/user01@contoso.example?$select=accountEnabled,usageLocation,onPremisesUserPrincipalName"
    answer = await cloud.graph(path)
    assert {key: value for key, value in answer.body.items() if key[0] != "@"} == {
        "accountEnabled": True,
        "usageLocation": "NL",
        "onPremisesUserPrincipalName": None,
    }


async def test_a_misspelt_property_is_400(cloud: Running) -> None:
    answer = await cloud.graph("/users?$select=idd")
    assert (answer.status, answer.error) == (400, "BadRequest")


async def test_an_unknown_user_is_404_with_graphs_error_body(cloud: Running) -> None:
    # learn.microsoft.com/graph/errors
    answer = await cloud.graph("/users/nobody@contoso.example")
    assert (answer.status, answer.error) == (404, "Request_ResourceNotFound")
    assert set(answer.body["error"]["innerError"]) == {"date", "request-id", "client-request-id"}


async def test_pages_follow_absolute_opaque_links_to_the_end(cloud: Running) -> None:
    # learn.microsoft.com/graph/paging
    first = await cloud.graph("/users?$top=7&$select=id")
    assert len(first.body["value"]) == 7
    assert first.body["@odata.nextLink"].startswith(cloud.url)
    users = await cloud.pages("/users?$top=7&$select=id")
    assert len({each["id"] for each in users}) == len(users) == 25


async def test_a_page_of_more_than_999_is_refused(cloud: Running) -> None:
    assert (await cloud.graph("/users?$top=1000")).status == 400


async def test_startswith_filters_users(cloud: Running) -> None:
    found = await cloud.pages("/users?$filter=startswith(userPrincipalName,'user1')&$select=id")
    assert len(found) == 10


@pytest.mark.parametrize(
    "query", ["$filter=endswith(mail,'x')", "$filter=displayName ne 'a'", '$search="displayName:U"']
)
async def test_advanced_queries_need_the_header(cloud: Running, query: str) -> None:
    # learn.microsoft.com/graph/aad-advanced-queries
    refused = await cloud.graph(f"/users?{query}&$count=true")
    assert (refused.status, refused.error) == (400, "Request_UnsupportedQuery")
    assert (await cloud.graph(f"/users?{query}&$count=true", headers=EVENTUAL)).status == 200


async def test_nested_members_come_through_the_cast_only_with_header_and_count(cloud: Running) -> None:
    # learn.microsoft.com/graph/api/group-list-transitivemembers
    group = await group_id(cloud)
    assert (await cloud.graph(f"/groups/{group}/transitiveMembers/{CAST}")).status == 400
    answer = await cloud.graph(f"/groups/{group}/transitiveMembers/{CAST}&$top=5", headers=EVENTUAL)
    assert (answer.body["@odata.count"], len(answer.body["value"])) == (25, 5)
    assert len(await below(cloud, group)) == 25


async def test_direct_members_are_of_many_kinds_and_name_them(cloud: Running) -> None:
    members = await cloud.pages(f"/groups/{await group_id(cloud)}/members")
    kinds = {each["@odata.type"] for each in members}
    assert kinds == {"#microsoft.graph.user", "#microsoft.graph.group"}
    assert len(members) == 9


async def test_every_kind_of_group_is_recognised_by_its_flags(cloud: Running) -> None:
    # learn.microsoft.com/graph/api/resources/groups-overview
    groups = {each["displayName"]: each for each in await cloud.pages("/groups")}
    kinds = {name: (each["securityEnabled"], each["mailEnabled"], each["groupTypes"]) for name, each in groups.items()}
    assert kinds["Cloud PC users"] == (True, False, [])
    assert kinds["Newsletter"] == (False, True, [])
    assert kinds["Project"] == (False, True, ["Unified"])
    assert kinds["Everybody"] == (True, False, ["DynamicMembership"])


async def test_a_new_member_is_seen_by_the_index_only_after_its_lag(cloud: Running) -> None:
    group = await group_id(cloud, "Back office")
    await cloud.sim("config", {"graph": {"lagSeconds": 120}})
    await cloud.sim("graph/users", {"userPrincipalName": "late@contoso.example"})
    await cloud.sim("graph/members", {"group": group, "add": ["late@contoso.example"]})
    top = await group_id(cloud)
    assert "late@contoso.example" not in await below(cloud, top)
    direct = {each["userPrincipalName"] for each in await cloud.pages(f"/groups/{group}/members")}
    assert "late@contoso.example" in direct
    cloud.advance(121)
    assert "late@contoso.example" in await below(cloud, top)


async def test_check_member_groups_answers_at_once_and_through_nesting(cloud: Running) -> None:
    top, leaf = await group_id(cloud), await group_id(cloud, "Back office")
    await cloud.sim("graph/users", {"userPrincipalName": "new@contoso.example"})
    await cloud.sim("graph/members", {"group": leaf, "add": ["new@contoso.example"]})
    body = {"groupIds": [top, leaf, "00000000-0000-4000-8000-000000000000"]}
    answer = await cloud.graph("/users/new@contoso.example/checkMemberGroups", "POST", json=body)
    assert set(answer.body["value"]) == {top, leaf}


async def test_check_member_groups_refuses_as_a_whole_what_it_cannot_check(cloud: Running) -> None:
    # learn.microsoft.com/graph/api/directoryobject-checkmembergroups: at most 20, evaluated as a single request
    top, path = await group_id(cloud), "/users/user02@contoso.example/checkMemberGroups"
    invented = [f"00000000-0000-4000-8000-{n:012d}" for n in range(20)]
    assert (await cloud.graph(path, "POST", json={"groupIds": [*invented, top]})).status == 400
    assert (await cloud.graph(path, "POST", json={"groupIds": [top, "no-guid"]})).status == 400
    assert (await cloud.graph(path, "POST", json={"groupIds": []})).status == 400
    await cloud.sim("graph/users", {"user": "user02@contoso.example", "delete": True})
    assert (await cloud.graph(path, "POST", json={"groupIds": [top]})).status == 404


async def test_all_groups_of_a_user_are_answered_at_once_or_the_security_groups_alone(cloud: Running) -> None:
    top, leaf = await group_id(cloud), await group_id(cloud, "Back office")
    await cloud.sim("graph/users", {"userPrincipalName": "new@contoso.example"})
    for group in (leaf, await group_id(cloud, "Project")):
        await cloud.sim("graph/members", {"group": group, "add": ["new@contoso.example"]})
    path = "/users/new@contoso.example/getMemberGroups"
    every = (await cloud.graph(path, "POST", json={"securityEnabledOnly": False})).body["value"]
    secure = (await cloud.graph(path, "POST", json={"securityEnabledOnly": True})).body["value"]
    assert {top, leaf} < set(secure) < set(every)
    assert (await cloud.graph(path, "POST", json={})).status == 400


async def test_a_users_groups_are_found_upwards(cloud: Running) -> None:
    cloud.advance(60)
    path = "/users/user25@contoso.example/transitiveMemberOf"
    groups = {each["displayName"] for each in await cloud.pages(path)}
    assert groups == {"Back office", "Office", "Cloud PC users", "Everybody"}
    cast = f"{path}/microsoft.graph.group?$count=true"
    assert len(await cloud.pages(cast, headers=EVENTUAL)) == 4


async def test_a_deleted_user_is_not_found_anywhere(cloud: Running) -> None:
    group = await group_id(cloud)
    await cloud.sim("graph/users", {"user": "user02@contoso.example", "delete": True})
    cloud.advance(60)
    assert (await cloud.graph("/users/user02@contoso.example")).status == 404
    assert len(await below(cloud, group)) == 24


async def test_subscribed_products_count_their_units(cloud: Running) -> None:
    # learn.microsoft.com/graph/api/subscribedsku-list
    products = (await cloud.graph("/subscribedSkus")).body["value"]
    chosen = (await cloud.graph("/subscribedSkus?$select=skuId,skuPartNumber")).body["value"]
    assert chosen == [{key: each[key] for key in ("skuId", "skuPartNumber")} for each in products]
    assert sum(each["consumedUnits"] for each in products) == 21
    assert {each["skuPartNumber"]: each["skuId"] for each in products}.items() <= SKU_IDS.items()


async def test_giving_and_taking_a_licence_shows_on_user_and_product(cloud: Running) -> None:
    plan = "CPC_E_2C_4GB_128GB"

    async def seen() -> tuple[int, int]:
        user = await cloud.graph("/users/user25@contoso.example?$select=assignedLicenses,licenseAssignmentStates")
        products = (await cloud.graph("/subscribedSkus")).body["value"]
        used = next(each["consumedUnits"] for each in products if each["skuPartNumber"] == plan)
        return len(user.body["assignedLicenses"]), used

    before = await seen()
    await cloud.sim("graph/licences", {"user": "user25@contoso.example", "give": [plan]})
    assert await seen() == (before[0] + 1, before[1] + 1)
    await cloud.sim("graph/licences", {"user": "user25@contoso.example", "take": [plan]})
    assert await seen() == before


async def test_licence_details_are_refused_to_an_application(cloud: Running) -> None:
    # learn.microsoft.com/graph/api/user-list-licensedetails: application permission not supported
    answer = await cloud.graph("/users/user01@contoso.example/licenseDetails")
    assert (answer.status, answer.error) == (403, "Authorization_RequestDenied")


async def test_objects_are_fetched_by_ids(cloud: Running) -> None:
    group = await group_id(cloud)
    body = {"ids": [group, "00000000-0000-4000-8000-000000000000"], "types": ["group"]}
    answer = await cloud.graph("/directoryObjects/getByIds", "POST", json=body)
    assert [each["id"] for each in answer.body["value"]] == [group]


async def test_a_batch_fails_request_by_request(cloud: Running) -> None:
    # learn.microsoft.com/graph/json-batching
    requests = [
        {"id": "a", "method": "GET", "url": "/users/user01@contoso.example?$select=id"},
        {"id": "b", "method": "GET", "url": "/users/nobody"},
        {"id": "c", "method": "GET", "url": "/users/user02@contoso.example", "dependsOn": ["b"]},
    ]
    answer = await cloud.graph("/$batch", "POST", json={"requests": requests})
    assert {each["id"]: each["status"] for each in answer.body["responses"]} == {"a": 200, "b": 404, "c": 424}


async def test_a_batch_has_at_most_twenty_requests(cloud: Running) -> None:
    requests = [{"id": str(number), "method": "GET", "url": "/users"} for number in range(21)]
    assert (await cloud.graph("/$batch", "POST", json={"requests": requests})).status == 400


async def drained(cloud: Running, link: str) -> tuple[list[dict[str, Any]], str]:
    """Follow delta pages to the deltaLink."""
    entries: list[dict[str, Any]] = []
    for _ in range(50):
        answer = await cloud.graph(link)
        entries += answer.body["value"]
        if "@odata.deltaLink" in answer.body:
            return entries, str(answer.body["@odata.deltaLink"])
        link = answer.body["@odata.nextLink"]
    raise AssertionError("the delta never ends")


async def test_delta_has_members_added_and_removed_since_the_token(cloud: Running) -> None:
    # learn.microsoft.com/graph/delta-query-groups: direct members only, removed ones are marked
    group = await group_id(cloud)
    entries, link = await drained(cloud, f"/groups/delta?$select=members&$filter=id eq '{group}'")
    assert sum(len(each["members@delta"]) for each in entries) == 9
    body = {"group": group, "add": ["user25@contoso.example"], "remove": ["user01@contoso.example"]}
    await cloud.sim("graph/members", body)
    entries, link = await drained(cloud, link)
    changes = entries[0]["members@delta"]
    assert [change.get("@removed", {}).get("reason") for change in changes] == [None, "deleted"]
    assert (await drained(cloud, link))[0] == []


async def test_delta_pages_may_be_empty_and_repeat_themselves(cloud: Running) -> None:
    await cloud.sim("config", {"graph": {"delta": {"pageSize": 2, "emptyPages": 2, "duplicates": True}}})
    first = await cloud.graph("/groups/delta?$select=members")
    second = await cloud.graph(first.body["@odata.nextLink"])
    assert (len(first.body["value"]), second.body["value"]) == (2, [])
    entries, _ = await drained(cloud, second.body["@odata.nextLink"])
    assert first.body["value"][0] in entries


async def test_an_old_delta_token_is_410(cloud: Running) -> None:
    _, link = await drained(cloud, "/groups/delta?$select=members")
    cloud.advance(31 * 86_400)
    cloud.tokens.clear()
    answer = await cloud.graph(link)
    assert (answer.status, answer.error) == (410, "syncStateNotFound")


async def test_latest_starts_from_now(cloud: Running) -> None:
    entries, _ = await drained(cloud, "/groups/delta?$select=members&$deltatoken=latest")
    assert entries == []


async def test_without_the_app_role_it_is_403(certificates: Certificates, monkeypatch: pytest.MonkeyPatch) -> None:
    tenant = demo_seed(5)["tenants"][0]
    tenant["apps"] = [{"displayName": "poor", "managedIdentity": True, "roles": ["User.Read.All"]}]
    async with running(certificates, monkeypatch, tenants=[tenant]) as cloud:
        assert (await cloud.graph("/users")).status == 200
        answer = await cloud.graph("/groups")
    assert (answer.status, answer.error) == (403, "Authorization_RequestDenied")


async def test_resource_units_run_out_and_come_back(cloud: Running) -> None:
    # learn.microsoft.com/graph/throttling-limits: 3,500 units per 10 s for a small tenant
    group = await group_id(cloud)
    path = f"/groups/{group}/transitiveMembers"
    answers = [await cloud.graph(path) for _ in range(701)]
    assert {each.status for each in answers[:699]} == {200}
    assert (answers[0].headers["x-ms-resource-unit"], answers[-1].status) == ("5", 429)
    assert float(answers[695].headers["x-ms-throttle-limit-percentage"]) >= 0.8
    cloud.advance(float(answers[-1].headers["Retry-After"]))
    assert (await cloud.graph(path)).status == 200


@pytest.mark.parametrize(("do", "count"), [({"kind": "empty"}, 0), ({"kind": "partial", "share": 0.2}, 5)])
async def test_a_fault_rule_makes_the_directory_answer_too_little(
    cloud: Running, do: dict[str, Any], count: int
) -> None:
    group = await group_id(cloud)
    await cloud.sim("faults", {"match": {"op": "graph.group.transitiveMembers.cast"}, "do": do})
    assert len(await below(cloud, group)) == count


async def test_a_fault_rule_makes_the_directory_fail(cloud: Running) -> None:
    do = {"kind": "http", "status": 503, "code": "ServiceUnavailable"}
    await cloud.sim("faults", {"match": {"op": "graph.user.*"}, "when": {"max_hits": 1}, "do": do})
    assert [(await cloud.graph("/users")).status for _ in range(2)] == [503, 200]


async def test_each_tenant_reads_its_own_directory_only(
    certificates: Certificates, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = {"tenantId": "6c2f0b9e-55d1-4c31-8d2e-7a6f2f1e9b02", "domain": "fabrikam.example"}
    other["users"] = [{"userPrincipalName": "user@fabrikam.example"}]  # type: ignore[assignment]
    async with running(certificates, monkeypatch, tenants=[*demo_seed()["tenants"], other]) as cloud:
        assert (await cloud.graph("/users/user@fabrikam.example")).status == 404
        assert len(await cloud.pages("/users")) == 25
        assert (await cloud.graph("/subscribedSkus")).body["value"][0]["accountId"] == TENANT_ID


async def test_the_directory_can_be_looked_into(cloud: Running) -> None:
    counts = (await cloud.call("GET", "/_sim/state?view=directory")).body[TENANT_ID]
    assert (counts["user"], counts["group"]) == (25, 6)
    apps = (await cloud.call("GET", "/_sim/state?view=directory&kind=app")).body[TENANT_ID]
    assert all("_secret" not in each for each in apps)


async def test_a_user_deleted_between_two_pages_hides_no_other_user(cloud: Running) -> None:
    first = await cloud.graph("/users?$top=10&$select=id")
    seen = [each["id"] for each in first.body["value"]]
    await cloud.sim("graph/users", {"user": seen[-1], "delete": True})
    rest = await cloud.pages(first.body["@odata.nextLink"])
    assert len({*seen, *(each["id"] for each in rest)}) == 25


async def test_groups_are_listed_by_name_with_a_beginning(cloud: Running) -> None:
    query = "$filter=startswith(displayName,'O')&$orderby=displayName&$count=true&$top=1&$select=displayName"
    groups = await cloud.pages(f"/groups?{query}", headers=EVENTUAL)
    assert [each["displayName"] for each in groups] == ["Office"]
    ordered = await cloud.pages("/groups?$orderby=displayName desc&$top=2&$select=displayName")
    names = [each["displayName"] for each in ordered]
    assert names == sorted(names, reverse=True)
    assert len(names) == 6


async def test_users_are_found_by_their_licence(cloud: Running) -> None:
    sku = SKU_IDS["CPC_E_2C_4GB_128GB"]
    path = f"/users?$filter=assignedLicenses/any(l:l/skuId eq {sku})&$select=id,assignedLicenses&$count=true"
    found = await cloud.pages(path, headers=EVENTUAL)
    assert len(found) == 6
    assert all(sku in {each["skuId"] for each in user["assignedLicenses"]} for user in found)


async def test_a_deleted_group_is_in_the_delta(cloud: Running) -> None:
    group = await group_id(cloud, "Project")
    _, link = await drained(cloud, "/groups/delta?$select=displayName,members")
    await cloud.sim("graph/groups", {"group": "Project", "delete": True})
    made = await cloud.sim("graph/groups", {"displayName": "Fresh", "members": []})
    entries, _ = await drained(cloud, link)
    assert {each["id"]: each.get("@removed", {}).get("reason") for each in entries} == {
        group: "changed",
        made["id"]: None,
    }
