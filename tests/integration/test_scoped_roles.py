"""Roles in scopes: nobody who has one reaches anything else of the tenant, by any route that the app registers."""

import json
from itertools import islice
from typing import Any

import pytest

from shared.domain.tenants.scopes import Thing
from shared.services.actions.catalogue import PERFORMERS
from tests.integration import things
from tests.integration.access_scenes import GRANT, MANAGEMENT, NEW_GRANT, ROLE
from tests.integration.asking import ask
from tests.integration.callers import Office, handlers, signed_in
from tests.integration.desks import spot_group
from tests.integration.scenes import BULK, ITEM, WORKS
from tests.integration.test_access import Requests
from triggers.http.openapi_metadata import metadata_of
from triggers.http.permissions import ASSIGNABLE, GIVING
from triggers.http.scopes import NAMED_ELSEWHERE

ADMINISTRATOR = signed_in("CloudPC.Administrator", name="boss")
TECHNICIAN = signed_in(name="ada")
READER = signed_in("CloudPC.Reader", name="ada")
CLOUD_PCS, CLOUD_PC, REBOOT = "GET …/cloudPCs", "GET …/cloudPCs/{id}", "POST …/cloudPCs/{id}/reboot"
ASSIGNMENTS, BULK_ACTIONS = f"{MANAGEMENT}/roleAssignments", "tenants/{tenant}/bulkActions"
POLICY_SCOPE, GROUP_SCOPE, SITE_SCOPE = "/provisioningPolicies/p1", "/spotGroups/g1", "/sites/west"
OWN = WORKS
FOREIGN = things.cloud_pc("bob", status=WORKS.status, attempt=1, resources=WORKS.current.resources).but(
    current=WORKS.current.but(
        snapshot=things.snapshot(policy_id="p2", policy_name="Secret", connection_id="c9", connection_name="Far")
    )
)
EVERYTHING = ROLE.but(
    id="r9",
    display_name="Everything",
    role_permissions=(ROLE.role_permissions[0].but(allowed_resource_actions=tuple(sorted(ASSIGNABLE))),),
)
FOREIGN_IDS = (FOREIGN.id, "p2", "g2", "c9", "o2", "b2", "h2")
HIDDEN = (*FOREIGN_IDS[:1], '"p2"', '"g2"', '"c9"', '"o2"', '"b2"', '"east"', "bob@", "Secret")
"""Parts of answers that nobody gets who has a role in the other scopes alone."""


def grant(*scopes: str, role: str = "r9", **changes: Any) -> Any:
    return GRANT.but(role_definition_id=role, app_scope_ids=scopes, **changes)


@pytest.fixture
async def asks(here: Office, functions: list[Any]) -> Requests:
    office = here
    await office.role_definitions.insert(EVERYTHING)
    await office.sites.insert(things.site(id="east", display_name="East"))
    await office.connections.insert(things.connection(id="c9", site_id="east", display_name="Far"))
    if await office.policies.find(things.TENANT_ID, "p1") is None:
        await office.policies.insert(things.policy())
    far = things.policy().domain_join_configurations[0].but(on_premises_connection_id="c9")
    await office.policies.insert(things.policy(id="p2", display_name="Secret", domain_join_configurations=(far,)))
    await office.cloud_pcs.insert(OWN)
    await office.cloud_pcs.insert(FOREIGN)
    await office.spot_groups.insert(spot_group(id="g1", site_id="west", display_name="Near"))
    await office.spot_groups.insert(spot_group(id="g2", site_id="east", display_name="Secret group"))
    for number, pc in ((1, OWN), (2, FOREIGN)):
        await office.operations.insert(things.operation(id=f"o{number}", resource_id=pc.id))
        await office.bulk_actions.insert(BULK.but(id=f"b{number}"))
        await office.bulk_items.insert(ITEM.but(bulk_id=f"b{number}", cloud_pc_id=pc.id))
    return Requests(office, handlers(functions))


def in_tenant(asks: Requests) -> dict[str, Any]:
    """Return the routes below a tenant that are for roles, with their metadata."""
    found = {name: metadata_of(handler) for name, handler in asks.routes.items()}
    return {
        name: data
        for name, data in found.items()
        if data and data.verb in ASSIGNABLE and name.split()[1].startswith(("tenants/{tenant}", "…"))
    }


async def rows(office: Office) -> list[Any]:
    """Return the records outside of the scopes."""
    return [
        (await office.cloud_pcs.get("contoso", FOREIGN.id)).value,
        (await office.policies.get("contoso", "p2")).value,
        (await office.spot_groups.get("contoso", "g2")).value,
        (await office.connections.get("contoso", "c9")).value,
        (await office.bulk_actions.get("contoso", "b2")).value,
        (await office.sites.get("contoso", "east")).value,
    ]


def body_of(name: str) -> Any:
    return None if name.startswith(("GET", "DELETE")) else {}


def same(said: Any) -> Any:
    """Return an error without what differs between any two requests."""
    text = json.dumps(said)
    return {name: each for name, each in json.loads(text).items() if name not in {"traceId", "error", "instance"}} | {
        "message": said.get("error", {}).get("message")
    }


# One in three of the ids: for each route others in turn.
@pytest.mark.parametrize("every", [pytest.param(3, id="some"), pytest.param(1, id="all", marks=pytest.mark.long)])
@pytest.mark.parametrize("scopes", [(POLICY_SCOPE, GROUP_SCOPE), (SITE_SCOPE,)], ids=["policy-and-group", "site"])
async def test_no_route_gives_somebody_with_a_scope_anything_outside_of_it(
    asks: Requests, scopes: tuple[str, ...], every: int
) -> None:
    await asks.office.access_grants.insert(grant(*scopes))
    before, wrong, seen = await rows(asks.office), list[Any](), {"addressed": 0, "lists": 0, "closed": 0}
    for name, data in in_tenant(asks).items():
        if not data.scoped:
            seen["closed"] += 1
            status, said = await asks(name, TECHNICIAN, body_of(name))
            wrong += [(name, status)] if status != 403 else []
        elif "{id}" in name or "{site}" in name:
            seen["addressed"] += 1
            absent = await asks(name, TECHNICIAN, body_of(name), at={"id": "nothing", "site": "nothing"})
            for id_ in islice(FOREIGN_IDS, seen["addressed"] % every, None, every):
                status, said = await asks(name, TECHNICIAN, body_of(name), at={"id": id_, "site": "east", "host": "h2"})
                wrong += [(name, id_, status)] if (status, same(said)) != (404, same(absent[1])) else []
        elif name.startswith("GET"):
            seen["lists"] += 1
            status, said = await asks(name, TECHNICIAN)
            text = json.dumps(said)
            wrong += [(name, status, each) for each in HIDDEN if status != 200 or each in text]
    assert wrong == []
    assert min(seen.values()) >= 8, seen
    assert await rows(asks.office) == before


async def test_what_is_in_a_scope_is_reached(asks: Requests) -> None:
    await asks.office.access_grants.insert(grant(POLICY_SCOPE, GROUP_SCOPE))
    own = {Thing.CLOUD_PC: OWN.id, Thing.POLICY: "p1", Thing.SPOT_GROUP: "g1"}
    refused = []
    for name, data in in_tenant(asks).items():
        thing = next((own[each] for each in own if f"/{each.value}/{{id}}" in name), "")
        if data.scoped and thing and name.startswith("GET") and "{host}" not in name:
            status, said = await asks(name, TECHNICIAN, at={"id": thing})
            refused += [(name, status, said)] if status in {401, 403, 404} else []
    assert refused == []
    assert (await asks(REBOOT, TECHNICIAN, at={"id": OWN.id}))[0] == 204
    status, said = await asks(CLOUD_PCS, TECHNICIAN, query={"$count": "true"})
    assert (status, said["@odata.count"], [each["id"] for each in said["value"]]) == (200, 1, [OWN.id])
    status, said = await asks("GET tenants/{tenant}/operations/{id}", TECHNICIAN, at={"id": "o1"})
    assert (status, said["resourceId"]) == (200, OWN.id)
    assert (await asks(f"POST {BULK_ACTIONS}/{{id}}/pause", TECHNICIAN, at={"id": "b1"}))[0] == 200


async def test_a_site_has_its_connections_policies_cloud_pcs_and_spot_groups(asks: Requests) -> None:
    await asks.office.access_grants.insert(grant(SITE_SCOPE))
    both = things.policy().domain_join_configurations
    far = (await asks.office.policies.get("contoso", "p2")).value.domain_join_configurations
    await asks.office.policies.insert(
        things.policy(id="p3", display_name="Both", domain_join_configurations=(*both, *far))
    )
    shown = {}
    for kind in Thing:
        name = f"GET …/{kind.value}" if kind is not Thing.SITE else "GET tenants/{tenant}/sites"
        shown[kind] = {each["id"] for each in (await asks(name, TECHNICIAN))[1]["value"]}
    assert shown[Thing.CLOUD_PC] == {OWN.id}
    assert shown[Thing.POLICY] == {"p1"}  # not the one that builds in another site, too
    assert shown[Thing.SPOT_GROUP] == {"g1"}
    assert shown[Thing.SITE] == {"west"}
    assert "c9" not in shown[Thing.CONNECTION]
    assert "c1" in shown[Thing.CONNECTION]


@pytest.mark.parametrize(
    "query",
    [
        {"$filter": "provisioningPolicyId eq 'p2'"},
        {"$filter": "userPrincipalName eq 'bob@contoso.example' or id ne 'x'"},
        {"$search": '"bob"'},
        {"$orderby": "displayName desc", "$top": "1", "$count": "true"},
        {"$select": "id,userPrincipalName,powerState,lastLoginResult"},
    ],
)
async def test_no_query_of_a_list_leads_out_of_the_scope(asks: Requests, query: dict[str, str]) -> None:
    await asks.office.access_grants.insert(grant(POLICY_SCOPE))
    status, said = await asks(CLOUD_PCS, TECHNICIAN, query=query)
    assert status == 200
    assert {each["id"] for each in said["value"]} <= {OWN.id}
    assert said.get("@odata.count", 1) == 1
    csv = await ask(asks.routes[CLOUD_PCS], CLOUD_PCS, headers={**TECHNICIAN, "accept": "text/csv"}, query=query)
    assert (csv.status_code, b"bob" in csv.get_body()) == (200, False)


async def test_counts_are_of_the_scope(asks: Requests) -> None:
    await asks.office.access_grants.insert(grant(POLICY_SCOPE))
    name = "GET …/cloudPCs/retrieveCloudPcCountByStatus()"
    totals = [sum(each["count"] for each in (await asks(name, who))[1]["value"]) for who in (TECHNICIAN, ADMINISTRATOR)]
    assert totals == [1, 2]


async def test_a_token_of_the_next_page_of_somebody_else_shows_nothing_more(asks: Requests) -> None:
    await asks.office.access_grants.insert(grant(POLICY_SCOPE))
    first = (await asks(CLOUD_PCS, ADMINISTRATOR, query={"$top": "1"}))[1]
    token = first["@odata.nextLink"].rpartition("$skiptoken=")[2]
    status, said = await asks(CLOUD_PCS, TECHNICIAN, query={"$top": "1", "$skiptoken": token})
    assert (status, {each["id"] for each in said["value"]} <= {OWN.id}) == (200, True)


@pytest.mark.parametrize(
    "chosen", [{"cloudPcIds": [OWN.id, FOREIGN.id]}, {"filter": {"where": "id ne 'x'"}}, {"filter": {}}]
)
async def test_a_bulk_action_takes_only_what_is_in_the_scope(asks: Requests, chosen: dict[str, Any]) -> None:
    await asks.office.access_grants.insert(grant(POLICY_SCOPE))
    body = {"action": "reboot", **chosen}
    status, said = await asks(f"POST {BULK_ACTIONS}", TECHNICIAN, {**body, "dryRun": True})
    assert (status, said["possible"]) == (200, 1)
    assert "bob@" not in json.dumps(said)
    status, made = await asks(f"POST {BULK_ACTIONS}", TECHNICIAN, body)
    items = [each.value.cloud_pc_id for each in await asks.office.bulk_items.of("contoso", made["id"])]
    assert (status, items) == (202, [OWN.id])
    assert (await asks(f"GET {BULK_ACTIONS}/{{id}}/items", TECHNICIAN, at={"id": made["id"]}))[0] == 200


async def test_a_bulk_action_on_more_than_the_scope_is_nobody_s_who_has_only_that(asks: Requests) -> None:
    await asks.office.access_grants.insert(grant(POLICY_SCOPE))
    await asks.office.bulk_actions.insert(BULK.but(id="b3"))  # it has lost its items
    assert (await asks(f"POST {BULK_ACTIONS}/{{id}}/pause", TECHNICIAN, at={"id": "b3"}))[0] == 404
    await asks.office.bulk_items.insert(ITEM.but(bulk_id="b1", position=1, cloud_pc_id=FOREIGN.id))
    for name in (f"GET {BULK_ACTIONS}/{{id}}", f"GET {BULK_ACTIONS}/{{id}}/items", f"POST {BULK_ACTIONS}/{{id}}/pause"):
        assert (await asks(name, TECHNICIAN, at={"id": "b1"}))[0] == 404
        assert (await asks(name, ADMINISTRATOR, at={"id": "b1"}))[0] == 200


async def test_an_action_names_no_policy_of_another_scope(asks: Requests) -> None:
    await asks.office.access_grants.insert(grant(POLICY_SCOPE))
    move, bulk = "POST tenants/{tenant}/cloudPCs/{id}/moveToPolicy", f"POST {BULK_ACTIONS}"
    said = [await asks(move, TECHNICIAN, {"provisioningPolicyId": each}, at={"id": OWN.id}) for each in ("p2", "none")]
    assert [status for status, _ in said] == [400, 400]
    assert said[0][1]["errors"] == said[1][1]["errors"]
    many = {"action": "moveToPolicy", "cloudPcIds": [OWN.id], "parameters": {"provisioningPolicyId": "p2"}}
    status, told = await asks(bulk, TECHNICIAN, many)
    assert (status, told["errors"][0]["pointer"]) == (400, "/parameters/provisioningPolicyId")


async def test_a_disk_of_another_scope_is_built_into_no_cloud_pc(asks: Requests) -> None:
    await asks.office.access_grants.insert(grant(POLICY_SCOPE))
    for action in ("undelete", "handOver"):
        name = f"POST tenants/{{tenant}}/cloudPCs/{{id}}/{action}"
        assert (await asks(name, TECHNICIAN, {"deletedCloudPcId": "d1"}, at={"id": OWN.id}))[0] == 400


def test_every_id_in_the_body_of_an_action_was_judged() -> None:
    named = {
        field
        for performer in PERFORMERS.values()
        for form in (performer.form, performer.own_form)
        if form is not None
        for field in form.model_fields
        if field.endswith(("_id", "_ids"))
    }
    of_the_cloud_pc = {"cloud_pc_snapshot_id"}
    of_the_whole_tenant = {"target_service_plan_id", "storage_account_id", "power_schedule_id"}
    assert named == NAMED_ELSEWHERE | of_the_cloud_pc | of_the_whole_tenant


async def test_a_reader_of_the_tenant_acts_only_in_their_scope(asks: Requests) -> None:
    await asks.office.access_grants.insert(grant(POLICY_SCOPE, role="CloudPC.Operator"))
    status, said = await asks(CLOUD_PCS, READER)
    assert (status, {each["id"] for each in said["value"]}) == (200, {OWN.id, FOREIGN.id})
    possible = {}
    for pc in (OWN, FOREIGN):
        _, said = await asks("GET tenants/{tenant}/cloudPCs/{id}/supportedActions", READER, at={"id": pc.id})
        possible[pc.id] = {each["action"]: each["possible"] for each in said["value"]}["reboot"]
    assert possible == {OWN.id: True, FOREIGN.id: False}
    assert [(await asks(REBOOT, READER, at={"id": pc.id}))[0] for pc in (FOREIGN, OWN)] == [404, 204]
    many = {"action": "reboot", "cloudPcIds": [FOREIGN.id]}
    assert (await asks(f"POST {BULK_ACTIONS}", READER, many))[0] == 409


async def test_a_permission_counts_in_its_own_scope_and_in_no_other_of_the_caller(asks: Requests) -> None:
    await asks.office.access_grants.insert(grant(POLICY_SCOPE, role="CloudPC.Operator"))
    await asks.office.access_grants.insert(grant("/provisioningPolicies/p2", role="CloudPC.Reader", id="a2"))
    assert [(await asks(CLOUD_PC, TECHNICIAN, at={"id": pc.id}))[0] for pc in (OWN, FOREIGN)] == [200, 200]
    assert [(await asks(REBOOT, TECHNICIAN, at={"id": pc.id}))[0] for pc in (OWN, FOREIGN)] == [204, 404]
    status, said = await asks(f"POST {BULK_ACTIONS}", TECHNICIAN, {"action": "reboot", "filter": {}, "dryRun": True})
    assert (status, [each["cloudPcId"] for each in said["value"]]) == (200, [OWN.id])


async def test_a_cloud_pc_that_moves_to_another_policy_leaves_the_scope(asks: Requests) -> None:
    await asks.office.access_grants.insert(grant(POLICY_SCOPE))
    moved = things.snapshot(policy_id="p2", connection_id="c9")
    await asks.office.cloud_pcs.change("contoso", OWN.id, lambda pc: pc.but(current=pc.current.but(snapshot=moved)))
    assert (await asks(CLOUD_PC, TECHNICIAN, at={"id": OWN.id}))[0] == 404
    assert (await asks(CLOUD_PCS, TECHNICIAN))[1]["value"] == []


async def test_nobody_widens_their_rights_by_a_role_with_a_scope(asks: Requests) -> None:
    await asks.office.access_grants.insert(grant(POLICY_SCOPE))
    wider = {**NEW_GRANT, "roleDefinitionId": "r9", "principalIds": ["id-ada"]}
    tried = {
        name: (await asks(name, TECHNICIAN, wider if name.startswith("POST") else {}, at={"id": "a1"}))[0]
        for name, data in in_tenant(asks).items()
        if data.verb in GIVING
    }
    assert len(tried) >= len(GIVING) - 1
    assert set(tried.values()) == {403}


async def test_who_gives_rights_in_the_tenant_does_not_give_what_they_have_in_a_scope(asks: Requests) -> None:
    giver = sorted({*GIVING, "Microsoft.CloudPC/cloudPCs/read"})
    permissions = ROLE.role_permissions[0].but(allowed_resource_actions=tuple(giver))
    await asks.office.role_definitions.insert(ROLE.but(id="r2", display_name="Giver", role_permissions=(permissions,)))
    await asks.office.access_grants.insert(grant(POLICY_SCOPE))
    await asks.office.access_grants.insert(GRANT.but(id="a2", role_definition_id="r2"))
    body = {**NEW_GRANT, "roleDefinitionId": "r9"}
    assert (await asks(f"POST {ASSIGNMENTS}", TECHNICIAN, body))[0] == 403
    scoped = {**body, "directoryScopeIds": [], "appScopeIds": [POLICY_SCOPE]}
    assert (await asks(f"POST {ASSIGNMENTS}", TECHNICIAN, scoped))[0] == 403


async def test_an_assignment_shows_its_scopes_and_the_audit_log_names_them(asks: Requests) -> None:
    body = {**NEW_GRANT, "principalIds": ["id-ada"], "appScopeIds": [POLICY_SCOPE, GROUP_SCOPE]}
    del body["directoryScopeIds"]
    status, made = await asks(f"POST {ASSIGNMENTS}", ADMINISTRATOR, {**body, "roleDefinitionId": "r9"})
    assert (status, made["appScopeIds"], made["directoryScopeIds"]) == (201, [POLICY_SCOPE, GROUP_SCOPE], [])
    listed = (await asks(f"GET {ASSIGNMENTS}", ADMINISTRATOR))[1]["value"]
    assert [each["appScopeIds"] for each in listed] == [[POLICY_SCOPE, GROUP_SCOPE]]
    await asks(REBOOT, TECHNICIAN, at={"id": OWN.id})
    await asks(REBOOT, TECHNICIAN, at={"id": FOREIGN.id})
    events = [stored.value async for stored in asks.office.audit.each("contoso")]
    (given,) = [each for each in events if each.activity.endswith("roleAssignments/create")]
    assert given.after is not None
    assert given.after["appScopeIds"] == [POLICY_SCOPE, GROUP_SCOPE]
    named = f"roleAssignments/{made['id']} {POLICY_SCOPE} {GROUP_SCOPE}"
    restarts = [each for each in events if each.activity.endswith("cloudPCs/reboot")]
    assert sorted((each.refused_status or 0, each.resource_id) for each in restarts) == [
        (0, OWN.id),
        (404, FOREIGN.id),
    ]
    assert all(named in each.actor.roles for each in restarts)


@pytest.mark.parametrize(
    ("change", "target"),
    [
        ({"appScopeIds": ["/provisioningPolicies/none"], "directoryScopeIds": None}, "/appScopeIds/0"),
        ({"appScopeIds": ["/spotGroups/p1"], "directoryScopeIds": None}, "/appScopeIds/0"),
        ({"appScopeIds": ["/onPremisesConnections/c1"], "directoryScopeIds": None}, "/appScopeIds/0"),
        ({"appScopeIds": ["/"], "directoryScopeIds": None}, "/appScopeIds/0"),
        ({"appScopeIds": [POLICY_SCOPE], "directoryScopeIds": ["/"]}, "/directoryScopeIds"),
        ({"appScopeIds": [], "directoryScopeIds": []}, "/directoryScopeIds"),
    ],
)
async def test_a_scope_names_something_of_the_tenant(asks: Requests, change: dict[str, Any], target: str) -> None:
    status, said = await asks(f"POST {ASSIGNMENTS}", ADMINISTRATOR, {**NEW_GRANT, "roleDefinitionId": "r9", **change})
    assert (status, said["error"]["details"][0]["target"]) == (400, target)


async def test_a_scope_whose_policy_is_gone_has_nothing(asks: Requests) -> None:
    await asks.office.access_grants.insert(grant("/spotGroups/g1"))
    await asks.office.spot_groups.remove("contoso", "g1")
    assert (await asks("GET …/spotGroups", TECHNICIAN))[1]["value"] == []
    assert (await asks("GET …/spotGroups/{id}", TECHNICIAN, at={"id": "g1"}))[0] == 404


async def test_a_release_that_knows_no_scopes_finds_no_assignment_with_one(asks: Requests) -> None:
    await asks.office.access_grants.insert(grant(POLICY_SCOPE))
    for support in (True, False):
        assert [each async for each in asks.office.access_grants.each("contoso", support=support)] == []


async def test_me_shows_permissions_with_a_scope_and_their_tenant(asks: Requests) -> None:
    await asks.office.access_grants.insert(grant(POLICY_SCOPE, role="CloudPC.Operator"))
    shown = (await asks("GET me", TECHNICIAN))[1]
    assert "Microsoft.CloudPC/cloudPCs/reboot" in shown["verbs"]
    (tenant,) = shown["tenants"]
    assert (tenant["id"], "Microsoft.CloudPC/cloudPCs/reboot" in tenant["scopedVerbs"]) == ("contoso", True)
    (tenant,) = (await asks("GET me", READER))[1]["tenants"]
    assert "Microsoft.CloudPC/cloudPCs/reboot" in tenant["scopedVerbs"]
    assert "Microsoft.CloudPC/cloudPCs/read" not in tenant["scopedVerbs"]


async def test_a_scope_gives_no_permission_about_rights(asks: Requests) -> None:
    await asks.office.access_grants.insert(grant(POLICY_SCOPE))
    assert GIVING.isdisjoint((await asks("GET me", TECHNICIAN))[1]["verbs"])


async def test_the_audit_log_of_the_service_is_closed_to_a_scope(asks: Requests) -> None:
    await asks.office.access_grants.insert(grant(POLICY_SCOPE))
    assert (await asks("GET auditEvents", TECHNICIAN, query={"tenantId": "contoso"}))[0] == 403
