"""Roles of a tenant and support access: defined, given, taken back; requested, consented to, ended."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from azure_simulator.seeds import DOMAIN
from playwright.sync_api import Page, expect

from local.stack import Stack
from tests.browser.conftest import MORNING, Enter, Visit
from tests.e2e.office import Office
from tests.e2e.test_many_tenants import Customer

pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]


def test_a_role_is_defined_given_taken_back_and_deleted(enter: Enter, office: Office) -> None:
    visit = enter("administrator")
    page = visit.go("/roles")
    expect(page.get_by_role("row", name="Cloud PC Operator")).to_contain_text("Of every tenant")
    page.get_by_role("button", name="Define a role").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("textbox", name="Name").fill("Help desk")
    pcs = dialog.get_by_role("group", name="Cloud PCs", exact=True)
    pcs.get_by_label("Read", exact=True).check()
    pcs.get_by_label("Reboot", exact=True).or_(pcs.get_by_label("Restart", exact=True)).check()
    visit.picture("role-dialog")
    assert visit.barriers() == []
    dialog.get_by_role("button", name="Define a role").click()
    expect(page.get_by_role("row", name="Help desk")).to_contain_text("2 permissions")

    page.get_by_role("button", name="Assign a role").click()
    dialog.get_by_role("textbox", name="Name", exact=False).first.fill("Evening shift")
    dialog.get_by_label("Role", exact=False).select_option(label="Help desk")
    dialog.get_by_role("textbox", name="Search users and groups").fill(office.named(1).split("@")[0])
    dialog.get_by_role("checkbox", name=office.named(1)).check()
    dialog.get_by_role("group", name="Provisioning policies").get_by_label("Everybody", exact=True).check()
    visit.picture("role-assignment-dialog")
    assert visit.barriers() == []
    dialog.get_by_role("button", name="Assign a role").click()
    given = page.get_by_role("row", name="Evening shift")
    expect(given).to_contain_text("Help desk")
    expect(given).to_contain_text("Harbour 01")
    expect(given).to_contain_text("Policy Everybody")
    visit.picture("roles")
    assert visit.barriers() == []

    for name, action in (("Evening shift", "Take back"), ("Help desk", "Delete")):
        menu = page.get_by_role("button", name=f"Actions on {name}")
        menu.click()
        page.get_by_role("menuitem", name=action).click()
        asked = page.get_by_role("alertdialog")
        asked.get_by_role("textbox", name=f"Type {name}").fill(name)
        asked.get_by_role("button", name=action, exact=True).click()
        expect(asked).to_have_count(0)  # behind it nothing has a role
        expect(menu).to_have_count(0)


def test_support_access_says_whether_it_is_needed_and_who_consents(enter: Enter) -> None:
    visit = enter("administrator")
    visit.allowed = ("409",)
    page = visit.go("/support-access")
    expect(page.get_by_text("have access to this tenant at any time")).to_be_visible()
    expect(page.get_by_text("No support access")).to_be_visible()
    page.get_by_role("button", name="Give support access").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Reason").fill("Ticket 4711")
    dialog.get_by_label("Role", exact=False).select_option(label="Cloud PC Operator")
    dialog.get_by_label("Object ids of people and groups").fill("0f8fad5b-d9cb-469f-a165-70867728950e")
    dialog.get_by_label("Until").fill((MORNING + timedelta(days=2)).strftime("%Y-%m-%dT%H:%M"))
    visit.picture("support-access-dialog")
    assert visit.barriers() == []
    dialog.get_by_role("button", name="Give support access").click()
    # The tenant is in the provider's own directory here: the service says so, and the dialog keeps what was filled in.
    expect(dialog).to_contain_text("provider's own directory")
    visit.picture("support-access-refused")
    assert visit.barriers() == []


def ask_for_support(page: Page) -> None:
    """Ask for support access as somebody of the provider; the form begins with them."""
    page.get_by_role("button", name="Request support access").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Reason").fill("Ticket 4711")
    dialog.get_by_label("Role", exact=False).select_option(label="Cloud PC Operator")
    expect(dialog.get_by_label("Object ids of people and groups")).not_to_be_empty()
    dialog.get_by_label("Until").fill((MORNING + timedelta(days=2)).strftime("%Y-%m-%dT%H:%M"))
    dialog.get_by_role("button", name="Request support access").click()


def become_owner(visit: Visit, customer: Customer) -> None:
    """Make the visitor an administrator of the customer's own directory."""
    wanted = {
        "tid": customer.directory,
        "oid": str(uuid.uuid4()),
        "name": "Owner",
        "roles": ["CloudPC.Administrator"],
        "claims": {"preferred_username": f"owner@{customer.name}.example", "scp": "access_as_user"},
    }
    token = visit.office.stack.tell_cloud("tokens", wanted)["access_token"]
    visit.page.goto("about:blank")
    visit.page.goto(f"{visit.office.stack.addresses.api}/portal/#chosen-token={token}&chosen-page=/")
    expect(visit.page.get_by_role("banner")).to_be_visible()


def test_a_customer_consents_to_support_access_and_ends_it(stack: Stack, enter: Enter) -> None:
    name = "haven"
    customer = Customer(stack, stack.portal(), name, str(uuid.uuid5(uuid.NAMESPACE_DNS, f"{name}.directory"))).open()
    provider, owner = enter("provider", at=customer), enter("administrator", at=customer)
    owner.allowed = ("404",)  # before they are of the customer's directory
    page = provider.go("/support-access")
    ask_for_support(page)
    asked = page.get_by_role("row", name="Ticket 4711")
    expect(asked).to_contain_text("Waits for consent")
    expect(asked).to_contain_text("Provider administrator")

    become_owner(owner, customer)
    page = owner.go("/support-access")
    row = page.get_by_role("row", name="Ticket 4711")
    expect(row).to_contain_text("Provider administrator")
    for action, after in (("Consent", "Active"), ("End", "")):
        row.get_by_role("button", name="Actions on Ticket 4711").click()
        page.get_by_role("menuitem", name=action, exact=True).click()
        dialog = page.get_by_role("dialog").or_(page.get_by_role("alertdialog"))
        expect(dialog).to_contain_text("Provider administrator")
        owner.picture(f"support-access-{action.lower()}")
        assert owner.barriers() == []
        dialog.get_by_role("button", name=action, exact=True).click()
        if after:
            expect(row).to_contain_text(after)
    expect(row).to_have_count(0)


def test_somebody_whose_role_counts_for_one_policy_sees_what_it_opens(enter: Enter, office: Office) -> None:
    """The navigation has the places that they may see; Home is none of them, and no page that they open is refused."""
    policy = next(iter(office.portal.pages(f"{office.graph}/provisioningPolicies")))
    grant = {
        "displayName": "Desk of one policy",
        "roleDefinitionId": "CloudPC.Operator",
        "principalIds": [office.user_id(f"user02@{DOMAIN}")],
        "directoryScopeIds": [],
        "appScopeIds": [f"/provisioningPolicies/{policy['id']}"],
    }
    management = f"{office.graph.rpartition('/deviceManagement')[0]}/roleManagement/cloudPC"
    office.portal.ask("POST", f"{management}/roleAssignments", grant)
    visit = enter("user02")
    page = visit.go()
    page.wait_for_url("**/cloud-pcs")
    expect(page.get_by_role("row", name=office.named(1))).to_be_visible()
    places = page.get_by_role("navigation").get_by_role("link")
    shown = [str(each) for each in places.evaluate_all("links => links.map((each) => each.getAttribute('href'))")]
    below = [each.rpartition("/")[2] for each in shown if "/t/" in each]
    assert {"cloud-pcs", "policies"} <= set(below)
    assert not {"audit", "cost", "roles", "tenant", "licenses", "images"} & set(below)
    refused = []
    for address in (*below, f"policies/{policy['id']}"):
        visit.go(f"/{address}")
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        expect(page.get_by_role("progressbar", name="Loading")).to_have_count(0)
        page.wait_for_load_state("networkidle")
        refused += [address] if page.get_by_role("alert").count() else []
    assert refused == []
    visit.allowed = ("403",)
    visit.picture("scoped-policy")
    assert visit.barriers() == []
