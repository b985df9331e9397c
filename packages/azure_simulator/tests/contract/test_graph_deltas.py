"""Delta as documented, and as odd as in life."""

from typing import Any

import pytest
from azure_simulator.seeds import DOMAIN

from packages.azure_simulator.tests.contract.running import Running

pytestmark = pytest.mark.simulator


@pytest.fixture
def cloud(administered: Running) -> Running:
    return administered


async def drained(cloud: Running, link: str) -> tuple[list[dict[str, Any]], str]:
    """Follow delta pages to the deltaLink."""
    entries: list[dict[str, Any]] = []
    while True:
        answer = await cloud.graph(link)
        assert answer.status == 200, answer.body
        entries += answer.body["value"]
        if "@odata.deltaLink" in answer.body:
            return entries, str(answer.body["@odata.deltaLink"])
        link = answer.body["@odata.nextLink"]


async def test_users_that_changed_or_were_created_or_deleted_are_in_the_delta(cloud: Running) -> None:
    # learn.microsoft.com/graph/delta-query-users
    first, link = await drained(cloud, "/users/delta?$select=userPrincipalName,accountEnabled")
    assert len(first) == 25
    assert set(first[0]) == {"id", "userPrincipalName", "accountEnabled"}
    ids = {each["userPrincipalName"]: each["id"] for each in first}
    await cloud.graph(f"/users/user01@{DOMAIN}", "PATCH", json={"accountEnabled": False})
    await cloud.sim("graph/users", {"userPrincipalName": f"late@{DOMAIN}"})
    await cloud.graph(f"/users/user02@{DOMAIN}", "DELETE")
    await cloud.sim("graph/users", {"user": f"user03@{DOMAIN}", "displayName": "User 03"})  # says nothing new
    changed, link = await drained(cloud, link)
    known = {each["id"]: each for each in changed}
    assert known[ids[f"user01@{DOMAIN}"]]["accountEnabled"] is False
    assert known[ids[f"user02@{DOMAIN}"]]["@removed"] == {"reason": "changed"}
    assert f"late@{DOMAIN}" in {each.get("userPrincipalName") for each in changed}
    assert len(changed) == 3
    await cloud.graph(f"/directory/deletedItems/{ids[f'user02@{DOMAIN}']}", "DELETE")
    gone, link = await drained(cloud, link)
    assert [(each["id"], each["@removed"]["reason"]) for each in gone] == [(ids[f"user02@{DOMAIN}"], "deleted")]
    assert (await drained(cloud, link))[0] == []


async def test_a_restored_user_is_there_again(cloud: Running) -> None:
    first, link = await drained(cloud, "/users/delta?$select=userPrincipalName")
    user = first[0]["id"]
    await cloud.graph(f"/users/{user}", "DELETE")
    await cloud.graph(f"/directory/deletedItems/{user}/restore", "POST")
    changed, _ = await drained(cloud, link)
    assert [(each["id"], "@removed" in each) for each in changed] == [(user, False)]


async def test_a_licence_through_a_group_changes_its_members(cloud: Running) -> None:
    _, link = await drained(cloud, "/users/delta?$select=userPrincipalName&$deltatoken=latest")
    await cloud.sim("graph/licences", {"group": "Project", "give": ["CPC_E_2C_4GB_128GB"]})
    changed, _ = await drained(cloud, link)
    assert {each["userPrincipalName"] for each in changed} == {f"user01@{DOMAIN}", f"user02@{DOMAIN}"}


@pytest.mark.parametrize(
    "query",
    [
        "$top=5",
        "$orderby=displayName",
        "$expand=members",
        "$search=x",
        "$filter=displayName eq 'x'",
        "$filter=id eq 'a' and id eq 'b'",
        "$filter=" + " or ".join(f"id eq '{number}'" for number in range(51)),
        "$colour=red",
        "$select=colour",
    ],
    ids=lambda query: query[:20],
)
async def test_what_delta_of_groups_does_not_take_is_400(cloud: Running, query: str) -> None:
    assert (await cloud.graph(f"/groups/delta?{query}")).status == 400


async def test_fifty_groups_may_be_named(cloud: Running) -> None:
    query = "$filter=" + " or ".join(f"id eq '{number}'" for number in range(50))
    assert (await drained(cloud, f"/groups/delta?{query}"))[0] == []


async def test_users_come_in_pages_of_the_wanted_size(cloud: Running) -> None:
    first = await cloud.graph("/users/delta?$top=10&$select=id")
    second = await cloud.graph(first.body["@odata.nextLink"])
    assert [len(each.body["value"]) for each in (first, second)] == [10, 10]


async def test_tokens_of_another_generation_are_410_with_the_address_to_start_again(cloud: Running) -> None:
    # learn.microsoft.com/graph/delta-query-overview#synchronization-reset
    _, link = await drained(cloud, "/groups/delta")
    await cloud.sim("config", {"graph": {"delta": {"generation": 1}}})
    answer = await cloud.graph(link)
    assert (answer.status, answer.error) == (410, "syncStateNotFound")
    assert answer.headers["Location"].startswith(f"{cloud.url}/v1.0/groups/delta?$deltatoken=")
    assert len((await drained(cloud, answer.headers["Location"]))[0]) == 6


@pytest.mark.parametrize("token", ["x", "e30=", "eyJ4IjogMX0=", "%00"])
async def test_an_invalid_delta_token_is_400(cloud: Running, token: str) -> None:
    assert (await cloud.graph(f"/groups/delta?$deltatoken={token}")).status == 400


async def test_a_token_of_users_is_none_of_groups(cloud: Running) -> None:
    _, link = await drained(cloud, "/users/delta?$select=id")
    assert (await cloud.graph(link.replace("/users/", "/groups/"))).status == 400


async def test_the_largest_groups_come_in_chunks(cloud: Running) -> None:
    names = [f"crowd{number:03d}@{DOMAIN}" for number in range(150)]
    for name in names:
        await cloud.sim("graph/users", {"userPrincipalName": name})
    made = await cloud.sim("graph/groups", {"displayName": "Crowd"})
    await cloud.sim("graph/members", {"group": "Crowd", "add": names})
    entries, _ = await drained(cloud, f"/groups/delta?$select=members&$filter=id eq '{made['id']}'")
    assert [len(each["members@delta"]) for each in entries] == [100, 50]
