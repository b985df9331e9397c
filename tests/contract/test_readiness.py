"""Missing requirements of a tenant, as the simulated Graph and Resource Manager have it."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import pytest
from azure_simulator.graph.directory.first_party import MICROSOFT_GRAPH, REMOTE_DESKTOP, WINDOWS_CLOUD_LOGIN
from azure_simulator.graph.directory.records import derived_id
from azure_simulator.seeds import DOMAIN, TENANT_ID, customers_app, sign_in_client_id

from packages.azure_simulator.tests.contract.running import SUBSCRIPTION
from shared.contracts.calls import on_behalf_of
from shared.domain.machines.service_plan import ServicePlanRule
from shared.domain.naming import host_pool_names
from shared.domain.operations.operation import SYSTEM
from shared.domain.power.state import ObservedPower
from shared.domain.tenants.needs import POWER_ON_ROLE, VIRTUAL_DESKTOP
from shared.domain.tenants.tenant import LicenceSource, Tenant
from shared.services.operations.action_context import ActionContext
from shared.services.tenants.readiness import Readiness, readiness
from tests.contract.worker import SITE, TENANT, Records, Worker

pytestmark = pytest.mark.simulator
IDENTITY = derived_id(TENANT_ID, "app", "deskwright")
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
    """Judge a tenant now: earlier findings do not count."""
    worker.cloud.advance(60)
    worker.keep(tenant)
    deps: Any = worker.deps
    deps.cloud_pcs = Fleet()
    if "policies" not in vars(deps):
        deps.policies, deps.spot_groups = Records(), Records()
    own = {"client_id": IDENTITY, "app_client_id": customers_app(), "sign_in_client_id": sign_in_client_id()}
    deps.settings = deps.settings.model_copy(update=own)
    verb, now = "Microsoft.CloudPC/tenants/readReadiness", deps.clock.now()
    with on_behalf_of(tenant.id):
        return await readiness(ActionContext(deps, SYSTEM, tenant, verb, "t", now, ("seed",)))


def statuses(found: Readiness) -> dict[str, str]:
    """Return the statuses of checks that did not pass, except the one that the service may never look at."""
    unseen = ("sign-in", "informational")
    bad = {each.name: each.status.value for each in found.checks if each.status.value != "passed"}
    return {name: status for name, status in bad.items() if (name, status) != unseen}


def detail(found: Readiness, name: str) -> str:
    (check,) = [each for each in found.checks if each.name == name]
    assert check.status.value == "passed" or check.recommended_action
    return check.additional_detail


async def configure(worker: Worker, **config: Any) -> None:
    await worker.cloud.call("POST", "/_sim/config", json=config)


async def test_what_is_all_there_passes(worker: Worker) -> None:
    found = await judged(worker)
    names = [*ALL, "sign-in", "licences", "quota westeurope"]
    assert ([each.name for each in found.checks], statuses(found)) == (names, {})
    assert (found.status.value, found.consent_url) == ("informational", None)
    await granted(worker, "Directory.Read.All")
    await consented(worker, "openid profile offline_access")
    assert (await judged(worker)).status.value == "passed"


async def granted(worker: Worker, *permissions: str) -> None:
    """Give the service these application permissions of Graph besides what its token has."""
    service = {"id": (await principal(worker, IDENTITY))["id"], "name": "deskwright", "appId": IDENTITY}
    await worker.cloud.sim("seed", {"principals": [{**service, "assigned": True, "roles": list(permissions)}]})


async def asked(worker: Worker, method: str, path: str, body: Any = None) -> Any:
    """Ask Graph as an administrator does."""
    found = await worker.cloud.sim("tokens", {"name": "administrator", "audience": "https://graph.microsoft.com"})
    headers = {"Authorization": f"Bearer {found['access_token']}"}
    answer = await worker.cloud.call(method, path, json=body, headers=headers)
    assert answer.status < 300, answer
    return answer.body


async def principal(worker: Worker, app_id: str) -> Any:
    return await asked(worker, "GET", f"/v1.0/servicePrincipals(appId='{app_id}')?$select=id")


async def consented(worker: Worker, scope: str) -> None:
    """Consent for everybody to the scopes of a sign-in."""
    ids = [(await principal(worker, each))["id"] for each in (sign_in_client_id(), MICROSOFT_GRAPH)]
    body = {"clientId": ids[0], "consentType": "AllPrincipals", "resourceId": ids[1], "scope": scope}
    await asked(worker, "POST", "/v1.0/oauth2PermissionGrants", body)


async def forbid_consent(worker: Worker, *, forbidden: bool = True) -> None:
    directory = {"tenantId": TENANT_ID, "domain": DOMAIN, "subscriptions": [SUBSCRIPTION]}
    await worker.cloud.sim("seed", {"tenants": [{**directory, "usersMayConsent": not forbidden}]})


async def switched(worker: Worker, app_id: str, *, on: bool = True) -> None:
    """Switch Entra authentication for RDP as an administrator of the directory does."""
    path = f"/v1.0/servicePrincipals/{(await principal(worker, app_id))['id']}/remoteDesktopSecurityConfiguration"
    await asked(worker, "PATCH", path, {"isRemoteDesktopProtocolEnabled": on})


async def test_what_may_not_be_read_of_sign_in_is_unknown_and_not_fine(worker: Worker) -> None:
    found = await judged(worker)
    assert (verdict(found, "sign-in"), found.status.value) == ("informational", "informational")
    assert detail(found, "sign-in").startswith("not looked at")
    (check,) = [each for each in found.checks if each.name == "sign-in"]
    link = f"{worker.cloud.url}/{TENANT_ID}/adminconsent?client_id={sign_in_client_id()}"
    assert link in str(check.recommended_action)


async def test_a_consent_for_everybody_is_wanted_where_users_may_not_consent(worker: Worker) -> None:
    await granted(worker, "Directory.Read.All")
    found = await judged(worker)
    assert (verdict(found, "sign-in"), "is not known" in detail(found, "sign-in")) == ("warning", True)
    await granted(worker, "Directory.Read.All", "Policy.Read.All")
    assert verdict(await judged(worker), "sign-in") == "passed"
    await forbid_consent(worker)
    found = await judged(worker)
    assert (verdict(found, "sign-in"), "AADSTS90094" in detail(found, "sign-in")) == ("failed", True)
    await consented(worker, "openid profile")
    assert verdict(await judged(worker), "sign-in") == "failed"
    (grant,) = (await asked(worker, "GET", "/v1.0/oauth2PermissionGrants"))["value"]
    body = {"scope": "openid profile offline_access User.Read"}
    await asked(worker, "PATCH", f"/v1.0/oauth2PermissionGrants/{grant['id']}", body)
    assert verdict(await judged(worker), "sign-in") == "passed"


def _wants(*, single_sign_on: bool) -> SimpleNamespace:
    """A policy, or the hosts of a Spot Group, with or without single sign-on."""
    chosen = SimpleNamespace(enable_single_sign_on=single_sign_on, power_schedule_id=None)
    return SimpleNamespace(tenant_id=TENANT.id, configuration=chosen, hosts=chosen)


async def test_single_sign_on_is_asked_for_where_a_policy_has_it_and_both_must_be_on(worker: Worker) -> None:
    deps: Any = worker.deps
    without, with_it = (_wants(single_sign_on=each) for each in (False, True))
    deps.policies, deps.spot_groups = Records({"p": without}), Records()
    assert "single sign-on" not in [each.name for each in (await judged(worker)).checks]
    deps.policies.values["q"] = with_it
    found = await judged(worker)
    assert (verdict(found, "single sign-on"), found.status.value) == ("warning", "warning")
    (check,) = [each for each in found.checks if each.name == "single sign-on"]
    assert all(each in str(check.recommended_action) for each in (WINDOWS_CLOUD_LOGIN, REMOTE_DESKTOP))
    await switched(worker, WINDOWS_CLOUD_LOGIN)
    assert "off for Microsoft Remote Desktop:" in detail(await judged(worker), "single sign-on")
    await switched(worker, REMOTE_DESKTOP)
    assert verdict(await judged(worker), "single sign-on") == "passed"
    deps.policies, deps.spot_groups = Records(), Records({"g": with_it})
    await switched(worker, REMOTE_DESKTOP, on=False)
    assert verdict(await judged(worker), "single sign-on") == "warning"


@pytest.mark.parametrize(
    ("status", "code", "wanted"),
    [(403, "Authorization_RequestDenied", "informational"), (404, "Request_ResourceNotFound", "warning")],
)
async def test_what_may_not_be_read_of_single_sign_on_is_unknown(
    worker: Worker, status: int, code: str, wanted: str
) -> None:
    deps: Any = worker.deps
    deps.policies = Records({"p": _wants(single_sign_on=True)})
    deps.spot_groups = Records()
    await switched(worker, WINDOWS_CLOUD_LOGIN)
    await switched(worker, REMOTE_DESKTOP)
    rule = {"match": {"op": "graph.remoteDesktop.get"}, "do": {"kind": "http", "status": status, "code": code}}
    await worker.cloud.call("POST", "/_sim/faults", json=rule)
    assert verdict(await judged(worker), "single sign-on") == wanted


def _scheduled() -> SimpleNamespace:
    """A policy with a power schedule."""
    chosen = SimpleNamespace(enable_single_sign_on=False, power_schedule_id="hours")
    return SimpleNamespace(tenant_id=TENANT.id, configuration=chosen)


async def test_start_on_connect_is_judged_where_a_policy_has_a_power_schedule(worker: Worker) -> None:
    deps: Any = worker.deps
    deps.policies, deps.spot_groups = Records(), Records()
    off = SimpleNamespace(id="pc-1", tenant_id=TENANT.id, observed=ObservedPower.DEALLOCATED)
    deps.cloud_pc_powers = Records()
    assert "start on connect" not in [each.name for each in (await judged(worker)).checks]
    deps.policies.values["p"] = _scheduled()
    assert "the right is given with the first stop in" in detail(await judged(worker), "start on connect")
    deps.cloud_pc_powers.values["pc-1"] = off
    assert verdict(await judged(worker), "start on connect") == "warning"
    group, tenants = SITE.resource_group, TENANT.resource_group
    for name in (group, tenants):
        await worker.cloud.arm("PUT", f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{name}", {"location": SITE.region})
    service = (await principal(worker, VIRTUAL_DESKTOP))["id"]
    subscription = f"/subscriptions/{SUBSCRIPTION}"
    given = {
        "roleDefinitionId": f"{subscription}/providers/Microsoft.Authorization/roleDefinitions/{POWER_ON_ROLE}",
        "principalId": service,
        "principalType": "ServicePrincipal",
    }
    place = (
        f"{subscription}/resourceGroups/{group}/providers/Microsoft.Authorization/roleAssignments/{uuid.UUID(int=9)}"
    )
    await worker.cloud.arm("PUT", place, {"properties": given})
    assert verdict(await judged(worker), "start on connect") == "passed"
    desktops = f"{subscription}/resourceGroups/{tenants}/providers/Microsoft.DesktopVirtualization"
    name = host_pool_names(TENANT.id)[0]
    pool = {"hostPoolType": "Personal", "loadBalancerType": "Persistent", "preferredAppGroupType": "Desktop"}
    await worker.cloud.arm("PUT", f"{desktops}/hostPools/{name}", {"location": SITE.region, "properties": pool})
    reference = {"hostPoolArmPath": f"{desktops}/hostPools/{name}", "scalingPlanEnabled": True}
    plan = {"timeZone": "UTC", "hostPoolType": "Personal", "hostPoolReferences": [reference]}
    await worker.cloud.arm("PUT", f"{desktops}/scalingPlans/nights", {"location": SITE.region, "properties": plan})
    found = await judged(worker)
    assert verdict(found, "start on connect") == "failed"
    assert f"nights, a scaling plan of Azure Virtual Desktop, switches the machines of the pool {name}" in detail(
        found, "start on connect"
    )


def verdict(found: Readiness, name: str) -> str:
    (check,) = [each for each in found.checks if each.name == name]
    assert check.status.value == "passed" or check.recommended_action
    return check.status.value


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
