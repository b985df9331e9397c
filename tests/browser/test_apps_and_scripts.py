"""Apps and scripts: made, read, changed, put into a policy's order, and deleted."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Enter
from tests.browser.test_journeys import forward
from tests.e2e.office import Office

pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]

_TEXT = "# Grüße\nw32tm /config /manualpeerlist:time.example.com"


def create(page: Page, title: str, values: dict[str, str]) -> None:
    """Fill in the dialog of *title*, and send it."""
    page.get_by_role("button", name=title).click()
    dialog = page.get_by_role("dialog")
    for label, value in values.items():
        dialog.get_by_label(label, exact=False).fill(value)
    dialog.get_by_role("button", name=title).click()
    expect(dialog).to_have_count(0)


def test_a_script_is_made_read_changed_and_deleted(enter: Enter) -> None:
    visit = enter("administrator")
    page = visit.go("/scripts")
    create(page, "Create a script", {"Name": "Time server", "Purpose": "Sets the clock", "PowerShell": _TEXT})
    create(page, "Add an app", {"Name": "Editor", "Package id of winget": "Microsoft.VisualStudioCode"})
    expect(page.get_by_role("row", name="Editor")).to_contain_text("App (winget)")
    visit.picture("scripts")
    assert visit.barriers() == []

    page.get_by_role("link", name="Time server").click()
    expect(page.get_by_role("heading", level=1, name="Time server")).to_be_visible()
    expect(page.get_by_label("Script", exact=True)).to_have_text(_TEXT)
    expect(page.get_by_text("No policy runs it")).to_be_visible()
    visit.picture("script")
    assert visit.barriers() == []
    page.get_by_role("button", name="Edit", exact=True).click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_label("PowerShell", exact=False)).to_have_value(_TEXT)
    dialog.get_by_label("PowerShell", exact=False).fill("w32tm /query /status")
    dialog.get_by_role("button", name="Edit", exact=True).click()
    expect(page.get_by_label("Script", exact=True)).to_have_text("w32tm /query /status")

    visit.act("Delete", typed="Time server")
    expect(page.get_by_role("heading", level=1, name="Apps and scripts")).to_be_visible()
    expect(page.get_by_role("row", name="Time server")).to_have_count(0)


def test_a_policy_runs_scripts_in_the_order_that_somebody_chose(enter: Enter, office: Office) -> None:
    for name in ("First", "Second"):
        form = {"displayName": name, "scriptContent": "dzMydG0gL2NvbmZpZw=="}
        office.portal.ask("POST", f"{office.graph}/deviceManagementScripts", form)
    visit = enter("administrator")
    page = visit.go(f"/wizards/edit-provisioning-policy?id={office.only_policy()}")
    rows = page.get_by_role("group", name="Apps and scripts")
    for _ in range(3):
        forward(page)
    for place, name in enumerate(("First", "Second")):
        rows.get_by_role("button", name="Add", exact=True).click()
        rows.get_by_label("Script", exact=False).nth(place).select_option(label=name)
    rows.get_by_role("button", name="Move up").click()
    visit.picture("policy-scripts-order")
    assert visit.barriers() == []
    for _ in range(2):
        forward(page)
    visit.picture("policy-scripts-review")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("heading", name="Saved")).to_be_visible()
    visit.go(f"/policies/{office.only_policy()}")
    items = page.get_by_role("main").get_by_role("listitem").filter(has_text="at most")
    expect(items).to_have_text([re.compile("^Second .*30 minutes"), re.compile("^First ")])
    visit.picture("policy-scripts")
    assert visit.barriers() == []
