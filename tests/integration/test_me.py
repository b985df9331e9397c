"""The caller as ``GET me`` shows them, and what is shown to those who have not signed in yet."""

import json
from typing import Any

import pytest

from shared.config import VERSION
from shared.storage.tables import Table
from tests.integration import things
from tests.integration.asking import ask
from tests.integration.callers import Office, signed_in
from triggers.http.permissions import OWN, VERBS, verbs_of

CUSTOMER = "cccccccc-0000-4000-8000-00000000000c"


@pytest.fixture
async def house(office: Office) -> Office:
    """A provider with a tenant of its own and one of a customer."""
    await office.tenants.insert(things.tenant(id="customer", display_name="Customer", entra_tenant_id=CUSTOMER))
    return office


async def me(routes: dict[str, Any], *roles: str, **headers: str) -> dict[str, Any]:
    answer = await ask(routes["GET me"], "GET me", headers={**signed_in(*roles), **headers})
    assert answer.status_code == 200, answer.get_body()
    found: dict[str, Any] = json.loads(answer.get_body())
    return found


async def test_who_has_no_role_learns_who_they_are_and_of_no_tenant(house: Office, routes: dict[str, Any]) -> None:
    assert await me(routes, "Made.Up") == {
        "id": "id-eve",
        "name": "eve@contoso.example",
        "kind": "application",
        "directoryId": things.DIRECTORY,
        "roles": [],
        "verbs": sorted(OWN),
        "tenants": [],
        "tenantsCut": False,
    }


async def test_a_role_of_a_tenant_shows_the_tenants_of_its_directory(house: Office, routes: dict[str, Any]) -> None:
    said = await me(routes, "CloudPC.Operator")
    assert [(each["id"], each["roles"]) for each in said["tenants"]] == [("contoso", ["CloudPC.Operator"])]
    assert (said["roles"], said["verbs"]) == (["CloudPC.Operator"], verbs_of(["CloudPC.Operator"]))


async def test_the_provider_sees_every_tenant_with_the_roles_that_count_there(
    house: Office, routes: dict[str, Any]
) -> None:
    said = await me(routes, "Provider.Administrator", "CloudPC.Reader")
    assert {each["id"]: each["roles"] for each in said["tenants"]} == {
        "contoso": ["CloudPC.Reader", "Provider.Administrator"],
        "customer": ["Provider.Administrator"],
        "northwind": ["Provider.Administrator"],
    }
    customers_alone = {"Microsoft.CloudPC/supportAccess/approve"}
    assert (said["verbs"], said["tenantsCut"]) == (sorted(VERBS.keys() - customers_alone), False)


async def test_the_provider_s_role_of_another_directory_counts_nowhere(
    house: Office, routes: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(things, "DIRECTORY", CUSTOMER)  # that of the caller's token
    said = await me(routes, "Provider.Administrator", "CloudPC.Reader")
    assert [(each["id"], each["roles"]) for each in said["tenants"]] == [("customer", ["CloudPC.Reader"])]
    assert said["roles"] == ["CloudPC.Reader"]


async def test_many_tenants_are_shown_in_part(
    house: Office, routes: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("triggers.http.operations.service._MOST_TENANTS", 1)
    for roles in (["Provider.Administrator"], ["CloudPC.Reader"]):
        await house.tenants.replace(
            (stored := await house.tenants.get("customer")).value.but(entra_tenant_id=things.DIRECTORY),
            seen=stored.etag,
        )
        said = await me(routes, *roles)
        assert (len(said["tenants"]), said["tenantsCut"]) == (1, True)


async def configuration(routes: dict[str, Any], **headers: str) -> Any:
    nobody = {"x-ms-client-principal": "", **headers}
    return await ask(routes["GET configuration"], "GET configuration", headers=nobody)


async def test_without_a_token_a_client_learns_how_to_sign_in_and_nothing_else(
    house: Office, routes: dict[str, Any]
) -> None:
    answer = await configuration(routes)
    assert json.loads(answer.get_body()) == {
        "authority": "https://login.microsoftonline.com/organizations",
        "clientId": None,
        "scope": f"api://{things.DIRECTORY}/access_as_user",
        "version": VERSION,
    }


async def test_the_configuration_reads_nothing_and_may_be_kept(
    house: Office, routes: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(Table, "_table")
    first = await configuration(routes)
    again = await configuration(routes, **{"if-none-match": first.headers["ETag"]})
    assert (first.headers["Cache-Control"], again.status_code, again.get_body()) == ("public, max-age=300", 304, b"")
