"""What a tenant still needs, as the simulated Graph and Resource Manager have it."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

import pytest
from azure_simulator.graph.directory.records import derived_id
from azure_simulator.seeds import TENANT_ID, customers_app

from packages.azure_simulator.tests.contract.running import SUBSCRIPTION
from shared.contracts.tickets import on_behalf_of
from shared.domain.machines.service_plan import ServicePlanRule
from shared.domain.operations.operation import SYSTEM
from shared.domain.tenants.tenant import LicenceSource, Tenant
from shared.services.action_context import ActionContext
from shared.services.readiness import Readiness, readiness
from tests.contract.worker import SITE, TENANT, Records, Worker

pytestmark = pytest.mark.simulator
CUSTOMER = "77777777-0000-4000-8000-000000000007"
ALL = ["consent", "permissions", "Microsoft.Compute", "Microsoft.Network", "Microsoft.DesktopVirtualization", "role"]
SMALLEST = ("standardBSFamily", "standardBsv2Family", "standardDSv5Family", "standardDASv5Family")
PLAN = ServicePlanRule(v_cpu_count=2, ram_in_gb=4, storage_in_gb=128, vm_sizes=("Standard_B2s",))


@dataclass
class Fleet(Records):
    """The Cloud PCs of a tenant that has none."""

    async def entries(self, tenant_id: str) -> list[dict[str, Any]]:
        del tenant_id
        return []


async def judged(worker: Worker, tenant: Tenant = TENANT) -> Readiness:
    """Judge a tenant now: what was found before does not count."""
    worker.cloud.advance(60)
    worker.keep(tenant)
    deps: Any = worker.deps
    deps.cloud_pcs = Fleet()
    own = {"client_id": derived_id(TENANT_ID, "app", "deskwright"), "app_client_id": customers_app()}
    deps.settings = deps.settings.model_copy(update=own)
    verb, now = "Microsoft.CloudPC/tenants/readReadiness", deps.clock.now()
    with on_behalf_of(tenant.id):
        return await readiness(ActionContext(deps, SYSTEM, tenant, verb, "t", now, ("seed",)))


def statuses(found: Readiness) -> dict[str, str]:
    return {each.name: each.status.value for each in found.checks if each.status.value != "passed"}


def detail(found: Readiness, name: str) -> str:
    (check,) = [each for each in found.checks if each.name == name]
    assert check.status.value == "passed" or check.recommended_action
    return check.additional_detail


async def configure(worker: Worker, **config: Any) -> None:
    await worker.cloud.call("POST", "/_sim/config", json=config)


async def test_what_is_all_there_passes(worker: Worker) -> None:
    found = await judged(worker)
    assert ([each.name for each in found.checks], statuses(found)) == ([*ALL, "licences", "quota westeurope"], {})
    assert (found.status.value, found.consent_url) == ("passed", None)


async def test_each_need_is_judged_by_itself(worker: Worker) -> None:
    await configure(
        worker,
        unregisteredProviders=["Microsoft.DesktopVirtualization"],
        quotas={"westeurope": dict.fromkeys(SMALLEST, 1)},
    )
    found = await judged(worker)
    wrong = {"Microsoft.DesktopVirtualization": "failed", "quota westeurope": "failed"}
    assert (statuses(found), found.status.value) == (wrong, "failed")
    assert "CPC_E_2C_4GB_128GB needs 2 of standardBSFamily or" in detail(found, "quota westeurope")
    await configure(
        worker, unregisteredProviders=[], quotas={"westeurope": {**dict.fromkeys(SMALLEST, 100), "cores": 8}}
    )
    found = await judged(worker)
    assert statuses(found) == {"quota westeurope": "warning"}


async def test_licences_are_compared_with_what_the_tenant_counts(worker: Worker) -> None:
    named = TENANT.settings.but(service_plans={"OTHER": PLAN})
    found = await judged(worker, TENANT.but(settings=named))
    assert (statuses(found), "OTHER" in detail(found, "licences")) == ({"licences": "warning"}, True)
    seats = TENANT.settings.but(licence_source=LicenceSource.SEATS, seats={"OURS": 2})
    assert statuses(await judged(worker, TENANT.but(settings=seats))) == {"licences": "failed"}
    seats = seats.but(service_plans={"OURS": PLAN})
    assert detail(await judged(worker, TENANT.but(settings=seats)), "licences") == "OURS 2 seats"


async def test_a_tenant_without_sites_is_told_to_make_one(worker: Worker) -> None:
    services: Any = worker.deps
    services.sites.values.clear()
    found = await judged(worker)
    assert statuses(found) == {"quota": "warning"}


async def test_without_consent_nothing_else_is_looked_at(worker: Worker) -> None:
    directory = {"tenantId": CUSTOMER, "domain": "fabrikam.example", "subscriptions": [SUBSCRIPTION]}
    await worker.cloud.call("POST", "/_sim/seed", json={"tenants": [directory]})
    found = await judged(worker, TENANT.but(entra_tenant_id=CUSTOMER))
    assert statuses(found) == dict.fromkeys(("consent", "permissions", "role", "licences"), "failed")
    assert "AADSTS700016" in detail(found, "consent")
    assert found.consent_url == f"{worker.cloud.url}/{CUSTOMER}/adminconsent?client_id={customers_app()}"


async def test_a_cloud_that_does_not_answer_leaves_its_own_verdict_open(worker: Worker) -> None:
    rule = {"match": {"op": "usages.list"}, "do": {"kind": "http", "status": 503, "code": "ServiceUnavailable"}}
    await worker.cloud.call("POST", "/_sim/faults", json=rule)
    found = await judged(worker)
    assert statuses(found) == {"quota westeurope": "warning"}
    assert SITE.region == "westeurope"


async def test_without_its_role_the_service_says_so_and_reads_on(worker: Worker) -> None:
    scope = f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Authorization/roleAssignments/{uuid.UUID(int=2)}"
    await worker.cloud.arm("DELETE", scope)
    found = await judged(worker)
    assert statuses(found) == {"role": "failed"}
    assert "AuthorizationFailed" in detail(found, "role")
