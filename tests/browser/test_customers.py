"""A customer with a directory of its own is brought in and let go in the portal; others see nothing of it."""

from __future__ import annotations

import re
import urllib.request
import uuid
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from azure_simulator.seeds import customers_app
from playwright.sync_api import Page, expect

from deployment import graph_permissions, roles
from deployment.clients import Client, Reply
from deployment.report import Report
from local.portal import PortalError
from local.stack import Stack
from tests.browser.conftest import Enter, Visit
from tests.browser.test_journeys import HURRY, forward
from tests.e2e.office import SMALL
from tests.e2e.test_many_tenants import Abroad, Customer
from tests.e2e.test_taking_down import GROUP, left

pytestmark = [pytest.mark.long, pytest.mark.timeout(1_200)]
GRAPH, ARM = "https://graph.microsoft.com", "https://management.azure.com"
QUIET = Report(say=lambda _: None)
_LOOKS = 100
GONE_MS = 600_000
"""For everything of a customer to be removed, in real time."""


def newcomer(stack: Stack, name: str) -> Customer:
    """A customer that nobody knows yet: a directory with licences and one user, and a subscription."""
    customer = Customer(stack, stack.portal(), name, str(uuid.uuid5(uuid.NAMESPACE_DNS, f"{name}.directory")))
    seed = {
        "tenantId": customer.directory,
        "domain": f"{name}.example",
        "subscriptions": [customer.subscription],
        "skus": [{"skuPartNumber": SMALL, "enabled": 3}],
    }
    stack.tell_cloud("seed", {"tenants": [seed]})
    abroad: Any = Abroad(stack, customer.directory)
    return replace(customer, stack=abroad)


def owned(customer: Customer, stack: Stack, base: str) -> Client:
    """A client of the customer's own administrator for Graph or Resource Manager."""

    def transport(method: str, url: str, headers: Mapping[str, str], body: bytes | None) -> Reply:
        address = url.replace(base, stack.addresses.cloud, 1)
        request = urllib.request.Request(address, body, dict(headers), method=method)  # noqa: S310 - of this run
        with urllib.request.urlopen(request, timeout=60, context=stack.certificates.client_context()) as answer:  # noqa: S310
            return Reply(answer.status, {}, answer.read())

    wanted = {"name": "owner", "tid": customer.directory, "audience": base, "oid": str(uuid.uuid4())}
    token = stack.tell_cloud("tokens", wanted)["access_token"]
    return Client(base, lambda: str(token), transport)


def make_tenant(page: Page, customer: Customer, at: str) -> None:
    """Fill in the wizard of a tenant; one row of what people name themselves."""
    page.goto(f"{at}/portal/tenants")
    page.get_by_role("link", name="Create a tenant").click()
    page.get_by_role("textbox", name="Id").fill(customer.name)
    page.get_by_role("textbox", name="Name").fill("Cove")
    forward(page)
    page.get_by_role("textbox", name="Directory").fill(customer.directory)
    page.get_by_role("textbox", name="Subscription", exact=True).fill(customer.subscription)
    forward(page)
    plans = page.get_by_role("group", name="Seats", exact=True)
    plans.get_by_role("button", name="Add").click()
    forward(page)  # a seat without a name
    expect(page.get_by_text("Something has to be changed")).to_be_visible()
    plans.get_by_role("button", name="Remove").click()
    forward(page)
    spot = page.get_by_role("group", name="Spot licences", exact=True)
    spot.get_by_role("button", name="Add").click()
    spot.get_by_role("combobox", name="Type").select_option(label="Pooled")
    spot.get_by_role("spinbutton", name="Spot licences").fill("5")
    forward(page)
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_role("link", name="Show what it needs").click()


def check(page: Page, name: str, status: str) -> None:
    """Check again until a need has a verdict; an answer holds for some seconds."""
    found = page.get_by_role("listitem").filter(has_text=re.compile(f"^{name}"))
    for _ in range(_LOOKS):
        if found.filter(has_text=status).count():
            break
        with page.expect_response("**/readiness"):
            page.get_by_role("button", name="Check again").click()
    expect(found).to_contain_text(status)


def consent(graph: Client) -> str:
    """Consent as an administrator of the customer does; return the object id of the service in their directory."""
    principal = graph.send("POST", "/v1.0/servicePrincipals", {"appId": customers_app()}).json()["id"]
    graph_permissions.ensure(graph, principal, QUIET)
    return str(principal)


def see_it_become_ready(visit: Visit, customer: Customer, arm: Client, principal: str) -> None:
    """Look at the needs while the customer gives one after the other."""
    page = visit.go("/readiness")
    check(page, "Consent", "Passed")
    check(page, "Permissions", "Passed")
    check(page, "Role in Azure", "Failed")
    link = page.get_by_role("link", name="Open the template in the Azure portal")
    expect(link).to_have_attribute("href", re.compile(r"^https://portal\.azure\.com/#create/Microsoft\.Template/uri/"))
    expect(page.get_by_text(principal).first).to_be_visible()
    roles.ensure(arm, customer.subscription, principal, (), QUIET)
    check(page, "Role in Azure", "Passed")
    check(page, "Quota", "Warning")
    place = {"displayName": "Main", "region": "westeurope", "resourceGroup": "pcs-cove"}
    customer.portal.ask("PUT", f"{customer.base}/sites/main", place)
    check(page, "Quota West Europe", "Passed")
    assert visit.barriers() == []
    visit.picture("readiness-passed")


def let_go(visit: Visit) -> None:
    """Remove everything, once the name is typed."""
    visit.allowed = ("409",)  # what stands in the way for now is asked for again
    page = visit.go("/leaving")
    expect(page.locator("section", has_text="What is there").first).to_contain_text("Cloud PCs")
    begin = page.get_by_role("button", name="Remove everything")
    expect(begin).to_have_attribute("aria-disabled", "true")
    page.get_by_role("switch", name=re.compile("End the grace periods")).check()
    page.get_by_role("textbox", name="Type cove").fill("cove")
    assert visit.barriers() == []
    visit.picture("leaving")
    begin.click()
    with visit.office.stack.at_speed(HURRY):
        expect(page.get_by_text("The tenant is gone")).to_be_visible(timeout=GONE_MS)
    expect(page.get_by_text("python -m deployment forget")).to_be_visible()


def test_a_customer_is_brought_in_served_and_let_go(stack: Stack, enter: Enter) -> None:
    customer = newcomer(stack, "cove")
    visit = enter("provider", at=customer)
    page = visit.page
    make_tenant(page, customer, stack.addresses.api)
    expect(page.get_by_text("AADSTS700016")).to_be_visible()
    expect(page.get_by_role("link", name="Open the consent page")).to_have_attribute(
        "href", re.compile(f"/{customer.directory}/adminconsent\\?client_id={customers_app()}$")
    )
    assert customer.portal.ask("GET", customer.base).body["spotLicenses"] == {"pooled": 5}
    assert visit.barriers() == []
    visit.picture("readiness-failed")

    page.goto(f"{stack.addresses.api}/portal/tenants")  # a token that is got between the two is kept for an hour
    expect(page.get_by_role("link", name="Cove")).to_be_visible()
    graph, arm = owned(customer, stack, GRAPH), owned(customer, stack, ARM)
    principal = consent(graph)
    see_it_become_ready(visit, customer, arm, principal)
    (upn,) = customer.licensed(1)
    assert customer.settled(upn)["status"] == "provisioned"

    elsewhere = enter("administrator", at=customer)  # of another directory
    elsewhere.allowed = ("404",)
    expect(elsewhere.go("/readiness").get_by_text("there is no such tenant").first).to_be_visible()

    let_go(visit)
    with pytest.raises(PortalError):
        customer.portal.ask("GET", customer.base)
    roles.remove(arm, customer.subscription, principal, QUIET)  # as `forget` does, which needs no service
    assert set(left(customer)) <= {GROUP}
