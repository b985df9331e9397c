"""Names stand beside the ids of the directory, and a directory that is away hides nothing; who searches it finds."""

import json
from typing import Any

import pytest

from shared.errors import UnavailableError
from shared.services.audit.events import _NAMES
from tests.integration import desks, things
from tests.integration.access_scenes import GRANT, MANAGEMENT, SUPPORT
from tests.integration.asking import ask
from tests.integration.callers import Office
from tests.integration.scenes import SETTING, WORKS

SHOWN = {
    "GET …/provisioningPolicies": {"$expand": "assignments"},
    "GET …/provisioningPolicies/{id}": {"$expand": "assignments"},
    "GET …/provisioningPolicies/{id}/assignments": {},
    "GET …/userSettings": {"$expand": "assignments"},
    "GET …/userSettings/{id}": {"$select": "assignments"},
    "GET …/maintenanceWindows": {"$expand": "assignments"},
    "GET …/maintenanceWindows/{id}": {"$select": "assignments"},
    "GET …/spotGroups": {},
    "GET …/spotGroups/{id}": {},
}
IDS = {"provisioningPolicies": "p1", "userSettings": "s1", "maintenanceWindows": "mw1", "spotGroups": desks.GROUP_ID}


@pytest.fixture
async def office(office: Office) -> Office:
    await office.user_settings.insert(SETTING)
    await office.spot_groups.insert(desks.spot_group())
    office.directory.groups["of-eve"] = {"eve"}
    return office


async def got(routes: dict[str, Any], name: str, **query: str) -> dict[str, Any]:
    at = {"id": next((id_ for kind, id_ in IDS.items() if kind in name), "o1")}
    answer = await ask(routes[name], name, query=query, at=at)
    assert answer.status_code == 200, answer.get_body()
    body: dict[str, Any] = json.loads(answer.get_body())
    return body


def names_in(body: Any) -> list[Any]:
    """Return every name of a group in a body."""
    if isinstance(body, list):
        return [name for each in body for name in names_in(each)]
    if not isinstance(body, dict):
        return []
    here = [body["@deskwright.groupDisplayName"]] if "@deskwright.groupDisplayName" in body else []
    here += [each["displayName"] for each in body.get("groups", [])]
    return here + [name for each in body.values() for name in names_in(each)]


@pytest.mark.parametrize("name", SHOWN)
async def test_groups_have_their_names(office: Office, routes: dict[str, Any], name: str) -> None:
    found = names_in(await got(routes, name, **SHOWN[name]))
    assert found
    assert set(found) <= {"g1", "of-eve"}  # on paper a group is called as its id


@pytest.mark.parametrize("name", SHOWN)
async def test_a_directory_that_is_away_hides_no_list(
    office: Office, routes: dict[str, Any], monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    asked = []

    async def away(group_id: str) -> Any:
        asked.append(group_id)
        raise UnavailableError("the directory is away")

    monkeypatch.setattr(office.directory, "group", away)
    for _ in range(3):
        assert set(names_in(await got(routes, name, **SHOWN[name]))) == {None}
    assert len(asked) == len(set(asked))  # for half a minute it is not asked again


async def test_a_group_that_is_gone_has_no_name(office: Office, routes: dict[str, Any]) -> None:
    del office.directory.groups["g1"]
    assert names_in(await got(routes, "GET …/provisioningPolicies/{id}/assignments")) == [None]


MIXED = GRANT.but(principal_ids=("id-ada", "g1", "robot", "gone"), group_ids=("g1",))
EXPAND = {"$expand": "principals"}


@pytest.mark.parametrize("at", ["", "/{id}"])
async def test_an_assignment_of_a_role_names_its_principals(office: Office, routes: dict[str, Any], at: str) -> None:
    await office.access_grants.insert(MIXED)
    office.directory.applications["robot"] = "Nightly job"
    named = {"id-ada": "Ada", "g1": "g1", "robot": "Nightly job", "gone": None}
    assert principals_in(await assigned(routes, at, **EXPAND)) == named
    office.directory.reads.clear()
    assert principals_in(await assigned(routes, at, **EXPAND)) == named
    assert office.directory.reads == []  # the names are kept for a while


async def test_a_directory_that_is_away_hides_no_assignment_of_a_role(
    office: Office, routes: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(_: str) -> Any:
        raise UnavailableError("the directory is away")

    await office.access_grants.insert(MIXED)
    monkeypatch.setattr(office.directory, "user", away)
    monkeypatch.setattr(office.directory, "group", away)
    found = await assigned(routes, "", **EXPAND)
    assert set(principals_in(found).values()) == {None}
    office.directory.reads.clear()
    await assigned(routes, "")
    assert office.directory.reads == []


@pytest.mark.parametrize("at", ["", "/{id}"])
async def test_support_access_names_people_of_the_provider(office: Office, routes: dict[str, Any], at: str) -> None:
    await office.access_grants.insert(SUPPORT.but(principal_ids=("id-ada", "gone")))
    found = await supported(routes, at)
    assert principals_in(found) == {"id-ada": "Ada", "gone": None}


async def test_a_provider_s_directory_that_is_away_hides_no_support_access(
    office: Office, routes: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(_: str) -> Any:
        raise UnavailableError("the directory is away")

    await office.access_grants.insert(SUPPORT)
    monkeypatch.setattr(office.directory, "user", away)
    assert principals_in(await supported(routes, "")) == {"id-ada": None}


async def supported(routes: dict[str, Any], at: str) -> dict[str, Any]:
    """Return the one support access, read by itself or in the list."""
    name = f"GET tenants/{{tenant}}/supportAccess{at}"
    return await the_one(routes, name, SUPPORT.id)


async def assigned(routes: dict[str, Any], at: str, **query: str) -> dict[str, Any]:
    """Return the one assignment of a role, read by itself or in the list."""
    return await the_one(routes, f"GET {MANAGEMENT}/roleAssignments{at}", MIXED.id, **query)


async def the_one(routes: dict[str, Any], name: str, id_: str, **query: str) -> dict[str, Any]:
    """Return the thing at an address, or the only row of its list."""
    answer = await ask(routes[name], name, query=query, at={"id": id_})
    assert answer.status_code == 200, answer.get_body()
    body = json.loads(answer.get_body())
    found: dict[str, Any] = body if name.endswith("{id}") else body["value"][0]
    return found


def principals_in(assignment: dict[str, Any]) -> dict[str, str | None]:
    return {each["id"]: each["displayName"] for each in assignment["principals"]}


async def test_what_shows_no_assignments_asks_nobody(
    office: Office, routes: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def never(_: str) -> Any:
        raise AssertionError

    monkeypatch.setattr(office.directory, "group", never)
    await got(routes, "GET …/provisioningPolicies")
    await got(routes, "GET …/userSettings/{id}")


async def test_the_directory_is_searched(office: Office, routes: dict[str, Any]) -> None:
    office.directory.licences |= {"adam": (), "bob": ()}
    users = await got(routes, "GET tenants/{tenant}/directory/users", **{"$search": '"ada"'})
    assert [each["userPrincipalName"] for each in users["value"]] == ["ada@contoso.example", "adam@contoso.example"]
    first = await got(routes, "GET tenants/{tenant}/directory/users", **{"$search": "ada", "$top": "1"})
    assert ([each["id"] for each in first["value"]], first["more"]) == (["id-ada"], True)
    groups = await got(routes, "GET tenants/{tenant}/directory/groups", **{"$search": "g"})
    assert ([each["id"] for each in groups["value"]], groups["more"]) == (["g1", "g2"], False)


async def test_a_host_says_whose_it_is(office: Office, routes: dict[str, Any]) -> None:
    await office.session_hosts.insert(desks.session_host(1, assigned_user_id="id-ada"))
    await office.spot_members.insert(desks.member("ada"))
    (host,) = (await got(routes, "GET …/spotGroups/{id}/hosts"))["value"]
    assert (host["assignedUserId"], host["assignedUserPrincipalName"]) == ("id-ada", "ada@contoso.example")


async def test_an_operation_names_what_it_works_on(office: Office, routes: dict[str, Any]) -> None:
    await office.cloud_pcs.insert(WORKS)
    for number, of in enumerate((WORKS.id, "p1", "c1", "i1", "contoso", "gone")):
        await office.operations.insert(things.operation(id=f"o{number}", resource_id=of))
    _NAMES._entries.clear()
    found = (await got(routes, "GET tenants/{tenant}/operations"))["value"]
    named = {each["resourceId"]: each.get("resourceDisplayName") for each in found}
    assert named == {
        WORKS.id: WORKS.display_name,
        "p1": "Everybody",
        "c1": "Hosted",
        "i1": "Office",
        "contoso": "Contoso",
        "gone": None,
    }
