"""A customer is brought in with a verdict for each need, and let go; on the simulated Graph and Resource Manager."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import jwt
import pytest
from azure_simulator.seeds import PLANS, TENANT_ID

from deployment import customers, remote_desktop, roles, steps
from deployment.clients import Client
from deployment.customers import Customer
from deployment.report import Report
from packages.azure_simulator.tests.directory import GRAPH
from packages.azure_simulator.tests.in_process import ARM
from shared.domain.machines.sizes import ladder, parse_part_number
from shared.domain.tenants import customer_role
from shared.domain.tenants.needs import PROVIDERS, REMOTE_DESKTOP, NeedVerdict
from tests.deployment.simulated import SUBSCRIPTION, Cloud, place, quiet
from tests.deployment.test_registrations import principal_of
from tests.house.tree import ROOT
from tests.infra.judge import Template
from tests.infra.resource_types import ResourceTypes

SCOPE = f"/subscriptions/{SUBSCRIPTION}"
PLAN = {"vCpuCount": 2, "ramInGB": 4, "storageInGB": 128, "vmSizes": ["Standard_B2s"]}


def known(cloud: Cloud, **more: Any) -> Customer:
    """Return a customer of the service, which is registered and has not been consented to."""
    app = cloud.graph.send("POST", "/v1.0/applications", {"displayName": "Deskwright for customers"}).json()
    cloud.app.sim("POST", "config", {"unregisteredProviders": ["Microsoft.DesktopVirtualization"]})
    cloud.wrote.clear()
    arm = cloud.client(ARM, ARM)
    return Customer(cloud.graph, arm, TENANT_ID, SUBSCRIPTION, "westeurope", client_id=app["appId"], **more)


def bad(verdicts: list[NeedVerdict]) -> set[str]:
    return {each.name for each in verdicts if each.status != "passed"}


def parse(part_number: str) -> tuple[int, int]:
    found = parse_part_number(part_number)
    assert found is not None
    return found[:2]


def judged(name: str, verdicts: list[NeedVerdict]) -> NeedVerdict:
    (found,) = [each for each in verdicts if each.name == name]
    return found


def test_a_customer_gets_everything_that_is_missing_and_a_good_verdict_on_each() -> None:
    cloud = Cloud()
    customer, report = known(cloud), quiet()
    verdicts = customers.bring_in(customer, report)
    names = ["consent", "permissions", *PROVIDERS, "role", "single sign-on", "licences", "quota westeurope"]
    assert ([each.name for each in verdicts], bad(verdicts)) == (names, set())
    assert "register Microsoft.DesktopVirtualization" in report.changes
    principal = customers.principal_of(customer)
    held = roles._assignments(customer.arm, SCOPE, principal)
    (assignment,) = [each["properties"] for each in held]
    assert (assignment["scope"], assignment["condition"]) == (SCOPE, customer_role.condition())


@pytest.mark.parametrize(
    ("more", "may"), [("Microsoft.Authorization/roleAssignments/*", False), ("Microsoft.Authorization/*", True)]
)
def test_who_may_only_assign_roles_is_told_who_writes_them(more: str, *, may: bool) -> None:
    """As Role Based Access Control Administrator and as User Access Administrator."""
    cloud = Cloud()
    customer = known(cloud)
    token = cloud.app.token("whoever", ARM)
    oid = jwt.decode(token, options={"verify_signature": False})["oid"]
    actions = ["*/read", "*/register/action", more]
    cloud.app.sim("POST", "seed", {"principals": [{"id": oid, "name": "whoever", "actions": actions}]})
    found = customers.bring_in(replace(customer, arm=replace(customer.arm, token=lambda: token)), quiet())
    if may:
        assert judged("role", found).status == "passed"
    else:
        assert "Owner or User Access Administrator" in judged("roles", found).advice


def test_a_second_time_nothing_is_written() -> None:
    cloud = Cloud()
    customer = known(cloud)
    customers.bring_in(customer, quiet())
    cloud.wrote.clear()
    report = quiet()
    assert bad(customers.bring_in(customer, report)) == set()
    assert (report.changes, cloud.wrote) == ([], [])


def test_a_look_says_what_is_missing_and_writes_nothing() -> None:
    cloud = Cloud()
    customer = known(cloud)
    verdicts = customers.bring_in(customer, quiet(dry=True))
    assert cloud.wrote == []
    assert bad(verdicts) == {"consent", "Microsoft.DesktopVirtualization", "single sign-on"}
    (consent,) = [each for each in verdicts if each.name == "consent"]
    assert consent.advice.endswith(f"/{TENANT_ID}/adminconsent?client_id={customer.client_id}")


def test_a_customer_may_give_single_resource_groups() -> None:
    cloud = Cloud()
    for group in ("pcs", "deskwright-contoso"):
        cloud.arm.send("PUT", f"{SCOPE}/resourceGroups/{group}", {"location": "westeurope"})
    customer = known(cloud, groups=("pcs", "deskwright-contoso"))
    assert bad(customers.bring_in(customer, quiet())) == set()
    held = [each["properties"] for each in roles._assignments(customer.arm, SCOPE, customers.principal_of(customer))]
    with_condition = {each["scope"] for each in held if each.get("condition")}
    assert with_condition == {f"{SCOPE}/resourceGroups/{name}" for name in customer.groups}
    assert {each["scope"] for each in held} - with_condition == {SCOPE}
    again = quiet()
    customers.bring_in(customer, again)
    assert again.changes == []


def test_a_role_that_was_changed_by_hand_is_mended() -> None:
    cloud = Cloud()
    customer = known(cloud)
    customers.bring_in(customer, quiet())
    found: Any = roles._definition(customer.arm, SUBSCRIPTION, customer_role.BUILDER)
    body = roles.definition(SUBSCRIPTION, customer_role.BUILDER)
    body["properties"]["permissions"][0]["actions"] = ["*"]
    customer.arm.send("PUT", roles._versioned(found["id"]), body)
    report = quiet()
    customers.bring_in(customer, report)
    assert report.changes == [f"change the role 'Deskwright builder {SUBSCRIPTION}'"]


def test_quota_counts_in_the_families_of_the_sizes_that_licences_get() -> None:
    cloud = Cloud()
    customer = known(cloud)
    families = {size.family for each in PLANS for size in ladder(*parse(each), None)}
    limits = {"westeurope": dict.fromkeys(sorted(families), 1)}
    cloud.app.sim("POST", "config", {"quotas": limits})
    quota = judged("quota westeurope", customers.bring_in(customer, quiet()))
    assert (quota.status, "Request more" in quota.advice) == ("failed", True)
    assert "CPC_E_2C_4GB_128GB needs 2 of standardBSFamily or" in quota.found


def test_licences_are_those_that_the_tenant_s_settings_count() -> None:
    cloud = Cloud()
    customer = replace(known(cloud), settings={"servicePlans": {"SPE_E5": PLAN, "OTHER": PLAN}})
    found = judged("licences", customers.bring_in(customer, quiet()))
    assert (found.status, "OTHER, SPE_E5" in found.found) == ("warning", True)
    seats = replace(customer, settings={"licenceSource": "seats", "seats": {"OURS": 3}, "servicePlans": {"OURS": PLAN}})
    assert judged("licences", customers.bring_in(seats, quiet())).found == "OURS 3 seats"
    none = replace(customer, settings={"licenceSource": "seats", "seats": {"OURS": 3}})
    assert judged("licences", customers.bring_in(none, quiet())).status == "failed"


def test_who_may_not_is_told_what_to_do_and_the_rest_is_judged_all_the_same() -> None:
    cloud = Cloud()
    customer = known(cloud)
    weak = replace(customer, graph=with_rights(cloud, "Application.Read.All", "Organization.Read.All"))
    verdicts = customers.bring_in(weak, quiet())
    assert bad(verdicts) == {"consent", "single sign-on"}
    assert "adminconsent" in next(each.advice for each in verdicts if each.name == "consent")
    assert {"licences", "quota westeurope"} <= {each.name for each in verdicts}


def enabled(cloud: Cloud) -> set[str]:
    """Return the applications for which Entra ID gives tokens of Remote Desktop."""
    found = set()
    for app_id, name in REMOTE_DESKTOP.items():
        principal = cloud.graph.get(f"/v1.0/servicePrincipals(appId='{app_id}')?$select=id")["id"]
        path = f"/v1.0/servicePrincipals/{principal}/remoteDesktopSecurityConfiguration"
        found |= {name} if cloud.graph.get(path)["isRemoteDesktopProtocolEnabled"] else set()
    return found


def with_rights(cloud: Cloud, *rights: str) -> Client:
    """Return Graph for somebody with these rights."""
    token = cloud.app.token("weak", GRAPH)
    oid = jwt.decode(token, options={"verify_signature": False})["oid"]
    cloud.app.sim("POST", "seed", {"principals": [{"id": oid, "name": "weak", "roles": list(rights)}]})
    return replace(cloud.graph, token=lambda: token)


def test_single_sign_on_is_switched_on_once_and_a_look_writes_nothing() -> None:
    cloud = Cloud()
    assert remote_desktop.ensure(cloud.graph, quiet(dry=True)).status == "warning"
    assert (enabled(cloud), cloud.wrote) == (set(), [])
    report = quiet()
    assert remote_desktop.ensure(cloud.graph, report).status == "passed"
    assert (enabled(cloud), len(report.changes)) == (set(REMOTE_DESKTOP.values()), 2)
    again = quiet()
    assert (remote_desktop.ensure(cloud.graph, again).status, again.changes) == ("passed", [])


def test_who_may_not_switch_single_sign_on_learns_who_may_and_how() -> None:
    cloud = Cloud()
    found = remote_desktop.ensure(with_rights(cloud, "Application.Read.All"), quiet())
    assert (found.status, enabled(cloud)) == ("warning", set())
    assert "An Application Administrator of the directory switches it on" in found.advice
    assert all(f"appId eq '{each}'" in found.advice for each in REMOTE_DESKTOP)
    found = remote_desktop.ensure(with_rights(cloud), quiet())
    assert (found.status, found.found.startswith("not looked at")) == ("informational", True)
    assert "Get-MgServicePrincipalRemoteDesktopSecurityConfiguration" in found.advice


def test_the_provider_s_directory_gets_it_with_the_service(tmp_path: Path) -> None:
    cloud = Cloud()
    address = "https://deskwright-abc.azurewebsites.net"
    where = place(cloud, tmp_path, SERVICE_API_URI=address)
    where.environment.set(steps.PRINCIPAL, principal_of(cloud, "identity"))
    steps.register(where, quiet())
    told: list[str] = []
    steps.connect(where, Report(dry=True, say=told.append))
    assert (enabled(cloud), any("Application Administrator" in each for each in told)) == (set(), True)
    steps.connect(where, quiet())
    assert enabled(cloud) == set(REMOTE_DESKTOP.values())


def test_who_is_let_go_has_no_right_left() -> None:
    cloud = Cloud()
    customer = known(cloud)
    customers.bring_in(customer, quiet())
    principal = customers.principal_of(customer)
    assert bad(customers.let_go(customer, quiet())) == set()
    assert customers.principal_of(customer) == ""
    assert roles._assignments(customer.arm, SCOPE, principal) == []
    assert roles._definition(customer.arm, SUBSCRIPTION, customer_role.BUILDER) is None
    again = quiet()
    customers.let_go(customer, again)
    assert again.changes == []


def test_a_role_that_somebody_else_has_stays() -> None:
    cloud = Cloud()
    customer = known(cloud)
    customers.bring_in(customer, quiet())
    other = cloud.graph.send("POST", "/v1.0/applications", {"displayName": "Other"}).json()
    made = cloud.graph.send("POST", "/v1.0/servicePrincipals", {"appId": other["appId"]}).json()
    roles.ensure(customer.arm, SUBSCRIPTION, made["id"], (), quiet())
    customers.let_go(customer, quiet())
    assert roles._definition(customer.arm, SUBSCRIPTION, customer_role.BUILDER) is not None


@pytest.mark.parametrize("groups", [[], ["pcs"]])
def test_the_template_of_one_click_gives_the_same(groups: list[str], tmp_path: Path) -> None:
    del tmp_path
    given = {"principalId": "11111111-1111-4111-8111-111111111111", "resourceGroups": groups}
    template = Template(ROOT / "infra" / "customer.bicep", ResourceTypes(), given)
    made = {each.symbol: each.body["properties"] for each in template.everything()}
    assert made["access"]["condition"] == customer_role.condition()
    assert made["builder"]["permissions"][0]["actions"] == roles.actions(customer_role.BUILDER)
    assert made["builder"]["description"] == roles.DESCRIPTIONS[customer_role.BUILDER]
    assert ("reader" in made) == bool(groups)
    if groups:
        assert made["reader"]["permissions"][0]["actions"] == roles.actions(roles.READER)
        assert made["reader"]["description"] == roles.DESCRIPTIONS[roles.READER]


def test_the_template_that_the_service_serves_gives_the_same_when_it_is_deployed() -> None:
    cloud = Cloud()
    customer = known(cloud)
    principal = cloud.graph.send("POST", "/v1.0/servicePrincipals", {"appId": customer.client_id}).json()["id"]
    template = customer_role.role_template(roles.actions(customer_role.BUILDER))
    properties = {"mode": "Incremental", "template": template, "parameters": {"principalId": {"value": principal}}}
    path = f"{SCOPE}/providers/Microsoft.Resources/deployments/customer?api-version=2024-03-01"
    body = {"location": "westeurope", "properties": properties}
    customer.arm.until_done(customer.arm.send("PUT", path, body))
    (held,) = [each["properties"] for each in roles._assignments(customer.arm, SCOPE, principal)]
    assert (held["scope"], held["condition"]) == (SCOPE, customer_role.condition())
    cloud.wrote.clear()
    report = quiet()
    roles.ensure(customer.arm, SUBSCRIPTION, principal, (), report)
    assert report.changes == []
