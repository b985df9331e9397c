"""Permissions of a service principal made through Graph, and of a signed-in user, in Resource Manager."""

import json
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from azure_simulator.core.requests import Request
from azure_simulator.seeds import TENANT_ID

from packages.azure_simulator.tests.bodies import REGION, version_for
from packages.azure_simulator.tests.directory import Graph, open_directory
from packages.azure_simulator.tests.in_process import GROUP, SUB, VMS

ARM = "https://management.azure.com"
ROLES = "providers/Microsoft.Authorization"
READER, CONTRIBUTOR, OWNER = (
    "acdd72a7-3385-48ef-bd42-f606fba81ae7",
    "b24988ac-6180-42a0-ab88-20f7382dd24c",
    "8e3af657-a8ff-443c-a75c-2fe8c4bcb635",
)
OTHER = f"{SUB}/resourceGroups/others"
RIGHTS = {"actions": ["Microsoft.Compute/*/read"], "notActions": [], "dataActions": [], "notDataActions": []}


@dataclass
class Newcomer:
    """A service principal that Graph has just made, and its requests to Resource Manager."""

    graph: Graph
    id: str
    token: str

    def status(self, method: str, path: str, body: Any = None) -> int:
        """Send a request; give the status of its answer."""
        return self.answer(method, path, body)[0]

    def answer(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """Send a request; give status and JSON of its answer."""
        data = b"" if body is None else json.dumps(body).encode()
        headers = {"host": "cloud", "authorization": f"Bearer {self.token}"}
        reply = self.graph.app.cloud.handle(Request(method, path, f"api-version={version_for(path)}", headers, data))
        return reply.status, json.loads(reply.body) if reply.body else None

    def gets(self, role: str, scope: str, principal: str = "", **more: str) -> str:
        """Let an administrator assign a role; give the assignment's id."""
        path = f"{scope.rstrip('/')}/{ROLES}/roleAssignments/{uuid.uuid4()}"
        body = {"roleDefinitionId": f"{SUB}/{ROLES}/roleDefinitions/{role}", "principalId": principal or self.id}
        self.graph.app.request("PUT", path, {"properties": {**body, **more}})
        return path


def newcomer(graph: Graph) -> Newcomer:
    """Register an application, make its service principal, and sign in with its secret."""
    app = graph("POST", "/applications", {"displayName": "newcomer"})
    principal = graph("POST", "/servicePrincipals", {"appId": app["appId"]})
    secret = graph("POST", f"/applications/{app['id']}/addPassword", {})["secretText"]
    token = json.loads(graph.token(app["appId"], secret, ARM).body)["access_token"]
    return Newcomer(graph, principal["id"], token)


@pytest.fixture
def new() -> Newcomer:
    graph = open_directory()
    for group in (GROUP, OTHER):
        graph.app.request("PUT", group, {"location": REGION})
    return newcomer(graph)


def test_without_a_role_nothing_is_allowed_and_nothing_is_seen(new: Newcomer) -> None:
    status, error = new.answer("GET", GROUP)
    assert (status, error["error"]["code"]) == (403, "AuthorizationFailed")
    assert "'Microsoft.Resources/subscriptions/resourceGroups/read'" in error["error"]["message"]
    assert new.status("GET", f"{SUB}/resourceGroups") == 403
    assert new.status("GET", SUB) == 403
    assert new.answer("GET", "/subscriptions") == (200, {"value": [], "count": {"type": "Total", "value": 0}})


def test_a_role_counts_at_its_scope_and_below_until_it_is_taken_away(new: Newcomer) -> None:
    path = new.gets(CONTRIBUTOR, GROUP)
    assert new.status("GET", GROUP) == 200
    assert new.status("PUT", f"{GROUP}/providers/Microsoft.Compute/disks/d", {"location": REGION}) == 400
    assert new.status("GET", OTHER) == 403
    assert new.status("GET", f"{SUB}/resourceGroups/desk") == 403
    new.graph.app.request("DELETE", path)
    assert new.status("GET", GROUP) == 403


def test_lists_show_what_the_caller_has_a_role_in(new: Newcomer) -> None:
    new.gets(READER, GROUP)
    status, listed = new.answer("GET", f"{SUB}/resourceGroups")
    assert (status, [each["name"] for each in listed["value"]]) == (200, ["desks"])
    assert new.status("GET", VMS) == 200
    assert new.status("GET", f"{SUB}/providers/Microsoft.Compute/virtualMachines") == 403


def test_what_a_role_does_not_have_another_may_give(new: Newcomer) -> None:
    lock, body = f"{GROUP}/{ROLES}/locks/l", {"properties": {"level": "CanNotDelete"}}
    new.gets(CONTRIBUTOR, SUB)
    assert new.status("PUT", lock, body) == 403  # notActions: Microsoft.Authorization/*/Write
    new.gets(OWNER, GROUP)
    assert new.status("PUT", lock, body) == 201


def test_a_role_of_a_group_is_that_of_its_members_members(new: Newcomer) -> None:
    graph, inner, outer = new.graph, *(_group(new.graph, name) for name in ("inner", "outer"))
    for group, member in ((outer, inner), (inner, new.id)):
        graph("POST", f"/groups/{group}/members/$ref", {"@odata.id": f"{ARM}/v1.0/directoryObjects/{member}"})
    new.gets(READER, GROUP, outer)
    assert new.status("GET", GROUP) == 200
    assert new.status("PUT", GROUP, {"location": REGION}) == 403


def _group(graph: Graph, name: str) -> str:
    body = {"displayName": name, "mailNickname": name, "mailEnabled": False, "securityEnabled": True}
    return str(graph("POST", "/groups", body)["id"])


def define(new: Newcomer, guid: str, /, **changes: Any) -> tuple[int, Any]:
    """Let an administrator make or change a custom role."""
    properties = {"roleName": "mine", "permissions": [RIGHTS], "assignableScopes": [SUB], **changes}
    reply = new.graph.app.send("PUT", f"{SUB}/{ROLES}/roleDefinitions/{guid}", {"properties": properties})
    return reply.status, json.loads(reply.body)


def test_a_custom_role_gives_what_it_says_and_less_once_it_says_less(new: Newcomer) -> None:
    role = str(uuid.uuid4())
    assert define(new, role)[0] == 201
    new.gets(role, GROUP)
    assert (new.status("GET", VMS), new.status("GET", GROUP)) == (200, 403)
    assert define(new, role, permissions=[{**RIGHTS, "notActions": ["microsoft.compute/virtualmachines/*"]}])[0] == 201
    assert new.status("GET", VMS) == 403
    assert new.status("GET", f"{GROUP}/providers/Microsoft.Compute/disks") == 200


def test_custom_roles_are_listed_where_they_can_be_assigned_and_deleted_once_nobody_has_them(new: Newcomer) -> None:
    app, role = new.graph.app, str(uuid.uuid4())
    define(new, role, assignableScopes=[GROUP], description="text")
    path = f"{GROUP}/{ROLES}/roleDefinitions"
    (found,) = app.request("GET", f"{path}?$filter=type eq 'CustomRole'")["value"]
    assert (found["name"], found["properties"]["type"], found["properties"]["description"]) == (
        role,
        "CustomRole",
        "text",
    )
    assert app.request("GET", f"{path}/{role}")["properties"]["permissions"] == [RIGHTS]
    assert app.request("GET", f"{OTHER}/{ROLES}/roleDefinitions?$filter=type eq 'CustomRole'")["value"] == []
    assigned = new.gets(role, GROUP)
    assert app.error("DELETE", f"{path}/{role}") == (400, "RoleDefinitionHasAssignments")
    app.request("DELETE", assigned)
    assert app.request("DELETE", f"{SUB}/{ROLES}/roleDefinitions/{role}")["name"] == role
    assert app.send("DELETE", f"{SUB}/{ROLES}/roleDefinitions/{role}").status == 204
    assert app.error("GET", f"{path}/{role}") == (404, "RoleDefinitionDoesNotExist")


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"roleName": ""}, 400, "InvalidParameter"),
        ({"roleName": "reader"}, 409, "RoleDefinitionWithSameNameExists"),
        ({"roleName": "taken"}, 409, "RoleDefinitionWithSameNameExists"),
        ({"assignableScopes": []}, 400, "InvalidParameter"),
        ({"assignableScopes": ["/"]}, 400, "InvalidParameter"),
        ({"permissions": [RIGHTS, RIGHTS]}, 400, "InvalidParameter"),
        ({"permissions": [{**RIGHTS, "actions": ["read"]}]}, 400, "InvalidActionOrNotAction"),
    ],
    ids=str,
)
def test_a_custom_role_that_makes_no_sense_is_refused(
    new: Newcomer, changes: dict[str, Any], status: int, code: str
) -> None:
    define(new, str(uuid.uuid4()), roleName="taken")
    found, error = define(new, str(uuid.uuid4()), **changes)
    assert (found, error["error"]["code"]) == (status, code)


def test_built_in_roles_stay_as_they_are_and_ids_are_guids(new: Newcomer) -> None:
    assert define(new, READER)[0] == 403
    assert define(new, "reader")[0] == 400
    assert new.graph.app.send("DELETE", f"{SUB}/{ROLES}/roleDefinitions/{READER}").status == 403


def test_a_provider_is_registered_by_its_own_action(new: Newcomer) -> None:
    role, path = str(uuid.uuid4()), f"{SUB}/providers/Microsoft.Compute/register"
    define(new, role, permissions=[{**RIGHTS, "actions": ["Microsoft.Network/register/action"]}])
    new.gets(role, SUB)
    assert new.status("POST", path) == 403
    define(new, role, permissions=[{**RIGHTS, "actions": ["Microsoft.Compute/register/action"]}])
    assert new.status("POST", path) == 200


def test_what_the_seed_gives_needs_no_role(new: Newcomer) -> None:
    app = new.graph.app
    assert app.send("GET", GROUP).status == 200
    oid = app.sim("POST", "tokens", {"name": "seeded"})["claims"]["oid"]
    app.sim("POST", "seed", {"principals": [{"id": oid, "actions": ["Microsoft.Compute/*"]}]})
    assert app.send("GET", VMS, caller="seeded").status == 200
    assert app.send("GET", GROUP, caller="seeded").status == 403


def test_a_user_who_has_signed_in_has_their_roles_whatever_another_token_gave(new: Newcomer) -> None:
    user = new.graph("GET", "/users?$top=1")["value"][0]["id"]
    wanted = {"tid": TENANT_ID, "oid": user, "audience": ARM}
    everything = new.graph.app.sim("POST", "tokens", wanted)["access_token"]
    claims = {"scp": "user_impersonation"}
    signed_in = new.graph.app.sim("POST", "tokens", {**wanted, "claims": claims})["access_token"]
    assert Newcomer(new.graph, user, everything).status("GET", GROUP) == 200
    person = Newcomer(new.graph, user, signed_in)
    assert person.status("GET", GROUP) == 403
    person.gets(READER, GROUP, principalType="User")
    assert person.status("GET", GROUP) == 200


def test_roles_and_rights_survive_a_restart(tmp_path: Path) -> None:
    graph = open_directory(journal=tmp_path / "journal")
    graph.app.request("PUT", GROUP, {"location": REGION})
    before, role = newcomer(graph), str(uuid.uuid4())
    define(before, role, permissions=[{**RIGHTS, "actions": ["*/read"]}])
    before.gets(role, GROUP)
    assert before.status("GET", GROUP) == 200
    graph.app.cloud.journal.close()
    after = Newcomer(open_directory(journal=tmp_path / "journal"), before.id, before.token)
    assert (after.status("GET", GROUP), after.status("PUT", GROUP, {"location": REGION})) == (200, 403)


def test_whoever_may_ask_sees_what_their_roles_give_at_a_scope(new: Newcomer) -> None:
    listing = f"{ROLES}/permissions"
    assert new.status("GET", f"{GROUP}/{listing}") == 403
    new.gets(CONTRIBUTOR, GROUP)
    status, given = new.answer("GET", f"{GROUP}/{listing}")
    assert (status, [each["actions"] for each in given["value"]]) == (200, [["*"]])
    assert "Microsoft.Authorization/*/Write" in given["value"][0]["notActions"]
    assert new.status("GET", f"{SUB}/{listing}") == 403
    new.gets(READER, SUB)
    assert new.answer("GET", f"{SUB}/{listing}")[1]["value"][0]["actions"] == ["*/read"]
    assert len(new.answer("GET", f"{GROUP}/{listing}")[1]["value"]) == 2
    assert new.status("GET", f"{SUB}/resourceGroups/nowhere/{listing}") == 404
