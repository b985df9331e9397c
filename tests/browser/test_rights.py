"""Roles of a tenant and support access: defined, given, taken back; requested, consented to, ended."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import MORNING, Enter
from tests.e2e.office import Office

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
    dialog.get_by_label("Object ids of the people").fill("0f8fad5b-d9cb-469f-a165-70867728950e")
    dialog.get_by_label("Until").fill((MORNING + timedelta(days=2)).strftime("%Y-%m-%dT%H:%M"))
    visit.picture("support-access-dialog")
    assert visit.barriers() == []
    dialog.get_by_role("button", name="Give support access").click()
    # The tenant is in the provider's own directory here: the service says so, and the dialog keeps what was filled in.
    expect(dialog).to_contain_text("provider's own directory")
    visit.picture("support-access-refused")
    assert visit.barriers() == []
