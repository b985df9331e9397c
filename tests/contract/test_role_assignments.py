"""The holders of roles in a tenant, as the simulated directory has them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from azure_simulator.certificates import Certificates
from azure_simulator.seeds import DOMAIN, TENANT_ID, api_app, api_client_id

from shared.contracts.calls import on_behalf_of
from shared.domain.operations.operation import SYSTEM
from shared.services.directory.names import RolesFound, role_assignments
from shared.services.operations.action_context import ActionContext
from tests.contract.worker import TENANT, UPN, Worker, working

pytestmark = pytest.mark.simulator

GIVEN = {
    "CloudPC.Administrator": [UPN],
    "CloudPC.Reader": [f"user02@{DOMAIN}", UPN, "Office"],
    "Provider.Administrator": [f"user03@{DOMAIN}"],
}


@pytest.fixture
async def worker(certificates: Certificates, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Worker]:
    async with working(certificates, monkeypatch) as found:
        yield found


async def give(worker: Worker, given: dict[str, list[str]]) -> None:
    tenant = {"tenantId": TENANT_ID, "domain": DOMAIN, "apps": [api_app(given)]}
    await worker.cloud.sim("seed", {"tenants": [tenant]})


async def found(worker: Worker, uncounted: frozenset[str] = frozenset(), **settings: Any) -> RolesFound:
    worker.deps.settings = worker.deps.settings.model_copy(update=settings)
    verb, now = "Microsoft.CloudPC/roleAssignments/read", worker.deps.clock.now()
    with on_behalf_of(TENANT.id):
        return await role_assignments(ActionContext(worker.deps, SYSTEM, TENANT, verb, "t", now, ("seed",)), uncounted)


async def test_users_and_groups_are_listed_with_their_roles_and_names(worker: Worker) -> None:
    await give(worker, GIVEN)
    roles = await found(worker)
    told = {(each.role, each.principal_type.value, each.user_principal_name) for each in roles.assignments}
    assert told == {
        ("CloudPC.Administrator", "User", UPN),
        ("CloudPC.Reader", "User", UPN),
        ("CloudPC.Reader", "User", f"user02@{DOMAIN}"),
        ("CloudPC.Reader", "Group", None),
        ("Provider.Administrator", "User", f"user03@{DOMAIN}"),
    }
    assert roles.unknown_because is None
    assert all(each.display_name and each.created_date_time for each in roles.assignments)


async def test_roles_that_count_for_nobody_there_are_left_out(worker: Worker) -> None:
    await give(worker, GIVEN)
    roles = await found(worker, frozenset({"Provider.Administrator"}))
    assert {each.role for each in roles.assignments} == {"CloudPC.Administrator", "CloudPC.Reader"}


@pytest.mark.parametrize(
    ("authority", "portal"),
    [(None, "entra.microsoft.com"), ("https://login.microsoftonline.us", "entra.microsoft.us")],
)
async def test_the_link_opens_users_and_groups_of_the_api_in_the_tenant_s_directory(
    worker: Worker, authority: str | None, portal: str
) -> None:
    await give(worker, {})
    settings = {"authority_url": authority} if authority else {}
    roles = await found(worker, frozenset(), **settings)
    assert roles.manage_url == (
        f"https://{portal}/{TENANT_ID}/#view/Microsoft_AAD_IAM/ManagedAppMenuBlade/~/Users"
        f"/objectId/{roles.service_principal_id}/appId/{api_client_id()}"
    )


async def test_a_directory_that_does_not_know_the_api_is_said_so(worker: Worker) -> None:
    roles = await found(worker, api_audience="99999999-0000-4000-8000-000000000009")
    assert (roles.assignments, roles.manage_url) == ((), None)
    assert "not in the directory" in str(roles.unknown_because)


async def test_what_the_directory_does_not_tell_is_unknown_and_not_nobody(worker: Worker) -> None:
    await give(worker, GIVEN)
    answer = {"kind": "http", "status": 403, "code": "Authorization_RequestDenied"}
    operation = "graph.appRoles.list*"
    await worker.cloud.sim("faults", {"id": "denied", "match": {"op": operation}, "do": answer})
    roles = await found(worker)
    assert roles.assignments == ()
    assert "did not say it" in str(roles.unknown_because)
