"""The list of holders of roles over HTTP: the provider's are nobody's business in a customer's directory."""

from __future__ import annotations

import json
from typing import Any

import pytest

from shared.domain.tenants.directory import PrincipalType, RoleAssignment
from shared.services.directory.names import RolesFound
from tests.integration.asking import ask
from tests.integration.callers import Office, signed_in

READ = "GET tenants/{tenant}/roleAssignments"


def holder(name: str, role: str) -> RoleAssignment:
    return RoleAssignment(
        id=f"{name} {role}", role=role, principal_id=name, principal_type=PrincipalType.USER, display_name=name
    )


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[frozenset[str]]:
    """The roles that were left out, of each read of the directory, which has two holders."""
    found: list[frozenset[str]] = []

    async def read(_: Any, uncounted: frozenset[str]) -> RolesFound:
        found.append(uncounted)
        two = (holder("user01", "CloudPC.Reader"), holder("user02", "CloudPC.Administrator"))
        return RolesFound(assignments=two, client_id="c", service_principal_id="p", manage_url="https://entra/")

    monkeypatch.setattr("triggers.http.tenants.directory.role_assignments", read)
    return found


async def test_the_holders_are_listed_with_the_page_where_roles_are_given(
    office: Office, routes: dict[str, Any], asked: list[frozenset[str]]
) -> None:
    del office
    answer = await ask(routes[READ], READ, query={"$orderby": "displayName desc"})
    body = json.loads(answer.get_body())
    assert [(each["displayName"], each["role"]) for each in body["value"]] == [
        ("user02", "CloudPC.Administrator"),
        ("user01", "CloudPC.Reader"),
    ]
    assert (body["manageUrl"], body["unknownBecause"]) == ("https://entra/", None)
    assert len(asked) == 1


@pytest.mark.parametrize(("own", "left_out"), [(True, set()), (False, {"Provider.Administrator"})])
async def test_the_provider_s_role_is_left_out_where_it_does_not_count(
    office: Office, routes: dict[str, Any], asked: list[frozenset[str]], *, own: bool, left_out: set[str]
) -> None:
    if not own:
        other = "77777777-0000-4000-8000-000000000007"
        stored = await office.tenants.get("contoso")
        await office.tenants.replace(stored.value.but(entra_tenant_id=other), seen=stored.etag)
    await ask(routes[READ], READ)
    assert asked == [left_out]


async def test_who_may_not_use_the_tenant_starts_no_read_of_its_directory(
    office: Office, routes: dict[str, Any], asked: list[frozenset[str]]
) -> None:
    stored = await office.tenants.get("contoso")
    await office.tenants.replace(
        stored.value.but(entra_tenant_id="77777777-0000-4000-8000-000000000007"), seen=stored.etag
    )
    statuses = [
        (await ask(routes[READ], READ, headers=signed_in(role))).status_code
        for role in ("CloudPC.Administrator", "CloudPC.Reader", "CloudPC.User")
    ]
    assert (statuses, asked) == ([404, 404, 404], [])
