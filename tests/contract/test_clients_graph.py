"""The client of Microsoft Graph against the simulated cloud."""

import pytest
from azure_simulator.seeds import DOMAIN, PLANS

from shared.clients.graph import Graph
from shared.errors import NotFoundError, UnavailableError
from tests.contract.worker import TENANT, UPN, Worker

pytestmark = pytest.mark.simulator


@pytest.fixture
def graph(worker: Worker) -> Graph:
    found: Graph = worker.deps.graph(TENANT)
    return found


async def group_id(graph: Graph, name: str) -> str:
    return next(group.id for group in await graph.groups(name) if group.display_name == name)


async def test_groups_are_found_by_the_prefix_of_their_name(graph: Graph) -> None:
    found = await graph.groups("Cloud")
    assert [(g.display_name, g.kind, g.assignable) for g in found] == [("Cloud PC users", "security", True)]
    kinds = {g.display_name: g.kind for g in await graph.groups()}
    assert kinds["Newsletter"] == "distribution"
    assert kinds["Project"] == "Microsoft 365"


async def test_users_are_found_by_the_prefix_of_their_names(graph: Graph) -> None:
    named = await graph.user(UPN)
    for search in (UPN[:6], named.display_name[:5].upper()):
        assert named.id in {user.id for user in await graph.users(search)}, search
    assert len(await graph.users("", 3)) == 3
    assert await graph.users("O'Brien's') or startswith(displayName,'") == []


async def test_a_name_with_a_quote_is_escaped(graph: Graph) -> None:
    assert await graph.groups("O'Brien's") == []


async def test_members_of_nested_groups_count(graph: Graph) -> None:
    users = await graph.group_users(await group_id(graph, "Cloud PC users"))
    assert len({user.id for user in users}) == 25


async def test_a_missing_group_is_not_found(graph: Graph) -> None:
    with pytest.raises(NotFoundError):
        await graph.group_users("00000000-0000-4000-8000-000000000000")


async def test_an_application_has_the_name_of_its_service_principal(graph: Graph) -> None:
    desktops = "9cdead84-a844-4324-93f2-b2e6bb768d07"
    object_id = await graph.service_principal_id(desktops)
    assert object_id is not None
    assert await graph.service_principal_name(object_id) == "Azure Virtual Desktop"
    with pytest.raises(NotFoundError):
        await graph.service_principal_name("00000000-0000-4000-8000-000000000000")


async def test_licensed_users_have_one_of_the_licences(graph: Graph) -> None:
    skus = [sku for sku in await graph.subscribed_skus() if sku.sku_part_number in PLANS]
    users = await graph.licensed_users([sku.sku_id for sku in skus])
    assert len(users) == 20
    held = [sku_id for user in users for sku_id in user.sku_ids if sku_id in {sku.sku_id for sku in skus}]
    assert len(held) == 21
    assert sum(sku.consumed for sku in skus) == 21


async def test_a_users_groups_are_read_in_batches(graph: Graph) -> None:
    user = await graph.user(UPN)
    existing = [group.id for group in await graph.groups()]
    invented = [f"00000000-0000-4000-8000-{n:012d}" for n in range(30)]
    found = await graph.member_group_ids(user.id, [*invented, *existing])
    assert await group_id(graph, "Cloud PC users") in found


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("*/users/*", {"id": "x", "userPrincipalName": "half@contoso.example"}),
        ("*checkMemberGroups*", {"@odata.context": "x"}),
    ],
)
async def test_half_an_answer_about_a_user_is_none(
    worker: Worker, graph: Graph, path: str, body: dict[str, str]
) -> None:
    user = (await graph.user(UPN)).id
    half = {"kind": "http", "status": 200, "body": body}
    await worker.cloud.sim("faults", {"id": "f", "match": {"path": path}, "when": {}, "do": half})
    with pytest.raises(UnavailableError):
        await graph.user(user) if "checkMember" not in path else await graph.member_group_ids(user, [user])


@pytest.mark.parametrize("number", [3, 30])
async def test_the_groups_of_many_users_are_read_together(worker: Worker, graph: Graph, number: int) -> None:
    users = [each.id for each in await graph.group_users(await group_id(graph, "Everybody"))]
    assert len(users) > 20
    gone = "00000000-0000-4000-8000-000000000000"
    invented = [f"00000000-0000-4000-8000-{n:012d}" for n in range(number)]
    wanted = await group_id(graph, "Cloud PC users")
    found = await graph.groups_of_users([*users, gone, "../groups"], [*invented, wanted])
    assert set(found) == set(users)
    one_by_one = {each: await graph.member_group_ids(each, [wanted]) for each in users[:3]}
    assert {each: found[each] for each in users[:3]} == one_by_one
    assert {wanted} in found.values()
    batches = (await worker.cloud.call("GET", "/_sim/requests?op=graph.batch.v1.0")).body
    assert len(batches) == -(-(len(users) + 1) // 20)


async def test_users_are_read_by_their_ids_together(worker: Worker, graph: Graph) -> None:
    users = [each.id for each in await graph.group_users(await group_id(graph, "Everybody"))]
    gone = "00000000-0000-4000-8000-000000000000"
    found = await graph.users_by_id([*users, gone, "../groups"])
    assert list(found) == users
    assert [found[each] for each in users[:3]] == [await graph.user(each) for each in users[:3]]
    batches = (await worker.cloud.call("GET", "/_sim/requests?op=graph.batch.v1.0")).body
    assert len(batches) == -(-(len(users) + 1) // 20)


async def test_half_an_answer_about_one_of_some_users_is_none(worker: Worker, graph: Graph) -> None:
    user = (await graph.user(UPN)).id
    half = {"kind": "http", "status": 200, "body": {"id": user, "userPrincipalName": UPN}}
    await worker.cloud.sim("faults", {"id": "f", "match": {"path": "*/users/*"}, "when": {}, "do": half})
    with pytest.raises(UnavailableError):
        await graph.users_by_id([user])


async def test_a_user_in_too_many_groups_does_not_stop_the_others(worker: Worker, graph: Graph) -> None:
    user, wanted = (await graph.user(UPN)).id, await group_id(graph, "Cloud PC users")
    refused = {"kind": "http", "status": 400, "code": "Directory_ResultSizeLimitExceeded"}
    fault = {"id": "f", "match": {"path": "*getMemberGroups*"}, "when": {}, "do": refused}
    await worker.cloud.sim("faults", fault)
    invented = [f"00000000-0000-4000-8000-{n:012d}" for n in range(30)]
    assert await graph.groups_of_users([user], [*invented, wanted]) == {user: {wanted}}


async def test_a_batch_fails_as_its_first_error_says(worker: Worker, graph: Graph) -> None:
    user = (await graph.user(UPN)).id
    fault = {"id": "f", "match": {"path": "*checkMemberGroups*"}, "when": {}, "do": {"kind": "http", "status": 503}}
    await worker.cloud.sim("faults", fault)
    with pytest.raises(UnavailableError):
        await graph.groups_of_users([user], [await group_id(graph, "Everybody")])


async def test_who_has_a_principal_name_now_is_asked_for_all_names_at_once(worker: Worker, graph: Graph) -> None:
    user = (await graph.user(UPN)).id
    others = [each.user_principal_name for each in await graph.users("", 25)]
    found = await graph.holders([UPN, f"nobody@{DOMAIN}", "", "no name", *others])
    assert found[UPN] == user
    assert set(found) == {UPN, *others}
    assert len((await worker.cloud.call("GET", "/_sim/requests?op=graph.batch.v1.0")).body) == 2
    await worker.cloud.sim("graph/users", {"user": user, "userPrincipalName": f"other@{DOMAIN}"})
    assert await graph.holders([UPN, f"other@{DOMAIN}"]) == {f"other@{DOMAIN}": user}


async def test_a_read_fails_if_any_page_fails(worker: Worker, graph: Graph) -> None:
    wanted = await group_id(graph, "Cloud PC users")
    await worker.cloud.sim(
        "faults",
        {"id": "f", "match": {"path": "*transitiveMembers*"}, "when": {}, "do": {"kind": "http", "status": 503}},
    )
    with pytest.raises(UnavailableError):
        await graph.group_users(wanted)


async def test_a_missing_user_is_not_found(graph: Graph) -> None:
    with pytest.raises(NotFoundError):
        await graph.user(f"nobody@{DOMAIN}")


@pytest.mark.parametrize(
    "bad_id", ["..", ".", "", "../groups", "x/../../groups", "%2e%2e", "delta", "delta()", "$count"]
)
async def test_an_id_does_not_lead_to_another_resource(graph: Graph, bad_id: str) -> None:
    for call in (graph.user(bad_id), graph.group(bad_id), graph.group_users(bad_id)):
        with pytest.raises(NotFoundError):
            await call
