"""Roles of a tenant and support access: who may do what, from which moment to which, and what nobody can reach."""

import json
from datetime import timedelta
from typing import Any

import pytest

from shared.contracts.outcomes import DeclinedError, Refused, UnansweredError
from shared.domain.tenants.tenant import ProviderAccess
from shared.errors import NotFoundError, UnavailableError
from shared.services.maintenance.purges import delete_old
from shared.services.tenants.access import delete_access_of_tenant
from tests.integration import things
from tests.integration.access_scenes import (
    GRANT,
    MANAGEMENT,
    NEW_GRANT,
    NEW_ROLE,
    NEW_SUPPORT,
    NORTHWIND,
    OTHER_DIRECTORY,
    ROLE,
    SUPPORT,
)
from tests.integration.asking import ask
from tests.integration.callers import Office, handlers, signed_in
from triggers.http.permissions import ASSIGNABLE, GIVING, VERBS

ROLES, ASSIGNMENTS = f"{MANAGEMENT}/roleDefinitions", f"{MANAGEMENT}/roleAssignments"
SUPPORT_ACCESS = "tenants/{tenant}/supportAccess"
CLOUD_PCS, REBOOT, POLICIES = "GET …/cloudPCs", "POST …/cloudPCs/{id}/reboot", "GET …/provisioningPolicies"
ADMINISTRATOR = signed_in("CloudPC.Administrator", name="boss")
CUSTOMER = signed_in("CloudPC.Administrator", directory=OTHER_DIRECTORY, name="boss")
PROVIDER = signed_in("Provider.Administrator", name="root")
TECHNICIAN = signed_in(name="ada")
AT_NORTHWIND = {"tenant": "northwind"}


class Requests:
    """Sends requests to the routes of the app, and returns status and body."""

    def __init__(self, office: Office, routes: dict[str, Any]) -> None:
        self.office, self.routes = office, routes

    async def __call__(self, name: str, who: dict[str, str], body: Any = None, **more: Any) -> tuple[int, Any]:
        sent = b"" if body is None else json.dumps(body).encode()
        headers = {**who, **more.pop("headers", {})}
        answer = await ask(self.routes[name], name, body=sent, headers=headers, at=more.pop("at", {}), **more)
        return answer.status_code, json.loads(answer.get_body() or b"null")


@pytest.fixture
async def asks(here: Office, functions: list[Any]) -> Requests:
    await here.tenants.insert(NORTHWIND[1])
    await here.role_definitions.insert(ROLE)
    await here.cloud_pcs.insert(things.cloud_pc("ada"))
    return Requests(here, handlers(functions))


async def test_a_role_of_a_tenant_counts_from_the_next_request_on_and_for_none_after_its_end(asks: Requests) -> None:
    assert (await asks(CLOUD_PCS, TECHNICIAN))[0] == 403
    made = await asks(f"POST {ASSIGNMENTS}", ADMINISTRATOR, {**NEW_GRANT, "principalIds": ["id-ada"]})
    assert made[0] == 201
    assert (await asks(CLOUD_PCS, TECHNICIAN))[0] == 200
    assert (await asks(POLICIES, TECHNICIAN))[0] == 403
    assert (await asks(CLOUD_PCS, signed_in(name="bob")))[0] == 403
    assert (await asks(f"DELETE {ASSIGNMENTS}/{{id}}", ADMINISTRATOR, at={"id": made[1]["id"]}))[0] == 204
    assert (await asks(CLOUD_PCS, TECHNICIAN))[0] == 403


async def test_a_change_of_a_role_counts_for_everybody_who_has_it_at_once(asks: Requests) -> None:
    await asks.office.access_grants.insert(GRANT)
    fewer = {"rolePermissions": [{"allowedResourceActions": ["Microsoft.CloudPC/cloudPCs/reboot"]}]}
    assert (await asks(CLOUD_PCS, TECHNICIAN))[0] == 200
    assert (await asks(f"PATCH {ROLES}/{{id}}", ADMINISTRATOR, fewer, at={"id": "r1"}))[0] == 204
    assert (await asks(CLOUD_PCS, TECHNICIAN))[0] == 403
    assert (await asks(f"DELETE {ROLES}/{{id}}", ADMINISTRATOR, at={"id": "r1"}))[0] == 409


async def test_a_role_in_one_tenant_counts_in_no_other(asks: Requests) -> None:
    neighbour = things.tenant(id="adatum")
    await asks.office.tenants.insert(neighbour)
    await asks.office.access_grants.insert(GRANT)
    assert (await asks(CLOUD_PCS, TECHNICIAN))[0] == 200
    assert (await asks(CLOUD_PCS, TECHNICIAN, at={"tenant": "adatum"}))[0] == 403
    assert (await asks(CLOUD_PCS, TECHNICIAN, at=AT_NORTHWIND))[0] == 404
    elsewhere = signed_in(directory=OTHER_DIRECTORY, name="ada")
    assert (await asks(CLOUD_PCS, elsewhere))[0] == 404


async def test_groups_are_asked_of_the_directory_and_one_that_is_silent_lets_nobody_in(
    asks: Requests, monkeypatch: pytest.MonkeyPatch
) -> None:
    await asks.office.access_grants.insert(GRANT.but(principal_ids=("g1",), group_ids=("g1",)))
    bob, application = signed_in(name="bob"), signed_in()
    asks.office.directory.groups["g1"] = {"ada", "eve"}
    assert [(await asks(CLOUD_PCS, who))[0] for who in (TECHNICIAN, bob, application)] == [200, 403, 403]

    async def silent(*_: Any) -> Any:
        raise UnavailableError("no answer")

    monkeypatch.setattr(asks.office.directory, "member_group_ids", silent)
    asks.office.hand.advance(timedelta(minutes=6))
    assert (await asks(CLOUD_PCS, TECHNICIAN))[0] == 503
    assert (await asks("GET me", TECHNICIAN))[0] == 200
    assert (await asks(CLOUD_PCS, ADMINISTRATOR))[0] == 200


async def test_a_grant_of_a_role_that_is_gone_or_cannot_be_read_gives_nothing(asks: Requests) -> None:
    await asks.office.access_grants.insert(GRANT.but(role_definition_id="gone"))
    await asks.office.access_grants.insert(GRANT.but(id="a2", role_definition_id="Provider.Administrator"))
    assert (await asks(CLOUD_PCS, TECHNICIAN))[0] == 403


@pytest.mark.parametrize("verb", sorted(VERBS.keys() - ASSIGNABLE))
async def test_no_role_has_a_permission_of_the_provider(asks: Requests, verb: str) -> None:
    role = {**NEW_ROLE, "rolePermissions": [{"allowedResourceActions": [verb]}]}
    for who in (ADMINISTRATOR, PROVIDER):
        status, said = await asks(f"POST {ROLES}", who, role)
        assert (status, said["error"]["details"][0]["target"]) == (
            400,
            "/rolePermissions/0/allowedResourceActions/0",
        )


async def test_nobody_gives_or_defines_more_than_they_have(asks: Requests) -> None:
    verbs = sorted({*GIVING, "Microsoft.CloudPC/cloudPCs/read"})
    permissions = ROLE.role_permissions[0].but(allowed_resource_actions=tuple(verbs))
    await asks.office.role_definitions.insert(ROLE.but(id="r2", display_name="Giver", role_permissions=(permissions,)))
    await asks.office.access_grants.insert(GRANT.but(role_definition_id="r2"))
    everything = {"rolePermissions": [{"allowedResourceActions": sorted(ASSIGNABLE)}]}
    refused = [
        await asks(f"POST {ROLES}", TECHNICIAN, NEW_ROLE),
        await asks(f"PATCH {ROLES}/{{id}}", TECHNICIAN, everything, at={"id": "r2"}),
        await asks(f"POST {ASSIGNMENTS}", TECHNICIAN, {**NEW_GRANT, "roleDefinitionId": "CloudPC.Reader"}),
        await asks(f"POST {ASSIGNMENTS}", TECHNICIAN, NEW_GRANT),
    ]
    assert [status for status, _ in refused] == [403] * 4
    again = {**NEW_GRANT, "roleDefinitionId": "r2"}
    assert (await asks(f"POST {ASSIGNMENTS}", TECHNICIAN, again))[0] == 201
    assert (await asks(f"PATCH {ROLES}/{{id}}", ADMINISTRATOR, everything, at={"id": "CloudPC.Reader"}))[0] == 409


async def test_nothing_is_given_to_whom_the_directory_does_not_know(asks: Requests) -> None:
    status, said = await asks(f"POST {ASSIGNMENTS}", ADMINISTRATOR, {**NEW_GRANT, "principalIds": ["id-ada", "id-no"]})
    assert (status, said["error"]["details"][0]["target"]) == (400, "/principalIds/1")


async def consents(asks: Requests) -> None:
    change = {"settings": {"providerAccess": "onConsent"}}
    assert (await asks("PATCH tenants/{tenant}", CUSTOMER, change, at=AT_NORTHWIND))[0] == 200


async def test_a_tenant_that_lets_the_provider_in_by_consent_is_closed_to_its_administrators(asks: Requests) -> None:
    assert (await asks(CLOUD_PCS, PROVIDER, at=AT_NORTHWIND))[0] == 200
    await consents(asks)
    reads = {name: handler for name, handler in asks.routes.items() if name.startswith("GET tenants/{tenant}")}
    said = {name: (await asks(name, PROVIDER, at=AT_NORTHWIND))[0] for name in {*reads, CLOUD_PCS, POLICIES}}
    assert {name for name, status in said.items() if status != 403} == {
        f"GET {SUPPORT_ACCESS}",
        f"GET {SUPPORT_ACCESS}/{{id}}",
    }
    assert (await asks("GET auditEvents", PROVIDER, query={"tenantId": "northwind"}))[0] == 403
    assert (await asks("GET auditEvents", PROVIDER, query={"tenantId": "contoso"}))[0] == 200
    assert [each["id"] for each in (await asks("GET me", PROVIDER))[1]["tenants"]] == ["contoso"]
    back = {"settings": {"providerAccess": None}}
    assert (await asks("PATCH tenants/{tenant}", PROVIDER, back, at=AT_NORTHWIND))[0] == 403


async def test_only_an_administrator_of_the_customer_s_directory_chooses_how_the_provider_comes_in(
    asks: Requests,
) -> None:
    change = {"settings": {"providerAccess": "onConsent"}}
    assert (await asks("PATCH tenants/{tenant}", PROVIDER, change, at=AT_NORTHWIND))[0] == 400
    grant = GRANT.but(tenant_id="northwind", role_definition_id="CloudPC.Administrator")
    await asks.office.access_grants.insert(grant)
    by_grant = signed_in(directory=OTHER_DIRECTORY, name="ada")
    assert (await asks("PATCH tenants/{tenant}", by_grant, change, at=AT_NORTHWIND))[0] == 400
    stored = await asks.office.tenants.get("northwind")
    assert stored.value.settings.provider_access is ProviderAccess.STANDING


async def test_support_access_waits_for_consent_ends_at_its_end_and_is_written_down(asks: Requests) -> None:
    await consents(asks)
    status, asked = await asks(f"POST {SUPPORT_ACCESS}", PROVIDER, NEW_SUPPORT, at=AT_NORTHWIND)
    assert (status, asked["status"]) == (201, "approvalPending")
    place = {**AT_NORTHWIND, "id": asked["id"]}
    assert (await asks(CLOUD_PCS, TECHNICIAN, at=AT_NORTHWIND))[0] == 404
    assert (await asks(f"POST {SUPPORT_ACCESS}/{{id}}/approve", PROVIDER, at=place))[0] == 403
    status, given = await asks(f"POST {SUPPORT_ACCESS}/{{id}}/approve", CUSTOMER, at=place)
    assert (status, given["status"], given["approvedBy"]) == (200, "active", "boss@contoso.example")
    assert (await asks(CLOUD_PCS, TECHNICIAN, at=AT_NORTHWIND))[0] == 200
    assert "northwind" in [each["id"] for each in (await asks("GET me", TECHNICIAN))[1]["tenants"]]
    assert (await asks("POST tenants/{tenant}/pause", TECHNICIAN, at=AT_NORTHWIND))[0] == 403

    asks.office.hand.advance(timedelta(days=1) - timedelta(seconds=1))
    assert (await asks(CLOUD_PCS, TECHNICIAN, at=AT_NORTHWIND))[0] == 200
    asks.office.hand.advance(timedelta(seconds=1))
    assert (await asks(CLOUD_PCS, TECHNICIAN, at=AT_NORTHWIND))[0] == 404
    assert (await asks(f"POST {SUPPORT_ACCESS}/{{id}}/approve", CUSTOMER, at=place))[0] == 409
    events = [stored.value async for stored in asks.office.audit.each("northwind")]
    by_grant = [each for each in events if f"roleAssignments/{asked['id']}" in each.actor.roles]
    assert {each.activity.rpartition("/")[2] for each in events} == {"update", "create", "approve", "pause"}
    assert [(each.activity, each.refused_status) for each in by_grant] == [("Microsoft.CloudPC/tenants/pause", 403)]


async def test_support_access_is_listed_for_ninety_days_and_an_assignment_until_it_is_deleted(asks: Requests) -> None:
    await asks.office.access_grants.insert(GRANT)
    await asks.office.access_grants.insert(SUPPORT)
    end = SUPPORT.end_date_time
    assert end is not None
    for at, expected in ((end + timedelta(days=89), 0), (end + timedelta(days=90), 1), (end + timedelta(days=91), 0)):
        assert (await delete_old(asks.office, at))["accessgrants"] == expected
    assert [stored.value.id async for stored in asks.office.access_grants.each("contoso")] == [GRANT.id]


async def test_roles_and_their_grants_go_with_the_tenant(asks: Requests) -> None:
    await asks.office.access_grants.insert(GRANT)
    await delete_access_of_tenant(asks.office, "contoso")
    assert [each async for each in asks.office.access_grants.of_all()] == []
    assert [each async for each in asks.office.role_definitions.of_all()] == []
    assert (await asks(f"POST {ROLES}", ADMINISTRATOR, {**NEW_ROLE, "displayName": ROLE.display_name}))[0] == 201


async def test_an_object_id_in_capitals_is_the_same_user(asks: Requests) -> None:
    assert (await asks(f"POST {ASSIGNMENTS}", ADMINISTRATOR, {**NEW_GRANT, "principalIds": ["ID-ADA"]}))[0] == 201
    assert (await asks(CLOUD_PCS, TECHNICIAN))[0] == 200


async def test_a_customer_ends_support_access_at_once(asks: Requests) -> None:
    status, given = await asks(f"POST {SUPPORT_ACCESS}", CUSTOMER, NEW_SUPPORT, at=AT_NORTHWIND)
    assert (status, given["status"]) == (201, "active")
    assert (await asks(CLOUD_PCS, TECHNICIAN, at=AT_NORTHWIND))[0] == 200
    for who, expected in ((TECHNICIAN, 403), (CUSTOMER, 204)):
        place = {**AT_NORTHWIND, "id": given["id"]}
        assert (await asks(f"DELETE {SUPPORT_ACCESS}/{{id}}", who, at=place))[0] == expected
    assert (await asks(CLOUD_PCS, TECHNICIAN, at=AT_NORTHWIND))[0] == 404


HELPERS = SUPPORT.but(id="s2", tenant_id="northwind", approved=True, principal_ids=("g1",), group_ids=("g1",))
"""Support access of a group of the provider, which Ada is in."""


async def test_support_access_of_a_group_is_asked_of_the_provider_s_directory_and_counts_for_its_members(
    asks: Requests,
) -> None:
    form = {**NEW_SUPPORT, "principalIds": ["g1", "id-ada"]}
    status, given = await asks(f"POST {SUPPORT_ACCESS}", CUSTOMER, form, at=AT_NORTHWIND)
    assert (status, given["principalIds"], given["groupIds"]) == (201, ["g1", "id-ada"], ["g1"])
    asks.office.directory.groups["g1"] = {"ada", "zoe"}
    zoe, bob, application = signed_in(name="zoe"), signed_in(name="bob"), signed_in()
    assert [(await asks(CLOUD_PCS, who, at=AT_NORTHWIND))[0] for who in (TECHNICIAN, zoe)] == [200, 200]
    assert [(await asks(CLOUD_PCS, who, at=AT_NORTHWIND))[0] for who in (bob, application)] == [404, 404]
    assert "northwind" in [each["id"] for each in (await asks("GET me", zoe))[1]["tenants"]]
    assert (await asks(f"POST {SUPPORT_ACCESS}", zoe, form, at=AT_NORTHWIND))[0] == 403


async def test_who_leaves_the_provider_s_group_is_out_with_the_next_request(asks: Requests) -> None:
    await asks.office.access_grants.insert(HELPERS)
    assert (await asks(CLOUD_PCS, TECHNICIAN, at=AT_NORTHWIND))[0] == 200
    asks.office.directory.groups["g1"] = {"zoe"}
    assert (await asks(CLOUD_PCS, TECHNICIAN, at=AT_NORTHWIND))[0] == 404
    assert "northwind" not in [each["id"] for each in (await asks("GET me", TECHNICIAN))[1]["tenants"]]
    asks.office.directory.groups["g1"] = {"ada"}
    assert (await asks(CLOUD_PCS, TECHNICIAN, at=AT_NORTHWIND))[0] == 200


@pytest.mark.parametrize(
    "error",
    [
        UnavailableError("no answer"),
        UnansweredError("POST", "no answer in time"),
        DeclinedError(Refused(code="Authorization_RequestDenied", message="no permission")),
        NotFoundError("no such user"),
    ],
)
async def test_a_provider_s_directory_that_does_not_say_who_is_in_a_group_lets_nobody_in_by_it(
    asks: Requests, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    await asks.office.access_grants.insert(HELPERS)
    await asks.office.access_grants.insert(HELPERS.but(id="s3", principal_ids=("id-bob",), group_ids=()))
    assert (await asks(CLOUD_PCS, TECHNICIAN, at=AT_NORTHWIND))[0] == 200

    async def silent(*_: Any) -> Any:
        raise error

    monkeypatch.setattr(asks.office.directory, "member_group_ids", silent)
    expected = 404 if isinstance(error, NotFoundError) else 503
    assert (await asks(CLOUD_PCS, TECHNICIAN, at=AT_NORTHWIND))[0] == expected
    assert (await asks(CLOUD_PCS, signed_in(name="bob"), at=AT_NORTHWIND))[0] == 200
    status, shown = await asks("GET me", TECHNICIAN)
    assert (status, shown["tenants"]) == (200, [])


async def test_support_access_is_given_to_nobody_whom_the_provider_s_directory_does_not_know(asks: Requests) -> None:
    asks.office.directory.applications["id-job"] = "A job"
    for unknown in ("id-no", "id-job"):
        form = {**NEW_SUPPORT, "principalIds": ["id-ada", unknown]}
        status, said = await asks(f"POST {SUPPORT_ACCESS}", CUSTOMER, form, at=AT_NORTHWIND)
        assert (status, [each["pointer"] for each in said["errors"]]) == (400, ["/principalIds/1"])


async def test_me_asks_the_provider_s_directory_once_for_all_customers(asks: Requests) -> None:
    for n in range(3):
        await asks.office.tenants.insert(things.tenant(id=f"customer{n}", entra_tenant_id=OTHER_DIRECTORY))
        await asks.office.access_grants.insert(HELPERS.but(tenant_id=f"customer{n}"))
    asks.office.directory.reads.clear()
    shown = (await asks("GET me", TECHNICIAN))[1]
    assert {each["id"] for each in shown["tenants"]} >= {"customer0", "customer1", "customer2"}
    assert asks.office.directory.reads.count("groups of id-ada") == 1


async def test_support_access_gives_no_rights_whatever_its_role_has(asks: Requests) -> None:
    support = SUPPORT.but(tenant_id="northwind", role_definition_id="CloudPC.Administrator", approved=True)
    await asks.office.access_grants.insert(support)
    assert (await asks(POLICIES, TECHNICIAN, at=AT_NORTHWIND))[0] == 200
    at = {**AT_NORTHWIND, "id": support.id}
    tried = {
        name: (await asks(name, TECHNICIAN, {} if name.startswith(("POST", "PATCH")) else None, at=at))[0]
        for name in asks.routes
        if not name.startswith("GET") and any(each in name for each in (MANAGEMENT, SUPPORT_ACCESS))
    }
    assert len(tried) == len(GIVING)
    assert set(tried.values()) == {403}


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"endDateTime": things.NOW.isoformat()}, 400),
        ({"endDateTime": (things.NOW + timedelta(days=31)).isoformat()}, 400),
        ({"endDateTime": "2026-12-01T10:00:00"}, 400),
        ({"roleDefinitionId": "Provider.Administrator"}, 400),
        ({"principalIds": []}, 400),
    ],
)
async def test_support_access_has_an_end_and_a_role_of_the_tenant(asks: Requests, change: Any, status: int) -> None:
    assert (await asks(f"POST {SUPPORT_ACCESS}", CUSTOMER, {**NEW_SUPPORT, **change}, at=AT_NORTHWIND))[0] == status


async def test_a_tenant_of_the_provider_s_own_directory_has_no_support_access(asks: Requests) -> None:
    assert (await asks(f"POST {SUPPORT_ACCESS}", ADMINISTRATOR, NEW_SUPPORT))[0] == 409
    await asks.office.access_grants.insert(SUPPORT.but(approved=True))
    assert (await asks(CLOUD_PCS, TECHNICIAN))[0] == 403


async def test_one_key_of_two_callers_is_two_requests(asks: Requests) -> None:
    await asks.office.access_grants.insert(GRANT)
    key = {"Idempotency-Key": "same"}
    first = await asks(f"POST {ROLES}", ADMINISTRATOR, NEW_ROLE, headers=key)
    assert first[0] == 201
    assert (await asks(f"POST {ROLES}", TECHNICIAN, NEW_ROLE, headers=key))[0] == 403


async def test_me_shows_the_permissions_of_grants(asks: Requests) -> None:
    await asks.office.access_grants.insert(GRANT)
    shown = (await asks("GET me", TECHNICIAN))[1]
    assert {"Microsoft.CloudPC/cloudPCs/reboot", "Microsoft.CloudPC/cloudPCs/read"} <= set(shown["verbs"])
    assert [each["id"] for each in shown["tenants"]] == ["contoso"]
    assert "Microsoft.CloudPC/cloudPCs/resize" not in shown["verbs"]
